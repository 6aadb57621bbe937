"""``check``: which works of a folder may be used, by many contracts, each matched by hash."""

from typing import Annotated

import typer

from consentsig import KeySet, RefusedError, StatusList, Use, parse_contract
from consentsig.cli.terminal import arguments, check_rows, contract_sources, given_lists, output
from consentsig.cli.terminal.works_at_hand import WorksAtHand
from consentsig.evidence import FetchPolicy, NotRememberedError, Verifier, verify_many
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
            help="Contracts; folders, tar archives or Parquet files of them.",
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
    folder: arguments.HomeFolder = None,
) -> int:
    """Check which works may be used, and by which contracts.

    Each contract is matched with its work by hash, never by name. Every contract and every work
    gets a row: what holds, why not, what is owed.

    Exit status 0: every work may be used. 1: some may not. 2: the question could not be asked.
    """
    place = contract_sources.Places(contracts, contract_column)
    place.check()
    party, purpose = arguments.party(grantee), arguments.use(use)
    country = None if territory is None else arguments.territory(territory)
    instant = None if at is None else arguments.asked_at(at)
    with (
        arguments.open_home(folder) as home,
        check_rows.printer(as_csv=as_csv, as_json=as_json, parquet_file=parquet_file) as report,
    ):
        believed = trust.believed(home, [arguments.key(key)[0] for key in creator or []])
        verifier = Verifier(
            *(believed, home.lists),
            fetch=None if offline or status else FetchPolicy(allow_private=allow_private),
            max_status_age=arguments.max_age(max_age),
            clock=arguments.now,
        )
        names = trust.names(home)
        at_hand = WorksAtHand.measured(works)
        sources = contract_sources.Queue(place)
        answers = verify_many(
            *(sources.contracts(), verifier),
            works=at_hand.digest_of,
            grantee=party,
            use=purpose,
            territory=country,
            at=instant,
            lists=_lists(status or [], believed, place),
        )
        try:
            for source, answer in sources.with_answers(answers):
                finding = (
                    check_rows.not_asked(source)
                    if answer is None
                    else check_rows.found(source, answer, names)
                )
                for path in at_hand.note(finding.sha256, permitted=finding.permitted):
                    report(finding.of(path))
        except KeyboardInterrupt:
            _say_how_to_go_on(sources.given)
            raise
        except NotRememberedError as problem:  # after all answers
            output.error("error", str(problem))
        for path, sha256 in at_hand.without_contract():
            reason = "no contract here is for this work"
            report(check_rows.without_contract(path, sha256, reason))
        for path in at_hand.unread:
            reason = "not read: it is a link or no ordinary file"
            report(check_rows.without_contract(path, None, reason))
    _summary(at_hand, sources)
    return output.HOLDS if at_hand.all_permitted else output.DOES_NOT_HOLD


def _lists(paths: list[str], believed: KeySet, place: contract_sources.Places) -> list[StatusList]:
    """The lists in *paths* that can speak for a contract in *place*, all read once for that."""
    if not paths:
        return []
    speakers: set[given_lists.Speaker] = set()
    for source in place.sources():
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


def _summary(at_hand: WorksAtHand, sources: contract_sources.Queue) -> None:
    permitted, total = at_hand.permitted, at_hand.total
    output.say()
    output.say(
        f"{output.count(total, 'work')}: {permitted} permitted, {total - permitted} not. "
        f"{output.count(sources.given, 'contract')} asked."
    )
