"""``check``: which works of a folder may be used, by many contracts, each matched by hash."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from consentsig import (
    KeySet,
    RefusedError,
    ResultCode,
    StatusList,
    Use,
    json_values,
    parse_contract,
)
from consentsig.cli.terminal import (
    arguments,
    contract_sources,
    contract_tables,
    contract_words,
    given_lists,
    output,
)
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.works_at_hand import WorksAtHand
from consentsig.evidence import Answer, FetchPolicy, NotRememberedError, Verifier, verify_many
from consentsig.home import files, trust

COLUMNS: Final = (
    *("work", "sha256", "permitted", "result", "step", "message", "contract", "contract_id"),
    *("creator", "known_as", "expires", "as_of", "owed"),
)

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
        typer.Argument(metavar="CONTRACTS...", help="Contracts, folders or tar archives of them."),
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
    max_age: arguments.MaxAge = None,
    at: arguments.At = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check which works may be used, and by which contracts.

    Each contract is matched with its work by hash, never by name. Every contract and every work
    gets a row: what holds, why not, what is owed.

    Exit status 0: every work may be used. 1: some may not. 2: the question could not be asked.
    """
    if as_csv and as_json:
        raise Problem("--csv and --json exclude each other")
    _check_are_there(contracts)
    party, purpose = arguments.party(grantee), arguments.use(use)
    place = None if territory is None else arguments.territory(territory)
    instant = None if at is None else arguments.asked_at(at)
    report = _json if as_json else _Csv().add if as_csv else _line
    with arguments.open_home(folder) as home:
        believed = trust.believed(home, [arguments.key(key)[0] for key in creator or []])
        verifier = Verifier(
            *(believed, home.lists),
            fetch=None if offline or status else FetchPolicy(allow_private=allow_private),
            max_status_age=arguments.max_age(max_age),
            clock=arguments.now,
        )
        names = trust.names(home)
        at_hand = WorksAtHand.measured(works)
        sources = contract_sources.Queue(contracts)
        answers = verify_many(
            *(sources.contracts(), verifier),
            works=at_hand.digest_of,
            grantee=party,
            use=purpose,
            territory=place,
            at=instant,
            lists=_lists(status or [], believed, contracts),
        )
        try:
            for source, answer in sources.with_answers(answers):
                for path in at_hand.note(answer):
                    report(_values(path, source, answer, names))
        except KeyboardInterrupt:
            _say_how_to_go_on(sources.given)
            raise
        except NotRememberedError as problem:  # after all answers
            output.error("error", str(problem))
    for path, sha256 in at_hand.without_contract():
        report(_refused(path, sha256, "no contract here is for this work"))
    for path in at_hand.unread:
        report(_refused(path, None, "not read: it is a link or no ordinary file"))
    _summary(at_hand, sources)
    return output.HOLDS if at_hand.all_permitted else output.DOES_NOT_HOLD


def _check_are_there(paths: list[str]) -> None:
    for path in paths:
        if path == files.STDIN:
            raise Problem("- is standard input, expected files, folders or tar archives")
        if not Path(path).exists():
            raise Problem(f"{path}: there is no such file or folder")


def _lists(paths: list[str], believed: KeySet, contracts: list[str]) -> list[StatusList]:
    """The lists in *paths* that can speak for any of *contracts*, which are read once for that."""
    if not paths:
        return []
    speakers: set[given_lists.Speaker] = set()
    for source in contract_sources.sources_in(contracts):
        try:
            terms = parse_contract(source.data).terms
        except RefusedError:
            continue
        if believed.believes(terms.creator.key.thumbprint, terms.work.sha256):
            speakers |= given_lists.speakers_of(terms)
    given, _ = given_lists.read(paths, speakers)
    return [each.known for each in given]


def _say_how_to_go_on(given: int) -> None:
    output.say()
    output.say(f"Interrupted after {output.count(given, 'contract')}. The rows above are right.")
    output.say("To go on, run the same command again, with fewer contracts or works if you like.")


# --- rows ---


def _values(
    path: str | None,
    source: contract_sources.Source,
    answer: Answer | None,
    names: dict[bytes, str],
) -> dict[str, object]:
    """One contract about one work; no path if its work is not at hand."""
    row: dict[str, object] = dict.fromkeys(COLUMNS)
    row |= {"work": path, "permitted": False, "contract": source.name}
    if answer is None:
        return row | {"message": source.problem}
    verdict, signed = answer.verdict, answer.signed
    row |= {
        "permitted": verdict.permitted,
        "result": str(verdict.result),
        "step": verdict.step,
        "message": verdict.message,
        "contract_id": json_values.hexadecimal(verdict.contract_id),
        "as_of": json_values.instant(verdict.as_of),
    }
    if signed is None:
        return row
    terms = signed.terms
    row |= {
        "sha256": terms.work.sha256.hex(),
        "creator": terms.creator.key.thumbprint.hex(),
        "known_as": names.get(terms.creator.key.thumbprint),
        "expires": json_values.instant(terms.expires),
        "owed": "; ".join(contract_words.in_words(terms)),
    }
    if path is None and verdict.result == ResultCode.AUTHENTIC:
        row["message"] = "its work is not among the works here"
    return row


def _refused(path: str, sha256: bytes | None, message: str) -> dict[str, object]:
    """A work that no contract is about."""
    row: dict[str, object] = dict.fromkeys(COLUMNS)
    digest = json_values.hexadecimal(sha256)
    return row | {"work": path, "sha256": digest, "permitted": False, "message": message}


def _json(row: dict[str, object]) -> None:
    output.json_line(row)


def _line(row: dict[str, object]) -> None:
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
    """Rows for a spreadsheet, each printed at once; a header first."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._writer.writerow(COLUMNS)

    def add(self, row: dict[str, object]) -> None:
        """Print a row."""
        self._writer.writerow([contract_tables.cell(row[column]) for column in COLUMNS])


def _summary(at_hand: WorksAtHand, sources: contract_sources.Queue) -> None:
    permitted, total = at_hand.permitted, at_hand.total
    output.say()
    output.say(
        f"{output.count(total, 'work')}: {permitted} permitted, {total - permitted} not. "
        f"{output.count(sources.given, 'contract')} asked."
    )
