"""Steps 3 to 13 of spec §5 and the status rules of §7, written a second time.

It takes what cbor2 decodes and assumes that the form was checked, so it judges only vectors that
pass step 2. PyNaCl checks the signatures. It shares nothing with the library or the generator.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

OURS = -1455000947
USES = [
    "pretrain",
    "finetune",
    "train-nongen",
    "evaluate",
    "ground",
    "index",
    "imitate",
    "distill",
    "synthesize",
    "redistribute",
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_INFLATED = 16_777_216

Vector = dict[str, Any]
Claims = dict[Any, Any]


def sig_structure(items: list[Any]) -> bytes:
    """Return the Sig_structure of the four *items* of a COSE_Sign1."""
    return cbor2.dumps(["Signature1", items[0], b"", items[2]])


def signature_holds(items: list[Any], public: bytes) -> bool:
    """Return whether the signature of a COSE_Sign1 is good."""
    try:
        VerifyKey(public).verify(sig_structure(items), items[3])
    except (BadSignatureError, ValueError):
        return False
    return True


def thumbprint(public: bytes) -> bytes:
    """Return the thumbprint of an Ed25519 key."""
    return sha256(bytes.fromhex("a301012006215820") + public).digest()


def did_key(public: bytes) -> str:
    """Return the key as did:key."""
    letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, digits = int.from_bytes(b"\xed\x01" + public), ""
    while number:
        number, rest = divmod(number, 58)
        digits = letters[rest] + digits
    return f"did:key:z{digits}"


def seconds(text: str) -> int:
    """Return an RFC 3339 time as a NumericDate."""
    between = datetime.fromisoformat(text) - EPOCH
    return between.days * 86400 + between.seconds


@dataclass(frozen=True)
class List:
    """What a status list says about one position."""

    signer: bytes
    iat: int
    exp: int
    value: int
    object_id: bytes
    previous: bytes | None
    shown: bool  # seen at T + 300 s or before


def verdict(vector: Vector, claims: Claims) -> tuple[str, int | None, int | None]:
    """Return code, step and as_of, or since, for a contract whose signature is good."""
    for step, code, passes in steps(vector, claims):
        if not passes:
            return code, step, None
    lists = lists_of(vector, claims)
    code, as_of = status(vector, claims, lists)
    if code != "good":
        held, since = status(vector, claims, shown(lists))
        if held == "good":
            assert vector["against"] == code, "another code is disputed"
            assert vector.get("since") == (time(as_of) if code == "revoked" else None), "since"
            return "status-disputed", 13, since
        return code, 13, as_of if code == "revoked" else None
    asked = [vector[word] for word in ("work", "grantee", "use", "territory")]
    return ("authentic" if None in asked else "valid"), None, as_of


def steps(vector: Vector, claims: Claims) -> tuple[tuple[int, str, bool], ...]:
    """Return steps 4 to 12: number, code, and whether each passes by itself."""
    at = seconds(vector["at"])
    contract = claims[OURS]
    signed: int = claims[6]
    return (
        (4, "unknown-creator", is_believed(contract, vector["keys"])),
        (7, "wrong-work", is_work(vector["work"], contract[2])),
        (8, "wrong-grantee", is_grantee(vector["grantee"], contract[3])),
        (9, "use-not-granted", is_use(vector["use"], contract[4])),
        (10, "wrong-territory", is_place(vector["territory"], contract[9])),
        (11, "not-yet-valid", at >= claims.get(5, signed)),
        (12, "expired", at < claims[4]),
    )


def is_believed(contract: Claims, keys: list[Any]) -> bool:
    """Step 4. A key with named works counts for those only, however else it is given."""
    public, work = contract[1][0][0][-2], contract[2][0][1].hex()
    names = {did_key(public), thumbprint(public).hex()}
    limits = [key["works"] for key in keys if isinstance(key, dict) and key["key"] in names]
    if limits:
        return any(work in works for works in limits)
    return any(key in names for key in keys if isinstance(key, str))


def is_work(asked: Vector | None, work: Claims) -> bool:
    """Step 7."""
    if asked is None:
        return True
    known = {"sha256": work[0][1].hex(), "size": work.get(3)}
    for alg, digest in work.get(4, ()):
        known[{-43: "sha384", -44: "sha512"}[alg]] = digest.hex()
    return all(known.get(word) in {None, value} for word, value in asked.items())


def is_grantee(asked: Vector | None, grantee: Claims) -> bool:
    """Step 8."""
    if asked is None:
        return True
    key = grantee[2].hex() if 2 in grantee else None
    by_address = "uri" in asked and asked["uri"] == grantee.get(1)
    return by_address or ("key" in asked and asked["key"] == key)


def is_use(asked: str | None, bits: int) -> bool:
    """Step 9."""
    return asked is None or bool(bits >> USES.index(asked) & 1)


def is_place(asked: str | None, codes: list[str]) -> bool:
    """Step 10."""
    return asked is None or codes == ["001"] or asked in codes


def lists_of(vector: Vector, claims: Claims) -> list[List]:
    """Return what each valid list of the contract's address says about its position."""
    if 65535 not in claims:
        return []
    latest = seconds(vector["at"]) + 300
    times = vector.get("status_seen", [None] * len(vector["status_lists"]))
    found = []
    for data, result, seen in zip(
        vector["status_lists"], vector["list_results"], times, strict=True
    ):
        is_shown = seen is not None and seconds(seen) <= latest
        if result == "valid" and (one := look_up(data, claims[65535]["status_list"], is_shown)):
            found.append(one)
    return found


