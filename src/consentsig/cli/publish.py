"""``publish``: sign the lists that say which contracts were taken back, and put them in a folder.

A list never goes back: what an earlier one said was taken back stays so, and each is later
than the one before (spec §7.6).
"""

import os
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from consentsig import (
    ListTerms,
    PrivateKey,
    PublicKey,
    StatusList,
    files,
    memory,
    pack_statuses,
    parse_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.cli import ask, due, inputs, keys, output, page, targets
from consentsig.cli.output import Problem, line
from consentsig.cli.targets import Source, Target, lists_to_take_back, own_lists
from consentsig.errors import quoted, utc
from consentsig.home import Home
from consentsig.status import DEFAULT_LIFE, MAX_LIFE, REVOKED, VALID, revoked_in

app = inputs.command_app()

_TURN: Final = 60  # seconds to wait for other publishers, each of which needs one of its own
_PATIENCE: Final = timedelta(seconds=5)  # how far a list may be ahead for us to wait for it


class _Made(NamedTuple):
    """A list that was signed.

    Attributes:
        target: Where it goes.
        known: The list.
        carried: How many revocations come from an earlier list alone.
    """

    target: Target
    known: StatusList
    carried: int

    @property
    def copy(self) -> Path:
        """The file that no later list replaces."""
        path = self.target.path
        return path.with_name(f"{path.name}.{self.known.terms.issued:%Y%m%dT%H%M%SZ}")


@inputs.command(
    app,
    "consentsig publish --out site --first",
    "consentsig publish --out site",
    "consentsig publish --check",
)
def publish(
    *,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="The folder you will upload.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only say whether it is time to publish: exit status 1."),
    ] = False,
    first: Annotated[
        bool, typer.Option("--first", help="No list was ever published at its address.")
    ] = False,
    online: Annotated[
        str | None,
        typer.Option(metavar="FILE|DIR", help="The list as it is online now; else it is fetched."),
    ] = None,
    expires: Annotated[
        int, typer.Option(metavar="DAYS", help="How long the list counts, at most 366 days.")
    ] = DEFAULT_LIFE.days,
    recovery_key: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Sign with the recovery key, if the other is lost."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask, where a lost key's list is replaced.")
    ] = False,
    allow_private: inputs.AllowPrivate = False,
    passphrase_file: inputs.PassphraseFile = None,
    as_json: inputs.Json = False,
    folder: inputs.HomeFolder = None,
) -> int:
    """Sign the list that says which contracts were taken back, and put it in DIR for upload.

    It first reads the list that is online now, so that nothing it takes back is forgotten.
    With --check it signs nothing: exit status 0, the list online is good for some time; 1, it
    is time to publish; 2, that could not be seen.
    """
    source = Source(online, first, allow_private)
    with inputs.open_home(folder) as home:
        key = keys.signing(home)
        if check:
            return due.check(home, own_lists(home, key), source, as_json=as_json)
        home.check_writable()
        life = _life(expires)
        if out is None:
            raise Problem("where should the list go? a folder is needed", "add --out DIR")
        recovery = _recovery(home, recovery_key, passphrase_file) if recovery_key else None
        speaker = recovery.public if recovery else key.public
        uris = lists_to_take_back(home, speaker) if recovery else own_lists(home, key)
        places = targets.in_folder(Path(out), uris)
        earlier = _earlier(home, places, source)
        _ask_if_another_key_is_replaced(home, speaker, places, yes=yes)
        private = recovery or ask.unlock(home, key, passphrase_file)
        made = _publish(home, private, places, earlier, life)
        page.write(Path(out), [(each.target.path.name, each.known.terms) for each in made])
        _report(made, as_json=as_json)
        _tell_not_published(home, private.public)
    return output.HOLDS


def _life(days: int) -> timedelta:
    if not 1 <= days <= MAX_LIFE.days:
        raise Problem(f"--expires is {days} days, expected 1 to {MAX_LIFE.days}")
    return timedelta(days=days)


def _earlier(home: Home, places: list[Target], source: Source) -> dict[str, StatusList | None]:
    """What is online now, by address; and whatever could not be written is refused here.

    Before a passphrase is asked for, and outside of the transaction, since it may take long.
    """
    for place in places:
        targets.in_place(home, place)
    return {place.uri: targets.online_now(home, place, source) for place in places}


def _ask_if_another_key_is_replaced(
    home: Home, speaker: PublicKey, places: list[Target], *, yes: bool
) -> None:
    """Say what becomes of contracts whose own list key is lost, and ask (spec §7.3)."""
    found = [
        (place, home.left_unknown(place.uri, speaker.thumbprint, inputs.now()))
        for place in places
        if home.deciding_keys(place.uri) - {speaker.thumbprint}
    ]
    if not found:
        return
    output.say(
        "This key can take contracts back and cannot confirm any: they name another key for that. "
        "Where its list takes the place of the other key's,"
    )
    for place, unknown in found:
        taken = len(home.revoked_positions(place.uri, speaker.thumbprint))
        output.say(f"  at {place.uri}")
        output.say(f"    {output.count(taken, 'contract')} will be taken back, for ever;")
        output.say(
            f"    all others there will count for nothing (status-unknown), as far as known here "
            f"{output.count(len(unknown), 'contract')}{':' if unknown else '.'}"
        )
        for data, file in unknown:
            output.say(f"      {_named(data, file)}")
    output.say("They can be granted anew, with a new key and a new list.")
    ask.check_can_confirm(yes=yes)
    if not ask.confirmed("Sign this list?", "yes", yes=yes):
        raise typer.Exit(output.DOES_NOT_HOLD)


