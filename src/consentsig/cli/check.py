"""``check``: which works of a folder may be used, by many contracts, each matched by hash."""

import contextlib
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated

import typer

from consentsig import KeySet, RefusedError, StatusList, Use, parse_contract
from consentsig.cli.terminal import (
    arguments,
    check_asking,
    check_rows,
    check_workers,
    contract_sources,
    given_lists,
    output,
    progress,
)
from consentsig.cli.terminal.check_asking import Found
from consentsig.cli.terminal.works_at_hand import WorksAtHand
from consentsig.evidence import NotRememberedError
from consentsig.home import trust

app = arguments.command_app()


@arguments.command(
    app,
    "consentsig check contracts/ --works pictures/ --for https://acme.example \\\n"
    "      --use finetune --csv > checked.csv",
)
def check(
    *,
    contracts: Annotated[
        list[str],
        typer.Argument(
            metavar="CONTRACTS...",
            help="Contracts and batch files; folders, tar archives or Parquet files of them.",
        ),
    ],
    works: Annotated[
        list[str],
        typer.Option("--works", metavar="FOLDER", help="The works: folders or files. Repeatable."),
    ],
    grantee: Annotated[
        str, typer.Option("--for", metavar="URL-OR-KEY", help="The grantee who wants to use them.")
    ],
    use: Annotated[
        str,
        typer.Option(
            "--use", metavar="USE", help=f"The use: {', '.join(use.label for use in Use)}."
        ),
    ],
    territory: arguments.Territory = None,
    creator: arguments.Creators = None,
    status: arguments.Status = None,
    offline: arguments.Offline = False,
    allow_private: arguments.AllowPrivate = False,
    refresh: arguments.Refresh = False,
    max_age: arguments.MaxAge = None,
    at: arguments.At = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    as_json: arguments.Json = False,
    parquet_file: Annotated[
        str | None, typer.Option("--parquet", metavar="FILE", help="Write the rows to this file.")
    ] = None,
    contract_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The column of Parquet files that has contracts."),
    ] = None,
    skip: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Pass over the first N contracts, to go on."),
    ] = 0,
    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Check in N processes. The default: one per core."),
    ] = None,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check which works may be used, and by which contracts.

    Each contract is matched with its work by hash, never by name. Every contract and every work
    gets a row: what holds, why not, what is owed.

    Exit status 0: every work may be used. 1: some may not. 2: the question could not be asked.
    """
    places = contract_sources.Places(contracts, contract_column)
    places.check()
    party, purpose = arguments.party(grantee), arguments.use(use)
    country = None if territory is None else arguments.territory(territory)
    instant = None if at is None else arguments.asked_at(at)
    with (
        arguments.open_home(folder) as home,
        check_rows.printer(as_csv=as_csv, as_json=as_json, parquet_file=parquet_file) as report,
    ):
        believed = trust.believed(home, [arguments.key(key)[0] for key in creator or []])
        at_hand = WorksAtHand.measured(works)
        asked = check_asking.Asked(
            keys=believed,
            names=trust.names(home),
            works=at_hand,
            grantee=party,
            use=purpose,
            territory=country,
            at=instant,
            lists=_lists(status or [], believed, places),
            fetch=arguments.fetch_policy(
                offline=offline, status=status, allow_private=allow_private, refresh=refresh
            ),
            max_age=arguments.max_age(max_age),
        )
        parts = contract_sources.in_parts(islice(places.sources(), skip, None))
        run = _Run(at_hand, report, skip)
        with progress.bar(
            *("Checking", lambda: _left(places.count(), skip)),
            in_bytes=False,
            beside_rows=parquet_file is None,
        ) as advance:
            run.report_all(check_workers.found(asked, home, parts, workers), advance)
        run.report_rest()
    run.say_sums()
    return output.HOLDS if at_hand.all_permitted else output.DOES_NOT_HOLD


class _Run:
    """The rows of a run, as they are found."""

    def __init__(
        self, at_hand: WorksAtHand, report: Callable[[check_rows.Row], None], skipped: int
    ) -> None:
        self._at_hand = at_hand
        self._report = report
        self._skipped = skipped
        self._done = 0  # contracts of which the rows are out
        self._asked = 0  # those of them that could be read

    def report_all(self, found: Iterable[Found], advance: Callable[[int], None]) -> None:
        """Report each contract; if that is interrupted, say how to go on."""
        not_remembered = None
        try:
            for findings, problem in found:
                not_remembered = problem or not_remembered
                for finding in findings:
                    self._report_one(finding)
                    advance(1)
        except BaseException as error:
            if not isinstance(error, Exception):  # ended from outside, as by Ctrl-C
                with contextlib.suppress(OSError):  # the terminal may be gone
                    self._say_how_to_go_on()
            raise
        if not_remembered is not None:
            output.error("error", str(NotRememberedError([], not_remembered)))

    def _report_one(self, finding: check_rows.Finding) -> None:
        for path in self._at_hand.note(finding.sha256, permitted=finding.permitted):
            self._report(finding.of(path))
        self._done += 1
        self._asked += finding.row["result"] is not None

    def report_rest(self) -> None:
        """Report the works that no contract is about."""
        after = f" after the first {self._skipped}" if self._skipped else ""
        for path, sha256 in self._at_hand.without_contract():
            reason = f"no contract here{after} is for this work"
            self._report(check_rows.without_contract(path, sha256, reason))
        for path in self._at_hand.unread:
            reason = "not read: it is a link or no ordinary file"
            self._report(check_rows.without_contract(path, None, reason))

    def _say_how_to_go_on(self) -> None:
        done = output.count(self._done, "contract")
        output.say()
        output.say(f"Interrupted after {done}. Their rows are there and are right.")
        output.say(
            f"To go on, run the same command with --skip {self._skipped + self._done}, and keep "
            "its rows in another file. A work may be used if a row of either file permits it."
        )

    def say_sums(self) -> None:
        """Say how many works may be used."""
        permitted, total = self._at_hand.permitted, self._at_hand.total
        output.say()
        output.say(
            f"{output.count(total, 'work')}: {permitted} permitted, {total - permitted} not. "
            f"{output.count(self._asked, 'contract')} asked."
        )
        if self._skipped:
            skipped = output.count(self._skipped, "contract")
            output.say(f"The first {skipped} not asked: what they permit was found before.")


def _left(count: int | None, skipped: int) -> int | None:
    return None if count is None else max(count - skipped, 0)


def _lists(paths: list[str], believed: KeySet, places: contract_sources.Places) -> list[StatusList]:
    """The lists in *paths* that can speak for a contract in *places*, all read once for that."""
    if not paths:
        return []
    speakers: set[given_lists.Speaker] = set()
    for source in places.sources():
        try:
            terms = parse_contract(source.data).terms
        except RefusedError:
            continue
        if believed.believes(terms.creator.key.thumbprint, terms.work.sha256):
            speakers |= given_lists.speakers_of(terms)
    given, _ = given_lists.read(paths, speakers)
    return [each.known for each in given]
