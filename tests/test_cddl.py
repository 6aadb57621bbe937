import json
from collections.abc import Callable

import pytest
from cddl_verifier import SchemaError, Validator
from hypothesis import given, settings

from consentsig import Terms, parse_contract, sign_contract
from consentsig.format.cbor import Item, decode, encode
from consentsig.status_list import STATUS_LIST
from strategies import (
    ANA,
    ROOT,
    all_terms,
    everything,
    revocable,
    status_list,
    terms,
    vector_contracts,
    vector_lists,
    wrapped,
)


@pytest.fixture(scope="module")
def cddl() -> Validator:
    return Validator(ROOT / "spec" / "consentsig.cddl")


def fits(cddl: Validator, data: bytes, rule: str) -> bool:
    # Its answer is asked for, not its exit status: the command ends with 0 whatever it finds.
    return bool(cddl.validate(data, root_type=rule).valid)


def test_the_schema_is_read_whole(cddl: Validator) -> None:
    for rule in (
        *("start", "contract", "status-list", "contract-claims", "list-claims"),
        *("batch-head", "head-claims", "batch-contract", "place", "batch-file"),
    ):
        assert not fits(cddl, b"\xf6", rule)
    with pytest.raises(SchemaError):
        Validator("start = nothing-of-this-name")


def test_contracts_that_the_library_wrote_fit(cddl: Validator) -> None:
    for these in (terms(), revocable(), everything()):
        for alg in (-8, -19):
            data = sign_contract(these, ANA, alg=alg)
            assert fits(cddl, data, "start")
            assert fits(cddl, data, "contract")
            assert not fits(cddl, data, "status-list")


def test_lists_that_the_library_wrote_fit(cddl: Validator) -> None:
    for bits in (1, 2, 4, 8):
        for previous in (None, bytes(32)):
            data = status_list(bits=bits, previous=previous).data
            assert fits(cddl, data, "start")
            assert fits(cddl, data, "status-list")
            assert not fits(cddl, data, "contract")


@settings(max_examples=30)
@given(all_terms())
def test_any_contract_fits(these: Terms) -> None:
    schema = Validator(ROOT / "spec" / "consentsig.cddl")
    assert fits(schema, sign_contract(these, ANA), "contract")


def test_every_vector_that_is_good_fits(cddl: Validator) -> None:
    contracts, lists = vector_contracts("valid", "authentic"), vector_lists("valid")
    assert len(contracts) > 100
    assert len(lists) > 50
    for data in contracts:
        rule = "contract" if parse_contract(data).place is None else "batch-contract"
        assert fits(cddl, data, rule), data.hex()
    small = [data for data in lists if len(data) < 100_000]
    assert [data.hex() for data in small if not fits(cddl, data, "status-list")] == []


# --- what does not fit ---


def payload(data: bytes) -> Item:  # a claims set
    return decode(decode(data[1:])[2], any_key_order=True)


def contract_with(change: Callable[[Item, Item], object], these: Terms) -> bytes:
    """Sign *these* with the claims and the contract map changed."""
    claims = payload(sign_contract(these, ANA))
    change(claims, claims[-1455000947])
    return wrapped(encode(claims))


def put(*path: Item) -> Callable[[Item, Item], object]:  # keys, then a value
    """Return a change that puts the last of *path* where the others lead in the contract map."""

    def change(_: object, fields: Item) -> None:
        for key in path[:-2]:
            fields = fields[key]
        fields[path[-2]] = path[-1]

    return change


def claim(key: int, value: object) -> Callable[[Item, Item], object]:
    return lambda claims, _: claims.__setitem__(key, value)


def without(*path: Item) -> Callable[[Item, Item], object]:  # keys
    def change(_: object, fields: Item) -> None:
        for key in path[:-1]:
            fields = fields[key]
        del fields[path[-1]]

    return change


TRUE = True  # equals 1 in Python, and is no integer in CBOR

