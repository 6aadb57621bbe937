"""``verify``: whether a contract permits a use of a work, now or at an instant gone by."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain
from typing import Annotated, Final, NamedTuple

import typer

from consentsig import (
    NOT_ASKED,
    Digest,
    Grantee,
    KeySet,
    MalformedError,
    NotAsked,
    RefusedError,
    StatusList,
    StatusUnknownError,
    UnverifiedContract,
    Use,
    Verdict,
    judge_contract,
    parse_contract,
)
from consentsig.cli.publishing import fetching
from consentsig.cli.terminal import arguments, given_lists, output, verdict_report
from consentsig.cli.terminal.mistaken_files import is_contract
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.verdict_report import NOT_NEEDED, NOT_REACHED
from consentsig.cli.terminal.work_files import measure
from consentsig.errors import utc
from consentsig.evidence import list_cache
from consentsig.evidence.fetch import FetchError
from consentsig.home import files, seen_lists, trust
from consentsig.home.home import Home
from consentsig.oneline import MAX_LINE_LEN
from consentsig.status import SKEW, said_of, why_not_acceptable

app = arguments.command_app()

_BELIEVED: Final = 4  # the step of spec §5 that an unknown creator fails


class _Question(NamedTuple):
    """What is asked about every contract."""

    work: Digest | NotAsked
    grantee: Grantee | NotAsked
    use: Use | NotAsked
    territory: str | NotAsked | None
    at: datetime


@arguments.command(
    app,
    "consentsig verify photo.jpg.consent --work photo.jpg --for https://acme.example \\\n"
    "      --use finetune",
    "consentsig verify photo.jpg.consent --only-authentic",
)
def verify(
    *,
    contracts: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="The contracts. - is standard input.")
    ],
    work: Annotated[str | None, typer.Option(metavar="PATH", help="The file of the work.")] = None,
    grantee: Annotated[
        str | None,
        typer.Option("--for", metavar="URL-OR-KEY", help="The grantee who wants to use it."),
    ] = None,
    use: Annotated[
        str | None,
        typer.Option(
            "--use", metavar="USE", help=f"The use: {', '.join(use.label for use in Use)}."
        ),
    ] = None,
    territory: Annotated[
        str | None,
        typer.Option(metavar="CC", help="The country of the use, or 001 for the whole world."),
    ] = None,
    creator: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Also believe this key.")
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|DIR", help="Also use these status lists, and fetch none."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch nothing. Use the status lists seen before.")
    ] = False,
    allow_private: arguments.AllowPrivate = False,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Ask about this time. It needs a time zone.")
    ] = None,
    only_authentic: Annotated[
        bool,
        typer.Option(
            "--only-authentic", help="Ask only whether a believed key signed it and it still holds."
        ),
    ] = False,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check whether contracts permit this use of this work by this grantee.

    Exit status 0: it does. 1: it does not. 2: the question could not be asked.
    """
    _check_whole({"--work": work, "--for": grantee, "--use": use}, only_authentic=only_authentic)
    _check_one_stdin([*contracts, work, *(status or []), *(creator or []), grantee])
    question = _Question(
        NOT_ASKED if work is None else measure(work),
        NOT_ASKED if grantee is None else arguments.party(grantee),
        NOT_ASKED if use is None else arguments.use(use),
        _territory(territory, only_authentic=only_authentic),
        arguments.asked_at(at),
    )
    clock = arguments.now()  # before the work, which may take long
    about_now = _is_about_now(question.at)
    with arguments.open_home(folder) as home:
        also = [arguments.key(key)[0] for key in creator or []]
        read = [(file, _read(file)) for file in contracts]
        given, broken = given_lists.read(status or [], _speakers(data for _, data in read))
        keys, seen = trust.believed(home, also), seen_lists.Remembered(home).known
        went_back = partial(_went_back, home, seen, clock) if about_now else lambda _: None
        judge = partial(_judge, question=question, keys=keys, seen=seen, went_back=went_back)
        rows = [judge(file, data, given=given) for file, data in read]
        found: Mapping[str, fetching.Found] = {}
        if not (offline or status):
            is_fresh = cache(lambda uri: list_cache.is_fresh(home, uri, clock))
            wanted = [fetching.wanted(row, is_fresh) for row in rows]
            found = fetching.ask_each(home, wanted, allow_private=allow_private)
            rows = [
                _with(found, row, partial(judge, row.file, data), asked=uri is not None)
                for row, uri, (_, data) in zip(rows, wanted, read, strict=True)
            ]
        if about_now:
            _remember(home, rows, found.values(), clock)
        names = trust.names(home)
    rows = _with_swapped(rows, work)
    verdict_report.show(rows, names, broken, as_json=as_json)
    if offline and not (status or as_json):
        verdict_report.tell_age(rows)
    return verdict_report.exit_status(rows)


def _check_whole(given: dict[str, str | None], *, only_authentic: bool) -> None:
    missing = [option for option, value in given.items() if value is None]
    if missing and not only_authentic:
        raise Problem(
            f"the question lacks {', '.join(missing)}; a contract permits one use of one work to "
            "one grantee",
            "add --only-authentic to ask less: whose signature it is and whether it still stands",
        )


def _check_one_stdin(paths: list[str | None]) -> None:
    if paths.count(files.STDIN) > 1:
        raise Problem("standard input (-) can be read once only")


def _territory(text: str | None, *, only_authentic: bool) -> str | NotAsked | None:
    if text is not None:
        return arguments.territory(text)
    return NOT_ASKED if only_authentic else None


