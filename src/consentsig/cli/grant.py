"""``grant``: show the terms, ask, and sign one contract for each work, or all in one batch."""

import secrets
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from consentsig import (
    Grantee,
    MalformedError,
    Payment,
    PrivateKey,
    RefusedError,
    Revocability,
    StatusReference,
    Terms,
    UnverifiedContract,
    Use,
    check_terms,
    open_batch,
    parse_contract,
    sign_batch,
    sign_contract,
    to_line,
    verify_signature,
)
from consentsig.batch import is_batch
from consentsig.cli.granting import promised_before, series, shared_money
from consentsig.cli.granting import read_terms as read
from consentsig.cli.granting.drafts import Draft, Review, show
from consentsig.cli.granting.options import Options, of
from consentsig.cli.granting.options import like as repeat
from consentsig.cli.granting.spellings import in_one_spelling
from consentsig.cli.granting.works import (
    Planned,
    check_new_file,
    check_unchanged,
    for_grantee,
    inside,
    plan,
)
from consentsig.cli.publishing import due
from consentsig.cli.terminal import (
    arguments,
    clock_check,
    contract_words,
    output,
    own_keys,
    parties,
    prompts,
)
from consentsig.cli.terminal.mistaken_files import read_contract
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.work_files import BATCH_SUFFIX
from consentsig.errors import quoted
from consentsig.format.read_batch import MAX_SIZE, MIN_SIZE
from consentsig.home import files, trust
from consentsig.home.home import Home, Key
from consentsig.home.positions import PositionTakenError

app = arguments.command_app()

_SALT_LEN: Final = 16  # bytes


