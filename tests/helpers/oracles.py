"""What must be true of any bytes at all: what they are to us, they are to a second reader too.

The second reader is that of the vectors (``vectors/checker/``): cbor2, libsodium and the
specification, with none of our code in it. :mod:`fuzz` looks for bytes that part the two.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any, Final

import cbor2

from consentsig import (
    KeySet,
    MalformedError,
    PrivateKey,
    RefusedError,
    StatusList,
    UnverifiedContract,
    judge_contract,
    parse_contract,
    render,
    verify_status_list,
)
from consentsig.contract import CONTRACT, FRAMES, HEADS
from consentsig.format import read_contract
from consentsig.format.cbor import Item, decode, encode
from consentsig.format.cose import _parse, _parse_usual
from consentsig.sign import write_payload
from consentsig.status_list import STATUS_LIST, outline
from lists import revoked_in
from strategies import LIST_URI, VECTORS, question, vector_contracts, vector_lists, wrapped

sys.path.append(str(VECTORS / "checker"))
form, faults, verdict, rendering, batch_rules = map(
    import_module, ("form", "faults", "verdict", "rendering", "batch_rules")
)

TAGS: Final = (b"\xd2", b"\xd8")  # what begins otherwise is a payload, and gets an envelope
ANA: Final = PrivateKey(  # of the vectors, so that their payloads fit (RFC 8032 §7.1, test 1)
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
ASKED: Final = question(keys=KeySet([ANA.public]))
# The same question as a vector asks it.
ASKED_AS_VECTOR: Final[dict[str, Any]] = {
    "keys": [ANA.public.to_did_key()],
    "work": {
        "sha256": ASKED["work"].sha256.hex(),
        "size": ASKED["work"].size,
        "sha384": ASKED["work"].sha384.hex(),
        "sha512": ASKED["work"].sha512.hex(),
    },
    "grantee": {"uri": ASKED["grantee"].uri},
    "use": "pretrain",
    "territory": "PT",
    "at": ASKED["at"].isoformat(),
    "status_lists": [],
    "list_results": [],
}


def decoder(data: bytes) -> None:
    """Any bytes are one item, the same to cbor2, or none to both."""
    for profile in (form.CONTRACT, form.LIST):
        any_order = not profile.sorted
        items = []
        with contextlib.suppress(MalformedError):
            items = [decode(data, any_key_order=any_order)]
        assert items == second_items(data, profile)
        assert any_order or b"".join(map(encode, items)) in {b"", data}


def second_items(data: bytes, profile: Any) -> list[Item]:  # noqa: ANN401  # theirs
    """Return the item cbor2 reads, if it is of the data model and in its one encoding."""
    try:
        item = form.decode(data)
        form.check_item(item, profile)
    except form.REFUSED:
        return []
    return [item]


def contract(data: bytes) -> None:
    """Any bytes are refused with the code and step of the second reader, or say the same."""
    file = data if data.startswith(TAGS) else wrapped(data, key=ANA)
    refused: tuple[str, int] | None = None
    try:
        parsed = parse_contract(file)
    except RefusedError as error:
        refused = error.code, error.step
    else:
        same_meaning(file, parsed)
    assert refused == form_of(file, form.CONTRACT, batch_rules.faults_with_batches)
    fast_readers_agree(file)
    batch_readers_agree(file)


def form_of(
    file: bytes,
    profile: Any,  # noqa: ANN401  # theirs
    faults_of: Callable[..., set[str]],
) -> tuple[str, int] | None:
    """Return code and step of steps 1 and 2, as the second reader takes them."""
    if not form.passes_step_1(file, profile):
        return "unsupported" if form.is_tag_98(file, profile) else "malformed", 1
    protected, unprotected, payload, _ = cbor2.loads(file).value
    found = faults_of(cbor2.loads(protected), unprotected, cbor2.loads(payload))
    first = min(found, default=None)  # c to g
    return first and ("malformed" if first in "df" else "unsupported", 2)  # type: ignore[return-value]


def same_meaning(file: bytes, parsed: UnverifiedContract) -> None:
    """What was read is written to the same bytes, and to the second reader shows and means so."""
    items = cbor2.loads(file).value
    payload, outer = items[2], cbor2.loads(items[2])
    signed = verdict.signature_holds(items, parsed.terms.creator.key.x)
    if parsed.place is not None:
        payload = items[1][faults.OURS][0]
        signed = signed and batch_rules.root_holds(items[1], outer)
    claims: Mapping[Any, Any] = cbor2.loads(payload)
    assert write_payload(parsed.terms) == parsed.payload == payload
    assert parsed.sign1.sig_structure == verdict.sig_structure(items)
    assert render(parsed.terms) == rendering.render(claims)
    found = judge_contract(file, **ASKED)
    expected = verdict.verdict(ASKED_AS_VECTOR, claims) if signed else ("bad-signature", 3, None)
    as_of = expected[2]
    assert (found.result, found.step) == expected[:2]
    assert found.as_of == (as_of and datetime.fromtimestamp(as_of, ASKED["at"].tzinfo))


def fast_readers_agree(file: bytes) -> None:
    """What a fast reader reads, the thorough one reads, and the same; so does one that forgot."""
    for profile in (CONTRACT, STATUS_LIST):
        with contextlib.suppress(IndexError):
            if (usual := _parse_usual(file, profile)) is not None:
                notes: list[str] = []
                assert (usual, notes) == (_parse(file, profile, notes), [])
                payload_readers_agree(usual.payload)


def batch_readers_agree(file: bytes) -> None:
    """A contract of a batch is read the same whether its batch is known or not."""
    known = read_again(file)
    for each in (FRAMES, HEADS):
        each.cache_clear()
    assert [read_again(file) for _ in range(2)] == [known, known]


def read_again(file: bytes) -> str:
    try:
        return repr(parse_contract(file)) + repr(judge_contract(file, **ASKED).to_dict())
    except RefusedError as error:
        return repr(error)


def payload_readers_agree(payload: bytes) -> None:
    """What a reader that remembers reads, one that remembers nothing reads, and the same."""
    remembering = read_payload(payload)
    for each in vars(read_contract).values():
        if hasattr(each, "cache_clear") and not isinstance(each, type):
            each.cache_clear()
    assert read_payload(payload) == remembering


def read_payload(payload: bytes) -> str:
    notes: list[str] = []
    try:
        found = read_contract.terms_of(read_contract.read_claims(payload, notes))
    except (MalformedError, IndexError) as error:
        return repr(error)
    return repr((found, notes))


def status(data: bytes) -> None:
    """Any bytes are refused as a list with the second reader's code, or say the same."""
    file = data if data.startswith(TAGS) else wrapped(data, STATUS_LIST, ANA)
    refused = form_of(file, form.LIST, faults.list_faults)
    result = "valid"
    try:
        found = verify_status_list(file)
    except RefusedError as error:
        result = error.code
    else:
        same_statements(file, found)
    assert result == (refused[0] if refused else signature_of_list(file))


