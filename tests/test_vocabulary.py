from typing import Any, Final

import pytest

from consentsig import Division, Erase, PaymentKind, Revocability, Use

LABELS: Final[dict[type[Any], tuple[str, ...]]] = {
    Use: (
        *("pretrain", "finetune", "train-nongen", "evaluate", "ground", "index", "imitate"),
        *("distill", "synthesize", "redistribute"),
    ),
    PaymentKind: (
        *("once", "per-run", "per-output", "revenue-share"),
        *("pool-revenue", "pool-output"),
    ),
    Division: ("equal", "weight"),
    Revocability: ("not-before-end", "at-will", "for-breach"),
    Erase: ("copies", "indexes", "retire", "retrain"),
}


@pytest.mark.parametrize("kinds", LABELS, ids=lambda kinds: kinds.__name__)
def test_the_labels_never_change(kinds: type[Any]) -> None:
    assert tuple(each.label for each in kinds) == LABELS[kinds]


@pytest.mark.parametrize("kinds", LABELS, ids=lambda kinds: kinds.__name__)
def test_a_label_leads_back_to_its_member(kinds: type[Any]) -> None:
    for each in kinds.__members__.values():
        assert kinds.from_label(each.label) is each


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    expected = (
        "'all' is not one of once, per-run, per-output, revenue-share, pool-revenue, pool-output"
    )
    with pytest.raises(ValueError, match=expected):
        PaymentKind.from_label("all")


@pytest.mark.parametrize("label", ["Once", "ONCE", "per_run", " once", ""])
def test_a_label_is_matched_exactly(label: str) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        PaymentKind.from_label(label)


def test_what_must_be_erased_is_a_label_for_each_bit() -> None:
    assert [each.label for each in Erase.RETRAIN | Erase.COPIES] == ["copies", "retrain"]
