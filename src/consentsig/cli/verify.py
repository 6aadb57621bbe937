"""``verify``: whether a contract permits a use of a work, now or at an instant gone by."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Annotated, NamedTuple

import typer

from consentsig import (
    NOT_ASKED,
    Digest,
    Grantee,
    KeySet,
    MalformedError,
    NotAsked,
    RefusedError,
    SignedContract,
    StatusBook,
    StatusList,
    Use,
    WrongWorkError,
    open_batch,
    verify_signature,
)
from consentsig.cli.terminal import arguments, given_lists, output, verdict_report
from consentsig.cli.terminal.batch_files import OfBatch, contracts_in, may_be_for
from consentsig.cli.terminal.mistaken_files import is_contract, seems_batch
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.verdict_report import NOT_NEEDED, NOT_REACHED
from consentsig.cli.terminal.work_files import measure
from consentsig.evidence import (
    Answer,
    FetchError,
    LastFetch,
    NotRememberedError,
    Verifier,
)
from consentsig.home import files, ledger, trust
from consentsig.home.home import Home
from consentsig.oneline import MAX_LINE_LEN
from consentsig.status_book import why_not_acceptable

app = arguments.command_app()


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
    territory: arguments.Territory = None,
    creator: arguments.Creators = None,
    status: arguments.Status = None,
    offline: arguments.Offline = False,
    allow_private: arguments.AllowPrivate = False,
    refresh: arguments.Refresh = False,
    max_age: arguments.MaxAge = None,
    at: arguments.At = None,
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

    Of a batch file (.consents), the contracts for the work are checked. They are found by its
    bytes.

    Exit status 0: it does. 1: it does not. 2: the question could not be asked.
    """
    _check_whole({"--work": work, "--for": grantee, "--use": use}, only_authentic=only_authentic)
    _check_one_stdin([*contracts, work, *(status or []), *(creator or []), grantee])
    greatest_age = arguments.max_age(max_age)
    policy = arguments.fetch_policy(
        offline=offline, status=status, allow_private=allow_private, refresh=refresh
    )
    read = [one for file in contracts for one in _read(file)]
    question = _Question(
        grantee=NOT_ASKED if grantee is None else arguments.party(grantee),
        use=NOT_ASKED if use is None else arguments.use(use),
        territory=_territory(territory, only_authentic=only_authentic),
        work=NOT_ASKED if work is None else measure(work, _further_in(read)),
        at=arguments.asked_at(at),  # now is after the work was read, which can take long
    )
    read = _about(read, question.work)
    with arguments.open_home(folder) as home:
        also = [arguments.key(key)[0] for key in creator or []]
        believed = trust.believed(home, also)
        given, broken = given_lists.read(status or [], _speakers(read, believed))
        verifier = Verifier(
            believed,
            home.lists,
            fetch=policy,
            max_status_age=greatest_age,
            clock=arguments.now,
        )
        answers, problem = _ask(verifier, read, given, question)
        names = trust.names(home)
        book = _all_lists(home, answers, given, question.at)
        replaced = [_replaced_until(answer, book) for answer in answers]
    rows = [
        row._replace(replaced_until=until)
        for row, until in zip(_rows(read, answers, given), replaced, strict=True)
    ]
    rows = _with_swapped(rows, work)
    verdict_report.show(rows, names, broken, as_json=as_json)
    if offline and not (status or as_json):
        verdict_report.tell_age(rows)
    if problem is not None:  # after the answers, which are right all the same
        output.error("error", str(problem))
    return verdict_report.exit_status(rows)


class _Read(NamedTuple):
    """One contract as it was read: its bytes, or the contract if its signature is good."""

    file: str
    contract: bytes | SignedContract = b""
    unreadable: str = ""
    refusal: RefusedError | None = None
    batch: str = ""  # the batch file it is in


class _NoneForWorkError(WrongWorkError):
    """No contract of a batch is for the work."""

    def __str__(self) -> str:
        return "none of the contracts in this batch is for that work"


def _read(file: str) -> list[_Read]:
    """The contract in *file*, or all contracts of a batch."""
    try:
        data = arguments.contract_or_batch(file)
        if seems_batch(data):
            return [_of_batch(file, each) for each in contracts_in(open_batch(data))]
    except OSError as error:
        return [_Read(file, unreadable=output.os_error(error))]
    except RefusedError as error:  # a line that stands for no bytes, or a damaged batch
        return [_Read(file, refusal=error)]
    try:
        return [_Read(file, verify_signature(data))]
    except RefusedError:
        return [_Read(file, data)]


