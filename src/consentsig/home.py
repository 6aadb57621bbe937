"""The home folder: private keys, and one SQLite file for everything else.

The file holds the keys' names, the believed keys, contracts made here or taken back from
here, list positions, which are never used twice, and status lists once seen.
A home that does not exist reads as an empty one; only what must be remembered makes it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from consentsig import files
from consentsig.errors import ConsentsigError
from consentsig.keys import PublicKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from datetime import datetime
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
_VERSION: Final = len(_MIGRATIONS)


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
            return []
        with self._reported():
            return self._connected().execute(sql, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block is kept, or nothing. Makes the home."""
        with self._reported():
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._make_files()
            self._connection = self._open()
        return self._connection

    def _make_files(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its own files the mode of this one; nobody else reads who licenses what.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.database, os.O_CREAT | os.O_EXCL, files.PRIVATE))

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        connection = sqlite3.connect(self.database, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            self._check_version(version)
            if version < _VERSION:
                self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_version(self, version: int) -> None:
        if version > _VERSION:
            raise HomeError(
                f"{self.database} is of version {version}, this program knows {_VERSION}; "
                "install a newer consentsig"
            )

    @staticmethod
    def _migrate(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first, while this one waited.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except sqlite3.Error as error:
            busy = "locked" in str(error)
            why = "is in use by another process; try again" if busy else error
            raise HomeError(f"{self.database}: {why}") from error

    # --- private keys ---

    def own_keys(self) -> tuple[Key, ...]:
        """The keys that live here, the one that signs first."""
        rows = self.rows(
            "SELECT x, name, recovery, list_uri, signs FROM keys ORDER BY signs DESC, added, name"
        )
        return tuple(
            Key(PublicKey(x), name, recovery, list_uri, bool(signs))
            for x, name, recovery, list_uri, signs in rows
        )

    def key_file(self, public: PublicKey) -> Path:
        """Where the private half of *public* is."""
        return self.folder / "keys" / f"{public.thumbprint.hex()[:16]}.pem"

    def add_key(self, key: Key, pem: bytes, added: datetime) -> None:
        """Keep a private key file, never in the place of another; it signs from now on."""
        public = key.public
        path = self.key_file(public)
        self._make_files()
        path.parent.mkdir(mode=0o700, exist_ok=True)
        files.write_new(path, pem, files.PRIVATE)
        with files.unless_all_goes_well([path]), self.writing() as db:
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
        """
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

    def is_closed(self, uri: str) -> bool:
        """Whether another copy of this home may have used the list *uri*, as after a restore."""
        return bool(self.rows("SELECT 1 FROM closed WHERE uri = ?", uri))

    def keep_positions(
        self, db: sqlite3.Connection, uri: str, positions: Iterable[int], size: int
    ) -> None:
        """Mark positions as used that a published list uses, in the transaction *db*."""
        db.executemany(
            "INSERT OR IGNORE INTO positions VALUES (?, ?)", ((uri, idx) for idx in positions)
        )
        db.execute("INSERT OR REPLACE INTO list_sizes VALUES (?, ?)", (uri, size))

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


def _size_for(used: int, size: int) -> int:
    while 2 * used > size:
        size *= 2
    return size


def seconds(at: datetime) -> int:
    """An instant as the database keeps it."""
    return int(at.timestamp())
