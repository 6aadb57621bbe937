"""Whether a home folder is sound: its database, keys, contracts and lists.

What is wrong inside of the folder and can be put right is; outside of it nothing is
written, but for :func:`restore_files`, which is asked for.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.contract import CONTRACT, parse_contract
from consentsig.errors import KeyFileError, RefusedError
from consentsig.home import files
from consentsig.home.database import HomeError, expected_schema
from consentsig.status import verify_status_list
from consentsig.terms import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from consentsig.home.home import Home, Key

MENDED: Final = "mended"
NOTE: Final = "note"
BROKEN: Final = "broken"  # what could not be put right
MAX_KEY_FILE_LEN: Final = 65_536
TAKE_BACK: Final = "consentsig publish --out DIR --recovery-key FILE"
_FOLDER_MODE: Final = 0o700
_FOOT: Final = b"-----END ENCRYPTED PRIVATE KEY-----"


class Finding(NamedTuple):
    """One thing that was found.

    Attributes:
        kind: ``MENDED``, ``NOTE`` or ``BROKEN``.
        what: The file or thing it is about.
        message: What is or was wrong with it.
        hint: A command that leads on, or nothing.
    """

    kind: str
    what: str
    message: str
    hint: str = ""


def check(home: Home) -> Iterator[Finding]:
    """Everything there is to say about *home*, which exists; nothing if all is well."""
    problem = _problem_of_database(home)
    if problem is not None:
        yield Finding(
            BROKEN, str(home.database), problem, "consentsig --home NEW-FOLDER home restore BACKUP"
        )
        return
    yield from _left_over(home)
    yield from _modes(home)
    yield from _keys(home)
    yield from _contracts(home)
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
            return "has other tables than a home's database has"
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
            if key.recovery is not None:
                problem += (
                    "; without a backup, the recovery key can still take contracts back: "
                    + (TAKE_BACK)
                )
            hint = "consentsig --home NEW-FOLDER home restore BACKUP"
            yield Finding(BROKEN, str(path), problem, hint)
    folder = home.folder / "keys"
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path not in known:
            yield Finding(
                NOTE, str(path), "is no key that this home knows; an interrupted init or import "
                "leaves such a file", f"consentsig key import {path}",
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


def _contracts(home: Home) -> Iterator[Finding]:
    rows = home.rows("SELECT contract_id, data, uri, idx, file, 1 FROM contracts")
    rows += home.rows("SELECT contract_id, data, NULL, NULL, NULL, 0 FROM kept")
    for contract_id, data, uri, idx, file, is_recorded in rows:
        problem = _problem_of_contract(contract_id, data, (uri, idx) if is_recorded else None)
        if problem is not None:
            yield Finding(BROKEN, f"contract {contract_id.hex()}", problem)
        elif file is not None:
            yield from _file(data, os.fsdecode(file))
    yield from _positions(home)


def _problem_of_contract(
    contract_id: bytes, data: bytes, position: tuple[str | None, int | None] | None
) -> str | None:
    try:
        contract = parse_contract(data)
        terms = contract.terms
        terms.creator.key.verify(contract.sign1.signature, contract.sign1.sig_structure)
    except RefusedError as error:
        return f"is damaged: {error.code}: {error}"
    if contract.contract_id != contract_id:
        return f"is kept in the place of another, it is {contract.contract_id.hex()}"
    if position is not None and position != (terms.status or (None, None)):
        return "is recorded with another position than it names"
    return None


def _file(data: bytes, file: str) -> Iterator[Finding]:
    """A contract's file may have been moved or given away; that is no fault of the home."""
    hint = "consentsig home check --restore-files"
    try:
        if files.read_ordinary(Path(file), CONTRACT.max_len) != data:
            yield Finding(NOTE, file, "is no longer the contract that was signed there")
    except FileNotFoundError:
        yield Finding(NOTE, file, "is not there any more; the contract is kept here", hint)
    except OSError as error:
        yield Finding(NOTE, file, f"cannot be read: {(error.strerror or str(error)).lower()}")


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
    for object_id, uri, issued, data in home.rows("SELECT object_id, uri, issued, data FROM lists"):
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
            message = "takes no new contract, since this home was restored from a backup; before "
            message += "you grant what you may want to take back, choose a list that is new"
            hint = "consentsig key set-list-uri https://YOUR.SITE/consent-list-2 --new"
            yield Finding(NOTE, key.list_uri, message, hint)


def restore_files(home: Home) -> Iterator[Finding]:
    """Write again the files of contracts signed here that are not where they were put."""
    for data, file in home.rows("SELECT data, file FROM contracts WHERE file NOT NULL"):
        path = Path(os.fsdecode(file))
        if os.path.lexists(path):
            continue
        try:
            files.write_new(path, data)
        except OSError as error:
            why = f"cannot be written: {(error.strerror or str(error)).lower()}"
            yield Finding(BROKEN, str(path), why)
        else:
            yield Finding(MENDED, str(path), "was not there; written again")