def shown(lists: list[List]) -> list[List]:
    """Return the lists that can be shown to have existed: seen, or named by such a list."""
    known = {(one.signer, one.object_id) for one in lists if one.shown}
    while True:
        them = [one for one in lists if (one.signer, one.object_id) in known]
        named = {(one.signer, one.previous) for one in them}
        more = {(one.signer, one.object_id) for one in lists} & named - known
        if not more:
            return them
        known |= more


def time(moment: int | None) -> str | None:
    """Return a NumericDate as RFC 3339 text."""
    if moment is None:
        return None
    return (EPOCH + timedelta(seconds=moment)).isoformat().replace("+00:00", "Z")


def status(vector: Vector, claims: Claims, lists: list[List]) -> tuple[str, int | None]:
    """Step 13: §7.4 rules 1 to 3."""
    at, contract = seconds(vector["at"]), claims[OURS]
    if contract[6][0] == 0:
        return "good", None
    creator = contract[1][0]
    own = thumbprint(creator[0][-2])
    list_key = contract.get(15, own)
    speakers = {list_key, own, creator.get(3)}
    said = [one for one in lists if one.signer in speakers and one.iat <= at + 300]
    if taken_back := [one.iat for one in said if one.value == 1]:
        return "revoked", min(taken_back)
    current = [one for one in lists if one.signer == list_key and one.iat <= at]
    newest = max((one.iat for one in current), default=0)
    current = [one for one in current if one.iat == newest]
    age = vector.get("max_status_age", at)
    equivocal = len({one.object_id for one in current}) != 1
    if equivocal or at >= current[0].exp or at - newest > age:
        return "status-unknown", None
    return {0: "good", 2: "suspended"}.get(current[0].value, "status-unknown"), newest


def look_up(data: str, reference: Claims, is_shown: bool = False) -> List | None:  # noqa: FBT001, FBT002
    """Return what a valid list says about the position; None if sub is another address."""
    payload = cbor2.loads(bytes.fromhex(data)).value[2]
    claims = cbor2.loads(payload)
    bits, packed = claims[65533]["bits"], inflated(claims[65533]["lst"])
    place = reference["idx"] * bits
    if claims[2] != reference["uri"]:
        return None
    value = int.from_bytes(packed[place // 8 :][:1]) >> place % 8 & (1 << bits) - 1
    if place >= len(packed) * 8:
        value = -1  # beyond the list: no statement
    signer = thumbprint(claims[OURS][2][-2])
    own, object_id = claims[OURS], sha256(payload).digest()
    return List(signer, claims[6], claims[4], value, object_id, own.get(1), is_shown)


def inflated(data: bytes) -> bytes:
    """Return the bytes of a list, which is one whole stream within the limit."""
    stream = zlib.decompressobj()
    out = stream.decompress(data, MAX_INFLATED)
    assert stream.eof and not stream.unused_data, "lst is not one whole stream"  # noqa: PT018
    return out
