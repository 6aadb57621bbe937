"""What each use means in other words, for people. ``Use.meaning`` has the words that bind."""

from typing import Final

from consentsig import Use

IN_OTHER_WORDS: Final = {
    Use.PRETRAIN: (
        "The work helps to build, from scratch, a model that can make new pictures, texts "
        "or sounds."
    ),
    Use.FINETUNE: (
        "The work trains an existing model of that kind further, for a style or a task."
    ),
    Use.TRAIN_NONGEN: (
        "The work trains a model that makes nothing new. It sorts, recognises or rates."
    ),
    Use.EVALUATE: (
        "The work is used to test how good a model is. The model learns nothing from it."
    ),
    Use.GROUND: ("The work is looked up and shown to a model while the model answers somebody."),
    Use.INDEX: ("The work can be found with a search that leads to it."),
    Use.IMITATE: (
        "The results are offered as being in your style or voice, or as looking like you. "
        "This use needs a purpose in your words."
    ),
    Use.DISTILL: ("A model learned from the work, and its output trains another model."),
    Use.SYNTHESIZE: ("The work is used to make artificial examples that train models."),
    Use.REDISTRIBUTE: ("The file itself is given to others as part of a collection."),
}
