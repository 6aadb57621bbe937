"""Which status lists ``verify`` asks for online, and what came of it."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeAlias

from consentsig import StatusList, StatusUnknownError, SuspendedError
from consentsig.cli.terminal.verdict_report import Row
from consentsig.evidence import list_cache
from consentsig.evidence.fetch import LIMITS, FetchError, Limits
from consentsig.home.home import Home

TOTAL: Final = 60  # seconds for all addresses of one run
Found: TypeAlias = list_cache.Current | FetchError


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


def ask_each(
    home: Home,
    uris: Iterable[str | None],
    *,
    allow_private: bool,
    limits: Limits = LIMITS,
    total: float = TOTAL,
) -> Mapping[str, Found]:
    """What is online at each of the addresses, each asked once.

    A believed creator writes as many addresses as they like: all of them together may take
    *total* seconds, and a host that let the time run out once is not asked again.
    """
    found: dict[str, Found] = {}
    slow: set[str] = set()
    end = time.monotonic() + total
    for uri in filter(None, uris):
        if uri in found:
            continue
        left = round(min(limits.total, end - time.monotonic()), 1)
        try:
            _check_time(uri, slow, left, total)
            within = replace(limits, total=left)
            found[uri] = list_cache.ask(home, uri, allow_private=allow_private, limits=within)
        except FetchError as error:
            found[uri] = error
            if error.slow:
                slow.add(_host(uri))
    return found


def _check_time(uri: str, slow: set[str], left: float, total: float) -> None:
    if _host(uri) in slow:
        raise FetchError(uri, "its host did not answer in time before, so it was not asked again")
    if left <= 0:
        raise FetchError(uri, f"the {total} seconds for all lists together were over before")


def _host(uri: str) -> str:
    return uri.partition("://")[2].partition("/")[0].lower()


def keep(home: Home, found: Iterable[Found], used: list[StatusList], clock: datetime) -> None:
    """Remember, of what was found, the lists that are *used*, and that they were asked for."""
    ids = {known.object_id for known in used}
    current = [each for each in found if not isinstance(each, FetchError)]
    counted = [each for each in current if each.known.object_id in ids]
    if counted:
        with home.writing() as db:
            for each in counted:
                list_cache.keep(db, each, clock)
