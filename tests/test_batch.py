"""Batches: one signature, many contracts, and each of them a contract of its own."""

import hashlib
import pickle
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentsig import (
    NOT_ASKED,
    BadSignatureError,
    Batch,
    Digest,
    KeySet,
    ListTerms,
    MalformedError,
    Payment,
    PaymentKind,
    Question,
    RefusedError,
    SignedContract,
    StatusList,
    Terms,
    UnsupportedError,
    Verdict,
    Work,
    from_line,
    judge_batch,
    open_batch,
    parse_contract,
    permitted_in,
    render,
    sign_batch,
    sign_contract,
    sign_status_list,
    to_line,
    verify_signature,
    verify_status_list,
)
from consentsig.contract import FRAMES, read_leaf, read_payload
from consentsig.format import merkle
from consentsig.format.cbor import decode, encode
from consentsig.format.common import CONSENTSIG
from strategies import ANA, ASKED, LIST_KEY, STRANGER, Value, all_terms, revocable, terms

SALTS = [hashlib.sha256(bytes((n >> 8, n & 255))).digest()[:16] for n in range(1001)]


def many(count: int, **changes: Value) -> list[Terms]:  # any field of Terms
    """Terms for so many works, alike but for what is the work's own."""
    return [
        terms(
            work=Work(hashlib.sha256(SALTS[n]).digest(), f"Picture {n}", "image/jpeg", n),
            salt=SALTS[n],
            **changes,
        )
        for n in range(count)
    ]


def alike(count: int, **changes: Value) -> list[Terms]:  # any field of Terms
    """As :func:`many`, and what they share is the same objects, so that it is written once."""
    ours = many(count, **changes)
    first = ours[0]
    media_type = first.work.media_type
    return [
        first._replace(work=each.work._replace(media_type=media_type), salt=each.salt)
        for each in ours
    ]


def question(keys: Iterable[Any] = (ANA.public,)) -> Question:
    return Question(
        keys=KeySet(keys), work=NOT_ASKED, grantee=NOT_ASKED, use=NOT_ASKED, territory=NOT_ASKED,
        at=ASKED, status=(),
    )  # fmt: skip


