"""The ledger of permissions: contracts whose signatures are good, as one sorted table.

Only steps 1 to 3 of spec §5 are behind it, which no question changes. Whether a key is believed,
and all that follows, is asked each time. So a ledger is to be kept as safe as the list of believed
keys: whoever can write to it can permit.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from consentsig import __version__, json_values
from consentsig.errors import RefusedError
from consentsig.gate import engine
from consentsig.gate.engine import GateError
from consentsig.home import files
from consentsig.terms import seconds
from consentsig.verify import conditions_of, verify_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from consentsig.terms import Terms
    from consentsig.verify import SignedContract

    Source = tuple[str, bytes, str]  # its name, its bytes, and why it could not be read if so

CONTRACTS, SPEAKERS, REFUSED = "contracts.parquet", "speakers.parquet", "refused.parquet"
INDEX: Final = "ledger.json"
_FORM: Final = 1  # of the columns; another number, another part
_CHUNK_LEN: Final = 1 << 20


class Ledger(NamedTuple):
    """A ledger that was checked to be whole.

    Attributes:
        folder: Where it is.
        digest: SHA-256 of its index, which has the SHA-256 of each of its tables.
        counts: How many contracts, speakers, refused files and repeated contracts it has.
    """

    folder: Path
    digest: bytes
    counts: dict[str, int]

    def show_to(self, connection: Any) -> None:  # noqa: ANN401  # DuckDB's
        """Let *connection* read the tables ``contracts`` and ``speakers``."""
        for name in (CONTRACTS, SPEAKERS):
            connection.register(name.partition(".")[0], _table([self.folder / name]))

    def speakers(self) -> Iterator[tuple[bytes, bytes | None, bytes | None, str | None]]:
        """For each speaker its creator, recovery key and list key, and the list's address."""
        columns = ["creator", "recovery", "list_key", "list_uri"]
        for batch in _table([self.folder / SPEAKERS]).to_batches(columns=columns):
            yield from zip(*(column.to_pylist() for column in batch), strict=True)


def build_ledger(
    parts: Iterable[list[Source]],
    out: Path,
    *,
    memory: str = engine.MEMORY,
    advance: Callable[[int], None] = lambda _: None,
) -> Ledger:
    """Verify the contracts of all *parts*, and make a ledger of those with a good signature.

    What is done of it is kept in ``OUT.parts``, each part under the hash of its input, until the
    ledger is whole. So the same call goes on where one before was ended, also by kill -9.

    Raises:
        GateError: There is no contract, or an engine failed.
        OSError: Something is at *out*, or it cannot be written.
    """
    engine.check_installed()
    _check_free(out)
    work = out.with_name(f"{out.name}.parts")
    _make_own(work)
    with engine.told_errors():
        done = list(dict.fromkeys(_part(part, work, advance) for part in parts))
        if not done:
            work.rmdir()
            raise GateError("there is no contract")
        whole = work / f"whole-{secrets.token_hex(8)}"
        whole.mkdir()
        _merge(done, whole, memory)
    _check_free(out)
    whole.rename(out)
    files.keep_names(out.parent)
    shutil.rmtree(work, ignore_errors=True)
    return open_ledger(out)


