"""Status lists at hand: those named on the command line, read and checked."""

from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from consentsig import RefusedError, StatusList, Terms, files, verify_status_list
from consentsig.cli import output
from consentsig.status import STATUS_LIST, outline

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
        folder = path != files.STDIN and Path(path).is_dir()
        for file in _lists_in(Path(path)) if folder else [path]:
            try:
                data = files.read(file, STATUS_LIST.max_len)
                if folder and outline(data) not in speakers:
                    continue
                known = verify_status_list(data)
                given.append(Given(str(file), known, not folder))
            except RefusedError as error:
                broken.append(Broken(str(file), f"{error.code}: {error}"))
    for each in broken:
        output.warning(f"{each.file} is not used: {each.reason}")
    return given, broken


def _lists_in(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and _TYP in files.read(path, _HEAD_LEN)
    ]