def signature_of_list(file: bytes) -> str:
    """Return what the second reader says of the signature."""
    items = cbor2.loads(file).value
    key = cbor2.loads(items[2])[faults.OURS][2][-2]
    return "valid" if verdict.signature_holds(items, key) else "bad-signature"


def same_statements(file: bytes, found: StatusList) -> None:
    """Positions have the values that the second reader finds."""
    terms = found.terms
    assert outline(file) == (terms.uri, terms.signer.thumbprint)
    revoked = revoked_in(terms)
    assert len(revoked) == terms.count(1)
    for idx in {0, 1, 9, terms.size - 1, terms.size, 2**53 - 1}:
        second = verdict.look_up(file.hex(), {"idx": idx, "uri": terms.uri})
        value = terms.value_at(idx)
        assert second.value == (-1 if value is None else value)
        assert (idx in revoked) == (value == 1)
        assert (second.signer, second.object_id) == (terms.signer.thumbprint, found.object_id)
    assert verdict.look_up(file.hex(), {"idx": 0, "uri": LIST_URI + "/other"}) is None


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "decoder": decoder,
    "contract": contract,
    "status": status,
}
MAX_SEED_LEN: Final = 4096  # longer ones are about limits, and slow


def seeds(target: str) -> tuple[bytes, ...]:
    """Return the vectors that *target* begins with: files, and their payloads alone."""
    files = vector_lists() if target == "status" else vector_contracts()
    found = [*files, *(payload for file in files for payload in payloads(file))]
    return tuple(data for data in dict.fromkeys(found) if len(data) <= MAX_SEED_LEN)


def payloads(file: bytes) -> list[bytes]:
    """Return what stands in the file as byte strings, if it can be read at all."""
    try:
        match cbor2.loads(file):
            case cbor2.CBORTag(value=[bytes() as protected, _, bytes() as payload, *_]):
                return [protected, payload]
    except cbor2.CBORError:
        pass
    return []