@arguments.command(
    app,
    "consentsig grant photo.jpg",
    "consentsig grant photo.jpg --like earlier.jpg.consent --allow finetune",
    "consentsig grant photo.jpg --to 'Acme Labs' --to-url https://acme.example \\\n"
    "      --allow finetune,evaluate --until 2066-12-31 --pay once:500:EUR --worldwide \\\n"
    "      --revocable 30",
)
def grant(
    *,
    works: Annotated[
        list[str], typer.Argument(metavar="WORK...", help="The files to permit uses of.")
    ],
    to: Annotated[str | None, typer.Option(metavar="NAME", help="The grantee's name.")] = None,
    to_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The grantee's web address.")
    ] = None,
    to_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The grantee's public key.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="USE,...", help=f"The uses to permit: {', '.join(use.label for use in Use)}."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day (UTC), such as 2027-12-31.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="The first day. The default is now."),
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="No payment is due.")] = False,
    pay: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC",
            help="once:500:EUR, per-run:500:EUR, pool-revenue:30%:equal or "
            "pool-output:0.05:EUR:weight; for a few works also per-output:0.05:EUR or "
            "revenue-share:2.5%. Repeatable. series:500:EUR is one price for all works together.",
        ),
    ] = None,
    worldwide: Annotated[
        bool, typer.Option("--worldwide", help="Permit use anywhere in the world.")
    ] = False,
    territory: Annotated[
        str | None,
        typer.Option(
            metavar="CC,...", help="Permit use only in these countries: PT,ES or their names."
        ),
    ] = None,
    revocable: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", help="You can take it back at any time. Uses must stop within DAYS."
        ),
    ] = None,
    revocable_on_breach: Annotated[
        int | None,
        typer.Option(metavar="DAYS", help="You can take it back if the grantee breaks the terms."),
    ] = None,
    irrevocable: Annotated[
        bool, typer.Option("--irrevocable", help="You cannot take it back before it ends.")
    ] = False,
    erase: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT,...",
            help="What must be erased afterwards: copies,indexes,retire,retrain.",
        ),
    ] = None,
    erase_within: Annotated[
        int | None, typer.Option(metavar="DAYS", help="It must be erased within DAYS.")
    ] = None,
    exclusive: Annotated[
        bool,
        typer.Option(
            "--exclusive", help="Promise to grant these uses to nobody else until it ends."
        ),
    ] = False,
    pass_on: Annotated[
        bool,
        typer.Option(
            "--pass-on", help="The grantee may pass the permission on in narrower sub-licences."
        ),
    ] = False,
    purpose: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The only purpose permitted.")
    ] = None,
    credit: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The credit line that must appear.")
    ] = None,
    report: Annotated[
        int | None, typer.Option(metavar="MONTHS", help="A report is due every MONTHS months.")
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Use the terms of an earlier contract. Name each use again."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="The work's title.")] = None,
    acts_for: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whom you sign for, if you are an agent or an estate."),
    ] = None,
    as_text: Annotated[
        bool,
        typer.Option("--text", help="Also print each contract as one line, for mail or a QR code."),
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The file or folder to write. The default is beside the work."
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Sign once for all works, into this one file (.consents). Each contract shows "
            "how many there are, and the file shows them all.",
        ),
    ] = None,
    each: Annotated[
        bool,
        typer.Option("--each", help="With --batch: also write each contract beside its work."),
    ] = False,
    review: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="With --batch: write the text of every contract, to read first."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Sign without asking. You have read the terms.")
    ] = False,
    passphrase_file: arguments.PassphraseFile = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Sign a contract that permits named uses of a work to one grantee until a day.

    At a terminal, it asks one question at a time for whatever the options leave out. It shows
    the text of the contract and asks before it signs. Each work gets its own contract, in
    WORK.consent beside it; if somebody else's contract is there, in WORK.THEIR-HOST.consent.

    With --batch, one signature is for the contracts of all works. Each still has its own text,
    id and position in the list, and is verified alone or in the file.
    """
    written = Options(
        *(to, to_url, to_key, tuple(allow or ()), until, since, free, tuple(pay or ())),
        *(worldwide, territory, revocable, revocable_on_breach, irrevocable, erase, erase_within),
        *(exclusive, pass_on, purpose, credit, report, acts_for, title),
        batch=batch,
        each_file=each,
        review=review,
    )
    given = in_one_spelling(written)
    with arguments.open_home(folder) as home:
        key = own_keys.signing(home)
        _check_is_no_recovery_key(home, key)
        _check_batch(given, len(works), out)
        planned = plan(works, out, None if batch is None or each else Path(batch))
        if title is not None and len(works) > 1:
            raise Problem(f"--title names one work, {len(works)} were given")
        questions = _questions(
            home, key, given, like, is_script=yes or as_json, works=len(works), out=out
        )

        def end(options: Options) -> list[_Signed] | None:
            signer = key._replace(list_uri=options.list_uri or key.list_uri)
            pay, parts = series.in_parts(options.pay, len(works))
            terms = read.all_terms(signer, options._replace(pay=pay), arguments.now())
            _check_needs(home, terms, signer)
            prompts.check_can_confirm(yes=yes)
            drafts = _drafts(terms, signer, _placed(planned, options, terms.grantee), options)
            if given.to_url and not yes:  # an address that was an answer is told about there
                _tell_www(terms.grantee)
            unlock = cache(partial(prompts.unlock, home, signer, passphrase_file))
            if not prompts.asks_passphrase(home, signer, passphrase_file):
                unlock()  # what would fail later fails before anybody reads a contract
            series.tell(options.pay, len(works))
            return _grant(
                *(home, signer, unlock, drafts, options),
                warn=partial(_warn, parts=parts),
                confirmed=partial(prompts.confirmed, yes=yes, can_return=questions.can_return),
                as_json=as_json,
            )

        known = questions.so_far
        with _told_if_broken_off(lambda: _tell_so_far(works, questions.so_far, known, out)):
            options, signed = questions.concluded(end)
        if signed is not None:
            _report(home, signed, options, as_text=as_text, as_json=as_json)
    _tell_so_far(works, options, given, out)
    return output.DOES_NOT_HOLD if signed is None else output.HOLDS


def _check_batch(options: Options, works: int, out: str | None) -> None:
    """Refuse what cannot be a batch, before anything is asked or read."""
    if options.batch is None:
        for option, is_given in (("--each", options.each_file), ("--review", options.review)):
            if is_given:
                raise Problem(f"{option} goes with --batch FILE{BATCH_SUFFIX}")
        return
    if not MIN_SIZE <= works <= MAX_SIZE:
        raise Problem(f"a batch is for {MIN_SIZE} to {MAX_SIZE} works, {works} were given")
    if out is not None and not options.each_file:
        raise Problem("--out is where single contracts go, which --batch does not write alone",
                      "add --each to write them too")  # fmt: skip
    check_new_file(Path(options.batch), "--batch", BATCH_SUFFIX)
    if options.review is not None:
        if Path(options.review).resolve() == Path(options.batch).resolve():
            raise Problem("--batch and --review name the same file")
        check_new_file(Path(options.review), "--review")


def _placed(planned: list[Planned], options: Options, grantee: Grantee) -> list[Planned]:
    """The works with the files of their contracts: each its own, or in the batch file only."""
    if options.batch is None or options.each_file:
        return for_grantee(planned, grantee)
    return inside(planned, Path(options.batch))


def _check_is_no_recovery_key(home: Home, key: Key) -> None:
    """Refuse to sign with a key that was made to be kept until the other is lost."""
    other = home.recovery_key_of(key.public.thumbprint)
    if other is None:
        return
    whose = trust.names(home).get(other, f"key {other.hex()}")
    own = {known.public.thumbprint for known in home.own_keys()}
    raise Problem(
        f"the key that signs is the recovery key of {whose}; a recovery key only takes back",
        f"consentsig key use {other.hex()[:16]}"
        if other in own
        else 'consentsig init --another --name "YOUR NAME"',
    )


@contextmanager
def _told_if_broken_off(tell: Callable[[], None]) -> Iterator[None]:
    """Keep what was answered where nothing is signed in the end."""
    try:
        yield
    except (Problem, KeyboardInterrupt, typer.Abort):
        tell()
        raise


def _questions(
    home: Home,
    key: Key,
    given: Options,
    like: str | None,
    *,
    is_script: bool,
    works: int,
    out: str | None,
) -> prompts.Conversation[Options]:
    """What neither the command line nor an earlier contract says, to be asked; maybe nothing."""
    options, offered = given, tuple(Use)
    if like is not None:
        earlier = _own_contract(home, like)
        offered = earlier.uses
        options = repeat(given, earlier, arguments.now().date())
    if not options.missing:
        return prompts.Conversation([], options)
    if is_script or not prompts.is_possible():
        raise Problem(
            f"a contract says all of it, and lacks {', '.join(options.missing)}",
            *(f"{option}: {why}" for option, why in options.missing.items()),
            "or be asked for each, at a terminal: consentsig grant WORK",
        )
    from consentsig.cli.granting import questions

    has_list = key.list_uri is not None and not home.is_closed(key.list_uri)
    asks_title = works == 1 and like is None
    asks_batch = out is None
    return questions.begin(
        options, offered, works, has_list=has_list, asks_title=asks_title, asks_batch=asks_batch
    )


def _own_contract(home: Home, file: str) -> Terms:
    """The terms of an earlier contract or batch, which one of the home's own keys signed."""
    try:
        data = arguments.contract_or_batch(file)
        terms = _of_batch(file, data) if is_batch(data) else _signed_terms(file, data)
    except RefusedError as error:
        raise Problem(f"{file}: {error.code}: {error}") from None
    creator = terms.creator.key
    if creator not in {own.public for own in home.own_keys()}:
        raise Problem(
            f"{file}: signed by key {creator.thumbprint.hex()}, which is none of yours",
            "consentsig key show",
        )
    return terms


