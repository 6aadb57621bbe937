"""Builds what every scenario starts from: keys, a contract, a question and a vector.

Ana Liu permits Acme Labs to train on her poem "Harbour at dawn", whose bytes are its title. Each
scenario changes one thing.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from nacl.signing import SigningKey

import recipes
from cbor_writer import Pairs, encode, head, to_json

Map = dict[Any, Any]

ABSENT = object()  # as a change: the key is left out

# Times. The contract runs through 2026 and is asked about in the middle of it.
DAY = 86400
SIGNED = 1767225600  # 2026-01-01T00:00:00Z, iat
ENDS = 1798761600  # 2027-01-01T00:00:00Z, exp
NOW = 1782864000  # 2026-07-01T00:00:00Z, the instant asked about
LAST_TIME = 253402300799  # 9999-12-31T23:59:59Z
LONGEST_TERM = 1577923200

CONTRACT = -1455000947
STATUS = 65535
TYP = "application/vnd.consentsig+cwt"

ACME_URI = "https://acme.example/"
LIST_URI = "https://ana.example/consent/list"

POEM = b"Harbour at dawn"
SHA256 = hashlib.sha256(POEM).digest()
SHA384 = hashlib.sha384(POEM).digest()
SHA512 = hashlib.sha512(POEM).digest()


@dataclass(frozen=True)
class Key:
    """A public key and the function that signs for it."""

    public: bytes
    sign: Callable[[bytes], bytes]

    @property
    def cose(self) -> Map:
        """The COSE_Key."""
        return {1: 1, -1: 6, -2: self.public}

    @property
    def thumbprint(self) -> bytes:
        """The whole thumbprint (spec §2.6)."""
        return hashlib.sha256(bytes.fromhex("a301012006215820") + self.public).digest()

    @property
    def kid(self) -> bytes:
        """The first 8 bytes of the thumbprint."""
        return self.thumbprint[:8]

    @property
    def did(self) -> str:
        """The key as did:key."""
        return "did:key:z" + base58(b"\xed\x01" + self.public)


def base58(data: bytes) -> str:
    """Return *data* in Base58 as Bitcoin writes it; *data* does not begin with a zero byte."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return text


def key_of(seed: str) -> Key:
    """Return the honest key of a *seed* in hexadecimal."""
    key = SigningKey(bytes.fromhex(seed))
    return Key(key.verify_key.encode(), lambda message: key.sign(message).signature)


ANA_SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
ANA = key_of(ANA_SEED)  # RFC 8032 §7.1, test 1
RECOVERY = key_of("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")  # test 2
LIST_KEY = key_of("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")  # test 3
ACME = key_of("aa" * 32)
BEN = key_of("bb" * 32)  # a stranger


@dataclass(frozen=True)
class File:
    """A signed file and those of its parts that it has."""

    data: bytes
    protected: bytes = b""
    payload: bytes = b""
    claims: Map = field(default_factory=dict)

    @property
    def sig_structure(self) -> bytes:
        """The signed bytes (spec §4.1)."""
        return sig_structure(self.protected, self.payload)

    @property
    def contract_payload(self) -> bytes:
        """The payload whose digest is the contract id."""
        return self.payload


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052 §4.4."""
    context = bytes.fromhex("846a5369676e617475726531")
    return context + encode(protected) + b"\x40" + encode(payload)


def merged(base: Map, changes: Mapping[object, object] | None) -> Map:
    """Return *base* with *changes* made; ABSENT leaves a key out."""
    return {k: v for k, v in {**base, **(changes or {})}.items() if v is not ABSENT}


def claims(
    top: Map | None = None,
    terms: Map | None = None,
    *,
    creator: Map | None = None,
    work: Map | None = None,
    grantee: Map | None = None,
    key: Key = ANA,
) -> Map:
    """Return the everyday claims, which cannot be revoked, with changes at any level."""
    contract: Map = {
        0: 1,
        1: [merged({0: key.cose, 1: "Ana Liu"}, creator)],
        2: merged({0: [-16, SHA256], 1: "Harbour at dawn", 2: "text/plain", 3: 15}, work),
        3: merged({0: "Acme Labs", 1: ACME_URI}, grantee),
        4: 1,
        5: [],
        6: [0, 0],
        7: "en-1",
        9: ["001"],
    }
    return merged({4: ENDS, 6: SIGNED, CONTRACT: merged(contract, terms)}, top)


def status_claim(idx: object = 9, uri: object = LIST_URI) -> Map:
    """Return the claim that names a position of a list."""
    return {"status_list": {"idx": idx, "uri": uri}}


def revocable(
    top: Map | None = None,
    terms: Map | None = None,
    *,
    creator: Map | None = None,
    work: Map | None = None,
    grantee: Map | None = None,
) -> Map:
    """Return the everyday claims of a contract that is revocable at will."""
    return claims(
        {STATUS: status_claim(), **(top or {})},
        {6: [1, 30], **(terms or {})},
        creator=creator,
        work=work,
        grantee=grantee,
    )


def header(changes: Map | None = None, *, key: Key = ANA, typ: str = TYP) -> Map:
    """Return the protected header, with changes."""
    return merged({1: -8, 4: key.kid, 16: typ}, changes)


def sign(
    payload: Map | Pairs | bytes,
    protected: Map | Pairs | bytes | None = None,
    unprotected: Map | bytes | None = None,
    *,
    key: Key = ANA,
    signature: bytes | None = None,
) -> File:
    """Return the file; what is given as bytes is included unchanged."""
    protected = header(key=key) if protected is None else protected
    protected_data = protected if isinstance(protected, bytes) else encode(protected)
    payload_data = payload if isinstance(payload, bytes) else encode(payload)
    middle = unprotected if isinstance(unprotected, bytes) else encode(unprotected or {})
    signed = sig_structure(protected_data, payload_data)
    tail = encode(key.sign(signed) if signature is None else signature)
    data = b"\xd2\x84" + encode(protected_data) + middle + encode(payload_data) + tail
    shown = payload if isinstance(payload, dict) else {}
    return File(data, protected_data, payload_data, shown)


def make(
    top: Map | None = None,
    terms: Map | None = None,
    *,
    creator: Map | None = None,
    work: Map | None = None,
    grantee: Map | None = None,
) -> File:
    """Return the everyday contract, signed by Ana, with changes to its claims."""
    return sign(claims(top, terms, creator=creator, work=work, grantee=grantee))


def headed(changes: Map) -> File:
    """Return the everyday contract with changes to its protected header."""
    return sign(claims(), header(changes))


def bstr_head(size: int) -> bytes:
    """Return the head of a byte string."""
    return head(2, size)


def rfc3339(seconds: int) -> str:
    """Return a NumericDate as RFC 3339 text in UTC."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return instant.isoformat().replace("+00:00", "Z")


