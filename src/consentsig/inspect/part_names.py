"""Names for the parts of a contract, a batch or a status list, for people who read the bytes.

Nothing here decides anything. The rules are in :mod:`consentsig.format.read_contract`,
:mod:`consentsig.format.read_batch` and :mod:`consentsig.status_list`. A test checks that the keys
here are the keys there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig import status_list
from consentsig.batch import is_batch
from consentsig.errors import utc
from consentsig.format import common, cose, read_batch, read_contract
from consentsig.format.cbor import BSTR, MAP
from consentsig.terms import MAX_TIME
from consentsig.vocabulary import Division, Erase, PaymentKind, Revocability, uses_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Part(NamedTuple):
    """A place in the format.

    Attributes:
        name: What it is called; may be empty.
        keys: The values of a map, by key.
        items: The items of an array, by place.
        each: What every item of an array is.
        inside: What a byte string holds, encoded.
        says: What an integer there means.
    """

    name: str = ""
    keys: Mapping[int | str, Part] = {}
    items: tuple[Part, ...] = ()
    each: Part | None = None
    inside: Part | None = None
    says: Callable[[int], str] | None = None

    def at(self, place: int) -> Part:
        """The item at *place* of an array."""
        if place < len(self.items):
            return self.items[place]
        return self.each or UNNAMED


UNNAMED: Final = Part()


def _one_of(names: Mapping[int, str]) -> Callable[[int], str]:
    return lambda n: names.get(n, "unknown")


def _time(n: int) -> str:
    if not 0 <= n <= MAX_TIME:
        return "out of range"
    return utc(datetime.fromtimestamp(n, UTC))


def _uses(bits: int) -> str:
    return ", ".join(use.label for use in uses_of(bits)) or "none"


def _erase(bits: int) -> str:
    return ", ".join(kind.label for kind in Erase if bits & kind) or "nothing"


_KEY: Final = Part(
    "COSE_Key",
    {
        1: Part("kty", says=_one_of({1: "OKP"})),
        -1: Part("crv", says=_one_of({6: "Ed25519"})),
        -2: Part("x, the public key"),
    },
)
_DIGEST: Final = Part(
    "digest",
    items=(
        Part(
            "alg",
            says=_one_of(
                {
                    common.SHA256: "SHA-256",
                    common.SHA384: "SHA-384",
                    common.SHA512: "SHA-512",
                }
            ),
        ),
        Part("value"),
    ),
)
_PAYMENT: Final = Part(
    "payment",
    items=(
        Part("type", says=_one_of({kind.value: kind.label for kind in PaymentKind})),
        Part("amount, or share in 0.01 %"),
        Part("decimals, or the division of a pool of revenue"),
        Part("currency"),
        Part("division", says=_one_of({each.value: each.label for each in Division})),
    ),
)
CREATOR: Final = Part(
    "creator",
    {0: _KEY, 1: Part("name"), 2: Part("share"), 3: Part("recovery"), 4: Part("acts for")},
)
WORK: Final = Part(
    "work",
    {
        0: _DIGEST,
        1: Part("title"),
        2: Part("media type"),
        3: Part("size"),
        4: Part("further digests", each=_DIGEST),
        5: Part("ISCC codes"),
    },
)
GRANTEE: Final = Part("grantee", {0: Part("name"), 1: Part("uri"), 2: Part("key, a thumbprint")})
CONTRACT: Final = Part(
    "contract",
    {
        0: Part("kind", says=_one_of({read_contract.KIND_CONTRACT: "contract"})),
        1: Part("creators", each=CREATOR),
        2: WORK,
        3: GRANTEE,
        4: Part("uses", says=_uses),
        5: Part("payments", each=_PAYMENT),
        6: Part(
            "revocation",
            items=(
                Part("mode", says=_one_of({mode.value: mode.label for mode in Revocability})),
                Part("days"),
            ),
        ),
        7: Part("template"),
        8: Part("erasure", items=(Part("days"), Part("what", says=_erase))),
        9: Part("territory"),
        10: Part("exclusive"),
        11: Part("pass-on"),
        12: Part("purpose"),
        13: Part("credit"),
        14: Part("report, every so many months"),
        15: Part("list key, a thumbprint"),
    },
)
_STATUS: Final = Part("status", {"status_list": Part("", {"idx": Part("position")})})
CLAIMS: Final = Part(
    "claims",
    {
        read_contract.EXP: Part("exp", says=_time),
        read_contract.NBF: Part("nbf", says=_time),
        read_contract.IAT: Part("iat", says=_time),
        read_contract.CTI: Part("cti, the salt"),
        65535: _STATUS,
        common.CONSENTSIG: CONTRACT,
    },
)
LIST_CLAIMS: Final = Part(
    "claims",
    {
        status_list.SUB: Part("sub, the list's address"),
        status_list.EXP: Part("exp", says=_time),
        status_list.IAT: Part("iat", says=_time),
        status_list.TTL: Part("ttl, in seconds"),
        status_list.STATUS_LIST_CLAIM: Part(
            "status_list", {"bits": Part("for each position"), "lst": Part("zlib stream")}
        ),
        common.CONSENTSIG: Part(
            "consentsig",
            {status_list.PREVIOUS: Part("object id of the list before"), status_list.KEY: _KEY},
        ),
    },
)
BATCH: Final = Part(
    "batch",
    {
        0: Part("kind", says=_one_of({read_batch.KIND_BATCH: "head of a batch"})),
        1: Part("size, how many contracts"),
        2: Part("root of the tree over them"),
    },
)
BATCH_CLAIMS: Final = Part("claims", {common.CONSENTSIG: BATCH})
_PLACE: Final = Part(
    "the contract, and its place in the batch",
    items=(
        Part("payload of the contract", inside=CLAIMS),
        Part("index, counted from 0"),
        Part("path to the root, the lowest hash first", each=Part("hash")),
    ),
)
HEADER: Final = Part(
    "",
    {
        cose.ALG: Part("alg", says=_one_of({cose.ALG_EDDSA: "EdDSA", cose.ALG_ED25519: "Ed25519"})),
        cose.KID: Part("kid"),
        cose.TYP: Part("typ"),
    },
)
_PROTECTED: Final = Part("protected header", inside=HEADER)
UNPROTECTED: Final = Part(
    "unprotected header",
    {
        cose.X5CHAIN: Part("x5chain"),
        cose.TIMESTAMP: Part("3161-ctt"),
        cose.RECEIPTS: Part("receipts"),
        common.CONSENTSIG: _PLACE,
    },
)
_SIGNER: Final = Part("one signer", items=(_PROTECTED, UNPROTECTED, Part("signature")))


def envelope(data: bytes) -> Part:
    """What to call the parts of the file *data*: those of what it says it is."""
    if data[:1] and data[0] >> 5 == MAP:  # a bare map: the payload by itself
        return _claims_in(data)
    if is_batch(data) and data[1:2] and data[1] >> 5 == BSTR:
        head = Part("head of the batch", inside=_sign1(BATCH_CLAIMS))
        return Part("batch file", items=(head, Part("zlib stream of the contracts' payloads")))
    return _sign1(_claims_in(data))


def _claims_in(data: bytes) -> Part:
    if is_list(data):
        return LIST_CLAIMS
    return BATCH_CLAIMS if read_batch.HEAD_START in data else CLAIMS


def _sign1(claims: Part) -> Part:
    payload = Part("payload", inside=claims)
    return Part(items=(_PROTECTED, UNPROTECTED, payload, Part("signature", each=_SIGNER)))


def is_list(data: bytes) -> bool:
    """Whether *data* says early on that it is a status list, as every list does."""
    return status_list.STATUS_LIST.typ.encode() in data[:_HEAD_LEN]


_HEAD_LEN: Final = 128
