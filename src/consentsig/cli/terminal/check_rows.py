"""The rows of ``check``: what one contract says of one work, and the ways they are printed."""

import contextlib
import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from consentsig import ResultCode, json_values
from consentsig.cli.terminal import contract_tables, contract_words, output, parquet
from consentsig.cli.terminal.contract_sources import Source
from consentsig.cli.terminal.output import Problem, line
from consentsig.evidence import Answer

Row = dict[str, object]

COLUMNS: Final = (
    *("work", "sha256", "permitted", "result", "step", "message", "contract", "contract_id"),
    *("creator", "known_as", "expires", "as_of", "owed"),
)


class Finding(NamedTuple):
    """What was found of one contract, in plain values that can be sent to another process.

    Attributes:
        row: Its row, but for the path of the work.
        sha256: The hash of the work it is about, if it is a contract.
        permitted: Whether it permits the use asked about.
    """

    row: Row
    sha256: bytes | None = None
    permitted: bool = False

    def of(self, path: str | None) -> Row:
        """The row about the work at *path*; None if its work is not at hand."""
        if path is None and self.row["result"] == ResultCode.AUTHENTIC:
            return self.row | {"message": "its work is not among the works here"}
        return self.row | {"work": path}


def found(source: Source, answer: Answer, names: dict[bytes, str]) -> Finding:
    """What *answer* says of the contract in *source*."""
    verdict, signed = answer.verdict, answer.signed
    row = not_asked(source).row | {
        "permitted": verdict.permitted,
        "result": str(verdict.result),
        "step": verdict.step,
        "message": verdict.message,
        "contract_id": json_values.hexadecimal(verdict.contract_id),
        "as_of": json_values.instant(verdict.as_of),
    }
    if signed is None:
        return Finding(row)
    terms = signed.terms
    row |= {
        "sha256": terms.work.sha256.hex(),
        "creator": terms.creator.key.thumbprint.hex(),
        "known_as": names.get(terms.creator.key.thumbprint),
        "expires": json_values.instant(terms.expires),
        "owed": "; ".join(contract_words.in_words(terms)),
    }
    return Finding(row, terms.work.sha256, verdict.permitted)


def not_asked(source: Source) -> Finding:
    """What there is to say of a contract that was not asked."""
    row: Row = dict.fromkeys(COLUMNS)
    return Finding(
        row | {"permitted": False, "contract": source.name, "message": source.problem or None}
    )


def without_contract(path: str, sha256: bytes | None, message: str) -> Row:
    """A work that no contract is about."""
    row: Row = dict.fromkeys(COLUMNS)
    digest = json_values.hexadecimal(sha256)
    return row | {"work": path, "sha256": digest, "permitted": False, "message": message}


@contextlib.contextmanager
def printer(
    *, as_csv: bool, as_json: bool, parquet_file: str | None
) -> Iterator[Callable[[Row], None]]:
    """What a row is given to; it prints each at once, or adds it to a Parquet file.

    Raises:
        Problem: More than one way is wanted, or pyarrow is missing.
        FileExistsError: The file is there already.
    """
    wanted = [("--csv", as_csv), ("--json", as_json), ("--parquet", parquet_file is not None)]
    named = [name for name, is_wanted in wanted if is_wanted]
    if len(named) > 1:
        raise Problem(f"{' and '.join(named)} exclude each other")
    if parquet_file is not None:
        parquet.check_installed()
        with parquet.writer(Path(parquet_file), COLUMNS) as add:
            yield add
        return
    yield output.json_line if as_json else _Csv().add if as_csv else _print_line


def _print_line(row: Row) -> None:
    work, contract = row["work"], row["contract"]
    if row["permitted"]:
        owed = f"; {row['owed']}" if row["owed"] else "; nothing is owed"
        line(f"{work}: permitted by {contract}{owed}")
        return
    reason = f"{row['result']}: {row['message']}" if row["result"] else row["message"]
    if work is None:
        line(f"{contract}: {reason}")
    elif contract is None:
        line(f"{work}: not permitted: {reason}")
    else:
        line(f"{work}: not permitted by {contract}: {reason}")


class _Csv:
    """Rows for a spreadsheet, each printed at once; a header before the first."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._has_header = False

    def add(self, row: Row) -> None:
        """Print a row."""
        if not self._has_header:
            self._has_header = True
            self._writer.writerow(COLUMNS)
        self._writer.writerow([contract_tables.cell(row[column]) for column in COLUMNS])