def _is_about_now(at: datetime) -> bool:
    return abs(datetime.now(UTC) - at) <= SKEW


def _remember(
    home: Home, rows: list[verdict_report.Row], found: Iterable[fetching.Found], clock: datetime
) -> None:
    """Keep the lists that counted, so that no older one counts later (spec §7.5)."""
    used = [known for row in rows for known in row.used]
    is_new = not home.exists
    try:
        seen_lists.remember(home, used, clock)
        fetching.keep(home, found, used, clock)
    except OSError as error:
        if not is_new:  # what was remembered before must not seem to be all
            raise
        output.warning(f"the lists shown are not remembered: {output.os_error(error)}")


def _with(
    found: Mapping[str, fetching.Found],
    row: verdict_report.Row,
    judge: Callable[..., verdict_report.Row],
    *,
    asked: bool,
) -> verdict_report.Row:
    """The answer that takes the list online into account; as it was if there is none.

    A list that was fetched for one contract counts for all that name its address, also for
    those for which alone nobody would have asked again so soon.
    """
    online_now = found.get(row.list_uri or "")
    if isinstance(online_now, FetchError):
        return row._replace(not_fetched=online_now.reason) if asked else row
    if online_now is None:
        return row
    return judge(
        given=[given_lists.Given(online_now.known.terms.uri, online_now.known, named=True)]
    )


def _read(file: str) -> bytes | OSError | MalformedError:
    try:
        return arguments.contract(file)
    except (OSError, MalformedError) as error:
        return error


def _with_swapped(rows: list[verdict_report.Row], work: str | None) -> list[verdict_report.Row]:
    """*rows*, told where a work was given as the contract and the contract as the work."""
    is_none = [row.verdict is not None and isinstance(row.verdict.error, MalformedError)
               for row in rows]  # fmt: skip
    if work is None or work == files.STDIN or not any(is_none):
        return rows
    if not is_contract(files.read(work, MAX_LINE_LEN)):
        return rows
    return [row._replace(swapped=work) if each else row
            for row, each in zip(rows, is_none, strict=True)]  # fmt: skip


def _speakers(contracts: Iterable[bytes | Exception]) -> set[given_lists.Speaker]:
    """Whose lists, of which address, can say something about any of *contracts*."""
    found: set[given_lists.Speaker] = set()
    for data in contracts:
        contract = _parsed(data) if isinstance(data, bytes) else None
        if contract is not None:
            found |= given_lists.speakers_of(contract.terms)
    return found


def _judge(
    file: str,
    data: bytes | OSError | MalformedError,
    *,
    question: _Question,
    keys: KeySet,
    given: list[given_lists.Given],
    seen: Callable[[str], Iterable[StatusList]],
    went_back: Callable[[UnverifiedContract], StatusUnknownError | None],
) -> verdict_report.Row:
    if isinstance(data, OSError):
        return verdict_report.Row(file, unreadable=output.os_error(data))
    if isinstance(data, MalformedError):  # a line that stands for no bytes
        verdict = judge_contract(b"", keys=keys, status=(), **question._asdict())
        return verdict_report.Row(file, verdict._replace(message=str(data), error=data))
    contract = _parsed(data)
    reference = contract.terms.status if contract else None
    known = seen(reference.uri) if reference else ()
    status = chain(known, (each.known for each in given))
    verdict = judge_contract(data, keys=keys, status=status, **question._asdict())
    if contract is not None and verdict.contract is not None and (error := went_back(contract)):
        verdict = _refused(verdict, error)
    used, ignored = _sorted_out(contract, verdict, given)
    return verdict_report.Row(file, verdict, contract, used, ignored)


def _went_back(
    home: Home,
    seen: Callable[[str], Iterable[StatusList]],
    clock: datetime,
    contract: UnverifiedContract,
) -> StatusUnknownError | None:
    """Why nobody can say what holds now, if lists were seen that are of later than now."""
    reference = contract.terms.status
    if reference is None:
        return None
    speaking = said_of(contract.terms, seen(reference.uri))
    later = list_cache.seen_later(home, reference.uri, speaking, clock)
    if later is None:
        return None
    reason = f"this computer's clock went back: it is {utc(clock)}, lists were seen at {utc(later)}"
    return StatusUnknownError(*reference, reason)


def _refused(verdict: Verdict, error: StatusUnknownError) -> Verdict:
    return verdict._replace(
        result=error.code,
        step=error.step,
        message=str(error),
        contract=None,
        error=error,
        as_of=None,
    )


def _parsed(data: bytes) -> UnverifiedContract | None:
    try:
        return parse_contract(data)
    except RefusedError:
        return None


def _sorted_out(
    contract: UnverifiedContract | None, verdict: Verdict, given: list[given_lists.Given]
) -> tuple[tuple[StatusList, ...], tuple[tuple[given_lists.Given, str], ...]]:
    """The lists that may speak for a contract worth a list, and the others with the reason.

    What an unknown creator's contract names is not remembered: anyone could fill the home.
    """
    reasons = [_why_not_used(contract, verdict, each.known) for each in given]
    pairs = list(zip(given, reasons, strict=True))
    return (
        tuple(each.known for each, reason in pairs if reason is None),
        tuple((each, reason) for each, reason in pairs if reason is not None),
    )


def _why_not_used(
    contract: UnverifiedContract | None, verdict: Verdict, known: StatusList
) -> str | None:
    if contract is None or (verdict.step is not None and verdict.step <= _BELIEVED):
        return NOT_REACHED
    if contract.terms.status is None:
        return NOT_NEEDED
    return why_not_acceptable(contract.terms, contract.terms.status, known)
