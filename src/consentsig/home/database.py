"""The one SQLite file of a home folder: its tables, its transactions, and its failures.

A database that does not exist reads as an empty one; only what must be remembered makes it.

It has a rollback journal and not a WAL, whose index is memory that processes share: on a full disk
SQLite is killed where it touches such memory, and over a network there is none.
"""

from __future__ import annotations

import contextlib
import os
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, Self

from consentsig.errors import ConsentsigError
from consentsig.evidence.list_tables import FETCHES, LISTS, REVOCATIONS, SIGHTS
from consentsig.home import files

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

DATABASE: Final = "consentsig.db"  # in the home folder
BUSY_SECONDS: Final = 5
# Each entry brings a home from the version of its place to the next; a published one never changes.
_MIGRATIONS: Final = (
    (
        """CREATE TABLE keys (
            thumbprint BLOB PRIMARY KEY, x BLOB NOT NULL, name TEXT, recovery BLOB, list_uri TEXT,
            signs INTEGER NOT NULL, added INTEGER NOT NULL) STRICT""",
        "CREATE UNIQUE INDEX one_signs ON keys (signs) WHERE signs",
        """CREATE TABLE believed (
            thumbprint BLOB PRIMARY KEY, x BLOB, name TEXT NOT NULL UNIQUE,
            added INTEGER NOT NULL) STRICT""",
        "CREATE TABLE list_sizes (uri TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT",
        """CREATE TABLE positions (
            uri TEXT, idx INTEGER, PRIMARY KEY (uri, idx)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE contracts (
            contract_id BLOB PRIMARY KEY, data BLOB NOT NULL, file BLOB, made INTEGER,
            creator BLOB NOT NULL, list_key BLOB NOT NULL, recovery BLOB, uri TEXT, idx INTEGER,
            expires INTEGER NOT NULL, revoked INTEGER, reason TEXT) STRICT""",
        "CREATE INDEX contracts_by_position ON contracts (uri, idx)",
        *LISTS,
    ),
    (
        *FETCHES,
        # A grantee's copies of contracts, and the lists that spoke for each when it was kept.
        """CREATE TABLE kept (
            contract_id BLOB PRIMARY KEY, data BLOB NOT NULL, file BLOB NOT NULL,
            kept INTEGER NOT NULL, result TEXT NOT NULL, as_of INTEGER) STRICT""",
        """CREATE TABLE evidence (
            contract_id BLOB, object_id BLOB, PRIMARY KEY (contract_id, object_id))
            STRICT, WITHOUT ROWID""",
        # Lists of which another copy of this home may have used positions: none is drawn here.
        # In a restored home that is every list, which '*' stands for, but for those below.
        "CREATE TABLE closed (uri TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT",
        # Lists that the creator says are new: none was published, no contract names them.
        "CREATE TABLE said_new (uri TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT",
    ),
    REVOCATIONS,
    (
        *SIGHTS,
        # Lists from before were there when their address was last asked about.
        "UPDATE lists SET seen = (SELECT latest FROM seen WHERE seen.uri = lists.uri)",
        "UPDATE revocations SET shown = since",
    ),
    (
        # Who may speak for which contracts, without reading the contracts themselves: what each
        # command that grants or publishes asks several times.
        """CREATE INDEX contracts_by_speaker ON contracts (
            uri, list_key, creator, recovery, revoked, idx, expires)""",
    ),
)
VERSION: Final = len(_MIGRATIONS)
# Bytes 18 and 19 of a database: 1 for a rollback journal, 2 for WAL (sqlite.org/fileformat.html).
_JOURNAL: Final = slice(18, 20)
_JOURNALS: Final = ("journal", "wal")
_ROLLBACK: Final = b"\1\1"
_BATCH_LEN: Final = 500


class Hint(Enum):
    """What can be done about a fault of a home; the user's interface says how."""

    CHECK = auto()
    RESTORE_BACKUP = auto()
    RESTORE_FILES = auto()
    IMPORT_KEY = auto()
    IMPORT_RECOVERY_KEY = auto()
    PUBLISH_WITH_RECOVERY_KEY = auto()
    CHOOSE_NEW_LIST = auto()


class HomeError(ConsentsigError):
    """The home folder cannot be read or written as asked.

    Attributes:
        hints: What can be done about it.
    """

    def __init__(self, message: str, *hints: Hint) -> None:
        super().__init__(message, *hints)
        self.hints = hints

    def __str__(self) -> str:
        return str(self.args[0])


