"""Tests a and b of spec §3.9, written a second time on top of cbor2.

It tells which files are one canonical item of the data model, in an envelope with the right typ,
so that check.py can see that step 1 refuses exactly the vectors that say so.
"""

from collections.abc import Mapping
from typing import Any

import cbor2

MAX_DEPTH = 8
MAX_INTEGER = 2**53 - 1
TYP = "application/vnd.consentsig+cwt"


def passes_step_1(data: bytes) -> bool:
    """Return whether a contract file passes tests a and b."""
    try:
        tag = decode(data)
        assert tag.tag == 18 and len(data) <= 1_048_576  # noqa: PT018  # one limit after the other
        protected, unprotected, payload, signature = tag.value
        assert all(type(part) is bytes for part in (protected, payload, signature))
        assert isinstance(unprotected, Mapping) and len(cbor2.dumps(unprotected)) <= 65_536  # noqa: PT018
        assert len(payload) <= 16_384
        check_item(tag.value)
        return holds_map(protected).get(16) == TYP and bool(holds_map(payload))
    except (AssertionError, AttributeError, TypeError, ValueError, cbor2.CBORDecodeError):
        return False


def decode(data: bytes) -> Any:  # noqa: ANN401
    """Return the one item in *data*, which encodes to the same bytes."""
    item = cbor2.loads(data, allow_indefinite=False, allow_duplicate_keys=False)
    assert cbor2.dumps(item) == data, "another encoding"
    return item


def holds_map(data: bytes) -> Mapping[Any, Any]:
    """Return the map in *data*; an empty one counts, so it gets a key."""
    item = decode(data)
    assert isinstance(item, Mapping), "not a map"
    check_item(item)
    return item or {None: None}


def check_item(item: object, depth: int = 1) -> None:
    """Raise if *item* is not of the data model, or nested too deeply."""
    if type(item) is int:
        assert abs(item) <= MAX_INTEGER, "an integer out of range"
        return
    if item is True or type(item) in {bytes, str}:
        return
    assert depth <= MAX_DEPTH, "too deep"
    if isinstance(item, Mapping):
        assert all(type(key) in {int, str} for key in item), "a key of another type"
        encodings = [cbor2.dumps(key) for key in item]
        assert encodings == sorted(encodings), "keys out of order"
        parts = [*item, *item.values()]
    else:
        assert isinstance(item, list | tuple), "not of the data model"  # under a tag: a tuple
        parts = item
    for part in parts:
        check_item(part, depth + 1)
