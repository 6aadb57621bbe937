"""What each use means in other words, for people; the words that bind are ``Use.meaning``."""

from typing import Final

from consentsig import Use

IN_OTHER_WORDS: Final = {
    Use.PRETRAIN: (
        "The work helps to build, from the start, a model that can make new pictures, "
        "texts or sounds."
    ),
    Use.FINETUNE: (
        "A model of that kind exists, and the work trains it further, for a style or a task."
    ),
    Use.TRAIN_NONGEN: (
        "The work trains a model that makes nothing new: it sorts, recognises, rates."
    ),
    Use.EVALUATE: ("The work tests how good a model is. The model learns nothing from it."),
    Use.GROUND: ("The work is looked up and shown to a model while it answers somebody."),
    Use.INDEX: ("The work is made findable, in a search that leads to it."),
    Use.IMITATE: (
        "What comes out is offered as being in your style or voice, or looking like you. "
        "It needs a purpose in your words."
    ),
    Use.DISTILL: ("What a model that learned from the work puts out trains the next model."),
    Use.SYNTHESIZE: ("The work is used to make artificial examples, which train models."),
    Use.REDISTRIBUTE: ("The file itself is handed on to others, in a collection."),
}
