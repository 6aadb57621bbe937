"""``publish``: sign the lists that say which contracts were taken back, and put them in a folder.

A list never goes back: what an earlier one said was taken back stays so, and each is later
than the one before (spec §7.6).
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

import typer

from consentsig import (
    PrivateKey,
    PublicKey,
    StatusList,
)
from consentsig.cli.publishing import destinations, due, key_takeover, list_page
from consentsig.cli.publishing.destinations import (
    Earlier,
    Source,
    Target,
    lists_to_take_back,
    own_lists,
)
from consentsig.cli.terminal import arguments, output, own_keys, prompts
from consentsig.cli.terminal.output import Problem, line
from consentsig.errors import utc
from consentsig.evidence import Publisher
from consentsig.home import files
from consentsig.home.home import Home
from consentsig.status_list import DEFAULT_LIFE, MAX_LIFE, REVOKED, positions_of, revoked_bits
from consentsig.terms import EPOCH

app = arguments.command_app()

_Earlier: TypeAlias = dict[str, Earlier]  # by address
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


@arguments.command(
    app,
    "consentsig publish --out site --first",
    "consentsig publish --out site",
    "consentsig publish --check",
)
def publish(
    *,
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="The folder that you upload.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only check whether it is time to publish."),
    ] = False,
    first: Annotated[
        bool,
        typer.Option("--first", help="Confirm that no list was ever published at its address."),
    ] = False,
    online: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DIR", help="The list that is online now. The default is to fetch it."
        ),
    ] = None,
    expires: Annotated[
        int, typer.Option(metavar="DAYS", help="How long the list counts, at most 366 days.")
    ] = DEFAULT_LIFE.days,
    recovery_key: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Sign with the recovery key, if the signing key is lost."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before replacing a lost key's list.")
    ] = False,
    allow_private: arguments.AllowPrivate = False,
    passphrase_file: arguments.PassphraseFile = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Sign the list of contracts that you took back, and put it in DIR for upload.

    It first reads the list that is online now, so that nothing it takes back is forgotten.

    --check signs nothing. Exit status 0: the list online is good for now. 1: it is time to
    publish. 2: the list online could not be read.
    """
    source = Source(online, first, allow_private)
    with arguments.open_home(folder) as home:
        if check:
            return due.check(home, own_lists(home, own_keys.signing(home)), source, as_json=as_json)
        home.check_writable()
        life = _life(expires)
        if out is None:
            raise Problem("where should the list go? a folder is needed", "add --out DIR")
        signer = _signer(home, recovery_key, passphrase_file)
        asked = destinations.in_folder(Path(out), signer.uris)
        earlier = _earlier(home, asked, source)
        places = [place for place in asked if place.uri in earlier]
        if not places:
            return output.NOT_ASKED
        key_takeover.ask_first(home, signer.public, earlier, yes=yes)
        private = signer.unlock()
        made = _publish(home, private, places, earlier, life)
        list_page.write(Path(out), [(each.target.path.name, each.known.terms) for each in made])
        _report(made, as_json=as_json)
        _tell_not_published(home, private.public, asked)
    return output.HOLDS if places == asked else output.NOT_ASKED


class _Signer(NamedTuple):
    """The key that signs, locked as yet if it is the home's own.

    Attributes:
        public: Its public half.
        uris: The lists to sign.
        unlock: Gives the private half.
    """

    public: PublicKey
    uris: list[str]
    unlock: Callable[[], PrivateKey]


def _signer(home: Home, recovery_key: str | None, passphrase_file: str | None) -> _Signer:
    if recovery_key is None:
        key = own_keys.signing(home)
        unlock = partial(prompts.unlock, home, key, passphrase_file)
        return _Signer(key.public, own_lists(home, key), unlock)
    private = _recovery(home, recovery_key, passphrase_file)
    return _Signer(private.public, lists_to_take_back(home, private.public), lambda: private)


def _life(days: int) -> timedelta:
    if not 1 <= days <= MAX_LIFE.days:
        raise Problem(f"--expires is {days} days, expected 1 to {MAX_LIFE.days}")
    return timedelta(days=days)


def _earlier(home: Home, places: list[Target], source: Source) -> _Earlier:
    """What was there before, by address; and whatever could not be written is refused here.

    Before a passphrase is asked for, and outside of the transaction, since it may take long.
    One address that cannot be seen does not keep the other lists from being published.
    """
    earlier: _Earlier = {}
    for place in places:
        try:
            there = destinations.in_place(home, place)
            found = destinations.online_now(home, place, source)
        except Problem as problem:
            if len(places) == 1:
                raise
            output.error("error", f"not published: {problem}")
            output.hint(*problem.hints)
        else:
            earlier[place.uri] = Earlier(found, there)
    return earlier


def _recovery(home: Home, file: str, passphrase_file: str | None) -> PrivateKey:
    private = prompts.unlock_file(file, passphrase_file)[0]
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
    earlier: _Earlier,
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
            made.append(_make(home, private, place, earlier[place.uri].lists, life))
            terms = made[-1].known.terms
            home.lists.add([made[-1].known], terms.issued)
            for fetch in earlier[place.uri].online:
                # Seen, but nobody is spared asking.
                home.lists.keep_fetch(replace(fetch, checked=EPOCH))
            home.keep_size(db, place.uri, terms.size)
        arguments.make_out(places[0].path.parent)
    with home.writing(_TURN):  # one publisher at a time, so that the latest list stays
        for each in made:
            files.write_new(each.copy, each.known.data)
            there = destinations.in_place(home, each.target)
            if there is None or there.terms.issued < each.known.terms.issued:
                files.replace(each.target.path, each.known.data)
    return made


def _make(
    home: Home, private: PrivateKey, place: Target, shown: list[StatusList], life: timedelta
) -> _Made:
    there = destinations.in_place(home, place)  # again: another publisher may have been faster
    publisher = Publisher(
        place.uri,
        private,
        home.lists,
        shown=shown if there is None else [*shown, there],
        continues=home.speakers(place.uri),
    )
    own = home.revoked_bits(place.uri, private.public.thumbprint)
    now = _when_due(publisher)
    size = home.list_size(place.uri)
    known = publisher.sign(positions_of(own), now=now, size=size, life=life)
    return _Made(place, known, (revoked_bits(known.terms) & ~own).bit_count())


def _when_due(publisher: Publisher) -> datetime:
    """The clock, once it is past the last list."""
    while (ahead := publisher.earliest(now := arguments.now()) - now) > timedelta(0):
        if ahead > _PATIENCE:
            last = now + ahead - timedelta(seconds=1)
            raise Problem(
                f"the last list is of {utc(last)}, and this computer's clock says {utc(now)}; "
                "set the clock"
            )
        time.sleep(0.05)
    return now


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
        "size": terms.size,
        "revoked": revoked,
        "carried_over": made.carried,
        "object_id": made.known.object_id.hex(),
    }


def _tell_not_published(home: Home, speaker: PublicKey, asked: list[Target]) -> None:
    """Name the lists that other keys here sign; those taken over by a recovery key are done."""
    own = {key.public.thumbprint: key for key in home.own_keys()}
    done = {place.uri for place in asked}
    for list_key, uri in home.waiting_for(speaker.thumbprint, arguments.now()):
        key = own.get(list_key)
        if key and uri not in done and not key_takeover.is_recovered(home, uri):
            output.warning(
                f"not published: the list {uri}, which {key.name or 'another key'} signs"
            )
            output.hint(f"consentsig key use {list_key.hex()[:16]}")