class Database:
    """The database in the home folder *folder*. Close it, or use ``with``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / DATABASE
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def exists(self) -> bool:
        """Whether there is anything to read."""
        return self.database.exists()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The answer to a question; nothing where there is no home."""
        if self._connection is None and not self.exists:
            self._check_not_lost()
            return []
        with self.reported():
            return self._connected().execute(sql, values).fetchall()

    def each(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table in the order they were added, of which few are in memory at once.

        Nobody who writes has to wait until all are read.
        """
        last = 0
        sql = f"SELECT rowid, {columns} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608  # names of ours
        while batch := self.rows(sql, last, _BATCH_LEN):
            for row in batch:
                yield row[1:]
            last = batch[-1][0]

    @contextlib.contextmanager
    def writing(self, wait: int = BUSY_SECONDS) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block is kept, or nothing. Makes the home.

        Other processes that write are waited for, *wait* seconds at most. In a transaction of
        this process the block belongs to that one.
        """
        if self._connection is not None and self._connection.in_transaction:
            yield self._connection
            return
        self.check_writable()
        with self.reported():
            connection = self._connected()
            connection.execute(f"PRAGMA busy_timeout = {1000 * wait}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself ends it if the disk is full
                    connection.execute("ROLLBACK")
                raise

    def check_writable(self) -> None:
        """Refuse what would have to be recorded where nothing can be."""
        if self.reads_only:
            raise HomeError(
                f"{self.folder} cannot be written to, so nothing can be recorded there; "
                "nothing was done"
            )

    def image(self) -> bytes:
        """The database as one file, at one instant, whoever writes meanwhile."""
        import sqlite3

        with self.reported(), contextlib.closing(sqlite3.connect(":memory:")) as copy:
            self._connected().backup(copy)
            return copy.serialize()

    @property
    def _journals(self) -> list[Path]:
        """What SQLite keeps beside the database while, or since, somebody writes."""
        return [self.database.with_name(f"{self.database.name}-{kind}") for kind in _JOURNALS]

    @property
    def reads_only(self) -> bool:
        """Whether the home is there and cannot be written to."""
        return self.exists and not os.access(self.folder, os.W_OK)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._make_files()
            self._connection = self._open()
        return self._connection

    def _make_files(self) -> None:
        if self.exists:
            return
        self._check_not_lost()
        files.make_folder(self.folder)
        with contextlib.suppress(FileExistsError):  # another process was first
            put_database(self.database, _new_database())

    def _check_not_lost(self) -> None:
        """Refuse to begin anew where a database was lost: used positions would be free again."""
        left = [*self._journals, *self.key_files()]
        for path in left:
            if path.exists() and not self.exists:
                raise HomeError(
                    f"{self.database} is gone, though {path} is there",
                    Hint.RESTORE_BACKUP,
                    Hint.IMPORT_RECOVERY_KEY,
                )

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        connection = sqlite3.connect(
            self._address(), uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        try:
            connection.execute("PRAGMA mmap_size = 0")  # of a full disk, memory cannot tell
            connection.execute("PRAGMA foreign_keys = ON")
            if not self.reads_only:
                self._leave_wal(connection)
                connection.execute("PRAGMA synchronous = EXTRA")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            self._check_version(version)
            if version < VERSION:
                self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _leave_wal(self, connection: sqlite3.Connection) -> None:
        """Give a database a rollback journal that has a WAL."""
        with self.database.open("rb") as file:
            if file.read(_JOURNAL.stop)[_JOURNAL] in (_ROLLBACK, b""):
                return
        # So the index of the WAL is in memory of this process alone.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA locking_mode = NORMAL")

    def _address(self) -> str:
        """How the database is opened: as it is, where it cannot be written to.

        Where there is a journal, another process may be writing, or was killed, and the file
        alone is not the whole truth; elsewhere nothing changes while it is read.
        """
        address = self.database.absolute().as_uri()
        if not self.reads_only:
            return f"{address}?mode=rw"
        is_whole = not any(path.exists() for path in self._journals)
        return f"{address}?mode=ro" + "&immutable=1" * is_whole

    def _check_version(self, version: int) -> None:
        if version > VERSION:
            raise HomeError(
                f"{self.database} is of version {version}, this program knows {VERSION}; "
                "install a newer consentsig"
            )
        if version < 1:  # none is ever there before it is whole
            raise HomeError(f"{self.database} is damaged: it is empty")
        if version < VERSION and self.reads_only:
            raise HomeError(
                f"{self.database} is of version {version}, expected {VERSION}, and cannot be "
                "brought up where it cannot be written to; copy the folder"
            )

    @staticmethod
    def _migrate(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first, while this one waited.
        _bring_up(connection, connection.execute("PRAGMA user_version").fetchone()[0])
        connection.execute("COMMIT")

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Raise what SQLite finds as one of our errors."""
        import sqlite3

        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from damaged names
            raise _told(self.database, error) from error

    def key_files(self) -> list[Path]:
        """Every key file there is, of a known key or not."""
        return sorted((self.folder / "keys").glob("*.pem"))


def put_database(path: Path, image: bytes) -> None:
    """Put a database at *path*, where nothing may be, whole before it has its name."""
    # SQLite gives its own files the mode of this one; nobody else reads who licenses what.
    data = image[: _JOURNAL.start] + _ROLLBACK + image[_JOURNAL.stop :]
    files.write_new(path, data, files.PRIVATE)


def set_journal(path: Path) -> None:
    """Give the database at *path*, which nobody uses, a rollback journal."""
    with path.open("r+b") as file:
        file.seek(_JOURNAL.start)
        file.write(_ROLLBACK)
        files.keep(file)


def _new_database() -> bytes:
    import sqlite3

    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _bring_up(connection, 0)
        return connection.serialize()


def _bring_up(connection: sqlite3.Connection, version: int) -> None:
    for statements in _MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _told(database: Path, error: Exception) -> HomeError:
    if "locked" in str(error):
        return HomeError(f"{database}: is in use by another process; try again")
    if any(sign in str(error) for sign in ("malformed", "not a database", "codec", "UTF-8")):
        return HomeError(f"{database}: {error}", Hint.CHECK)
    return HomeError(f"{database}: {error}")


def expected_schema() -> set[str]:
    """The statements that made the tables of a database of this version, as SQLite keeps them."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _bring_up(connection, 0)
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
        return {sql for (sql,) in rows}
