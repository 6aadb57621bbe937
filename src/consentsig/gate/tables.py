"""A question as small tables, and the answers that the SQL of the decision gives with them.

What lists say is asked of the core's own :class:`~consentsig.StatusBook`, position by position of
believed creators, so that the gate has no rule of its own for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from consentsig.asked import NOT_ASKED
from consentsig.errors import StatusDisputedError, StatusError
from consentsig.gate import decide
from consentsig.gate.engine import GateError
from consentsig.keys import PublicKey
from consentsig.terms import (
    EPOCH,
    Creator,
    Grantee,
    Revocation,
    StatusReference,
    Terms,
    Work,
    seconds,
)
from consentsig.vocabulary import Revocability

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from consentsig.gate.ledger import Ledger
    from consentsig.verify import Question

_AT_ONCE: Final = 10_000  # positions

_POSITIONS: Final = """
SELECT DISTINCT c.speaker, c.idx FROM contracts c
JOIN speakers_at s ON c.speaker = s.speaker
WHERE c.idx IS NOT NULL AND s.believed ORDER BY c.speaker, c.idx"""


class Answer(NamedTuple):
    """What is decided of a row.

    Attributes:
        rank: Which of :data:`~consentsig.gate.decide.OUTCOMES`; 0 alone is a yes.
        contract_id: The contract that decides: the one that permits, or the nearest miss.
        creator: The thumbprint of its creator.
        as_of: The issue time of the list that decides, in seconds; with a yes, and where lists
            are disputed.
        expires: When the contract ends, in seconds; with a yes, as the next.
        owed: What a person must keep, as JSON.
    """

    rank: int
    contract_id: bytes | None
    creator: bytes | None
    as_of: int | None
    expires: int | None
    owed: str | None

    @property
    def permitted(self) -> bool:
        """Whether the use is permitted."""
        return self.rank == 0


class Decider:
    """One question, asked of any number of works.

    Args:
        connection: A DuckDB connection of :func:`~consentsig.gate.engine.connected`.
        ledger: The contracts.
        question: What is asked, but for the work, which is NOT_ASKED.
        purposes_read: Ids of contracts whose purpose the caller has read and keeps to.
        is_rolled_back: Whether lists of an address and signers were seen that are dated later
            than the clock, so that none of them permits (spec §7.5).

    Raises:
        ValueError: *question* names a work, or leaves out something else.
        GateError: A contract in *purposes_read* is not in the ledger.
    """

    def __init__(
        self,
        connection: Any,  # noqa: ANN401  # DuckDB's
        ledger: Ledger,
        question: Question,
        *,
        purposes_read: Collection[bytes] = (),
        is_rolled_back: Callable[[str, tuple[bytes, ...]], bool] = lambda *_: False,
    ) -> None:
        if question.not_asked != ("work",):
            raise ValueError(f"not asked is {question.not_asked}, expected the work alone")
        self._db = connection
        self._question = question
        self._is_rolled_back = is_rolled_back
        self.lists: set[bytes] = set()  # object ids of those that decide
        self.counted: set[tuple[str, bytes]] = set()  # addresses and signers that may speak
        ledger.show_to(connection)
        self._fill_request()
        speakers = self._fill_speakers()
        self._fill_said(speakers)
        self._fill_purposes(purposes_read)
        connection.execute(f"CREATE TABLE best AS {decide.BEST}")
        connection.execute(f"CREATE TABLE details AS {decide.DETAILS}")

    def decide(self, works: Sequence[tuple[bytes | None, int | None]]) -> Iterator[Answer]:
        """An answer for each of *works*, in their order.

        Args:
            works: SHA-256, None where there is none, and size in bytes, None where unknown.
        """
        import pyarrow as pa

        hashes, sizes = zip(*works, strict=True) if works else ((), ())
        if any(each is not None and len(each) != 32 for each in hashes):
            raise ValueError("a SHA-256 is not of 32 bytes")
        rows = {
            "row_number": pa.array(range(len(works)), pa.int64()),
            "work": pa.array(hashes, pa.binary()),
            "work_size": pa.array(sizes, pa.int64()),
        }
        self._db.register("dataset", pa.table(rows))
        try:
            found = self._db.execute(decide.ANSWERS).fetchall()
        finally:
            self._db.unregister("dataset")
        for (number, *answer), expected in zip(found, range(len(works)), strict=True):
            if number != expected:
                raise GateError(f"row {number} came for row {expected}")
            yield Answer(*answer)

    def ranks(self) -> list[tuple[bytes, int]]:
        """How far each contract comes by itself, by contract id, its size left out."""
        sql = f"SELECT c.contract_id, j.rk FROM ({decide.JUDGED}) j JOIN contracts c ON c.n = j.n"  # noqa: S608  # a constant
        found: list[tuple[bytes, int]] = self._db.execute(sql).fetchall()
        return found

    def _fill_request(self) -> None:
        asked = self._question
        grantee, use = asked.grantee, asked.use
        assert grantee is not NOT_ASKED and use is not NOT_ASKED  # noqa: PT018, S101  # checked above
        self._table(
            "request",
            "grantee_uri VARCHAR, grantee_key BLOB, use_bit INTEGER, territory VARCHAR,"
            " at_time BIGINT",
            [(grantee.uri, grantee.key, use.bit, asked.territory, seconds(asked.at))],
        )

    def _fill_speakers(self) -> dict[int, Terms]:
        """Fill ``speakers_at`` and ``named_works``; the believed speakers that have a list."""
        sql = "SELECT speaker, creator_key, recovery, list_key, list_uri FROM speakers"
        rows, works, listed = [], [], {}
        for speaker, x, recovery, list_key, uri in self._db.execute(sql).fetchall():
            key, keys = PublicKey(x), self._question.keys
            named = keys.works_of(key)
            believed = key in keys
            decided = None
            if believed and uri is not None:
                listed[speaker] = terms = _terms(key, recovery, list_key, uri)
                decided = self._decided(terms, uri)
            positions = None if decided is None else decided[0]
            as_of = None if decided is None else decided[1]
            is_decided = decided is not None
            rows.append((speaker, key.thumbprint, believed, named is not None, is_decided,
                         positions, as_of))  # fmt: skip
            works += [(speaker, work) for work in named or ()]
        self._table(
            "speakers_at",
            "speaker BIGINT, creator BLOB, believed BOOLEAN, works_named BOOLEAN, decided BOOLEAN,"
            " positions BIGINT, as_of BIGINT",
            rows,
        )
        self._table("named_works", "speaker BIGINT, work BLOB", works)
        return listed

    def _decided(self, terms: Terms, uri: str) -> tuple[int, int] | None:
        """How many positions the list that decides has, and its issue time; None if none does."""
        from consentsig.status_book import speakers

        signers = speakers(terms)
        self.counted |= {(uri, signer) for signer in signers}
        newest = self._question.book.desk(terms).newest
        if newest is None or self._is_rolled_back(uri, signers):
            return None
        self.lists.add(newest.object_id)
        return newest.terms.size, seconds(newest.terms.issued)

    def _fill_said(self, listed: dict[int, Terms]) -> None:
        """Fill ``said_at`` with every position of which the lists do not say yes."""
        rows: list[tuple[object, ...]] = []
        for batch in self._db.sql(_POSITIONS).to_arrow_reader(_AT_ONCE):
            for speaker, idx in zip(*(column.to_pylist() for column in batch), strict=True):
                if said := self._said(listed[speaker], idx):
                    rows.append((speaker, idx, *said))
        self._table("said_at", "speaker BIGINT, idx BIGINT, code INTEGER, as_of BIGINT", rows)

    def _said(self, terms: Terms, idx: int) -> tuple[int, int | None] | None:
        """The rank of what lists say of a position, and the issue time if they are disputed."""
        assert terms.status is not None  # noqa: S101  # it has a list
        try:
            self._question.book.decide(terms._replace(status=terms.status._replace(idx=idx)))
        except StatusDisputedError as error:
            self.lists.add(error.status_list_id)
            return decide.RANKS[error.code], seconds(error.as_of)
        except StatusError as error:
            return decide.RANKS[error.code], None
        return None

    def _fill_purposes(self, contract_ids: Collection[bytes]) -> None:
        rows = []
        for each in sorted(set(contract_ids)):
            sql = "SELECT n FROM contracts WHERE contract_id = $1"
            found = self._db.execute(sql, [each]).fetchall()
            if not found:
                raise GateError(f"the ledger has no contract {each.hex()}")
            rows += found
        self._table("purposes_read", "n BIGINT", rows)

    def _table(self, name: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Make a table of *rows*, through pyarrow, since a row at a time takes far longer."""
        import pyarrow as pa

        kinds = {"BIGINT": pa.int64(), "INTEGER": pa.int32(), "BLOB": pa.binary(),
                 "VARCHAR": pa.string(), "BOOLEAN": pa.bool_()}  # fmt: skip
        named = [column.split() for column in columns.split(", ")]
        cells = zip(*rows, strict=True) if rows else [()] * len(named)
        made = pa.table(
            {name: pa.array(cell, kinds[kind])
             for (name, kind), cell in zip(named, cells, strict=True)}
        )  # fmt: skip
        self._db.register("made", made)
        try:
            self._db.execute(f"CREATE TABLE {name} AS SELECT * FROM made")  # noqa: S608  # names above
        finally:
            self._db.unregister("made")


def _terms(key: PublicKey, recovery: bytes | None, list_key: bytes | None, uri: str) -> Terms:
    """Terms that have what a status book looks at, and nothing else that counts."""
    return Terms(
        creator=Creator(key, recovery=recovery),
        work=Work(b""),
        issued=EPOCH,
        expires=EPOCH,
        grantee=Grantee(),
        uses=(),
        payments=(),
        revocation=Revocation(Revocability.AT_WILL),
        territory=(),
        list_key=list_key,
        status=StatusReference(uri, 0),
    )


def instant(at: int | None) -> str | None:
    """Seconds since 1970 as text, ``2026-01-01T00:00:00Z``."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