def lists_of(terms: Terms) -> StatusList:
    """A list that says that a contract with *terms* holds, by the key that decides."""
    assert terms.status is not None
    key = LIST_KEY if terms.list_key else ANA
    size = min(terms.status.idx, 4096) // 8 * 8 + 8
    until = terms.starts + timedelta(days=1)
    said = ListTerms(terms.status.uri, key.public, terms.starts, until, bytes(size // 8))
    return verify_status_list(sign_status_list(said, key))


def digest_of(terms: Terms) -> Digest:
    work = terms.work
    return Digest(work.sha256, work.size, work.sha384, work.sha512)


def row(verdict: Verdict) -> tuple[object, ...]:
    return (*verdict.to_dict().items(),)


def rfc_9162_root(payloads: list[bytes]) -> bytes:
    """The definition of RFC 9162 §2.1.1, word for word."""
    if len(payloads) == 1:
        return hashlib.sha256(b"\0" + payloads[0]).digest()
    k = 1
    while k * 2 < len(payloads):
        k *= 2
    return hashlib.sha256(
        b"\1" + rfc_9162_root(payloads[:k]) + rfc_9162_root(payloads[k:])
    ).digest()


def rfc_9162_path(m: int, payloads: list[bytes]) -> list[bytes]:
    """The definition of RFC 9162 §2.1.3.1, word for word."""
    if len(payloads) == 1:
        return []
    k = 1
    while k * 2 < len(payloads):
        k *= 2
    if m < k:
        return [*rfc_9162_path(m, payloads[:k]), rfc_9162_root(payloads[k:])]
    return [*rfc_9162_path(m - k, payloads[k:]), rfc_9162_root(payloads[:k])]


# --- the tree ---


@given(st.integers(1, 70))
def test_the_tree_is_that_of_rfc_9162_for_any_number_of_leaves(size: int) -> None:
    leaves = [bytes((n,)) for n in range(size)]
    tree = merkle.Tree(leaves)
    assert tree.root == rfc_9162_root(leaves)
    for index in range(size):
        path = rfc_9162_path(index, leaves)
        assert list(tree.path(index)) == path
        assert merkle.path_len(index, size) == len(path)
        assert merkle.root_of(leaves[index], index, size, path) == tree.root


# --- one of a batch is a contract like any other ---


@pytest.mark.parametrize("count", [2, 3, 4, 5, 1000])
def test_each_contract_of_a_batch_is_verified_alone(count: int) -> None:
    batch = open_batch(sign_batch(many(count), ANA))
    assert len(batch) == count
    for index in (0, 1, count // 2, count - 1):
        file = batch.file(index)
        contract = parse_contract(file)
        assert verify_signature(file).contract_id == batch.contract_id(index)
        assert contract.place is not None
        assert (contract.place.index, contract.place.size) == (index, count)
        assert from_line(to_line(file)) == file


def test_an_index_from_the_end_is_that_of_the_same_contract() -> None:
    batch = open_batch(sign_batch(many(5), ANA))
    for index in range(-5, 0):
        contract = batch.contract(index)
        assert isinstance(contract, SignedContract)
        assert verify_signature(contract.data).contract_id == batch.contract_id(index)
        assert batch.file(index) == contract.data == batch.file(index + 5)
    for beyond in (5, -6):
        for ask in (batch.contract, batch.file, batch.contract_id):
            with pytest.raises(IndexError):
                ask(beyond)


def test_a_contract_of_a_batch_says_what_it_says_signed_alone() -> None:
    ours = many(3)
    batch = open_batch(sign_batch(ours, ANA))
    alone = {verify_signature(sign_contract(each, ANA)).contract_id: each for each in ours}
    for index in range(3):
        said = verify_signature(batch.file(index))
        assert said.terms == alone[said.contract_id]
        assert render(said.terms) == render(alone[said.contract_id])


def test_no_contract_of_a_batch_passes_under_another_head() -> None:
    first, second = (open_batch(sign_batch(many(n), ANA)) for n in (4, 5))
    protected, labels, _, _ = decode(first.file(0)[1:])
    _, _, claims, signature = decode(second.file(0)[1:])
    swapped = b"\xd2" + encode([protected, labels, claims, signature])
    with pytest.raises((BadSignatureError, MalformedError)):
        verify_signature(swapped)


@given(st.data())
def test_no_changed_byte_of_a_contract_of_a_batch_passes(data: st.DataObject) -> None:
    file = open_batch(sign_batch(many(5), ANA)).file(3)
    place = data.draw(st.integers(0, len(file) - 1))
    changed = bytearray(file)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RefusedError):
        verify_signature(bytes(changed))


# --- the whole file ---


@given(st.lists(all_terms(), min_size=2, max_size=6), st.booleans())
def test_the_batch_file_answers_for_each_contract_as_its_own_file_does(
    drawn: list[Terms],
    believed: bool,  # noqa: FBT001  # drawn
) -> None:
    salted = [each._replace(salt=SALTS[n]) for n, each in enumerate(drawn)]
    batch = open_batch(sign_batch(salted, ANA))
    asked = question([ANA.public] if believed else [])
    assert [row(each) for each in judge_batch(batch, asked)] == [
        row(asked.judge(batch.file(index))) for index in range(len(batch))
    ]


@given(st.lists(all_terms(), min_size=2, max_size=6), st.sampled_from(["all", "works", "none"]))
def test_the_fast_way_to_a_yes_gives_the_same_as_asking_each(
    drawn: list[Terms], belief: str
) -> None:
    salted = [each._replace(salt=SALTS[n]) for n, each in enumerate([*drawn, *drawn])]
    batch = open_batch(sign_batch(salted, ANA))
    lists = [lists_of(each) for each in salted if each.status is not None]
    works = {each.work.sha256: digest_of(each) for each in salted[:-1]}
    first = salted[0]
    keys = {
        "all": KeySet([ANA.public]),
        "works": KeySet(works={ANA.public: [first.work.sha256]}),
        "none": KeySet(),
    }[belief]
    asked = Question(
        keys=keys, work=NOT_ASKED, grantee=first.grantee, use=first.uses[0],
        territory=first.territory[0], at=first.starts, status=lists,
    )  # fmt: skip
    expected = []
    for index in range(len(batch)):
        file = batch.file(index)
        work = works.get(parse_contract(file).terms.work.sha256, NOT_ASKED)
        if replace(asked, work=work).judge(file).permitted:
            expected.append(index)
    assert list(permitted_in(batch, asked, works)) == expected


@pytest.mark.parametrize("changes", [
    {"title": None}, {"size": None}, {"media_type": None}, {"title": "é"}, {"title": "a" * 200},
    {"size": 2**53 - 1}, {"sha384": bytes(48)}, {"iscc": ("ISCC:AAAAAAAAAA",)},
], ids=str)  # fmt: skip
def test_a_work_unlike_the_others_of_its_batch_is_read_as_it_is(changes: dict[str, Any]) -> None:
    ours = many(6)
    ours[2] = ours[2]._replace(work=ours[2].work._replace(**changes))
    batch = open_batch(sign_batch(ours, ANA))
    by_salt = {each.salt: each for each in ours}
    for index in range(6):
        said = verify_signature(batch.file(index)).terms
        assert said == by_salt[said.salt]


@given(st.data())
def test_a_changed_leaf_says_the_same_whether_or_not_its_batch_is_known(
    data: st.DataObject,
) -> None:
    """What a frame accepts is what the reader without frames accepts, and it says the same."""
    leaves = _leaves(many(3))
    changed = bytearray(leaves[0])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    for leaf in leaves:  # so that there is a frame
        read_leaf(leaf, ANA.public.kid, [])
    found = FRAMES.find(bytes(changed), ANA.public.kid)
    if found is not None:
        frame, own = found
        notes: list[str] = []
        assert read_payload(bytes(changed), ANA.public.kid, notes) == frame.terms_with(own)
        assert not notes


def test_a_batch_is_read_fast_whatever_was_read_before() -> None:
    for n in range(20):  # contracts that share nothing
        for payload in open_batch(sign_batch(many(2, credit=f"Photo {n}"), ANA)).payloads:
            read_leaf(payload, ANA.public.kid, [])
    batch = open_batch(sign_batch(many(100), ANA))
    assert all(isinstance(each, SignedContract) for each in batch.contracts())
    assert FRAMES.find(batch.payloads[0], ANA.public.kid) is not None


def test_a_contract_by_somebody_else_is_refused_and_spoils_no_other() -> None:
    batch = open_batch(_with_leaves([*_leaves(many(2)), _leaf_of_a_stranger()]))
    results = [str(each.result) for each in judge_batch(batch, question())]
    assert sorted(results) == ["authentic", "authentic", "malformed"]


def test_a_batch_survives_pickling_and_so_does_a_contract_of_it() -> None:
    batch = open_batch(sign_batch(many(3), ANA))
    again = pickle.loads(pickle.dumps(batch))  # noqa: S301  # our own
    assert isinstance(again, Batch)
    assert again.payloads == batch.payloads
    signed = next(batch.contracts())
    assert isinstance(signed, SignedContract)
    again = pickle.loads(pickle.dumps(signed))  # noqa: S301  # our own
    assert again.data == batch.file(0) == signed.data


def test_a_batch_compressed_otherwise_is_the_same_batch() -> None:
    data = sign_batch(many(3), ANA)
    head, stream = decode(data)
    other = encode([head, zlib.compress(zlib.decompress(stream), 1)])
    assert other != data
    assert open_batch(other).payloads == open_batch(data).payloads


def test_a_batch_that_breaks_a_rule_is_not_opened() -> None:
    head, stream = decode(sign_batch(many(3), ANA))
    leaves, others = _leaves(many(3)), _leaves(many(4)[1:])
    for changed, code in (
        (encode([head, zlib.compress(b"".join(map(encode, leaves[:2])))]), "malformed"),
        (encode([head, zlib.compress(b"".join(map(encode, leaves[::-1])))]), "malformed"),
        (encode([head, zlib.compress(b"".join(map(encode, others)))]), "bad-signature"),
        (encode([head, stream[:-1]]), "malformed"),
        (encode([head, stream + b"\0"]), "malformed"),
        (encode([head, stream, b""]), "malformed"),
        (encode([sign_contract(terms(), ANA), stream]), "unsupported"),
        (encode([open_batch(sign_batch(many(3), ANA)).file(0), stream]), "malformed"),
        (encode([b"", stream]), "malformed"),
        (b"\x82", "malformed"),
        (b"", "malformed"),
    ):
        with pytest.raises(RefusedError) as refused:
            open_batch(changed)
        assert refused.value.code == code


# --- signing ---


@pytest.mark.parametrize("count", [0, 1])
def test_a_batch_has_at_least_two_contracts(count: int) -> None:
    with pytest.raises(MalformedError, match="expected 2 to 131072"):
        sign_batch(many(count), ANA)


def test_every_contract_of_a_batch_is_salted() -> None:
    with pytest.raises(MalformedError, match="salt"):
        sign_batch([terms(), *many(2)], ANA)


def test_a_batch_is_signed_by_the_creator_of_each_contract_alone() -> None:
    with pytest.raises(ValueError, match="signing with"):
        sign_batch(many(2), STRANGER)


@pytest.mark.parametrize("no_digest", [b"", 0, False, ""])
@pytest.mark.parametrize("field", ["sha384", "sha512"])
def test_what_is_no_digest_is_refused_in_a_batch_too(field: str, no_digest: Value) -> None:
    *ours, last = alike(5)
    odd = last._replace(work=last.work._replace(**{field: no_digest}))
    with pytest.raises((MalformedError, TypeError)):
        sign_batch([*ours, odd], ANA)


def test_a_title_that_makes_a_contract_too_long_is_refused_in_a_batch_too() -> None:
    payments = tuple(Payment(PaymentKind.ONCE, 10_001 + 10 * n, 0, "EUR") for n in range(1600))
    *ours, last = alike(5, payments=payments)
    longer = last._replace(work=last.work._replace(title="x" * 200))
    with pytest.raises(MalformedError, match=r"the payload is 16\d{3} bytes, at most 16384"):
        sign_batch([*ours, longer], ANA)


def test_the_same_contract_twice_is_no_batch() -> None:
    with pytest.raises(MalformedError, match="same salt"):
        sign_batch([*many(2), *many(1)], ANA)


def test_the_head_of_a_batch_is_no_contract() -> None:
    head, _ = decode(sign_batch(many(2), ANA))
    with pytest.raises(MalformedError, match="without a contract"):
        parse_contract(head)


def test_the_place_of_a_batch_means_nothing_in_another_contract() -> None:
    protected, _, claims, signature = decode(sign_contract(terms(), ANA)[1:])
    _, place, _, _ = decode(open_batch(sign_batch(many(2), ANA)).file(0)[1:])
    with pytest.raises(UnsupportedError, match="unknown label"):
        parse_contract(b"\xd2" + encode([protected, place, claims, signature]))


def test_mixed_grantees_and_revocations_may_share_a_batch() -> None:
    mixed = [revocable(salt=SALTS[0]), terms(salt=SALTS[1])]
    assert len(open_batch(sign_batch(mixed, ANA))) == 2


# --- files made by hand ---


def _leaves(ours: list[Terms]) -> list[bytes]:
    return sorted(open_batch(sign_batch(ours, ANA)).payloads)


def _leaf_of_a_stranger() -> bytes:
    payload = _leaves(many(4))[3]
    return payload.replace(ANA.public.x, STRANGER.public.x)


def _with_leaves(leaves: list[bytes]) -> bytes:
    """A batch file over *leaves*, whatever they are, signed by Ana."""
    leaves = sorted(leaves)
    head, _ = decode(sign_batch(many(2), ANA))
    protected, _, _, _ = decode(head[1:])
    claims = encode({CONSENTSIG: {0: 12, 1: len(leaves), 2: merkle.Tree(leaves).root}})
    signature = ANA.sign(encode(["Signature1", protected, b"", claims]))
    signed = b"\xd2" + encode([protected, {}, claims, signature])
    return encode([signed, zlib.compress(b"".join(map(encode, leaves)))])


# --- a batch that is known: what is remembered refuses what is refused without ---


@pytest.mark.parametrize("head", ["7820", "5821", "581f", "3820"])
def test_a_hash_of_a_path_that_is_no_hash_is_refused_in_a_known_batch(head: str) -> None:
    batch = open_batch(sign_batch(many(4), ANA))
    assert verify_signature(batch.file(0)).payload == batch.payloads[0]
    file = batch.file(1)
    _, labels, _, _ = decode(file[1:])
    for sibling in labels[CONSENTSIG][2]:
        with pytest.raises(MalformedError):
            parse_contract(file.replace(b"\x58\x20" + sibling, bytes.fromhex(head) + sibling))


def test_a_contract_that_is_too_long_is_refused_in_a_known_batch() -> None:
    leaves = [*_leaves(many(2)), b"\xbf" * 16_385]
    tree = merkle.Tree(leaves)
    claims = encode({CONSENTSIG: {0: 12, 1: 3, 2: tree.root}})
    protected, _, _, _ = decode(sign_contract(terms(), ANA)[1:])
    signature = ANA.sign(encode(["Signature1", protected, b"", claims]))
    places = [[leaf, index, [*tree.path(index)]] for index, leaf in enumerate(leaves)]
    first, _, long = (
        b"\xd2" + encode([protected, {CONSENTSIG: place}, claims, signature]) for place in places
    )
    assert verify_signature(first).payload == leaves[0]
    with pytest.raises(MalformedError, match="byte string of up to 16384 bytes"):
        parse_contract(long)


def test_the_id_of_a_contract_that_was_read_is_that_of_its_own_payload() -> None:
    batch = open_batch(sign_batch(many(3), ANA))
    for index in range(3):
        assert parse_contract(batch.file(index)).contract_id == batch.contract_id(index)
