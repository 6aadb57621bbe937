"""The home folder: private keys, and one SQLite file for everything else.

The file holds the keys' names, the believed keys, contracts made here or revoked from here, list
positions, which are never used twice, and status lists once seen.
A home that does not exist reads as an empty one; only what must be remembered makes it.
"""

from __future__ import annotations

import functools
import itertools
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from consentsig.errors import KeyFileError
from consentsig.home import files
from consentsig.home.database import HomeError
from consentsig.home.positions import Positions, take_position
from consentsig.keys import PrivateKey, PublicKey
from consentsig.status_list import MAX_POSITIONS, bits_of
from consentsig.terms import seconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from consentsig.contract import UnverifiedContract
    from consentsig.evidence.sqlite_store import SqliteStore
    from consentsig.status_book import Revocations

VARIABLE: Final = "CONSENTSIG_HOME"


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


def _no_check() -> None:
    """Nothing forbids it."""


class Home(Positions):
    """The home folder at *folder*, which need not exist. Close it, or use ``with``."""

    @functools.cached_property
    def lists(self) -> SqliteStore:
        """The status lists once seen, all of them: an audit may ask about any time."""
        from consentsig.evidence.sqlite_store import SqliteStore

        return SqliteStore(self)

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

    def key_file(self, public: PublicKey) -> Path:
        """Where the private half of *public* is."""
        return self.folder / "keys" / f"{public.thumbprint.hex()[:16]}.pem"

    def add_key(
        self, key: Key, pem: bytes, added: datetime, check: Callable[[], object] = _no_check
    ) -> None:
        """Keep a private key file, never in the place of another; it signs from now on.

        Args:
            key: The key.
            pem: Its file.
            added: When.
            check: Raises if it may not be added; called while no other process can write.
        """
        public = key.public
        path = self.key_file(public)
        written: list[Path] = []
        # A signal may end this when the key is in the database already, and so must its file be.
        is_kept = functools.partial(self.has_key, public)
        with files.unless_all_goes_well(written, is_kept), self.writing() as db:
            check()
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

    def has_key(self, public: PublicKey) -> bool:
        """Whether the private key of *public* lives here."""
        sql = "SELECT 1 FROM keys WHERE thumbprint = ?"
        return self.exists and bool(self.rows(sql, public.thumbprint))

    def use_key(self, key: Key) -> None:
        """Make *key* the one that signs."""
        with self.writing() as db:
            db.execute("UPDATE keys SET signs = 0")
            db.execute("UPDATE keys SET signs = 1 WHERE thumbprint = ?", (key.public.thumbprint,))

    def rename_key(self, key: Key, name: str) -> None:
        """Call the holder of *key* by another name in the contracts it signs from now on."""
        with self.writing() as db:
            sql = "UPDATE keys SET name = ? WHERE thumbprint = ?"
            db.execute(sql, (name, key.public.thumbprint))

    def lock_key(self, private: PrivateKey, passphrase: bytes | None) -> None:
        """Put the file of an own key in its place once more, locked with *passphrase*.

        The new file is whole and opens before it takes the place of the old one.
        """
        pem = private.to_pem(passphrase)
        if PrivateKey.from_pem(pem, passphrase).public != private.public:
            raise HomeError("the key as it would be written does not open, so it is left as it is")
        with self.writing():  # no other process adds, restores or locks keys meanwhile
            if not self.has_key(private.public):
                raise HomeError(f"{private.public!r} is not a key of {self.folder}")
            files.replace(self.key_file(private.public), pem, files.PRIVATE)

    def set_list_uri(self, key: Key, uri: str, check: Callable[[], object] = _no_check) -> None:
        """Name the status list of the contracts that *key* signs from now on.

        *check* raises if it may not; it is called while no other process can write.
        """
        with self.writing() as db:
            check()
            db.execute(
                "UPDATE keys SET list_uri = ? WHERE thumbprint = ?", (uri, key.public.thumbprint)
            )

    # --- contracts ---

    def record(
        self, db: sqlite3.Connection, contract: UnverifiedContract, data: bytes, file: Path | None
    ) -> bool:
        """Keep a contract in the transaction *db*; *file* where it was made here.

        Returns:
            Whether it was not kept before.

        Raises:
            PositionTakenError: One made here has the position of another, which came first.
        """
        terms = contract.terms
        uri, idx = terms.status or (None, None)
        creator = terms.creator.key.thumbprint
        made = None if file is None else seconds(terms.issued)
        added = db.execute(
            "INSERT OR IGNORE INTO contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (
                *(contract.contract_id, data, file and os.fsencode(file), made),
                *(creator, terms.list_key or creator, terms.creator.recovery),
                *(uri, idx, seconds(terms.expires)),
            ),
        ).rowcount
        if uri is not None:
            take_position(db, uri, idx, must_be_free=file is not None)
        return bool(added)

    def forget(self, contract_ids: Iterable[bytes]) -> None:
        """Drop contracts that never came into the world. Their positions stay used."""
        with self.writing() as db:
            db.executemany(
                "DELETE FROM contracts WHERE contract_id = ?", ((each,) for each in contract_ids)
            )

    def newest(self) -> datetime | None:
        """The latest instant at which something was made, revoked or published here."""
        rows = self.rows(
            "SELECT max(at) FROM (SELECT max(made) AS at FROM contracts"
            " UNION ALL SELECT max(revoked) FROM contracts UNION ALL SELECT max(added) FROM keys"
            " UNION ALL SELECT max(issued) FROM lists WHERE signer IN"
            " (SELECT thumbprint FROM keys UNION SELECT recovery FROM keys))"
        )
        latest = rows[0][0] if rows else None
        return None if latest is None else datetime.fromtimestamp(latest, UTC)

    def is_revoked(self, contract_id: bytes) -> bool:
        """Whether the contract was revoked here, published or not."""
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
        """Revoke contracts; it counts from when a list says so.

        Raises:
            HomeError: The position of one belongs to another contract, which would be revoked too.
        """
        with self.writing() as db:
            for contract, data in contracts:
                status = contract.terms.status
                if status and self.has_other_at(*status, contract.contract_id):
                    raise HomeError(
                        f"position {status.idx} of {status.uri} was taken meanwhile by another "
                        "contract of yours"
                    )
                self.record(db, contract, data, None)
                db.execute(
                    "UPDATE contracts SET revoked = ?, reason = ?"
                    " WHERE contract_id = ? AND revoked IS NULL",
                    (seconds(at), reason, contract.contract_id),
                )

    def revoked_bits(self, uri: str, speaker: bytes) -> int:
        """The positions of *uri* revoked here, of contracts the key *speaker* may speak for.

        As the bits of one number. A contract beyond what a list can hold never holds anyway.
        """
        rows = self.rows(
            "SELECT idx FROM contracts WHERE uri = ? AND revoked IS NOT NULL AND +idx < ?"
            " AND ? IN (list_key, creator, recovery)",
            *(uri, MAX_POSITIONS, speaker),
        )
        return bits_of(idx for (idx,) in rows)

    def revoked_in_lists(self, uri: str) -> Revocations:
        """What lists of *uri* that are continued here revoke, of whichever contracts."""
        from consentsig.evidence.publisher import revoked_by

        return revoked_by(self.speakers(uri), uri, self.lists)

    def speakers(self, uri: str) -> set[bytes]:
        """Whose lists are continued: of own keys, their recovery keys, and keys that were lost."""
        own = {key.public.thumbprint for key in self.own_keys()}
        return own | self.recovery_keys(uri) | self.deciding_keys(uri)

    def lists_of(self, speaker: bytes) -> list[str]:
        """The lists that contracts known here name and the key *speaker* may sign."""
        rows = self.rows(
            "SELECT DISTINCT uri FROM contracts WHERE uri IS NOT NULL"
            " AND ? IN (list_key, creator, recovery) ORDER BY uri",
            speaker,
        )
        return [uri for (uri,) in rows]

    def deciding_keys(self, uri: str) -> set[bytes]:
        """The keys that sign the list *uri*, by contracts of own keys or revoked here.

        Of no others: anybody can write a contract that names this list and a key for it. Before
        one is revoked, a person has seen whose signature it has.
        """
        rows = self.rows(
            "SELECT DISTINCT list_key FROM contracts WHERE uri = ?"
            " AND (revoked IS NOT NULL OR creator IN (SELECT thumbprint FROM keys))",
            uri,
        )
        return {list_key for (list_key,) in rows}

    def recovery_keys(self, uri: str | None = None) -> set[bytes]:
        """The recovery keys that own keys name, or such contracts at *uri*, or anywhere."""
        sql = (
            "SELECT recovery FROM contracts WHERE ? IN (uri, '*')"
            " AND (revoked IS NOT NULL OR creator IN (SELECT thumbprint FROM keys))"
            " UNION SELECT recovery FROM keys"
        )
        return {key for (key,) in self.rows(sql, "*" if uri is None else uri) if key is not None}

    # --- what is held ---

    def has_list(self, uri: str) -> bool:
        """Whether a list of *uri* was ever made or seen here."""
        return bool(self.rows("SELECT 1 FROM lists WHERE uri = ? LIMIT 1", uri))

    def was_fetched(self, uri: str) -> bool:
        """Whether a list was ever seen online at *uri*."""
        return bool(self.rows("SELECT 1 FROM fetched WHERE uri = ?", uri))

    def counts(self) -> dict[str, int]:
        """How many keys, contracts, lists, believed keys and kept contracts there are."""
        return {
            table: next((count for (count,) in self.rows(f"SELECT count(*) FROM {table}")), 0)  # noqa: S608  # the names below
            for table in ("keys", "contracts", "lists", "believed", "kept")
        }

    def forget_folders(self) -> None:
        """Keep only the name of each contract's file, as after a restore: no path is true then."""
        for table in ("contracts", "kept"):
            rows = self.each(table, "contract_id, file")
            named = [(_name_in(file), contract_id) for contract_id, file in rows if file]
            with self.writing() as db:
                db.executemany(f"UPDATE {table} SET file = ? WHERE contract_id = ?", named)  # noqa: S608  # the names above

    def recovery_key_of(self, key: bytes) -> bytes | None:
        """Whose recovery key *key* is: of another own key, or of one whose contracts are known.

        Even one that was revoked here says nothing of a key that grants.
        """
        rows = self.rows(
            "SELECT thumbprint FROM keys WHERE recovery = ?1"
            " UNION ALL SELECT creator FROM contracts WHERE recovery = ?1"
            " AND (revoked IS NOT NULL OR creator IN (SELECT thumbprint FROM keys))"
            " AND NOT EXISTS (SELECT 1 FROM contracts WHERE creator = ?1) LIMIT 1",
            key,
        )
        return rows[0][0] if rows else None

    def left_unknown(
        self, uri: str, speaker: bytes, at: datetime
    ) -> list[tuple[bytes, bytes | None]]:
        """Contracts at *uri*, as bytes and file, which no list by *speaker* alone confirms.

        Those that ended before *at*, or were revoked, are left out.
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


def _name_in(file: bytes) -> bytes:
    return os.path.basename(file)  # noqa: PTH119  # bytes, as the database keeps paths


def _set_aside(path: Path) -> None:
    """Keep under another name the key file that a killed process left at *path*."""
    if os.path.lexists(path):
        names = (path.with_name(f"{path.name}.{n}") for n in itertools.count(1))
        path.rename(next(name for name in names if not os.path.lexists(name)))
