import copy
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from consentsig import (
    BadSignatureError,
    ConsentsigError,
    DisputedError,
    ExpiredError,
    IncompleteError,
    KeyFileError,
    KeyRevokedError,
    MalformedError,
    NoReceiptError,
    NotAcceptedError,
    NoTimestampError,
    NotYetValidError,
    RefusedError,
    ResultCode,
    RevokedError,
    StatusDisputedError,
    StatusUnknownError,
    SuspendedError,
    UnknownCreatorError,
    UnsupportedError,
    UseNotGrantedError,
    VerificationError,
    WrongGranteeError,
    WrongTerritoryError,
    WrongWorkError,
    errors,
)

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
KEY, OTHER = b"\xab" * 32, b"\xcd" * 32
URI = "https://ana.example/list"

# One of each, with its facts, and what its message says in this order.
REVOKED = RevokedError(URI, 5, LATE)
LIST_ID = b"\x11" * 32
SAMPLES: list[tuple[ConsentsigError, dict[str, Any], list[str]]] = [
    (KeyFileError("the key is gone"), {}, ["the key is gone"]),
    (MalformedError("kid is 4 bytes"), {"reason": "kid is 4 bytes", "step": 2}, ["kid is 4 bytes"]),
    (MalformedError("empty", 1), {"reason": "empty", "step": 1}, ["empty"]),
    (UnsupportedError("tag 98", 1), {"reason": "tag 98", "step": 1}, ["tag 98"]),
    (BadSignatureError(KEY), {"thumbprint": KEY, "root": None}, ["signature", KEY.hex()]),
    (IncompleteError(), {}, []),
    (
        UnknownCreatorError(KEY, "Ana"),
        {"thumbprint": KEY, "name": "Ana", "other_works": 0},
        [KEY.hex(), 'calls itself "Ana"', "not among the believed keys"],
    ),
    (
        UnknownCreatorError(KEY, None),
        {"thumbprint": KEY, "name": None, "other_works": 0},
        [KEY.hex(), "not among the believed keys"],
    ),
    (
        UnknownCreatorError(KEY, "Ana", 2),
        {"thumbprint": KEY, "name": "Ana", "other_works": 2},
        [KEY.hex(), "believed for 2 other works", "not for this one"],
    ),
    (KeyRevokedError(), {}, []),
    (DisputedError(), {}, []),
    (
        WrongWorkError("size", 15, 16),
        {"what": "size", "contract": 15, "asked": 16},
        ["the contract is for", "15 bytes", "asked about", "16 bytes"],
    ),
    (
        WrongWorkError("sha256", KEY, OTHER),
        {"what": "sha256", "contract": KEY, "asked": OTHER},
        ["the contract is for", KEY.hex(), "asked about", OTHER.hex()],
    ),
    (
        WrongGranteeError(("https://a.example/", KEY), ("https://b.example/", None)),
        {"contract": ("https://a.example/", KEY), "asked": ("https://b.example/", None)},
        ["granted to", "https://a.example/", KEY.hex(), "asked for", "https://b.example/"],
    ),
    (
        WrongGranteeError((None, KEY), (None, OTHER)),
        {"contract": (None, KEY), "asked": (None, OTHER)},
        ["granted to", KEY.hex(), "asked for", OTHER.hex()],
    ),
    (
        UseNotGrantedError(("pretrain", "index"), "imitate"),
        {"granted": ("pretrain", "index"), "asked": "imitate"},
        ["granted for", "pretrain, index", "asked about", "imitate"],
    ),
    (
        WrongTerritoryError(("ES", "PT"), "DE"),
        {"granted": ("ES", "PT"), "asked": "DE"},
        ["granted in", "ES, PT", "asked about", "DE"],
    ),
    (
        WrongTerritoryError(("ES",), None),
        {"granted": ("ES",), "asked": None},
        ["granted in", "ES", "no territory"],
    ),
    (
        NotYetValidError(LATE, EARLY),
        {"starts": LATE, "at": EARLY},
        ["starts at", "2027-01-01", "asked about", "2026-01-01"],
    ),
    (
        ExpiredError(EARLY, LATE),
        {"expires": EARLY, "at": LATE},
        ["expired at", "2026-01-01", "asked about", "2027-01-01"],
    ),
    (
        RevokedError(URI, 5, EARLY),
        {"uri": URI, "idx": 5, "since": EARLY},
        ["revoked at", "2026-01-01", "position 5", URI],
    ),
    (
        SuspendedError(URI, 5, LATE),
        {"uri": URI, "idx": 5, "as_of": LATE},
        ["suspended", "2027-01-01", "position 5", URI],
    ),
    (
        StatusUnknownError(URI, 5, "no list"),
        {"uri": URI, "idx": 5, "reason": "no list"},
        ["no list", "position 5", URI],
    ),
    (
        StatusDisputedError(URI, 5, REVOKED, EARLY, LIST_ID),
        {
            "uri": URI,
            "idx": 5,
            "against": REVOKED,
            "as_of": EARLY,
            "status_list_id": LIST_ID,
        },
        ["revoked at 2027-01-01", "cannot be shown to have existed", "the list of 2026-01-01"],
    ),
    (NotAcceptedError(), {}, []),
    (NoTimestampError(), {}, []),
    (NoReceiptError(), {}, []),
]
IDS = [type(error).__name__ for error, _, _ in SAMPLES]


def leaves(base: type[ConsentsigError]) -> Iterator[type[ConsentsigError]]:
    """Give the classes of this module under *base* that have none under them."""
    under = [kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__]
    if not under:
        yield base
    for kind in under:
        yield from leaves(kind)


def test_every_leaf_of_the_tree_has_a_sample_here() -> None:
    assert {type(error) for error, _, _ in SAMPLES} == set(leaves(ConsentsigError))


def test_every_code_but_the_two_good_ones_belongs_to_one_leaf() -> None:
    codes = [kind.code for kind in leaves(RefusedError) if issubclass(kind, RefusedError)]
    assert len(codes) == len(set(codes))
    assert {"valid", "authentic", *codes} == set(ResultCode)


def test_what_is_no_contract_is_no_verification_error() -> None:
    assert not issubclass(MalformedError, VerificationError)
    assert not issubclass(UnsupportedError, VerificationError)
    assert not issubclass(KeyFileError, RefusedError)
    others = set(leaves(RefusedError)) - {MalformedError, UnsupportedError}
    assert others == set(leaves(VerificationError))


@pytest.mark.parametrize(("error", "facts", "says"), SAMPLES, ids=IDS)
def test_an_error_holds_its_facts_and_says_both_sides_in_one_line(
    error: ConsentsigError, facts: dict[str, Any], says: list[str]
) -> None:
    assert vars(error) == facts
    message = str(error)
    assert re.search(".*".join(map(re.escape, says)), message)
    assert len(message.splitlines()) <= 1
    assert not message.endswith(".")


@pytest.mark.parametrize("error", [error for error, _, _ in SAMPLES], ids=IDS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling(error: ConsentsigError, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301  # our own bytes
    for copied in (again, copy.copy(error), copy.deepcopy(error)):
        assert type(copied) is type(error)
        assert repr(copied.args) == repr(error.args)  # one can be about another error
        assert repr(vars(copied)) == repr(vars(error))
        assert str(copied) == str(error)
    if isinstance(error, RefusedError):
        assert (again.code, again.step) == (error.code, error.step)


def test_a_later_step_never_has_a_smaller_number() -> None:
    steps = [error.step for error, _, _ in SAMPLES if isinstance(error, VerificationError)]
    assert steps == sorted(steps)
    assert set(steps) == {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
