"""The lists that ``publish`` signs: which they are, where each goes, and what stands there now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig import (
    KeySet,
    PublicKey,
    RefusedError,
    StatusBook,
    StatusList,
    verify_status_list,
)
from consentsig.cli.terminal import arguments, given_lists
from consentsig.cli.terminal.output import Problem
from consentsig.evidence import FetchPolicy, LastFetch, Verifier
from consentsig.evidence.fetch import NOT_PUBLIC, FetchError, Validators
from consentsig.evidence.publisher import EVER
from consentsig.home import files
from consentsig.home.home import Home, Key
from consentsig.status_list import STATUS_LIST, outline
from consentsig.terms import EPOCH

if TYPE_CHECKING:
    from consentsig.evidence.refresh import Found


class Target(NamedTuple):
    """A list to publish and where it goes."""

    uri: str
    path: Path


class Source(NamedTuple):
    """How to learn which list is online now.

    Attributes:
        file: A copy of it, or a folder with one, fetched by somebody else.
        first: Whether none was ever put online.
        allow_private: Whether this computer and private networks may be asked.
    """

    file: str | None = None
    first: bool = False
    allow_private: bool = False


class Earlier(NamedTuple):
    """What was there before a list is signed.

    Attributes:
        online: What is at its address, or was shown as that.
        there: What is where the new one will be put.
    """

    online: list[LastFetch]
    there: StatusList | None

    @property
    def lists(self) -> list[StatusList]:
        """All of it."""
        fetched = [each.status_list for each in self.online]
        return fetched if self.there is None else [*fetched, self.there]


# --- which ---


def own_lists(home: Home, key: Key) -> list[str]:
    """The list of *key* and, if it had another before, those its contracts name."""
    own = [] if key.list_uri is None else [key.list_uri]
    speaker = key.public.thumbprint
    own += [
        uri
        for uri in home.lists_of(speaker)
        if uri not in own
        and (speaker in home.deciding_keys(uri) or home.revoked_bits(uri, speaker))
    ]
    if not own:
        raise Problem(
            "the key that signs names no list, so there is none to publish",
            "consentsig key set-list-uri https://YOUR.SITE/consent-list",
        )
    return own


def lists_to_take_back(home: Home, recovery: PublicKey) -> list[str]:
    """The lists of which the key *recovery* takes something back.

    One that takes nothing back would only stand in the way of the one before.
    """
    speaker = recovery.thumbprint
    found = [uri for uri in home.lists_of(speaker) if home.revoked_bits(uri, speaker)]
    if not found:
        raise Problem(
            "no contract that names this recovery key was taken back, so it has nothing to say",
            "consentsig revoke FILE",
        )
    return found


def in_folder(folder: Path, uris: list[str]) -> list[Target]:
    """Where each list goes in *folder*, there or not: under the last part of its address.

    Where that is the same for two of them, one is there under it already or comes first.
    """
    arguments.check_out(folder)
    targets: list[Target] = []
    for uri in uris:
        name = _file_name(uri)
        is_used = any(target.path.name == name for target in targets)
        if is_used or _address_in(folder / name) in set(uris) - {uri}:
            name += f".{hashlib.sha256(uri.encode()).hexdigest()[:8]}"
        targets.append(Target(uri, folder / name))
    return targets


def _address_in(path: Path) -> str | None:
    """The address that a list at *path* states; None if there is none."""
    try:
        return outline(files.read(path, STATUS_LIST.max_len))[0]
    except (OSError, RefusedError):
        return None


def _file_name(uri: str) -> str:
    """The last part of an address, as the name of a file that a web server hands out."""
    without_query = uri.partition("?")[0]
    last = without_query.replace(":", "/").rpartition("/")[2]
    is_fit = last and last[0] not in "._" and not last.endswith(".html")
    return last if is_fit and len(last) <= _MAX_NAME_LEN else "status-list"


_MAX_NAME_LEN: Final = 200  # a file system takes 255, and each copy's time is added


# --- what there is ---


def newest(home: Home, uri: str, shown: Iterable[StatusList] = ()) -> StatusList | None:
    """The newest list of *uri* that is continued, of those seen here before and *shown*."""
    book = StatusBook(shown, at=EVER, shelves=(home.lists,))
    pages = (book.page(uri, key) for key in home.speakers(uri))
    lists = (each for page in pages if page is not None for each in page.newest)
    return max(lists, key=lambda known: known.terms.issued, default=None)


def in_place(home: Home, target: Target) -> StatusList | None:
    """The list that is where *target* goes; anything else there is left alone."""
    try:
        known = verify_status_list(files.read(target.path, STATUS_LIST.max_len))
    except FileNotFoundError:
        return None
    except RefusedError as error:
        raise Problem(
            f"{target.path}: is there and is no list of yours ({error.code}), so it is left alone"
        ) from None
    if known.terms.signer.thumbprint not in home.speakers(target.uri):
        raise Problem(
            f"{target.path}: is a list by key {known.terms.signer.thumbprint.hex()}, none of "
            "yours, so it is left alone"
        )
    if known.terms.uri != target.uri:
        raise Problem(
            f"{target.path}: is the list {known.terms.uri}, expected {target.uri}",
            "add --out with another folder",
        )
    return known


def online_now(home: Home, target: Target, source: Source) -> list[LastFetch]:
    """The list that is at its address now, or all that were shown for it; none where none was.

    Without it, what another computer took back could be cleared, so whether there is one is
    seen or said by a person.

    Raises:
        Problem: It cannot be known, or is none of ours.
    """
    is_shown = source.file is not None and home.is_closed(target.uri)
    if source.first and not home.was_fetched(target.uri) and not is_shown:
        _check_may_be_first(home, target.uri)
        return []
    if source.file is not None:
        found = _in_file(home, source.file, target)
        return [LastFetch(target.uri, known, Validators(), EPOCH) for known in found]
    fetched = _fetched(home, target.uri, source)
    if isinstance(fetched, FetchError):
        raise _cannot_see(home, fetched, source)
    _check(home, target.uri, fetched.status_list)
    return [fetched]


def _fetched(home: Home, uri: str, source: Source) -> Found:
    policy = FetchPolicy(allow_private=source.allow_private)
    return Verifier(KeySet(), home.lists, fetch=policy).fetch([uri])[uri]


def seen_online(home: Home, uri: str, source: Source) -> StatusList | None:
    """The list that is at *uri* now, as a visitor sees it; None where nothing is.

    Raises:
        Problem: It cannot be seen, or is none of ours.
    """
    if source.file is not None:
        found = _in_file(home, source.file, Target(uri, Path(_file_name(uri))))
        return max(found, key=lambda known: known.terms.issued)
    fetched = _fetched(home, uri, source)
    if isinstance(fetched, FetchError):
        if fetched.missing:
            return None
        reason = f"{uri}: cannot see the list that is online: {fetched.reason}"
        raise Problem(reason, *_ways(home, uri, source))
    _check(home, uri, fetched.status_list)
    return fetched.status_list


def _check_may_be_first(home: Home, uri: str) -> None:
    if home.is_closed(uri):
        raise Problem(
            f"{uri}: this home was restored from a backup, so a list made since then may be "
            "online; it must be read first",
            *_ways(home, uri, Source()),
        )


def _cannot_see(home: Home, error: FetchError, source: Source) -> Problem:
    if source.first:
        what = "--first is not true, since a list was seen there before, and it cannot be seen now"
    else:
        what = "cannot see the list that is online now, and it may take back what this computer "
        what += "does not know of"
    return Problem(f"{error.uri}: {what}: {error.reason}", *_ways(home, error.uri, source, error))


def _ways(home: Home, uri: str, source: Source, error: FetchError | None = None) -> list[str]:
    ways = []
    if error is not None and NOT_PUBLIC in error.reason and not source.allow_private:
        ways.append("if it is your own network, add --allow-private")
    ways.append(f"or fetch {uri} otherwise, save it, and add --online FILE")
    if not home.was_fetched(uri) and not home.is_closed(uri):
        ways.append("or, if no list was ever put online there, add --first")
    return ways


def _in_file(home: Home, path: str, target: Target) -> list[StatusList]:
    """The lists for *target* in *path*, a file or a folder, oldest first.

    A folder's broken files may be the very list that counts, so with one nothing is taken.
    """
    uri = target.uri
    given, broken = given_lists.read([path], {(uri, key) for key in home.speakers(uri)})
    own = Path(path) / target.path.name
    is_passed_over = own.is_file() and str(own) not in {each.file for each in given}
    if broken or (is_passed_over and _address_in(own) in (None, uri)):
        raise Problem(
            f"{broken[0].file if broken else own}: is no list that can be read, and may be the "
            "one that is online",
            "fetch it again, or name the right file: --online FILE",
        )
    if not given:
        raise Problem(
            f"{path}: there is no list of yours for {uri}",
            "if no list was ever put online there, add --first",
        )
    for each in given:
        _check(home, uri, each.known)
    return sorted((each.known for each in given), key=lambda known: known.terms.issued)


def _check(home: Home, uri: str, known: StatusList) -> None:
    terms = known.terms
    if terms.uri != uri:
        raise Problem(f"--online is the list {terms.uri}, expected {uri}")
    if terms.signer.thumbprint not in home.speakers(uri):
        raise Problem(
            f"{uri}: the list there is by key {terms.signer.thumbprint.hex()}, "
            "none of yours, so nothing is published over it"
        )
