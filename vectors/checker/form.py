"""Tests a and b of spec §3.9, written a second time on top of cbor2.

It decides which files are one canonical item of the data model in an envelope with the right typ,
so that check.py can confirm that step 1 refuses exactly the vectors that say so.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import cbor2

# What cbor2 raises, and what reading on raises where the form is another. CBORError: some tags are
# read as Python objects that it cannot write.
REFUSED = (AssertionError, AttributeError, TypeError, ValueError, cbor2.CBORError)
MAX_DEPTH = 8
MAX_INTEGER = 2**53 - 1


class Profile(NamedTuple):
    """What differs between contracts and lists."""

    typ: str
    file: int
    payload: int
    sorted: bool


CONTRACT = Profile("application/vnd.consentsig+cwt", 1_048_576, 16_384, sorted=True)
LIST = Profile("application/statuslist+cwt", 2_097_152, 1_048_576, sorted=False)


def passes_step_1(data: bytes, profile: Profile = CONTRACT) -> bool:
    """Return whether a file passes tests a and b."""
    return passes_test_a(data, profile) and typ_of(data) == profile.typ


def is_tag_98(data: bytes, profile: Profile = CONTRACT) -> bool:
    """Return whether a file is one canonical array under tag 98, which is unsupported."""
    try:
        tag = decode(data)
        check_item(tag.value, profile)
    except REFUSED:
        return False
    return tag.tag == 98 and isinstance(tag.value, list | tuple) and len(data) <= profile.file


def typ_of(data: bytes) -> object:
    """Return label 16 of a file that passes test a."""
    return cbor2.loads(cbor2.loads(data).value[0]).get(16)


def passes_test_a(data: bytes, profile: Profile = CONTRACT) -> bool:
    """Return whether a file under tag 18 passes test a."""
    try:
        tag = decode(data)
        assert tag.tag == 18 and len(data) <= profile.file  # noqa: PT018  # one limit after the other
        protected, unprotected, payload, signature = tag.value
        assert all(type(part) is bytes for part in (protected, payload, signature))
        assert isinstance(unprotected, Mapping) and len(cbor2.dumps(unprotected)) <= 65_536  # noqa: PT018
        assert len(protected) <= 65_536
        assert len(payload) <= profile.payload
        check_item(tag.value, profile)
        for part in (protected, payload):
            item = decode(part)
            assert isinstance(item, Mapping), "not a map"
            check_item(item, profile)
    except REFUSED:
        return False
    return True


def decode(data: bytes) -> Any:  # noqa: ANN401
    """Return the one item in *data*, which encodes to the same bytes."""
    item = cbor2.loads(data, allow_indefinite=False, allow_duplicate_keys=False)
    assert cbor2.dumps(item) == data, "another encoding"
    return item


def check_item(item: object, profile: Profile, depth: int = 1) -> None:
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
        assert not profile.sorted or encodings == sorted(encodings), "keys out of order"
        parts: Sequence[object] = [*item, *item.values()]
    else:
        assert isinstance(item, list | tuple), "not of the data model"  # under a tag: a tuple
        parts = item
    for part in parts:
        check_item(part, profile, depth + 1)