def _signed_terms(file: str, data: bytes) -> Terms:
    contract = read_contract(file, data, "--like")
    contract.check_signature()
    return contract.terms


def _of_batch(file: str, data: bytes) -> Terms:
    """The terms of the first contract in a batch file, if all others say the same."""
    batch = open_batch(data)
    first = verify_signature(batch.file(0)).terms
    for index, contract in enumerate(batch.contracts(), start=1):
        if isinstance(contract, bytes):
            verify_signature(contract)  # which says why it is refused
            continue
        terms = contract.terms
        if (of(terms), terms.uses, terms.creator.key) != (of(first), first.uses, first.creator.key):
            raise Problem(
                f"{file}: contract {index} says something else than the first one",
                f"name one of them: consentsig batch split {output.shell(file)} --out FOLDER",
            )
    return first


def _tell_so_far(works: list[str], answers: Options, known: Options, out: str | None) -> None:
    """Print the command with all answers, if they are more than what was *known* before."""
    if answers == known:
        return
    words = [*works, *answers.words, *([] if out is None else ["--out", out])]
    output.say()
    if answers.missing:
        output.say("Nothing was signed. To go on from here:")
    else:
        output.say("Next time, the same in one line:")
    output.say(output.command(f"consentsig grant {shlex.join(words)}"))


class _Signed(NamedTuple):
    """One contract, signed."""

    planned: Planned
    contract: UnverifiedContract
    data: bytes