def open_ledger(folder: Path) -> Ledger:
    """The ledger in *folder*.

    Raises:
        GateError: It is none, or damaged.
        OSError: It cannot be read.
    """
    try:
        index = (folder / INDEX).read_bytes()
        said = json.loads(index)
        form, tables, counts = said["form"], said["sha256"], said["counts"]
    except (FileNotFoundError, NotADirectoryError):
        raise GateError(f"{folder} is no ledger: it has no {INDEX}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise GateError(f"{folder / INDEX} is damaged: {engine.reason(error)}") from None
    if form != _FORM:
        raise GateError(f"{folder} is a ledger of form {form}, expected {_FORM}: build it again")
    for name in (CONTRACTS, SPEAKERS, REFUSED):
        if _hash_of(folder / name) != tables.get(name):
            raise GateError(f"{folder / name} is damaged: its SHA-256 is not that in {INDEX}")
    return Ledger(folder, hashlib.sha256(index).digest(), counts)


def _check_free(out: Path) -> None:
    if os.path.lexists(out):
        raise FileExistsError(errno.EEXIST, "already exists", str(out))


def _make_own(work: Path) -> None:
    """Make the folder of the parts, which are believed; one that somebody else made is refused."""
    try:
        work.mkdir(mode=0o700)
    except FileExistsError:
        found = work.lstat()
        is_own = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
        if not (stat.S_ISDIR(found.st_mode) and is_own):
            raise GateError(f"{work} is not a folder of yours: remove it") from None


# --- parts ---


def _part(part: list[Source], work: Path, advance: Callable[[int], None]) -> Path:
    """The file of *part*, made unless it is there."""
    import pyarrow as pa

    path = work / f"{_name_of(part)}.parquet"
    if not path.exists():
        schema = _part_schema()
        table = pa.Table.from_pylist([_row(*source) for source in part], schema=schema)
        try:
            with files.new_file(path) as (file, finish):
                from pyarrow import parquet

                parquet.write_table(table, file, compression="zstd")
                finish()
        except FileExistsError:  # another process made the same
            pass
    advance(len(part))
    return path


def _name_of(part: list[Source]) -> str:
    """What names a part: its whole input, and by which version it is read."""
    digest = hashlib.sha256(f"{_FORM} {__version__}".encode())
    for name, data, problem in part:
        for each in (os.fsencode(name), data, problem.encode("utf-8", "backslashreplace")):
            digest.update(len(each).to_bytes(8, "big") + each)
    return digest.hexdigest()


def _row(name: str, data: bytes, problem: str) -> dict[str, object]:
    row: dict[str, object] = {"source": engine.as_text(name)}
    if problem:
        return row | {"message": engine.as_text(problem)}
    try:
        return row | _values(verify_signature(data))
    except RefusedError as error:
        told = {"code": str(error.code), "step": error.step, "message": engine.as_text(str(error))}
        return row | told


def _values(signed: SignedContract) -> dict[str, object]:
    terms = signed.terms
    return {
        "contract_id": signed.contract_id,
        "work": terms.work.sha256,
        "work_size": terms.work.size,
        **_speaker(terms),
        "grantee_uri": terms.grantee.uri,
        "grantee_key": terms.grantee.key,
        "uses": sum(use.bit for use in terms.uses),
        "territory": ",".join(terms.territory),
        "starts": seconds(terms.starts),
        "expires": seconds(terms.expires),
        "idx": terms.status and terms.status.idx,
        "has_purpose": terms.purpose is not None,
        "owed": _owed(terms),
    }


def _speaker(terms: Terms) -> dict[str, object]:
    """What decides whose lists speak for a contract, and whether its creator is believed."""
    key = terms.creator.key
    return {
        "creator": key.thumbprint,
        "creator_key": key.x,
        "recovery": terms.creator.recovery,
        "list_key": terms.list_key,
        "list_uri": terms.status and terms.status.uri,
    }


def _owed(terms: Terms) -> str:
    """The conditions (spec §5.3) as JSON; empty if there are none."""
    found = json_values.conditions(conditions_of(terms))
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if found else ""


def _part_schema() -> Any:  # noqa: ANN401  # pyarrow has no types
    import pyarrow as pa

    digest, text, number = pa.binary(32), pa.string(), pa.int64()
    return pa.schema(
        [
            *(("contract_id", digest), ("work", digest), ("work_size", number)),
            *(("creator", digest), ("creator_key", digest), ("recovery", digest)),
            *(("list_key", digest), ("list_uri", text)),
            *(("grantee_uri", text), ("grantee_key", digest), ("uses", pa.int32())),
            *(("territory", text), ("starts", number), ("expires", number), ("idx", number)),
            *(("has_purpose", pa.bool_()), ("owed", text), ("source", text)),
            *(("code", text), ("step", pa.int32()), ("message", text)),
        ]
    )


# --- the whole ---

_SIGNED: Final = "SELECT COUNT(*) FROM parts WHERE contract_id IS NOT NULL"

_SPEAKERS: Final = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY creator, list_uri, recovery, list_key) - 1 AS BIGINT)
       AS speaker, creator, creator_key, recovery, list_key, list_uri
FROM (SELECT DISTINCT creator, creator_key, recovery, list_key, list_uri
      FROM parts WHERE contract_id IS NOT NULL)
ORDER BY speaker"""

_CONTRACTS: Final = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY p.contract_id) - 1 AS BIGINT) AS n, p.contract_id, p.work,
       p.work_size, s.speaker, p.grantee_uri, p.grantee_key, p.uses, p.territory, p.starts,
       p.expires, p.idx, p.has_purpose, p.owed, p.source
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY contract_id ORDER BY source) AS nth
      FROM parts WHERE contract_id IS NOT NULL) p
JOIN speakers s ON p.creator = s.creator
  AND p.recovery IS NOT DISTINCT FROM s.recovery AND p.list_key IS NOT DISTINCT FROM s.list_key
  AND p.list_uri IS NOT DISTINCT FROM s.list_uri
WHERE p.nth = 1 ORDER BY n"""

_REFUSED: Final = """
SELECT source, code, step, message FROM parts WHERE contract_id IS NULL
ORDER BY source, code, message"""


def _merge(done: list[Path], whole: Path, memory: str) -> None:
    """Write the tables and the index of the parts *done* to the folder *whole*."""
    with engine.connected(whole, memory) as db:
        db.register("parts", _table(done, _part_schema()))
        [(signed,)] = db.execute(_SIGNED).fetchall()
        fields = {field.name: field for field in _part_schema()}
        counts = {"speakers": _write(db, whole / SPEAKERS, _SPEAKERS, fields)}
        db.register("speakers", _table([whole / SPEAKERS]))
        counts["contracts"] = _write(db, whole / CONTRACTS, _CONTRACTS, fields)
        counts["refused"] = _write(db, whole / REFUSED, _REFUSED, fields)
        counts["repeated"] = signed - counts["contracts"]
    hashes = {name: _hash_of(whole / name) for name in (CONTRACTS, REFUSED, SPEAKERS)}
    index = {"form": _FORM, "software": __version__, "counts": counts, "sha256": hashes}
    text = json.dumps(index, indent=1, sort_keys=True) + "\n"
    files.write_new(whole / INDEX, text.encode())


def _write(db: Any, path: Path, sql: str, fields: dict[str, Any]) -> int:  # noqa: ANN401  # DuckDB's
    import pyarrow as pa

    rows = db.sql(sql).to_arrow_reader()
    schema = pa.schema([fields.get(name, (name, pa.int64())) for name in rows.schema.names])
    return engine.write(path, rows, schema)


def _table(paths: list[Path], schema: Any = None) -> Any:  # noqa: ANN401  # pyarrow has no types
    """Parquet files as one table; DuckDB by itself would take a name for a pattern."""
    from pyarrow import dataset

    return dataset.dataset([str(path) for path in paths], schema=schema, format="parquet")


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_LEN):
            digest.update(chunk)
    return digest.hexdigest()