def _named(data: bytes, file: bytes | None) -> str:
    terms = parse_contract(data).terms
    where = f": {os.fsdecode(file)}" if file else ""
    return f"to {quoted(terms.grantee.name)}, until {output.last_day(terms.expires)}{where}"


def _recovery(home: Home, file: str, passphrase_file: str | None) -> PrivateKey:
    private = ask.unlock_file(file, passphrase_file)[0]
    if private.public.thumbprint not in home.recovery_keys():
        raise Problem(
            f"{file}: is key {private.public.thumbprint.hex()}, which no key or contract in "
            f"{home.folder} names as its recovery key",
            f"first say what to take back: consentsig revoke FILE --recovery-key "
            f"{output.shell(file)}",
        )
    return private


def _publish(
    home: Home,
    private: PrivateKey,
    places: list[Target],
    earlier: dict[str, StatusList | None],
    life: timedelta,
) -> list[_Made]:
    """Sign all lists, keep them, and put them in place.

    In one transaction, so that two publishers never sign for the same second. They are put
    in place after it: a list that somebody may have seen is known here, whenever this
    process is killed, so the next is later than it and takes back what it took back.
    """
    with home.writing(_TURN) as db:
        made = []
        for place in places:
            made.append(_make(home, private, place, earlier[place.uri], life))
            memory.keep(db, made[-1].known)
            terms = made[-1].known.terms
            home.keep_positions(db, place.uri, revoked_in(terms), terms.size)
    with home.writing(_TURN):  # one publisher at a time, so that the latest list stays
        for each in made:
            files.write_new(each.copy, each.known.data)
            there = targets.in_place(home, each.target)
            if there is None or there.terms.issued < each.known.terms.issued:
                files.replace(each.target.path, each.known.data)
    return made


def _make(
    home: Home, private: PrivateKey, place: Target, online: StatusList | None, life: timedelta
) -> _Made:
    there = targets.in_place(home, place)
    earlier = [
        *targets.remembered(home, place.uri),
        *(known for known in (there, online) if known is not None),
    ]
    own = home.revoked_positions(place.uri, private.public.thumbprint)
    revoked = own.union(*(revoked_in(_carryable(known.terms)) for known in earlier))
    issued = _later_than([known.terms.issued for known in earlier])
    size = max([home.list_size(place.uri), *(known.terms.size for known in earlier)])
    before = [known for known in earlier if known.terms.signer == private.public]
    newest = max(before, key=lambda known: known.terms.issued, default=None)
    terms = ListTerms(
        place.uri,
        private.public,
        issued,
        issued + life,
        pack_statuses(size, dict.fromkeys(revoked, REVOKED)),
        previous=newest and newest.object_id,
    )
    known = verify_status_list(sign_status_list(terms, private))
    return _Made(place, known, len(revoked - own))


def _carryable(terms: ListTerms) -> ListTerms:
    """*terms*, if all they say can be said again in one bit."""
    if terms.count(VALID) + terms.count(REVOKED) != terms.size:
        raise Problem(
            f"the list {terms.uri} of {utc(terms.issued)} has positions that are "
            "neither valid nor revoked, which this version cannot carry over"
        )
    return terms


def _later_than(times: Iterable[datetime]) -> datetime:
    """The first second of the clock after all of *times*; never a time ahead of the clock."""
    last = max(times, default=None)
    while last is not None and (ahead := last - inputs.now()) >= timedelta(0):
        if ahead > _PATIENCE:
            raise Problem(
                f"the last list is of {utc(last)}, and this computer's clock says "
                f"{utc(inputs.now())}; set the clock"
            )
        time.sleep(0.05)
    return inputs.now()


def _report(made: list[_Made], *, as_json: bool) -> None:
    for each in made:
        terms = each.known.terms
        revoked = terms.count(REVOKED)
        if as_json:
            output.json_line(_values(each, revoked))
            continue
        line(f"Upload {each.target.path}")
        line(f"    to {terms.uri}")
        carried = f", {each.carried} of them known from an earlier list alone" * bool(each.carried)
        line(f"  Taken back, it says: {output.count(revoked, 'contract')}{carried}.")
        line(f"  Keep {each.copy}, the copy that no later list replaces.")
    if not as_json:
        line()
        line(
            f"Publish again before {made[0].known.terms.expires:%Y-%m-%d}. From that day on, every "
            "contract that can be taken back counts for nothing (status-unknown), since nobody can "
            "see whether it still stands."
        )


def _values(made: _Made, revoked: int) -> dict[str, object]:
    terms = made.known.terms
    return {
        "file": str(made.target.path),
        "copy": str(made.copy),
        "uri": terms.uri,
        "signer": terms.signer.thumbprint.hex(),
        "issued": output.iso(terms.issued),
        "expires": output.iso(terms.expires),
        "positions": terms.size,
        "revoked": revoked,
        "carried_over": made.carried,
        "object_id": made.known.object_id.hex(),
    }


def _tell_not_published(home: Home, speaker: PublicKey) -> None:
    own = {key.public.thumbprint: key for key in home.own_keys()}
    for list_key, uri in home.waiting_for(speaker.thumbprint, inputs.now()):
        if key := own.get(list_key):
            output.warning(
                f"not published: the list {uri}, which {key.name or 'another key'} signs"
            )
            output.hint(f"consentsig key use {list_key.hex()[:16]}")
