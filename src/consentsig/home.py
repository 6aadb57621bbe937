"""The home folder: private keys, and one SQLite file for everything else.

The file holds the keys' names, the believed keys, contracts made here or taken back from
here, list positions, which are never used twice, and status lists once seen.
A home that does not exist reads as an empty one; only what must be remembered makes it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from consentsig import files
from consentsig.errors import ConsentsigError, KeyFileError
from consentsig.keys import PublicKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from consentsig.contract import UnverifiedContract

VARIABLE: Final = "CONSENTSIG_HOME"
FIRST_LIST_SIZE: Final = 4096  # positions; with so many nobody can count contracts (spec §7.6)
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
        """CREATE TABLE lists (
            object_id BLOB PRIMARY KEY, uri TEXT NOT NULL, signer BLOB NOT NULL,
            issued INTEGER NOT NULL, data BLOB NOT NULL) STRICT""",
        "CREATE INDEX lists_by_uri ON lists (uri, signer, issued)",
    ),
    (
        # The list last fetched from an address, to ask only whether there is a newer one.
        """CREATE TABLE fetched (
            uri TEXT PRIMARY KEY, object_id BLOB NOT NULL, etag TEXT, last_modified TEXT,
            checked INTEGER NOT NULL) STRICT""",
        # A grantee's copies of contracts, and the lists that spoke for each when it was kept.
        """CREATE TABLE kept (
            contract_id BLOB PRIMARY KEY, data BLOB NOT NULL, file BLOB NOT NULL,
            kept INTEGER NOT NULL, result TEXT NOT NULL, as_of INTEGER) STRICT""",
        """CREATE TABLE evidence (
            contract_id BLOB, object_id BLOB, PRIMARY KEY (contract_id, object_id))
            STRICT, WITHOUT ROWID""",
        # Lists of which another copy of this home may have used positions: none is drawn here.
        "CREATE TABLE closed (uri TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT",
    ),
)
VERSION: Final = len(_MIGRATIONS)
# Bytes 18 and 19 of a database: 1 for a rollback journal, 2 for WAL (sqlite.org/fileformat.html).
_JOURNAL: Final = slice(18, 20)


class HomeError(ConsentsigError):
    """The home folder cannot be read or written as asked."""


class PositionTakenError(HomeError):
    """Another contract was recorded at a position since it was drawn."""


class Key(NamedTuple):
    """A private key that lives here, without its secret.

    Attributes:
        public: Its public half.
        name: What its contracts call the creator.
        recovery: Thumbprint of the recovery key its contracts name.
        list_uri: Address of the status list of its contracts.
        signs: Whether it is the one that signs.
    """

    public: PublicKey
    name: str | None
    recovery: bytes | None
    list_uri: str | None
    signs: bool


class Home:
    """The home folder at *folder*, which need not exist. Close it, or use ``with``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "consentsig.db"
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

    # --- the database ---

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

        Other processes that write are waited for, *wait* seconds at most.
        """
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
                    "another folder: consentsig --home FOLDER home restore BACKUP"
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

    # --- private keys ---

    def own_keys(self) -> tuple[Key, ...]:
        """The keys that live here, the one that signs first."""
        rows = self.rows(
            "SELECT x, name, recovery, list_uri, signs FROM keys ORDER BY signs DESC, added, name"
        )
        return tuple(
            Key(self.public_key(x), name, recovery, list_uri, bool(signs))
            for x, name, recovery, list_uri, signs in rows
        )

    def public_key(self, x: bytes) -> PublicKey:
        """A public key as the database keeps it."""
        try:
            return PublicKey(x)
        except (KeyFileError, TypeError) as error:
            raise HomeError(f"{self.database} is damaged: {error}") from error

    def key_files(self) -> list[Path]:
        """Every key file there is, of a known key or not."""
        return sorted((self.folder / "keys").glob("*.pem"))

    def key_file(self, public: PublicKey) -> Path:
        """Where the private half of *public* is."""
        return self.folder / "keys" / f"{public.thumbprint.hex()[:16]}.pem"

    def add_key(self, key: Key, pem: bytes, added: datetime) -> None:
        """Keep a private key file, never in the place of another; it signs from now on."""
        public = key.public
        path = self.key_file(public)
        written: list[Path] = []
        with files.unless_all_goes_well(written), self.writing() as db:
            db.execute("UPDATE keys SET signs = 0")
            db.execute(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?, 1, ?)",
                (
                    public.thumbprint,
                    public.x,
                    key.name,
                    key.recovery,
                    key.list_uri,
                    seconds(added),
                ),
            )
            files.make_folder(path.parent)
            _set_aside(path)
            files.write_new(path, pem, files.PRIVATE)
            written.append(path)

    def use_key(self, key: Key) -> None:
        """Make *key* the one that signs."""
        with self.writing() as db:
            db.execute("UPDATE keys SET signs = 0")
            db.execute("UPDATE keys SET signs = 1 WHERE thumbprint = ?", (key.public.thumbprint,))

    def set_list_uri(self, key: Key, uri: str) -> None:
        """Name the status list of the contracts that *key* signs from now on."""
        with self.writing() as db:
            db.execute(
                "UPDATE keys SET list_uri = ? WHERE thumbprint = ?", (uri, key.public.thumbprint)
            )

    # --- list positions ---

    def draw_positions(self, uri: str, count: int) -> list[int]:
        """*count* free positions of the list *uri*, at random (spec §7.6).

        They are used from when :meth:`record` keeps the contracts they were drawn for.

        Raises:
            HomeError: The list is closed.
        """
        if self.is_closed(uri):
            raise HomeError(
                f"this home was restored from a backup, and positions of {uri} may have been used "
                "since that was made; none is drawn there any more. Go on with a new list: "
                "consentsig key set-list-uri https://YOUR.SITE/consent-list-2"
            )
        used = {idx for (idx,) in self.rows("SELECT idx FROM positions WHERE uri = ?", uri)}
        size = _size_for(len(used) + count, self.list_size(uri))
        drawn: list[int] = []
        while len(drawn) < count:
            # At most half are used, so this takes two tries on average.
            if (idx := secrets.randbelow(size)) not in used:
                used.add(idx)
                drawn.append(idx)
        return drawn

    def list_size(self, uri: str) -> int:
        """How many positions the list *uri* has here: it doubles when half of it is used."""
        rows = self.rows("SELECT size FROM list_sizes WHERE uri = ?", uri)
        size = int(rows[0][0]) if rows else FIRST_LIST_SIZE
        sql = "SELECT COUNT(*), COALESCE(MAX(idx), 0) FROM positions WHERE uri = ?"
        for used, highest in self.rows(sql, uri):
            size = _size_for(max(used, highest // 2 + 1), size)
        return size

    def keep_positions(
        self, db: sqlite3.Connection, uri: str, positions: Iterable[int], size: int
    ) -> None:
        """Mark positions as used that a published list uses, in the transaction *db*."""
        db.executemany(
            "INSERT OR IGNORE INTO positions VALUES (?, ?)", ((uri, idx) for idx in positions)
        )
        db.execute("INSERT OR REPLACE INTO list_sizes VALUES (?, ?)", (uri, size))

    def is_closed(self, uri: str) -> bool:
        """Whether no position of the list *uri* is drawn here any more.

        Another copy of this home may have used some, and published later lists.
        """
        return bool(self.rows("SELECT 1 FROM closed WHERE uri = ?", uri))

    def close_lists(self, at: datetime) -> list[str]:
        """Close every list known here, as after a restore; return all that are closed."""
        with self.writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO closed SELECT uri, ? FROM ("
                " SELECT list_uri AS uri FROM keys UNION SELECT uri FROM list_sizes"
                " UNION SELECT uri FROM positions UNION SELECT uri FROM contracts)"
                " WHERE uri IS NOT NULL",
                (seconds(at),),
            )
        return [uri for (uri,) in self.rows("SELECT uri FROM closed ORDER BY uri")]

    # --- contracts ---

    def record(
        self, db: sqlite3.Connection, contract: UnverifiedContract, data: bytes, file: Path | None
    ) -> None:
        """Keep a contract in the transaction *db*; *file* where it was made here.

        Raises:
            PositionTakenError: One made here has the position of another, which came first.
        """
        terms = contract.terms
        uri, idx = terms.status or (None, None)
        creator = terms.creator.key.thumbprint
        made = None if file is None else seconds(terms.issued)
        db.execute(
            "INSERT OR IGNORE INTO contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (
                *(contract.contract_id, data, file and os.fsencode(file), made),
                *(creator, terms.list_key or creator, terms.creator.recovery),
                *(uri, idx, seconds(terms.expires)),
            ),
        )
        if uri is None:
            return
        is_new = db.execute("INSERT OR IGNORE INTO positions VALUES (?, ?)", (uri, idx)).rowcount
        if file is not None and not is_new:
            raise PositionTakenError(f"position {idx} of {uri} was taken meanwhile; try again")

    def forget(self, contract_ids: Iterable[bytes]) -> None:
        """Drop contracts that never came into the world. Their positions stay used."""
        with self.writing() as db:
            db.executemany(
                "DELETE FROM contracts WHERE contract_id = ?", ((each,) for each in contract_ids)
            )

    def newest(self) -> datetime | None:
        """The latest instant at which something was made, taken back or published here."""
        rows = self.rows(
            "SELECT max(at) FROM (SELECT max(made) AS at FROM contracts"
            " UNION ALL SELECT max(revoked) FROM contracts UNION ALL SELECT max(added) FROM keys"
            " UNION ALL SELECT max(issued) FROM lists WHERE signer IN"
            " (SELECT thumbprint FROM keys UNION SELECT recovery FROM keys))"
        )
        latest = rows[0][0] if rows else None
        return None if latest is None else datetime.fromtimestamp(latest, UTC)

    def is_revoked(self, contract_id: bytes) -> bool:
        """Whether the contract was taken back here, published or not."""
        return bool(
            self.rows(
                "SELECT 1 FROM contracts WHERE contract_id = ? AND revoked IS NOT NULL", contract_id
            )
        )

    def has_of(self, creators: Iterable[bytes], uri: str) -> bool:
        """Whether contracts of *creators* are known that name the list *uri*."""
        sql = "SELECT DISTINCT creator FROM contracts WHERE uri = ?"
        return not {creator for (creator,) in self.rows(sql, uri)}.isdisjoint(creators)

    def has_other_at(self, uri: str, idx: int, contract_id: bytes) -> bool:
        """Whether a position belongs to another contract than this one."""
        sql = "SELECT 1 FROM contracts WHERE uri = ? AND idx = ? AND contract_id <> ?"
        return bool(self.rows(sql, uri, idx, contract_id))

    def revoke(
        self,
        contracts: Iterable[tuple[UnverifiedContract, bytes]],
        reason: str | None,
        at: datetime,
    ) -> None:
        """Take contracts back; it counts from when a list says so."""
        with self.writing() as db:
            for contract, data in contracts:
                self.record(db, contract, data, None)
                db.execute(
                    "UPDATE contracts SET revoked = ?, reason = ?"
                    " WHERE contract_id = ? AND revoked IS NULL",
                    (seconds(at), reason, contract.contract_id),
                )

    def revoked_positions(self, uri: str, speaker: bytes) -> set[int]:
        """The positions of *uri* taken back here, of contracts the key *speaker* may speak for."""
        rows = self.rows(
            "SELECT idx FROM contracts WHERE uri = ? AND revoked IS NOT NULL"
            " AND ? IN (list_key, creator, recovery)",
            uri,
            speaker,
        )
        return {idx for (idx,) in rows}

    def lists_of(self, speaker: bytes) -> list[str]:
        """The lists that contracts known here name and the key *speaker* may sign."""
        rows = self.rows(
            "SELECT DISTINCT uri FROM contracts WHERE uri IS NOT NULL"
            " AND ? IN (list_key, creator, recovery) ORDER BY uri",
            speaker,
        )
        return [uri for (uri,) in rows]

    def deciding_keys(self, uri: str) -> set[bytes]:
        """The keys that sign the list *uri*, by the contracts known here."""
        rows = self.rows("SELECT DISTINCT list_key FROM contracts WHERE uri = ?", uri)
        return {list_key for (list_key,) in rows}

    def recovery_keys(self, uri: str | None = None) -> set[bytes]:
        """The recovery keys that own keys name, or contracts known here at *uri*, or anywhere."""
        sql = "SELECT recovery FROM contracts WHERE ? IN (uri, '*') UNION SELECT recovery FROM keys"
        return {key for (key,) in self.rows(sql, "*" if uri is None else uri) if key is not None}

    def left_unknown(
        self, uri: str, speaker: bytes, at: datetime
    ) -> list[tuple[bytes, bytes | None]]:
        """Contracts at *uri*, as bytes and file, which no list by *speaker* alone confirms.

        Those that ended before *at*, or were taken back, are left out.
        """
        sql = (
            "SELECT data, file FROM contracts WHERE uri = ? AND list_key <> ?"
            " AND revoked IS NULL AND expires > ? ORDER BY made"
        )
        return [(data, file) for data, file in self.rows(sql, uri, speaker, seconds(at))]

    def waiting_for(self, speaker: bytes, at: datetime) -> list[tuple[bytes, str]]:
        """Keys other than *speaker*, with lists, that contracts not ended at *at* wait for."""
        rows = self.rows(
            "SELECT DISTINCT list_key, uri FROM contracts WHERE uri IS NOT NULL"
            " AND list_key <> ? AND expires > ? ORDER BY uri",
            speaker,
            seconds(at),
        )
        return [(list_key, uri) for list_key, uri in rows]


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


def _set_aside(path: Path) -> None:
    """Keep under another name the key file that a killed process left at *path*."""
    if os.path.lexists(path):
        names = (path.with_name(f"{path.name}.{n}") for n in itertools.count(1))
        path.rename(next(name for name in names if not os.path.lexists(name)))


def _size_for(used: int, size: int) -> int:
    while 2 * used > size:
        size *= 2
    return size


def seconds(at: datetime) -> int:
    """An instant as the database keeps it."""
    return int(at.timestamp())


def expected_schema() -> set[str]:
    """The statements that made the tables of a database of this version, as SQLite keeps them."""
    import sqlite3

    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _bring_up(connection, 0)
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
        return {sql for (sql,) in rows}
