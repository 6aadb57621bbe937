"""A run of the gate: every row of a data set decided, and written as kept or as refused.

Rows are written from the same bytes that were hashed, so that nothing can change in between. All
goes to a temporary folder, which gets its name once it is whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from consentsig.gate import engine
from consentsig.gate.decide import OUTCOMES
from consentsig.gate.engine import GateError
from consentsig.gate.readers import COLUMNS, ShardError
from consentsig.gate.tables import instant
from consentsig.home import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from consentsig.gate.readers import DataSet, Hashed, Rows, Shard
    from consentsig.gate.tables import Answer, Decider

KEPT, REFUSED, SUMMARY = "kept", "refused", "summary.json"
_RECOMPUTED, _DECLARED, _NO_HASH = "recomputed", "declared", "none"


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder to write to, and what gives it the name *out*; unless called, it is gone.

    Raises:
        OSError: Something is at *out*, or there is no folder for it.
    """
    _check_free(out)
    if not out.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(out.parent))
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(8)}.writing")
    temporary.mkdir()

    def finish() -> None:
        _check_free(out)
        temporary.rename(out)
        files.keep_names(out.parent)

    try:
        yield temporary, finish
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_free(out: Path) -> None:
    if os.path.lexists(out):
        raise FileExistsError(errno.EEXIST, "already exists", str(out))


class Counts:
    """What a run found.

    Attributes:
        results: How many rows have each result.
        hashes: How many rows were kept and refused, by whether their hash was recomputed.
        unread: Files that could not be read, or not to their end, and why.
    """

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()
        self.hashes: Counter[tuple[str, str]] = Counter()
        self.unread: list[dict[str, str]] = []

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.results.total()

    @property
    def kept(self) -> int:
        """How many of them are permitted."""
        return self.results[OUTCOMES[0].result]

    @property
    def all_permitted(self) -> bool:
        """Whether there are rows, all read, and each is permitted."""
        return 0 < self.total == self.kept and not self.unread

    def values(self) -> dict[str, object]:
        """The same, ready for JSON."""
        by_hash = {
            kind: {fate: self.hashes[fate, kind] for fate in (KEPT, REFUSED)}
            for kind in (_RECOMPUTED, _DECLARED, _NO_HASH)
        }
        return {
            "rows": self.total,
            "kept": self.kept,
            "refused": self.total - self.kept,
            "by_result": {each.result: self.results[each.result] for each in OUTCOMES},
            "by_hash": by_hash,
            "unread": self.unread,
        }


def run_gate(
    data_set: DataSet, decider: Decider, out: Path, advance: Callable[[int], None] = lambda _: None
) -> Counts:
    """Decide each row of *data_set*, and write it below *out*, which is there, with the answer.

    Raises:
        GateError: An engine failed, a column has a name that is needed, or there is no row.
        OSError: It cannot be written.
    """
    counts = Counts()
    with engine.told_errors():
        for shard in data_set.shards:
            try:
                _run_shard(shard, decider, out, counts, advance)
            except ShardError as error:
                counts.unread.append({"file": shard.name, "reason": engine.as_text(str(error))})
    if not counts.total:
        raise GateError("there is no row in the data set" + _why(counts))
    return counts


def _why(counts: Counts) -> str:
    return "".join(f"; {each['file']}: {each['reason']}" for each in counts.unread[:1])


def _run_shard(
    shard: Shard, decider: Decider, out: Path, counts: Counts, advance: Callable[[int], None]
) -> None:
    kind = _RECOMPUTED if shard.recomputed else _DECLARED
    with _Writers(shard, out) as writers:
        for rows in shard.rows():
            works = [(each.sha256, each.size) for each in rows.hashed]
            answers = list(decider.decide(works))
            cells = [_cells(*each, kind) for each in zip(rows.hashed, answers, strict=True)]
            for fate, wanted in ((KEPT, True), (REFUSED, False)):
                places = [n for n, each in enumerate(answers) if each.permitted is wanted]
                writers.add(fate, rows, places, [cells[n] for n in places])
                counts.hashes.update((fate, str(cells[n][-1])) for n in places)
            counts.results.update(OUTCOMES[each.rank].result for each in answers)
            advance(len(answers))


def _cells(hashed: Hashed, answer: Answer, kind: str) -> tuple[object, ...]:
    """A row's values of :data:`COLUMNS`."""
    outcome = OUTCOMES[answer.rank]
    reason = f"{outcome.reason}: {hashed.problem}" if hashed.problem else outcome.reason
    return (
        *(outcome.result, outcome.step, reason, _hex(answer.contract_id), _hex(answer.creator)),
        *(instant(answer.expires), instant(answer.as_of), answer.owed or None),
        *(_hex(hashed.sha256), _NO_HASH if hashed.sha256 is None else kind),
    )


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


class _Writers:
    """The files of a shard's rows, each made with its first row, and whole at the end."""

    def __init__(self, shard: Shard, out: Path) -> None:
        self._shard = shard
        self._out = out
        self._open: dict[str, tuple[IO[bytes], Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file, made in self._open.values():
            if made is not None:
                made.close()
            files.keep(file)  # type: ignore[arg-type]  # a file opened as binary
            file.close()

    def add(
        self, fate: str, rows: Rows, places: Sequence[int], cells: Sequence[tuple[object, ...]]
    ) -> None:
        """Write the rows at *places*, each with its cells."""
        if not places:
            return
        if self._shard.schema is None:
            file, _ = self._opened(fate)
            file.writelines(
                _with_cells(rows.content[n], each) for n, each in zip(places, cells, strict=True)
            )
            return
        import pyarrow as pa

        kept = rows.content.take(pa.array(places, pa.int64()))
        for field, column in zip(_fields(), zip(*cells, strict=True), strict=True):
            kept = kept.append_column(field, pa.array(column, field.type))
        self._opened(fate, kept.schema)[1].write_table(kept)

    def _opened(self, fate: str, schema: Any = None) -> tuple[IO[bytes], Any]:  # noqa: ANN401  # pyarrow has no types
        if fate not in self._open:
            if schema is not None and (taken := _taken(schema)):
                raise GateError(
                    f"{self._shard.name} has a column {taken!r} already, as from a gate before"
                )
            path = self._out / fate / self._shard.name
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb")
            self._open[fate] = (file, None if schema is None else _parquet_writer(file, schema))
        return self._open[fate]


def _parquet_writer(file: IO[bytes], schema: Any) -> Any:  # noqa: ANN401  # as above
    from pyarrow import parquet

    return parquet.ParquetWriter(file, schema, compression="zstd")


def _taken(schema: Any) -> str | None:  # noqa: ANN401  # as above
    return next((name for name in COLUMNS if schema.names.count(name) > 1), None)


def _fields() -> list[Any]:
    import pyarrow as pa

    kinds = {"consent_step": pa.int32()}
    return [pa.field(name, kinds.get(name, pa.string())) for name in COLUMNS]


def _with_cells(line: str, cells: tuple[object, ...]) -> bytes:
    """A JSON object with the cells at its end; what is in it stays as it was written."""
    added = json.dumps(dict(zip(COLUMNS, cells, strict=True)), ensure_ascii=False)
    head = line[:-1].rstrip()
    return f"{head}{'' if head == '{' else ', '}{added[1:]}\n".encode()


def write_summary(out: Path, values: dict[str, object]) -> None:
    """Write what the whole run found."""
    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    files.write_new(out / SUMMARY, text.encode("utf-8", "backslashreplace"))
