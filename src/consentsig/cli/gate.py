"""``gate``: which works of a whole data set may be used, by the contracts of a ledger."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from consentsig import (
    NOT_ASKED,
    Grantee,
    KeyFileError,
    KeySet,
    Question,
    StatusBook,
    StatusList,
    Use,
    __version__,
    json_values,
)
from consentsig.cli.terminal import (
    arguments,
    contract_sources,
    given_lists,
    output,
    progress,
)
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.works_at_hand import is_contract_file
from consentsig.errors import ConsentsigError
from consentsig.evidence import NotRememberedError
from consentsig.gate import (
    Columns,
    Decider,
    build_ledger,
    check_installed,
    open_data_set,
    open_ledger,
    run_gate,
)
from consentsig.gate.decide import OUTCOMES
from consentsig.gate.engine import MEMORY, connected
from consentsig.gate.ledger import REFUSED, Ledger
from consentsig.gate.run import Counts, new_folder, write_summary
from consentsig.home import trust
from consentsig.home.home import Home
from consentsig.keys import parse_thumbprint
from consentsig.status_book import SKEW

app = arguments.command_app("Check which works of a whole data set may be used.")

ContractColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The column of Parquet files that has contracts."),
]
Memory = Annotated[
    str,
    typer.Option(metavar="SIZE", help="What DuckDB may use before it writes to the disk."),
]


@arguments.command(app, "consentsig gate ledger contracts/ --out ledger", name="ledger")
def ledger_(
    *,
    contracts: Annotated[
        list[str],
        typer.Argument(
            metavar="CONTRACTS...",
            help="Contracts and batch files; folders, tar archives or Parquet files of them.",
        ),
    ],
    out: Annotated[str, typer.Option(metavar="LEDGER", help="The folder to make.")],
    contract_column: ContractColumn = None,
    memory: Memory = MEMORY,
    folder: arguments.HomeFolder = None,
) -> int:
    """Verify contracts once, for any number of questions.

    A ledger holds the contracts with a good signature, whoever signed, and beside them what was
    refused and why. Keep it as safe as your keys: whoever can change it can permit.

    If this is interrupted, run the same command again: it goes on.

    Exit status 0: every contract has a good signature. 1: some are refused. 2: no ledger was made.
    """
    del folder  # accepted everywhere; nobody's key is believed or asked about
    check_installed()
    made = _built(contracts, contract_column, Path(out), memory)
    _say_built(made)
    return output.DOES_NOT_HOLD if made.counts["refused"] else output.HOLDS


def _built(paths: list[str], column: str | None, out: Path, memory: str) -> Ledger:
    places = contract_sources.Places(paths, column)
    places.check()
    parts = contract_sources.in_parts(places.sources())
    with progress.bar("Verifying", places.count, in_bytes=False) as advance:
        return build_ledger(parts, out, memory=memory, advance=advance)  # type: ignore[arg-type]  # a Source is such a tuple


def _say_built(made: Ledger) -> None:
    counts = made.counts
    output.say(
        f"{output.count(counts['contracts'], 'contract')} in the ledger, {counts['refused']} "
        f"refused, {counts['repeated']} repeated."
    )
    if counts["refused"]:
        output.hint(f"why: {output.shell(made.folder / REFUSED)}")


@arguments.command(
    app,
    "consentsig gate run pictures/ --ledger ledger --for https://acme.example \\\n"
    "      --use finetune --status lists/ --out gated",
    "consentsig gate run train.parquet --bytes image.bytes --contracts contracts/ \\\n"
    "      --for https://acme.example --use finetune --out gated",
)
def run(
    *,
    data_set: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder of works; or a Parquet or JSON Lines file, or a folder of them.",
        ),
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
    out: Annotated[str, typer.Option(metavar="DIR", help="The folder to make.")],
    ledger: Annotated[
        str | None, typer.Option(metavar="LEDGER", help="A ledger of: consentsig gate ledger.")
    ] = None,
    contracts: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Or contracts, as for gate ledger. Repeatable."),
    ] = None,
    contract_column: ContractColumn = None,
    of_bytes: Annotated[
        str | None,
        typer.Option("--bytes", metavar="COLUMN", help="The column that has the works."),
    ] = None,
    of_hash: Annotated[
        str | None,
        typer.Option("--hash", metavar="COLUMN", help="Or the column that has their SHA-256."),
    ] = None,
    territory: arguments.Territory = None,
    creator: arguments.Creators = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|DIR", help="Also use these status lists. None are fetched."),
    ] = None,
    max_age: Annotated[
        int | None,
        typer.Option(
            "--max-status-age", metavar="DAYS", help="Accept no status list that is older."
        ),
    ] = None,
    at: arguments.At = None,
    read_purpose: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="You have read the purpose of this contract and keep to it."
        ),
    ] = None,
    memory: Memory = MEMORY,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check every row of a data set, and write which are kept and which are refused.

    Each row is matched with its contracts by SHA-256. It is kept if any of them permits the use.
    No list is fetched: those count that were seen before, and those of --status.

    DIR gets kept/, refused/ and summary.json. It is there once all of it is whole.

    Exit status 0: every row is permitted. 1: some are not. 2: the question could not be asked.
    """
    check_installed()
    path, target = Path(data_set), Path(out)
    if not path.exists():
        raise Problem(f"{data_set}: there is no such file or folder")
    _check_apart(path, target)
    if (ledger is None) == (not contracts):
        raise Problem("expected one of --ledger and --contracts")
    party, purpose = arguments.party(grantee), arguments.use(use)
    country = None if territory is None else arguments.territory(territory)
    read = [_contract_id(each) for each in read_purpose or []]
    age = arguments.max_age(max_age)
    rows = open_data_set(path, Columns(of_hash, of_bytes), is_contract_file)
    with new_folder(target) as (temporary, finish), arguments.open_home(folder) as home:
        if ledger is None:
            made = _built(contracts or [], contract_column, temporary / "ledger", memory)
            _say_built(made)
        else:
            made = open_ledger(Path(ledger))
        keys = trust.believed(home, [arguments.key(key)[0] for key in creator or []])
        instant = arguments.asked_at(at)
        evidence = _Evidence(home, _lists(status or [], keys, made), instant)
        question = Question(
            keys=keys, work=NOT_ASKED, grantee=party, use=purpose, territory=country,
            at=instant, status=evidence.book(age), max_status_age=age,
        )  # fmt: skip
        with connected(temporary, memory) as db:
            decider = Decider(
                *(db, made, question), purposes_read=read, is_rolled_back=evidence.is_rolled_back
            )
            with progress.bar("Deciding", lambda: None, in_bytes=False) as advance:
                counts = run_gate(rows, decider, temporary, advance)
        not_remembered = evidence.remember(decider.counted)
        write_summary(
            temporary,
            counts.values()
            | {"not_read": rows.not_read, "question": _asked(question, read)}
            | {"evidence": _rests_on(made, decider)},
        )
        finish()
    _say(counts, rows.not_read, target)
    if not_remembered is not None:  # after the answers, which are right all the same
        output.error("error", str(not_remembered))
    return output.HOLDS if counts.all_permitted else output.DOES_NOT_HOLD


