import math

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentsig import MalformedError
from consentsig.format.cbor import MAX_INT, Item, decode, encode, head
from strategies import mutated

_SCALARS = (
    st.integers(-MAX_INT, MAX_INT)
    | st.integers(-300, 300)
    | st.binary(max_size=30)
    | st.text(max_size=30)
    | st.just(value=True)
)
_KEYS = st.integers(-MAX_INT, MAX_INT) | st.integers(-300, 300) | st.text(max_size=5)


def depth(item: Item) -> int:  # any item
    """Count the arrays and maps that are open at the deepest place of *item*."""
    if isinstance(item, dict):
        return 1 + max(map(depth, item.values()), default=0)
    return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0


items = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=12,
).filter(lambda item: depth(item) <= 8)


@given(items)
def test_what_is_encoded_decodes_to_itself(item: object) -> None:
    assert decode(encode(item)) == item


@given(items)
def test_cbor2_reads_the_same_from_what_is_encoded(item: object) -> None:
    assert cbor2.loads(encode(item)) == item


@given(items)
def test_cbor2_writes_the_same_once_keys_are_sorted_bytewise(item: object) -> None:
    assert cbor2.dumps(sorted_bytewise(item)) == encode(item)


def sorted_bytewise(item: Item) -> Item:  # any item
    if isinstance(item, dict):
        keys = sorted(item, key=cbor2.dumps)
        return {key: sorted_bytewise(item[key]) for key in keys}
    return [sorted_bytewise(one) for one in item] if isinstance(item, list) else item


def test_keys_stand_in_bytewise_order_and_not_in_that_of_cbor2() -> None:
    values = {10: 0, 100: 0, -1: 0, "z": 0, "aa": 0, False: 0}
    bytewise = bytes.fromhex("a6 0a00 186400 2000 617a00 62616100 f400")  # RFC 8949 §4.2.1
    shortest_first = bytes.fromhex("a6 0a00 2000 f400 186400 617a00 62616100")  # RFC 8949 §4.2.3
    assert encode(values) == bytewise
    assert cbor2.dumps(values, canonical=True) == shortest_first


def test_a_map_in_the_order_of_cbor2_is_refused() -> None:
    with pytest.raises(MalformedError, match="out of order"):
        decode(cbor2.dumps({100: 0, -1: 0}, canonical=True))


@pytest.mark.parametrize("n", [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, MAX_INT])
@pytest.mark.parametrize("major", range(6))
def test_a_head_is_the_shortest_for_its_value(major: int, n: int) -> None:
    expected = 1 + (n > 23) + (n > 255) + 2 * (n > 65535) + 4 * (n > 2**32 - 1)
    assert len(head(major, n)) == expected


LONG_HEADS = {
    "an integer in 2 bytes": "1817",
    "an integer in 3 bytes": "1900ff",
    "an integer in 5 bytes": "1a0000ffff",
    "an integer in 9 bytes": "1b00000000ffffffff",
    "a negative integer in 2 bytes": "3817",
    "a negative integer in 3 bytes": "3900ff",
    "a negative integer in 5 bytes": "3a0000ffff",
    "a negative integer in 9 bytes": "3b00000000ffffffff",
    "a byte string": "580100",
    "a text string": "7900016f",
    "an array": "9a0000000100",
    "a map": "bb00000000000000010000",
    "a key": "a1180000",
}
INDEFINITE = {
    "bytes": "5f4100ff",
    "text": "7f616fff",
    "array": "9f00ff",
    "map": "bf0000ff",
    "break": "ff",
    "reserved": "1c",
}
NOT_IN_THE_MODEL = {
    "false": "f4",
    "null": "f6",
    "undefined": "f7",
    "simple value": "f0",
    "simple value in 2 bytes": "f8ff",
    "float 16": "f93c00",
    "float 32": "fa3f800000",
    "float 64": "fb3ff0000000000000",
    "tag": "c100",
    "bignum": "c249010000000000000000",
    "negative bignum": "c349010000000000000000",
    "2^53": "1b0020000000000000",
    "-2^53": "3b001fffffffffffff",
    "2^64 - 1": "1bffffffffffffffff",
    "a byte string as key": "a1410000",
    "true as key": "a1f500",
    "an array as key": "a18000",
}
OTHER_FAULTS = {
    "nothing": "",
    "keys out of order": "a201000000",
    "a longer key first": "a262616100616200",
    "a key twice": "a201000100",
    "a text key twice": "a2616f00616f00",
    "a byte behind": "0000",
    "an item cut short": "4201",
    "a head cut short": "19ff",
    "an array cut short": "8200",
    "a map without its last value": "a201000200"[:8],
    "a lone continuation byte": "6180",
    "an overlong letter": "62c1a1",
    "a surrogate": "63eda080",
    "beyond Unicode": "64f4908080",
    "text cut in a letter": "61c3",
}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bytes.fromhex(data), id=what)
        for group in (LONG_HEADS, INDEFINITE, NOT_IN_THE_MODEL, OTHER_FAULTS)
        for what, data in group.items()
    ],
)
@pytest.mark.parametrize("wrap", [b"", b"\x81", b"\xa1\x01"], ids=["alone", "array", "map"])
def test_anything_but_the_one_encoding_is_malformed(wrap: bytes, data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(wrap + data)
    assert caught.value.step == 1


@pytest.mark.parametrize("open_one", [b"\x81", b"\xa1\x01"], ids=["arrays", "maps"])
def test_eight_arrays_or_maps_may_be_nested_and_not_nine(open_one: bytes) -> None:
    assert depth(decode(open_one * 8 + b"\x01")) == 8
    with pytest.raises(MalformedError, match="more than 8 deep"):
        decode(open_one * 9 + b"\x01")
    with pytest.raises(MalformedError, match="more than 8 deep"):
        decode(open_one * 8 + b"\x80")


def test_keys_may_stand_in_any_order_only_where_that_is_allowed() -> None:
    unsorted = bytes.fromhex("a2 01a2616f00616100 0000")
    assert decode(unsorted, any_key_order=True) == {1: {"o": 0, "a": 0}, 0: 0}
    with pytest.raises(MalformedError):
        decode(unsorted)


@pytest.mark.parametrize("data", ["a3010000000100", "a201a2616f00616f000000"])
def test_a_key_stands_once_in_any_order(data: str) -> None:
    with pytest.raises(MalformedError, match="twice"):
        decode(bytes.fromhex(data), any_key_order=True)


@given(st.binary(max_size=60) | mutated([encode({1: [True, "é", b"\0"], -1: {"a": 2**40}})]))
def test_any_bytes_are_malformed_or_the_one_encoding_of_what_they_hold(data: bytes) -> None:
    try:
        item = decode(data)
    except MalformedError:
        return
    assert encode(item) == data
    assert cbor2.loads(data) == item


@pytest.mark.parametrize(
    "item", [None, 1.0, math.nan, {1}, {1.5: 0}, [None], bytearray(b"x"), 1j], ids=repr
)
def test_what_has_no_encoding_is_a_type_error(item: object) -> None:
    with pytest.raises(TypeError, match="has no encoding here"):
        encode(item)


def test_an_integer_over_64_bits_has_no_encoding() -> None:
    for n in (2**64, -(2**64) - 1):
        with pytest.raises(OverflowError):
            encode(n)
