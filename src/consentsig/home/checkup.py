"""Whether a home folder is sound: its database, keys, contracts and lists.

What is wrong inside the folder is mended where it can be. Nothing outside is written, except by
:func:`restore_files`, into a folder that somebody names.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from consentsig.batch import MAX_FILE_LEN, open_batch
from consentsig.contract import CONTRACT, parse_contract
from consentsig.errors import KeyFileError, RefusedError
from consentsig.home import files
from consentsig.home.database import Hint, HomeError, expected_schema
from consentsig.status_list import verify_status_list
from consentsig.terms import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consentsig.home.home import Home, Key
    from consentsig.keys import PublicKey

MENDED: Final = "mended"
NOTE: Final = "note"
BROKEN: Final = "broken"  # what could not be put right
MAX_KEY_FILE_LEN: Final = 65_536
CONTRACT_SUFFIX: Final = ".consent"
BATCH_SUFFIX: Final = ".consents"
_MAX_STEM_LEN: Final = 100  # a name is at most 255 bytes, and the digits of an id come behind it
_FOLDER_MODE: Final = 0o700
_FOOT: Final = b"-----END ENCRYPTED PRIVATE KEY-----"

# The ids of the contracts in each batch file that was looked at; None of one that is not right.
_Batches: TypeAlias = "dict[Path, frozenset[bytes] | None]"


class Finding(NamedTuple):
    """One thing that was found.

    Attributes:
        kind: ``MENDED``, ``NOTE`` or ``BROKEN``.
        what: The file or thing it is about.
        message: What is or was wrong with it.
        hints: What can be done about it.
    """

    kind: str
    what: str
    message: str
    hints: tuple[Hint, ...] = ()


def check(home: Home, *, looks_outside: bool = True) -> Iterator[Finding]:
    """Everything there is to say about *home*, which exists; nothing if all is well.

    Args:
        home: The home.
        looks_outside: Whether the files of contracts are looked for where they were put.
    """
    problem = _problem_of_database(home)
    if problem is not None:
        yield Finding(BROKEN, str(home.database), problem, (Hint.RESTORE_BACKUP,))
        return
    yield from _left_over(home)
    yield from _modes(home)
    yield from _keys(home)
    yield from _contracts(home, looks_outside=looks_outside)
    yield from _lists(home)
    yield from _closed(home)
    if kind := files.network_of(home.folder):
        message = f"is on a network folder ({kind}); let only one computer use it at a time"
        yield Finding(NOTE, str(home.folder), message)


def _problem_of_database(home: Home) -> str | None:
    try:
        # Before any table is read: what has a table's name could be a view without an end.
        found = {sql for (sql,) in home.rows("SELECT sql FROM sqlite_master WHERE sql NOT NULL")}
        if found != expected_schema():
            return "has tables that do not belong in a home's database"
        answer = home.rows("PRAGMA integrity_check(1)")
        if answer != [("ok",)]:
            return f"is damaged: {answer[0][0]}"
        home.own_keys()
    except HomeError as error:
        return str(error).removeprefix(f"{home.database}").lstrip(": ")
    return None


def _left_over(home: Home) -> Iterator[Finding]:
    """Remove what killed processes left."""
    found = [
        path
        for folder in (home.folder, home.folder / "keys")
        for path in folder.glob(files.LEFT_OVER)
    ]
    if not found:
        return
    try:
        with home.writing():  # in which alone such files are made, so none is still in use
            for path in found:
                path.unlink(missing_ok=True)
                yield Finding(MENDED, str(path), "was left by an interrupted command; removed")
    except (OSError, HomeError) as error:
        yield Finding(BROKEN, str(found[0]), f"is left over and cannot be removed: {error}")


def _modes(home: Home) -> Iterator[Finding]:
    """Let nobody but the owner in."""
    if os.name == "nt":  # which has other permissions
        return
    expected = {home.folder: _FOLDER_MODE, home.database: files.PRIVATE}
    expected |= {home.folder / "keys": _FOLDER_MODE} | dict.fromkeys(
        home.key_files(), files.PRIVATE
    )
    for path, mode in expected.items():
        if not path.exists() or (now := stat.S_IMODE(path.stat().st_mode)) == mode:
            continue
        was = f"had mode {now:03o}, expected {mode:03o}"
        try:
            path.chmod(mode)
        except OSError as error:
            yield Finding(BROKEN, str(path), f"{was}: {error.strerror}")
        else:
            yield Finding(MENDED, str(path), f"{was}; set")


def _keys(home: Home) -> Iterator[Finding]:
    known = {home.key_file(key.public): key for key in home.own_keys()}
    for path, key in known.items():
        problem = problem_of_key(path, key)
        if problem is not None:
            is_recoverable = key.recovery is not None
            hints = (Hint.RESTORE_BACKUP, Hint.PUBLISH_WITH_RECOVERY_KEY)[: 1 + is_recoverable]
            yield Finding(BROKEN, str(path), problem, hints)
    folder = home.folder / "keys"
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path not in known:
            yield Finding(
                NOTE, str(path), "is not a key that this home knows; an interrupted init or import "
                "leaves such a file", (Hint.IMPORT_KEY,),
            )  # fmt: skip


def problem_of_key(path: Path, key: Key) -> str | None:
    """What is wrong with the file of a private key. A locked one is not opened."""
    from consentsig import keyfile
    from consentsig.keys import PrivateKey

    try:
        data = files.read_ordinary(path, MAX_KEY_FILE_LEN)
        if keyfile.is_locked(data):
            if not data.rstrip().endswith(_FOOT):
                return "is cut off"
            keyfile.check_cost(data)
        elif (found := PrivateKey.from_pem(data, None).public) != key.public:
            return f"holds {found!r}, expected {key.public!r}"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except KeyFileError as error:
        return str(error)
    return None


def _contracts(home: Home, *, looks_outside: bool) -> Iterator[Finding]:
    batches: _Batches = {}
    for contract_id, data, uri, idx, file in home.each(
        "contracts", "contract_id, data, uri, idx, file"
    ):
        problem = _problem_of_contract(contract_id, data, (uri, idx))
        if problem is not None:
            yield Finding(BROKEN, f"contract {contract_id.hex()}", problem)
        elif file is not None and looks_outside:
            yield from _file(contract_id, data, os.fsdecode(file), batches)
    for contract_id, data in home.each("kept", "contract_id, data"):
        problem = _problem_of_contract(contract_id, data, None)
        if problem is not None:
            yield Finding(BROKEN, f"contract {contract_id.hex()}", problem)
    yield from _positions(home)


def _problem_of_contract(
    contract_id: bytes, data: bytes, position: tuple[str | None, int | None] | None
) -> str | None:
    try:
        contract = parse_contract(data)
        terms = contract.terms
        contract.check_signature()
    except RefusedError as error:
        return f"is damaged: {error.code}: {error}"
    if contract.contract_id != contract_id:
        return (
            f"is stored under the id of another contract; its own is {contract.contract_id.hex()}"
        )
    if position is not None and position != (terms.status or (None, None)):
        return "is recorded with another position than it names"
    return None


def _file(contract_id: bytes, data: bytes, file: str, batches: _Batches) -> Iterator[Finding]:
    """A contract's file may have been moved or given away; that is no fault of the home."""
    path = Path(file)
    if not path.is_absolute():  # since a restore, which knows no folders
        return
    if _is_in_batch(path):
        yield from _batch(contract_id, path.parent, batches)
        return
    try:
        if files.read_ordinary(path, CONTRACT.max_len) != data:
            yield Finding(NOTE, file, "is no longer the contract that was signed there")
    except FileNotFoundError:
        message = "is no longer there; the contract is kept here"
        yield Finding(NOTE, file, message, (Hint.RESTORE_FILES,))
    except (OSError, ValueError) as error:  # the latter if no file can have the name
        yield Finding(NOTE, file, f"cannot be read: {_reason(error)}")


