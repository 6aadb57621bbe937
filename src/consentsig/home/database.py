"""The one SQLite file of a home folder: its tables, its transactions, and what can befall it.

A database that does not exist reads as an empty one; only what must be remembered makes it.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Final, Self

from consentsig.errors import ConsentsigError
from consentsig.evidence.list_tables import FETCHES, LISTS, REVOCATIONS
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
)
VERSION: Final = len(_MIGRATIONS)
# Bytes 18 and 19 of a database: 1 for a rollback journal, 2 for WAL (sqlite.org/fileformat.html).
_JOURNAL: Final = slice(18, 20)


class HomeError(ConsentsigError):
    """The home folder cannot be read or written as asked."""


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
    def _wal(self) -> Path:
        return self.database.with_name(f"{self.database.name}-wal")

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
        left = [self._wal, *self.key_files()]
        for path in left:
            if path.exists() and not self.exists:
                raise HomeError(
                    f"{self.database} is gone, though {path} is there; restore a backup into "
                    "another folder: consentsig --home FOLDER home restore BACKUP; without one, "
                    "a recovery key can still take contracts back: consentsig --home FOLDER key "
                    "import RECOVERY-KEY, then revoke and publish"
                )

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        connection = sqlite3.connect(
            self._address(), uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            self._check_version(version)
            if version < VERSION:
                self._migrate(connection)
            if not self.reads_only and files.network_of(self.folder):
                # "WAL does not work over a network filesystem" (sqlite.org/wal.html): its
                # index is memory, which two computers do not share. A home may be moved.
                connection.execute("PRAGMA journal_mode = DELETE")
        except BaseException:
            connection.close()
            raise
        return connection

    def _address(self) -> str:
        """How the database is opened: as it is, where it cannot be written to.

        SQLite cannot make the files beside it that WAL needs. Only where they are there may
        another process be writing, and then they must be read too (sqlite.org/wal.html,
        "Read-Only Databases"); elsewhere nothing changes while we look.
        """
        address = self.database.absolute().as_uri()
        if not self.reads_only:
            return f"{address}?mode=rw"
        return f"{address}?mode=ro" + "&immutable=1" * (not self._wal.exists())

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
        """Tell what SQLite finds as one of our errors."""
        import sqlite3

        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from damaged names
            raise HomeError(f"{self.database}: {_why(error)}") from error

    def key_files(self) -> list[Path]:
        """Every key file there is, of a known key or not."""
        return sorted((self.folder / "keys").glob("*.pem"))


def put_database(path: Path, image: bytes) -> None:
    """Put a database at *path*, where nothing may be, whole before it has its name."""
    journal = b"\1\1" if files.network_of(path.parent) else b"\2\2"
    data = image[: _JOURNAL.start] + journal + image[_JOURNAL.stop :]
    # SQLite gives its own files the mode of this one; nobody else reads who licenses what.
    files.write_new(path, data, files.PRIVATE)


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


def _why(error: Exception) -> str:
    if "locked" in str(error):
        return "is in use by another process; try again"
    if any(sign in str(error) for sign in ("malformed", "not a database", "codec", "UTF-8")):
        return f"{error}; see what can be done: consentsig home check"
    return str(error)


def expected_schema() -> set[str]:
    """The statements that made the tables of a database of this version, as SQLite keeps them."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _bring_up(connection, 0)
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
        return {sql for (sql,) in rows}
