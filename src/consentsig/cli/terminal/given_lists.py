"""Status lists at hand: those named on the command line, read and checked."""

from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from consentsig import RefusedError, StatusList, Terms, verify_status_list
from consentsig.cli.terminal import output
from consentsig.cli.terminal.output import Problem
from consentsig.home import files
from consentsig.home.home import Home
from consentsig.status_list import STATUS_LIST, outline

# ``typ`` stands in the first bytes of every list, so a folder's other files are told apart.
_TYP: Final = STATUS_LIST.typ.encode()
_HEAD_LEN: Final = 128


class Given(NamedTuple):
    """A list and where it came from.

    Attributes:
        file: Its path, or the address it was fetched from.
        known: The list, its signature good.
        named: Whether the file itself was named, not only its folder.
    """

    file: str
    known: StatusList
    named: bool


class Broken(NamedTuple):
    """A file that was given as a list and is none."""

    file: str
    reason: str


Speaker: TypeAlias = tuple[str, bytes]  # the address of a list, and its signer's thumbprint


def speakers_of(terms: Terms) -> set[Speaker]:
    """Whose lists, of which address, can say something about a contract."""
    if terms.status is None:
        return set()
    keys = (terms.creator.key.thumbprint, terms.creator.recovery, terms.list_key)
    return {(terms.status.uri, key) for key in keys if key is not None}


def read(paths: list[str], speakers: set[Speaker]) -> tuple[list[Given], list[Broken]]:
    """The lists in *paths*, files or folders; broken ones are reported and decide nothing.

    Of a folder only the lists of *speakers* are unpacked: each can be 16 MiB, and a folder
    can hold everybody's.
    """
    given: list[Given] = []
    broken: list[Broken] = []
    for path in paths:
        if not path:
            raise Problem("the path of a status list is empty, expected a file or a folder")
        folder = path != files.STDIN and Path(path).is_dir()
        if folder and not any(map(_may_be_one, Path(path).iterdir())):
            output.warning(f"{path} holds no status list")
        for file in sorted(Path(path).iterdir()) if folder else [path]:
            try:
                if data := _of_interest(file, speakers) if folder else _whole(file):
                    given.append(Given(str(file), verify_status_list(data), not folder))
            except RefusedError as error:
                broken.append(Broken(str(file), f"{error.code}: {error}"))
            except OSError as error:
                if not folder:  # what somebody named must be there
                    raise
                broken.append(Broken(str(file), output.os_error(error)))
    for each in broken:
        output.warning(f"{each.file} is not used: {each.reason}")
    return given, broken


def _whole(file: str | Path) -> bytes:
    return files.read(file, STATUS_LIST.max_len)


def _of_interest(file: str | Path, speakers: set[Speaker]) -> bytes | None:
    """The bytes of *file*, if it is a list of one of *speakers*."""
    if not seems_one(file):
        return None
    data = _whole(file)
    return data if outline(data) in speakers else None


def seems_one(file: str | Path) -> bool:
    """Whether *file* begins as a list does."""
    return Path(file).is_file() and _TYP in files.read(file, _HEAD_LEN)


def _may_be_one(file: Path) -> bool:
    try:
        return seems_one(file)
    except OSError:  # that is reported when it is read
        return True


def are_first(home: Home, uris: set[str]) -> bool:
    """Whether no list of *uris* was ever made or seen here, or may have been before a restore."""
    return not any(home.is_closed(uri) or home.has_list(uri) for uri in uris)
