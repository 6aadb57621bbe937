"""Which status lists ``verify`` asks for online, and what came of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from consentsig import StatusList, StatusUnknownError, SuspendedError, online
from consentsig.cli.verdicts import Row
from consentsig.fetch import FetchError
from consentsig.home import Home

Found: TypeAlias = online.Current | FetchError


def wanted(row: Row, is_fresh: Callable[[str], bool]) -> str | None:
    """The address to ask for a list, if a newer one can change the answer.

    It stands in the contract: until that is signed by a believed key, anyone may have
    written it. The steps of spec §5 before the status have passed then.
    """
    reference = row.contract.terms.status if row.contract else None
    if row.verdict is None or reference is None:
        return None
    match row.verdict.error:
        case StatusUnknownError():
            return reference.uri
        case None | SuspendedError():
            return None if is_fresh(reference.uri) else reference.uri
    return None


def ask_each(home: Home, uris: Iterable[str | None], *, allow_private: bool) -> Mapping[str, Found]:
    """What is online at each of the addresses, each asked once."""
    found: dict[str, Found] = {}
    for uri in filter(None, uris):
        if uri not in found:
            try:
                found[uri] = online.ask(home, uri, allow_private=allow_private)
            except FetchError as error:
                found[uri] = error
    return found


def keep(home: Home, found: Iterable[Found], used: list[StatusList], clock: datetime) -> None:
    """Remember, of what was found, the lists that are *used*, and that they were asked for."""
    ids = {known.object_id for known in used}
    current = [each for each in found if not isinstance(each, FetchError)]
    counted = [each for each in current if each.known.object_id in ids]
    if counted:
        with home.writing() as db:
            for each in counted:
                online.keep(db, each, clock)