def _is_in_batch(path: Path) -> bool:
    """Whether *path* means a contract in a batch file, as if that were a folder."""
    return path.parent.name.endswith(BATCH_SUFFIX) and not path.parent.is_dir()


def _batch(contract_id: bytes, path: Path, batches: _Batches) -> Iterator[Finding]:
    """The same of a batch file, of which its first contract tells for all."""
    if path not in batches:
        try:
            batches[path] = _ids_in(path)
        except FileNotFoundError:
            message = "is no longer there; its contracts are kept here"
            yield Finding(NOTE, str(path), message, (Hint.RESTORE_FILES,))
        except (OSError, ValueError, RefusedError) as error:
            yield Finding(NOTE, str(path), f"cannot be read: {_reason(error)}")
    ids = batches.setdefault(path, None)
    if ids is not None and contract_id not in ids:
        yield Finding(NOTE, str(path), "is no longer the batch that was signed there")
        batches[path] = None


def _ids_in(path: Path) -> frozenset[bytes]:
    batch = open_batch(files.read_ordinary(path, MAX_FILE_LEN))
    return frozenset(map(batch.contract_id, range(len(batch))))


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _positions(home: Home) -> Iterator[Finding]:
    twice = home.rows(
        "SELECT uri, idx, count(*) FROM contracts WHERE uri NOT NULL"
        " GROUP BY uri, idx HAVING count(*) > 1"
    )
    for uri, idx, count in twice:
        yield Finding(BROKEN, f"position {idx} of {uri}", f"is used by {count} contracts")
    free = home.rows(
        "SELECT uri, idx FROM contracts WHERE uri NOT NULL EXCEPT SELECT uri, idx FROM positions"
    )
    if free:
        with home.writing() as db:
            db.executemany("INSERT OR IGNORE INTO positions VALUES (?, ?)", free)
    for uri, idx in free:
        yield Finding(MENDED, f"position {idx} of {uri}", "was not marked as used; marked")