def _check_apart(data_set: Path, out: Path) -> None:
    """Refuse to write into the data set, which would be read while it grows."""
    if data_set.is_dir() and out.resolve().is_relative_to(data_set.resolve()):
        raise Problem(f"{out} is within the data set, expected a folder outside of it")


def _contract_id(text: str) -> bytes:
    try:
        return parse_thumbprint(text)
    except KeyFileError:
        raise Problem(
            f"--read-purpose is {text!r}, expected the 64 digits of a contract id"
        ) from None


def _lists(paths: list[str], keys: KeySet, made: Ledger) -> list[StatusList]:
    """The lists in *paths* that can speak for a contract of a believed creator."""
    if not paths:
        return []
    wanted = {
        (uri, signer)
        for creator, *others, uri in made.speakers()
        if uri is not None and creator in keys
        for signer in (creator, *others)
        if signer is not None
    }
    given, _ = given_lists.read(paths, wanted)
    return [each.known for each in given]


class _Evidence:
    """The lists in the home folder and at hand, for an instant (spec §7.4, §7.5)."""

    def __init__(self, home: Home, lists: list[StatusList], at: datetime) -> None:
        self._store = home.lists
        self._lists = lists
        self._at = at
        self._now = arguments.now()

    @property
    def _is_about_now(self) -> bool:
        return abs(self._now - self._at) <= SKEW

    def book(self, max_age: timedelta | None) -> StatusBook:
        """What the lists say. Asked about the past, those at hand are known to exist now."""
        seen = None if self._is_about_now else {each.object_id: self._now for each in self._lists}
        return StatusBook(
            self._lists, at=self._at, max_age=max_age, shelves=(self._store,), seen=seen
        )

    def is_rolled_back(self, uri: str, signers: tuple[bytes, ...]) -> bool:
        """Whether lists were seen that are dated later than this computer's clock."""
        return self._is_about_now and self._store.seen_later(uri, signers, self._now) is not None

    def remember(self, counted: set[tuple[str, bytes]]) -> NotRememberedError | None:
        """Keep the lists that may speak, so that nobody can roll them back; why not, if so."""
        if self._is_about_now:
            try:
                self._keep(counted)
            except (ConsentsigError, OSError) as error:
                return NotRememberedError([], str(error))
        return None

    def _keep(self, counted: set[tuple[str, bytes]]) -> None:
        self._store.add(
            (each for each in self._lists
             if (each.terms.uri, each.terms.signer.thumbprint) in counted),
            self._now,
        )  # fmt: skip
        for uri in sorted({uri for uri, _ in counted}):
            self._store.note_now(uri, self._now)


def _asked(question: Question, read: list[bytes]) -> dict[str, object]:
    grantee, use, age = question.grantee, question.use, question.max_status_age
    assert isinstance(grantee, Grantee) and isinstance(use, Use)  # noqa: PT018, S101  # as made above
    return {
        "grantee": {"uri": grantee.uri, "key": json_values.hexadecimal(grantee.key)},
        "use": use.label,
        "territory": question.territory,
        "at": output.iso(question.at),
        "max_status_age_days": None if age is None else age.days,
        "purposes_read": [each.hex() for each in read],
    }


def _rests_on(made: Ledger, decider: Decider) -> dict[str, object]:
    return {
        "ledger": made.digest.hex(),
        "contracts": made.counts["contracts"],
        "status_lists": sorted(each.hex() for each in decider.lists),
        "software": f"consentsig {__version__}",
    }


def _say(counts: Counts, not_read: list[str], out: Path) -> None:
    refused = counts.total - counts.kept
    output.say(f"{output.count(counts.total, 'row')}: {counts.kept} kept, {refused} refused.")
    for outcome in OUTCOMES[1:]:
        if found := counts.results[outcome.result]:
            output.say(f"  {found} {outcome.result}: {outcome.reason}")
    for each in counts.unread:
        output.warning(f"{each['file']} is not read to its end: {each['reason']}")
    if not_read:
        others = output.count(len(not_read), "other file")
        output.warning(f"{others} in the folder not read, such as {not_read[0]}")
    output.say(f"Written to {out}")