BROKEN: dict[str, Callable[[Item, Item], object]] = {
    "no exp": lambda claims, _: claims.pop(4),
    "no contract map": lambda claims, _: claims.pop(-1455000947),
    "a time that is text": claim(6, "2026"),
    "a time before 1970": claim(6, -1),
    "a time after 9999": claim(4, 253_402_300_800),
    "a salt of 15 bytes": claim(7, bytes(15)),
    "an unknown claim": claim(1, "issuer"),
    "another kind": put(0, 2),
    "true as kind": put(0, TRUE),
    "no creator": put(1, []),
    "two creators": lambda _, fields: fields[1].append(fields[1][0]),
    "a key of 31 bytes": put(1, 0, 0, -2, bytes(31)),
    "another curve": put(1, 0, 0, -1, 4),
    "a share": put(1, 0, 2, 5000),
    "an empty name": put(1, 0, 1, ""),
    "a name of 201 bytes": put(1, 0, 1, "a" * 201),
    "a recovery key of 8 bytes": put(1, 0, 3, bytes(8)),
    "a digest of another algorithm": put(2, 0, 0, -15),
    "a digest of 31 bytes": put(2, 0, 1, bytes(31)),
    "a negative size": put(2, 3, -1),
    "three further digests": lambda _, fields: fields[2][4].append([-44, bytes(64)]),
    "SHA-384 of 32 bytes": put(2, 4, 0, 1, bytes(32)),
    "an ISCC without its prefix": put(2, 5, ["AAAAAAAAAA"]),
    "no grantee to match": lambda _, fields: (fields[3].pop(1), fields[3].pop(2)),
    "a grantee without a name": without(3, 0),
    "no use": put(4, 0),
    "an eleventh use": put(4, 1024),
    "payments that are bytes": put(5, b""),
    "a payment of 0": put(5, [[1, 0, 0, "EUR"]]),
    "a payment without a currency": put(5, [[1, 5, 0]]),
    "a currency in lower case": put(5, [[1, 5, 0, "eur"]]),
    "a payment of another type": put(5, [[5, 1]]),
    "a share over all": put(5, [[4, 10_001]]),
    "revocable in 0 days": put(6, [1, 0]),
    "irrevocable with a list": put(6, [0, 0]),
    "another mode": put(6, [3, 1]),
    "another template": put(7, "en-2"),
    "erasure in 366 days": put(8, [366, 1]),
    "erasure of nothing": put(8, [1, 0]),
    "nowhere": put(9, []),
    "a country of three letters": put(9, ["PRT"]),
    "a world and a country": put(9, ["001", "PT"]),
    "exclusive 1": put(10, 1),
    "a purpose of 1001 bytes": put(12, "a" * 1001),
    "a report every 13 months": put(14, 13),
    "a list key of 31 bytes": put(15, bytes(31)),
    "an unknown field": put(16, 0),
    "a status without uri": claim(65535, {"status_list": {"idx": 5}}),
    "a status with more": claim(65535, {"status_list": {"idx": 5, "uri": "urn:ab:c", "x": 1}}),
    "a position over 2^53": lambda claims, _: claims[65535]["status_list"].__setitem__(
        "idx", 2**53
    ),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_contract_does_not_fit(
    cddl: Validator, change: Callable[[Item, Item], object]
) -> None:
    assert fits(cddl, contract_with(lambda *_: None, everything()), "start")
    assert not fits(cddl, contract_with(change, everything()), "start")


def test_a_revocable_contract_without_a_list_does_not_fit(cddl: Validator) -> None:
    assert not fits(cddl, contract_with(lambda claims, _: claims.pop(65535), revocable()), "start")


SIGNED = sign_contract(terms(), ANA)
ENVELOPES = {
    "untagged": SIGNED[1:],
    "another tag": b"\xd1" + SIGNED[1:],
    "a signature of 63 bytes": SIGNED[:-66] + b"\x58\x3f" + SIGNED[-63:],
    "another typ": SIGNED.replace(b"vnd.consentsig+cwt", b"vnd.consentsig+cwu"),
    "an unknown algorithm": SIGNED.replace(b"\xa3\x01\x27", b"\xa3\x01\x26"),
    "an unknown label": SIGNED.replace(b"\xa0\x58", b"\xa1\x05\x00\x58", 1),
    "receipts that are none": SIGNED.replace(b"\xa0\x58", b"\xa1\x19\x01\x8a\x80\x58", 1),
    "a byte behind": SIGNED + b"\0",
    "cut short": SIGNED[:-1],
    "no CBOR": b"\xff",
}


@pytest.mark.parametrize("data", ENVELOPES.values(), ids=ENVELOPES)
def test_a_broken_envelope_does_not_fit(cddl: Validator, data: bytes) -> None:
    assert data != SIGNED
    assert not fits(cddl, data, "start")


BROKEN_LISTS: dict[str, Callable[[Item], object]] = {
    "no sub": lambda claims: claims.pop(2),
    "no exp": lambda claims: claims.pop(4),
    "bits 3": lambda claims: claims[65533].__setitem__("bits", 3),
    "no list": lambda claims: claims[65533].pop("lst"),
    "ttl 0": lambda claims: claims.__setitem__(65534, 0),
    "no key": lambda claims: claims[-1455000947].pop(2),
    "a list before of 31 bytes": lambda claims: claims[-1455000947].__setitem__(1, bytes(31)),
    "an unknown claim": lambda claims: claims.__setitem__(1, "issuer"),
}


@pytest.mark.parametrize("change", BROKEN_LISTS.values(), ids=BROKEN_LISTS)
def test_a_broken_list_does_not_fit(cddl: Validator, change: Callable[[Item], object]) -> None:
    claims = payload(status_list().data)
    assert fits(cddl, wrapped(encode(claims), STATUS_LIST), "status-list")
    change(claims)
    assert not fits(cddl, wrapped(encode(claims), STATUS_LIST), "status-list")


# --- batches ---


def batch_vectors(group: str, *results: str) -> dict[str, bytes]:
    """Return the short files of a group that expect one of *results*, by name."""
    found = {}
    for path in sorted((ROOT / "vectors" / group).glob("*.json")):
        vector = json.loads(path.read_text())
        data = vector.get("contract", vector.get("batch"))
        if vector["expect"] in results and isinstance(data, str) and len(data) < 20_000:
            found[vector["name"]] = bytes.fromhex(data)
    return found


def test_contracts_of_batches_fit(cddl: Validator) -> None:
    good = batch_vectors("batch", "valid", "authentic", "revoked", "expired")
    assert len(good) > 70
    assert [name for name, data in good.items() if not fits(cddl, data, "batch-contract")] == []
    data = good["batch/size_3_index_1"]
    assert fits(cddl, data, "start")
    assert not fits(cddl, data, "contract")
    assert not fits(cddl, data, "batch-file")


# Shapes that the schema can state; it states neither order nor the length that a path needs.
UNFIT = (
    *("head_alone", "head_kind_13", "size_1", "size_131073", "root_31_bytes", "head_with_key_3"),
    *("head_with_exp", "place_of_2", "place_of_4", "place_map", "place_protected"),
    "place_under_text",
    *("index_131072", "index_negative", "index_true", "path_hash_31", "path_hash_33", "path_of_18"),
    *("leaf_kind_2", "leaf_kind_12", "leaf_no_exp", "leaf_salt_15_bytes", "leaf_unknown_field_16"),
    *("kind_1_with_place", "head_unprotected_99", "signature_63_bytes", "typ_of_a_list"),
)


@pytest.mark.parametrize("name", UNFIT)
def test_a_broken_contract_of_a_batch_does_not_fit(cddl: Validator, name: str) -> None:
    refused = batch_vectors("batch", "malformed", "unsupported", "bad-signature")
    assert not fits(cddl, refused[f"batch/{name}"], "start")


def test_batch_files_fit(cddl: Validator) -> None:
    good = batch_vectors("batch_file", "valid")
    assert len(good) > 30
    assert [
        name
        for name, data in good.items()
        if name != "batch_file/signature_63_bytes" and not fits(cddl, data, "batch-file")
    ] == []
    data = good["batch_file/size_3"]
    assert fits(cddl, data, "start")
    assert not fits(cddl, data, "batch-contract")


@pytest.mark.parametrize(
    "name",
    [
        *("tagged", "array_of_1", "array_of_3", "head_bare", "head_empty", "contracts_in_array"),
        *("contracts_text", "map", "head_typ", "head_untagged", "head_kind_1", "head_size_1"),
        *("head_root_31_bytes", "head_place", "head_key_3", "head_exp", "cut_short"),
    ],
)
def test_a_broken_batch_file_does_not_fit(cddl: Validator, name: str) -> None:
    refused = batch_vectors("batch_file", "malformed", "unsupported", "bad-signature")
    assert not fits(cddl, refused[f"batch_file/{name}"], "start")