def _lists(home: Home) -> Iterator[Finding]:
    for object_id, uri, issued, data in home.each("lists", "object_id, uri, issued, data"):
        try:
            known = verify_status_list(data)
        except RefusedError as error:
            problem = f"is damaged: {error.code}: {error}"
        else:
            recorded = (object_id, uri, issued)
            if recorded == (known.object_id, known.terms.uri, seconds(known.terms.issued)):
                continue
            problem = "is recorded as another"
        yield Finding(BROKEN, f"list {object_id.hex()} of {uri}", problem)


def _closed(home: Home) -> Iterator[Finding]:
    """Say that the list of the key that signs takes no new contract, after a restore."""
    for key in home.own_keys():
        if key.signs and key.list_uri is not None and home.is_closed(key.list_uri):
            message = (
                "takes no new contract, since this home was restored from a backup; before you "
                "grant what you may want to take back, choose a list that is new"
            )
            yield Finding(NOTE, key.list_uri, message, (Hint.CHOOSE_NEW_LIST,))


# --- files of contracts ---


def restore_files(home: Home, folder: Path) -> Iterator[Finding]:
    """Write the files of contracts signed here that are not where they were put into *folder*.

    What the database says of files is not believed: written is a contract with a good signature
    by one of the home's keys, under a name that says it is one, and nothing is overwritten.
    """
    own = {key.public for key in home.own_keys()}
    batches: _Batches = {}
    for contract_id, data, file in home.each("contracts", "contract_id, data, file"):
        if file is None or not _is_by(own, data):
            continue
        path = Path(os.fsdecode(file))
        if _is_there(path, data) or (_is_in_batch(path) and _batch_has(path.parent, data, batches)):
            continue
        yield from _restored(folder, _name_of(file), contract_id.hex(), data)


def _is_by(own: set[PublicKey], data: bytes) -> bool:
    """Whether *data* is a contract, with a good signature by one of *own*."""
    try:
        contract = parse_contract(data)
        creator = contract.terms.creator.key
        contract.check_signature()
    except RefusedError:
        return False
    return creator in own


def _is_there(path: Path, data: bytes) -> bool:
    try:
        return path.is_absolute() and files.read_ordinary(path, len(data)) == data
    except (OSError, ValueError):
        return False


def _batch_has(path: Path, data: bytes, batches: _Batches) -> bool:
    """Whether the batch file at *path* holds the contract *data*."""
    if path not in batches:
        try:
            batches[path] = _ids_in(path)
        except (OSError, ValueError, RefusedError):
            batches[path] = None
    return parse_contract(data).contract_id in (batches[path] or ())


def _name_of(file: bytes) -> str:
    """The name of a contract's file, if it says what the file is and moves no cursor."""
    name = Path(os.fsdecode(file)).name
    is_fit = name.endswith(CONTRACT_SUFFIX) and name.isprintable() and not name.startswith(".")
    return name.removesuffix(CONTRACT_SUFFIX) if is_fit else ""


def _restored(folder: Path, stem: str, contract_id: str, data: bytes) -> Iterator[Finding]:
    """Write one contract under its own name, or else under one that no other contract has."""
    for name in (stem, f"{stem[:_MAX_STEM_LEN]}.{contract_id}".lstrip(".")):
        path = folder / f"{name}{CONTRACT_SUFFIX}"
        if not name:
            continue
        if _is_there(path.absolute(), data):
            return
        try:
            files.write_new(path, data)
        except FileExistsError:
            continue
        except OSError as error:
            yield Finding(BROKEN, str(path), f"cannot be written: {_reason(error)}")
        else:
            yield Finding(MENDED, str(path), "was not where it was put; written")
        return
    yield Finding(BROKEN, str(path), "cannot be written: another file is there")