def _check_needs(home: Home, terms: Terms, key: Key) -> None:
    """Refuse what the format or the creator's own key does not allow, and say what is missing."""
    if Use.IMITATE in terms.uses and terms.purpose is None:
        raise Problem(
            "imitate permits outputs in your style, voice or likeness, and needs a purpose",
            'add --purpose "WHAT FOR", which narrows it',
        )
    if terms.revocation.mode is not Revocability.NOT_BEFORE_END and key.list_uri is None:
        raise Problem(
            "what can be taken back needs a list that says so, and your key names none",
            "consentsig key set-list-uri https://YOUR.SITE/consent-list",
        )
    if terms.revocation.mode is not Revocability.NOT_BEFORE_END and key.list_uri is not None:
        own_keys.check_keeps_list(home, key.list_uri, key.public.thumbprint)
        home.check_is_open(key.list_uri)


def _drafts(terms: Terms, key: Key, planned: list[Planned], options: Options) -> list[Draft]:
    """The contracts as they will be signed, but for their positions, which cannot break a rule."""
    revocable = terms.revocation.mode is not Revocability.NOT_BEFORE_END
    status = StatusReference(key.list_uri, 0) if revocable and key.list_uri else None
    drafts = []
    for each in planned:
        try:
            work = each.work._replace(title=terms.work.title)
            salt = secrets.token_bytes(_SALT_LEN) if options.batch else None
            checked = check_terms(terms._replace(work=work, status=status, salt=salt))
        except MalformedError as error:
            raise Problem(f"{each.path}: {error}") from None
        drafts.append(Draft(each, checked))
    return drafts


def _warn(home: Home, drafts: list[Draft], parts: frozenset[Payment]) -> None:
    """Say what does not go together, among the contracts and with those that still run."""
    now = arguments.now()
    shared_money.warn(home, drafts[0].terms, len(drafts), now, parts)
    promised_before.warn(home, {each.planned.path: each.terms for each in drafts}, now)


def _tell_www(grantee: Grantee) -> None:
    if grantee.uri and (other := parties.www_twin(grantee.uri)):
        output.error("note", f"the contract names {grantee.uri}; {other} would be another address")


def _with_positions(home: Home, drafts: list[Draft]) -> list[Draft]:
    """The drafts as they will be signed.

    A position is drawn before the text is shown, since the text names it, and it is used only
    once the contract is signed.
    """
    home.check_writable()
    clock_check.warn_if_set_back(home)
    status = drafts[0].terms.status
    if status is None:
        return drafts
    positions = home.draw_positions(status.uri, len(drafts))
    return [
        Draft(planned, terms._replace(status=StatusReference(status.uri, idx)))
        for (planned, terms), idx in zip(drafts, positions, strict=True)
    ]


def _grant(
    home: Home,
    key: Key,
    unlock: Callable[[], PrivateKey],
    unplaced: list[Draft],
    options: Options,
    *,
    warn: Callable[[Home, list[Draft]], None],
    confirmed: Callable[[str, str], bool],
    as_json: bool,
) -> list[_Signed] | None:
    """Show what will be signed, ask, and sign; None, and nothing was written, for a no."""
    batch, review_file = _path(options.batch), _path(options.review)
    review = Review(review_file)
    signed = None
    try:
        while signed is None:
            drafts = _with_positions(home, unplaced)
            warn(home, drafts)
            review.write(drafts)
            show(drafts, batch, review_file, as_json=as_json)
            question = f"Sign {output.count(len(drafts), 'contract')}?"
            if not confirmed(question, "I sign"):
                break
            try:
                signed = _sign(home, key, drafts, unlock(), batch, each=options.each_file)
            except PositionTakenError:
                # What is shown is what is signed, so it is shown again.
                output.say(
                    "Another contract has just taken this position. Once more, with a new one:"
                )
                output.say()
    finally:
        if signed is None:
            review.remove()
    return signed


def _path(file: str | None) -> Path | None:
    return None if file is None else Path(file)


