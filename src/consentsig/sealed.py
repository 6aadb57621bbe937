"""Values that one function makes and nobody changes: what was verified.

Python cannot keep anybody out who is set on it. This keeps out everything done by accident:
building such a value by hand, changing a field of it, making a changed copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Sealed:
    """Base of a value that is made by the function named in ``MADE_BY`` alone.

    A subclass names its fields in ``__slots__`` and says in ``__reduce__`` how it is made
    again: a pickle holds bytes that are verified when they are loaded.
    """

    __slots__: tuple[str, ...] = ()
    MADE_BY: ClassVar[str]
    _setters: ClassVar[tuple[Callable[[object, object], None], ...]]

    def __init_subclass__(cls) -> None:
        cls._setters = tuple(getattr(cls, name).__set__ for name in cls.__slots__)

    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError(f"a {type(self).__name__} is made by {self.MADE_BY}, never by hand")

    @classmethod
    def _make(cls, *values: Any) -> Self:  # noqa: ANN401  # one for each slot
        made = object.__new__(cls)
        for put, value in zip(cls._setters, values):  # noqa: B905  # each maker gives one for each
            put(made, value)
        return made

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} does not change; {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} does not change; {name} cannot be deleted")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self
