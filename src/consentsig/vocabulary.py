"""What a contract can say, as codes, names and meanings (spec §3.3, §3.7).

Codes are frozen for ever; no code implies another, and there is no "all".
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final


class Use(IntEnum):
    """A use a contract can permit; the value is its code, its bit is ``1 << (code - 1)``."""

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
        """The place of this use in the bit set of a contract."""
        return 1 << (self - 1)

    @property
    def label(self) -> str:
        """The name in texts and on the command line, such as ``train-nongen``."""
        return self.name.lower().replace("_", "-")

    @property
    def meaning(self) -> str:
        """What it permits, in the words of template en-1."""
        return _MEANINGS[self]

    @classmethod
    def from_label(cls, label: str) -> Use:
        """The use called *label*; ValueError names the ten there are."""
        for use in cls:
            if use.label == label:
                return use
        known = ", ".join(use.label for use in cls)
        raise ValueError(f"there is no use called {label!r}; the uses are {known}")


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
    """The uses in a bit set, by code."""
    return tuple(use for use in Use if bits & use.bit)


class PaymentKind(IntEnum):
    """What a payment is counted by."""

    ONCE = 1
    PER_RUN = 2
    PER_OUTPUT = 3
    REVENUE_SHARE = 4


class Revocability(IntEnum):
    """Whether the creator can take a contract back before it ends."""

    NOT_BEFORE_END = 0
    AT_WILL = 1
    FOR_BREACH = 2


class Erase(IntFlag):
    """What must go after the end or a revocation."""

    COPIES = 1
    INDEXES = 2
    RETIRE = 4
    RETRAIN = 8


ALL_ERASE_BITS: Final = 15
WORLD: Final = "001"