def _of_batch(file: str, each: OfBatch) -> _Read:
    return _Read(f"{file}:{each.number}", each.contract, batch=file)


def _about(read: list[_Read], work: Digest | NotAsked) -> list[_Read]:
    """*read*, of batches only the contracts for *work*; of a batch that has none, a refusal."""
    if work is NOT_ASKED:
        return read
    found: list[_Read] = []
    for batch, group in groupby(read, lambda one: one.batch):
        fitting = [one for one in group if not batch or may_be_for(one.contract, work.sha256)]
        none = _NoneForWorkError("sha256", work.sha256, work.sha256)
        found += fitting or [_Read(batch, refusal=none)]
    return found


def _further_in(read: Iterable[_Read]) -> set[str]:
    """The digests beside SHA-256 that contracts with a good signature name."""
    signed = (each.contract for each in read if isinstance(each.contract, SignedContract))
    return {name for contract in signed for name in contract.terms.work.further}


def _speakers(read: Iterable[_Read], believed: KeySet) -> set[given_lists.Speaker]:
    """Whose lists, of which address, can change the answer for any of the contracts."""
    signed = (each.contract.terms for each in read if isinstance(each.contract, SignedContract))
    return set().union(
        *(
            given_lists.speakers_of(terms)
            for terms in signed
            if believed.believes(terms.creator.key.thumbprint, terms.work.sha256)
        )
    )


def _ask(
    verifier: Verifier, read: list[_Read], given: list[given_lists.Given], question: _Question
) -> tuple[list[Answer], NotRememberedError | None]:
    lists = {each.known.object_id: each.known for each in given}
    try:
        answers = verifier.judge_all(
            [each.contract for each in read], lists=lists.values(), **question._asdict()
        )
    except NotRememberedError as problem:
        return problem.answers, problem
    return answers, None


def _rows(
    read: list[_Read], answers: list[Answer], given: list[given_lists.Given]
) -> list[verdict_report.Row]:
    by_uri: dict[str | None, list[given_lists.Given]] = {}
    for each in given:
        by_uri.setdefault(each.known.terms.uri, []).append(each)
    rows = []
    for one, answer in zip(read, answers, strict=True):
        # With one contract every list is accounted for; with many, those of its address.
        about = given if len(read) == 1 else by_uri.get(answer.list_uri, [])
        rows.append(_row(one, answer, about))
    return rows


def _row(one: _Read, answer: Answer, given: list[given_lists.Given]) -> verdict_report.Row:
    if one.unreadable:
        return verdict_report.Row(one.file, unreadable=one.unreadable)
    if one.refusal is not None:
        return verdict_report.Row(one.file, replace(answer.verdict, error=one.refusal))
    found = answer.found
    if isinstance(found, LastFetch):
        given = [*given, given_lists.Given(found.uri, found.status_list, named=True)]
    reasons = [(each, _why_not_used(answer, each.known)) for each in given]
    return verdict_report.Row(
        one.file,
        answer.verdict,
        answer.signed,
        tuple(each.known for each, reason in reasons if reason is None),
        tuple((each, reason) for each, reason in reasons if reason is not None),
        not_fetched=found.reason if isinstance(found, FetchError) else "",
        checked=answer.checked,
    )


def _all_lists(
    home: Home, answers: list[Answer], given: list[given_lists.Given], at: datetime
) -> StatusBook:
    """What all lists say that were given, fetched and seen before: one book for all answers."""
    fetched = [each.found.status_list for each in answers if isinstance(each.found, LastFetch)]
    return StatusBook([*(each.known for each in given), *fetched], at=at, shelves=(home.lists,))


def _replaced_until(answer: Answer, book: StatusBook) -> datetime | None:
    """When the list ends on which a yes rests, if a list by the recovery key is newer."""
    if answer.signed is None or answer.verdict.contract is None:
        return None
    terms = answer.signed.terms
    if not ledger.is_replaced(terms, book):
        return None
    decided = book.decide(terms)
    return None if decided is None else decided.terms.expires


def _why_not_used(answer: Answer, known: StatusList) -> str | None:
    if answer.signed is None or not answer.is_believed:
        return NOT_REACHED
    terms = answer.signed.terms
    if terms.status is None:
        return NOT_NEEDED
    return why_not_acceptable(terms, terms.status, known)


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