def _sign(
    home: Home,
    key: Key,
    drafts: list[Draft],
    private: PrivateKey,
    batch: Path | None = None,
    *,
    each: bool = False,
) -> list[_Signed]:
    """Sign all, record all and put all in place; or nothing, if anything fails.

    Args:
        home: Where they are recorded.
        key: The key that signs.
        drafts: The contracts.
        private: The private half of the key.
        batch: The file for all under one signature; None to sign each.
        each: Whether each has a file of its own beside that.
    """
    check_unchanged([draft.planned for draft in drafts])  # what is signed is what was shown
    outputs: dict[Path, bytes] = {}
    if batch is None:
        signed = [_signed(draft, private) for draft in drafts]
    else:
        outputs[batch] = sign_batch([draft.terms for draft in drafts], private)
        signed = _in_batch(drafts, outputs[batch])
    if batch is None or each:
        outputs = {one.planned.out: one.data for one in signed} | outputs
    if key.list_uri is not None and key not in home.own_keys():  # its address was an answer
        home.set_list_uri(
            key,
            key.list_uri,
            partial(own_keys.check_keeps_list, home, key.list_uri, key.public.thumbprint),
        )
    # Recorded before any file is in place: a signed contract that got into the world is known
    # here, whenever this process is killed. What is recorded and got nowhere does no harm.
    with home.writing() as db:
        # An earlier contract can be the same, and may not be forgotten if this grant fails.
        added = [
            one
            for one in signed
            if home.record(db, one.contract, one.data, one.planned.out.absolute())
        ]
    written: list[Path] = []
    try:
        with files.unless_all_goes_well(written):
            for path, data in outputs.items():
                files.write_new(path, data)
                written.append(path)
    except BaseException:
        # A signal may have come when a file was in place and not yet noted as written.
        there = {path for path, data in outputs.items() if _is_in_place(path, data)}
        if batch not in there:
            home.forget(one.contract.contract_id for one in added if one.planned.out not in there)
        raise
    return signed


def _signed(draft: Draft, private: PrivateKey) -> _Signed:
    planned, terms = draft
    data = sign_contract(terms, private)
    return _Signed(planned, parse_contract(data), data)


def _in_batch(drafts: list[Draft], data: bytes) -> list[_Signed]:
    """The contracts of the batch file *data*, each as a file of its own, in the order of drafts."""
    batch = open_batch(data)
    by_work: dict[bytes, tuple[UnverifiedContract, bytes]] = {}
    for index in range(len(batch)):
        file = batch.file(index)
        contract = parse_contract(file)
        by_work[contract.terms.work.sha256] = contract, file
    return [_Signed(planned, *by_work[terms.work.sha256]) for planned, terms in drafts]


def _is_in_place(path: Path, data: bytes) -> bool:
    """Whether a file is there: this one, and not that of another command."""
    try:
        return files.read_ordinary(path, len(data)) == data
    except (FileNotFoundError, IsADirectoryError):
        return False
    except OSError:  # it cannot be told, so the contract stays known
        return True


def _report(
    home: Home, signed: list[_Signed], options: Options, *, as_text: bool, as_json: bool
) -> None:
    if as_json:
        for one in signed:
            output.json_line(_values(one, options))
        return
    for planned, _, data in signed:
        if options.batch is None or options.each_file:
            line(f"Signed: {planned.out}")
        if as_text:
            line(to_line(data))
    if options.batch is not None:
        line(f"Signed: {len(signed):,} contracts in {options.batch}")
    terms = signed[0].contract.terms
    line()
    line(
        f"Give it to {quoted(terms.grantee.name)}. It holds until {output.last_day(terms.expires)}."
    )
    if options.batch is not None:
        _tell_batch(options.batch, signed[0].planned.path)
    if terms.status is not None:
        highest = max(one.contract.terms.status or terms.status for one in signed)
        for advice in due.advice(home, highest, arguments.now()):
            line(advice)


def _tell_batch(batch: str, work: Path) -> None:
    line("To show somebody the contract for one work alone, or to take one back later:")
    split = f"consentsig batch split {output.shell(batch)} --out FOLDER"
    line(output.command(f"{split} --work {output.shell(work)}"))


def _values(signed: _Signed, options: Options) -> dict[str, object]:
    terms = signed.contract.terms
    is_alone = options.batch is None or options.each_file
    return {
        "file": str(signed.planned.out) if is_alone else options.batch,
        "contract_id": signed.contract.contract_id.hex(),
        "batch": contract_words.batch(signed.contract),
        "work_file": str(signed.planned.path),
        "work": contract_words.work(terms),
        "line": to_line(signed.data),
        "expires": output.iso(terms.expires),
        "status": terms.status and terms.status._asdict(),
    }