def for_works(key: Key | str, *works: bytes) -> Map:
    """Return a *key* that is believed for these *works* only, by their SHA-256."""
    return {"key": key.did if isinstance(key, Key) else key, "works": [w.hex() for w in works]}


@dataclass(frozen=True)
class Vector:
    """One scenario: a file, a question, and the answer written by hand."""

    name: str
    comment: str
    spec: str
    flags: str
    contract: File
    expect: str
    step: int | None = None
    keys: tuple[Key | str | Map, ...] = (ANA,)
    work: Mapping[str, object] | None = field(default_factory=lambda: {"sha256": SHA256.hex()})
    grantee: Mapping[str, str] | None = field(default_factory=lambda: {"uri": ACME_URI})
    use: str | None = "pretrain"
    territory: str | None = "PT"
    at: int = NOW
    max_status_age: int | None = None
    lists: tuple[bytes, ...] = ()
    list_results: tuple[str, ...] | None = None  # absent: every one is "valid"
    as_of: int | None = None
    since: int | None = None  # with revoked: the earliest iat that says so
    seen: tuple[int | None, ...] | None = None  # since when each list is known to exist
    against: str | None = None  # with status-disputed: what all lists say
    text: str | None = None
    line: str | None = None  # the text file that is received in place of the file
    without_batches: str | None = None  # in batch/: what a verifier without batches says

    def to_json(self) -> dict[str, object]:
        """Return the vector in the form of its file."""
        results = self.list_results or ("valid",) * len(self.lists)
        out: dict[str, object] = {
            "name": self.name,
            "comment": self.comment,
            "spec": self.spec,
            "flags": self.flags.split(),
            "contract": recipes.of_bytes(self.contract.data),
            "keys": [key.did if isinstance(key, Key) else key for key in self.keys],
            "work": self.work,
            "grantee": self.grantee,
            "use": self.use,
            "territory": self.territory,
            "at": rfc3339(self.at),
            "status_lists": [recipes.of_bytes(data) for data in self.lists],
            "list_results": list(results),
        }
        if self.line is not None:
            out["line"] = recipes.of_text(self.line)
        if self.max_status_age is not None:
            out["max_status_age"] = self.max_status_age
        if self.seen is not None:
            assert len(self.seen) == len(self.lists), self.name
            out["status_seen"] = [None if one is None else rfc3339(one) for one in self.seen]
        if self.step != 1:
            out["sig_structure"] = recipes.of_bytes(self.contract.sig_structure)
        out |= {"expect": self.expect, "step": self.step}
        if self.without_batches is not None:
            out["without_batches"] = self.without_batches
        return out | self._refused() | self._accepted()

    def _refused(self) -> dict[str, object]:
        out: dict[str, object] = {}
        if self.since is not None:
            out["since"] = rfc3339(self.since)
        if self.against is not None:
            assert self.as_of is not None, self.name
            out |= {"against": self.against, "as_of": rfc3339(self.as_of)}
        return out

    def _accepted(self) -> dict[str, object]:
        if self.expect not in {"valid", "authentic"}:
            return {}
        out = {
            "contract_id": hashlib.sha256(self.contract.contract_payload).hexdigest(),
            "claims": to_json(self.contract.claims),
            "as_of": None if self.as_of is None else rfc3339(self.as_of),
        }
        return out if self.text is None else {**out, "text": self.text}


valid = partial(Vector, expect="valid")
malformed = partial(Vector, expect="malformed", step=2)
unsupported = partial(Vector, expect="unsupported", step=2)
bad_signature = partial(Vector, expect="bad-signature", step=3)
