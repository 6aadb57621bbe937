"""The codes a contract can use, with their labels and meanings (spec §3.3, §3.6, §3.7).

A label is the one name of a code: on the command line, in JSON and in annotated bytes. Codes
never change. No code implies another, and there is no "all".
"""

from __future__ import annotations

from enum import Enum, IntEnum, IntFlag
from typing import Final, Self


class _Labelled(Enum):
    """Base of enums whose members have a label."""

    @property
    def label(self) -> str:
        """The member's name in lower case with hyphens, such as ``train-nongen``."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def from_label(cls, label: str) -> Self:
        """Return the member called *label*; ValueError lists the labels there are."""
        for each in cls:
            if each.label == label:
                return each
        known = ", ".join(each.label for each in cls)
        raise ValueError(f"{label!r} is not one of {known}")


class Use(_Labelled, IntEnum):
    """A use that a contract can permit. The value is its code."""

    PRETRAIN = 1
    FINETUNE = 2
    TRAIN_NONGEN = 3
    EVALUATE = 4
    GROUND = 5
    INDEX = 6
    IMITATE = 7
    DISTILL = 8
    SYNTHESIZE = 9
    REDISTRIBUTE = 10

    @property
    def bit(self) -> int:
        """The bit of this use in a contract, ``1 << (code - 1)``."""
        return 1 << (self - 1)

    @property
    def meaning(self) -> str:
        """What the use permits, in the words of template en-1."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    Use.PRETRAIN: "initial training of a model that can generate content",
    Use.FINETUNE: (
        "further training of a model that can generate content (adapters and preference tuning too)"
    ),
    Use.TRAIN_NONGEN: (
        "training a model that cannot generate content (classify, rank, detect, score)"
    ),
    Use.EVALUATE: "test or benchmark use, no parameter changes",
    Use.GROUND: ("selected by the system as input at inference (retrieval, context, tool result)"),
    Use.INDEX: "an embedding or search index that returns a reference or the work",
    Use.IMITATE: (
        "outputs offered as in the style, voice, likeness or character of the work or creator"
    ),
    Use.DISTILL: "outputs of a model trained on the work used to train another model",
    Use.SYNTHESIZE: ("the work, or a model given the work, used to make synthetic training data"),
    Use.REDISTRIBUTE: "handing the work's bytes to third parties inside a dataset",
}

ALL_USE_BITS: Final = (1 << len(Use)) - 1


def uses_of(bits: int) -> tuple[Use, ...]:
    """Return the uses in a bit set, in the order of their codes."""
    return tuple(use for use in Use if bits & use.bit)


class PaymentKind(_Labelled, IntEnum):
    """How a payment is counted."""

    ONCE = 1
    PER_RUN = 2
    PER_OUTPUT = 3
    REVENUE_SHARE = 4
    POOL_REVENUE = 5
    POOL_OUTPUT = 6

    @property
    def is_share(self) -> bool:
        """Whether the amount is a share in basis points, not money."""
        return self in {PaymentKind.REVENUE_SHARE, PaymentKind.POOL_REVENUE}

    @property
    def is_pool(self) -> bool:
        """Whether the amount is a pool that all works share, by a named division."""
        return self in {PaymentKind.POOL_REVENUE, PaymentKind.POOL_OUTPUT}


class Division(_Labelled, IntEnum):
    """How a pool is divided among the works in the training record of a model."""

    EQUAL = 1
    WEIGHT = 2


class Revocability(_Labelled, IntEnum):
    """Whether the creator can revoke a contract before it ends."""

    NOT_BEFORE_END = 0
    AT_WILL = 1
    FOR_BREACH = 2


class Erase(_Labelled, IntFlag):
    """What must be erased after the end or a revocation."""

    COPIES = 1
    INDEXES = 2
    RETIRE = 4
    RETRAIN = 8


ALL_ERASE_BITS: Final = 15
WORLD: Final = "001"
