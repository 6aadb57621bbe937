"""The lists that ``publish`` signs: which they are, where each goes, and what stands there now."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from consentsig import (
    PublicKey,
    RefusedError,
    StatusList,
    files,
    memory,
    online,
    verify_status_list,
)
from consentsig.cli import lists, output
from consentsig.cli.output import Problem
from consentsig.errors import utc
from consentsig.fetch import NOT_PUBLIC, FetchError
from consentsig.home import Home, Key
from consentsig.status import STATUS_LIST


class Target(NamedTuple):
    """A list to publish and where it goes."""

    uri: str
    path: Path


class Source(NamedTuple):
    """How to learn which list is online now.

    Attributes:
        file: A copy of it, or a folder with one, fetched by somebody else.
        first: Whether none was ever published.
        allow_private: Whether this computer and private networks may be asked.
    """

    file: str | None = None
    first: bool = False
    allow_private: bool = False


# --- which ---


def own_lists(home: Home, key: Key) -> list[str]:
    """The list of *key* and, if it had another before, those its contracts name."""
    own = [] if key.list_uri is None else [key.list_uri]
    speaker = key.public.thumbprint
    own += [
        uri
        for uri in home.lists_of(speaker)
        if uri not in own
        and (speaker in home.deciding_keys(uri) or home.revoked_positions(uri, speaker))
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
    found = [uri for uri in home.lists_of(speaker) if home.revoked_positions(uri, speaker)]
    if not found:
        raise Problem(
            "no contract that names this recovery key was taken back, so it has nothing to say",
            "consentsig revoke FILE",
        )
    return found


def in_folder(folder: Path, uris: list[str]) -> list[Target]:
    """Where each list goes in *folder*: under the last part of its address."""
    if not folder.is_dir():
        raise Problem(f"{folder}: there is no such folder", f"mkdir {output.shell(folder)}")
    targets: list[Target] = []
    for uri in uris:
        name = _file_name(uri)
        if any(target.path.name == name for target in targets):
            name += f".{hashlib.sha256(uri.encode()).hexdigest()[:8]}"
        targets.append(Target(uri, folder / name))
    return targets


def _file_name(uri: str) -> str:
    """The last part of an address, as the name of a file."""
    without_query = uri.partition("?")[0]
    last = without_query.replace(":", "/").rpartition("/")[2]
    return last if last.strip(".") and last != PAGE else "status-list"


PAGE = "index.html"  # for people; a list of that name would stand in its place


# --- what there is ---


def speakers(home: Home, uri: str) -> set[bytes]:
    """Whose lists are continued: our keys', our recovery keys', and of a key that was lost."""
    own = {key.public.thumbprint for key in home.own_keys()}
    return own | home.recovery_keys(uri) | home.deciding_keys(uri)


def remembered(home: Home, uri: str) -> list[StatusList]:
    """The lists of *uri* seen here before that are continued, oldest first."""
    ours = speakers(home, uri)
    return [known for known in memory.known(home, uri) if known.terms.signer.thumbprint in ours]


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
    if known.terms.signer.thumbprint not in speakers(home, target.uri):
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


def online_now(home: Home, target: Target, source: Source) -> StatusList | None:
    """The list that is at its address now; None where there is none yet.

    Without it, another computer's revocations could be cleared.

    Raises:
        Problem: It cannot be known, or is none of ours.
    """
    before = max(
        [*remembered(home, target.uri), *filter(None, [in_place(home, target)])],
        key=lambda known: known.terms.issued,
        default=None,
    )
    if source.first and before is None:
        _check_may_be_first(home, target.uri)
        return None
    if source.file is not None:
        return _checked(home, target.uri, _in_file(home, source.file, target.uri))
    try:
        current = online.ask(home, target.uri, allow_private=source.allow_private)
    except FetchError as error:
        return _none_to_be_had(home, error, before, source)
    return _checked(home, target.uri, current.known)


def seen_online(home: Home, uri: str, source: Source) -> StatusList | None:
    """The list that is at *uri* now, as a visitor sees it; None where nothing is.

    Raises:
        Problem: It cannot be seen, or is none of ours.
    """
    if source.file is not None:
        return _checked(home, uri, _in_file(home, source.file, uri))
    try:
        current = online.ask(home, uri, allow_private=source.allow_private)
    except FetchError as error:
        if error.missing:
            return None
        raise Problem(f"{uri}: cannot see the list that is online: {error.reason}") from None
    return _checked(home, uri, current.known)


def _check_may_be_first(home: Home, uri: str) -> None:
    if home.is_closed(uri):
        raise Problem(
            f"{uri}: this home was restored from a backup, so a list made since then may be "
            "online; it must be read first",
            *_ways(first=False),
        )


def _none_to_be_had(
    home: Home, error: FetchError, before: StatusList | None, source: Source
) -> StatusList | None:
    is_enough = before is not None and not home.is_closed(error.uri)
    if is_enough and not error.uri.startswith("https:"):  # such an address is never fetched
        return before
    if error.missing and is_enough and before is not None:
        output.warning(
            f"nothing is at {error.uri} yet, though a list of {utc(before.terms.issued)} was made "
            "for it here; upload it"
        )
        return before
    if source.first and before is not None:
        raise Problem(
            f"{error.uri}: --first is not true, since a list of {utc(before.terms.issued)} was "
            f"made for it, and whether a later one is online cannot be seen: {error.reason}",
            *_ways(first=False),
        )
    raise Problem(
        f"{error.uri}: cannot see the list that is online now, and it may take back what this "
        f"computer does not know of: {error.reason}",
        *["if it is your own network, add --allow-private"] * (NOT_PUBLIC in error.reason),
        *_ways(first=before is None and not home.is_closed(error.uri)),
    )


def _ways(*, first: bool) -> list[str]:
    ways = ["if you can fetch it otherwise, add --online FILE, the list as it is online now"]
    if first:
        ways.append("if no list was ever published there, add --first")
    return ways


def _in_file(home: Home, path: str, uri: str) -> StatusList:
    """The newest list for *uri* in *path*, a file or a folder."""
    ours = {(uri, key) for key in speakers(home, uri)}
    given, _ = lists.read([path], ours)
    if not given:
        raise Problem(
            f"{path}: there is no list of yours for {uri}",
            "if no list was ever published there, add --first",
        )
    return max((each.known for each in given), key=lambda known: known.terms.issued)


def _checked(home: Home, uri: str, known: StatusList) -> StatusList:
    terms = known.terms
    if terms.uri != uri:
        raise Problem(f"--online is the list {terms.uri}, expected {uri}")
    if terms.signer.thumbprint not in speakers(home, uri):
        raise Problem(
            f"{uri}: the list there is by key {terms.signer.thumbprint.hex()}, "
            "none of yours, so nothing is published over it"
        )
    return known
