"""``publish``: sign the lists that say which contracts were taken back, and put them in a folder.

A list never goes back: what an earlier one said was taken back stays so, and each is later
than the one before (spec §7.6).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from consentsig.home.home import Home, Key
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
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help="Only the lists of this key. The default is those of all your keys.",
        ),
    ] = None,
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

    It first reads the list that is online now, so that nothing it takes back is forgotten. If
    you have several keys, each signs its lists.

    --check signs nothing. Exit status 0: the list online is good for now. 1: it is time to
    publish. 2: the list online could not be read.
    """
    source = Source(online, first, allow_private)
    with arguments.open_home(folder) as home:
        if recovery_key is not None and key is not None:
            raise Problem("--key and --recovery-key exclude each other")
        if check:
            uris = [uri for _, lists in _own(home, key) for uri in lists]
            return due.check(home, uris, source, as_json=as_json)
        home.check_writable()
        life = _life(expires)
        if out is None:
            raise Problem("where should the list go? a folder is needed", "add --out DIR")
        signers = _signers(home, key, recovery_key, passphrase_file)
        asked = destinations.in_folder(Path(out), [uri for each in signers for uri in each.uris])
        earlier = _earlier(home, asked, source)
        made: list[_Made] = []
        for n, signer in enumerate(signers):
            places = [place for place in asked if place.uri in signer.uris and place.uri in earlier]
            if not places:
                continue
            before = {place.uri: earlier[place.uri] for place in places}
            with _reported(signer, out, is_first=n == 0):
                key_takeover.ask_first(home, signer.public, before, yes=yes)
                new = _publish(home, signer.unlock(), places, before, life)
                made += new
                list_page.write(
                    Path(out), [(each.target.path.name, each.known.terms) for each in made]
                )
                _report(new, as_json=as_json)
        if recovery_key is not None:
            _tell_not_published(home, signers[0].public, asked, out)
    return output.HOLDS if len(made) == len(asked) else output.NOT_ASKED


def _own(home: Home, named: str | None) -> list[tuple[Key, list[str]]]:
    """The key that is *named*, or else all own keys, the one that signs first; with their lists.

    Of a key that does not sign, those lists that contracts wait for. A key whose file is gone is
    told about and left out: nothing can be signed with it.
    """
    if named is not None:
        key = own_keys.find(home, named)
        return [(key, own_lists(home, key))]
    signing = own_keys.signing(home)
    waiting = _waiting(home, signing.public)
    found = []
    try:
        found.append((signing, own_lists(home, signing)))
    except Problem:
        if not waiting:
            raise
    done = set(found[0][1]) if found else set()
    for key, uris in waiting.items():
        if not (lists := [uri for uri in uris if uri not in done]):
            continue
        if home.key_file(key.public).exists():
            found.append((key, lists))
            continue
        for uri in lists:
            output.warning(f"not published: the list {uri}; the file of its key is gone")
        output.hint("consentsig home check")
    return found


def _waiting(home: Home, speaker: PublicKey) -> dict[Key, list[str]]:
    """Own keys other than *speaker* with the lists that contracts wait for.

    Lists that were taken over by a recovery key are left out.
    """
    own = {key.public.thumbprint: key for key in home.own_keys()}
    found: dict[Key, list[str]] = {}
    for list_key, uri in home.waiting_for(speaker.thumbprint, arguments.now()):
        key = own.get(list_key)
        if key and not key_takeover.is_recovered(home, uri):
            found.setdefault(key, []).append(uri)
    return found


class _Signer(NamedTuple):
    """The key that signs, locked as yet if it is the home's own.

    Attributes:
        public: Its public half.
        name: What a person calls it.
        uris: The lists to sign.
        unlock: Gives the private half.
    """

    public: PublicKey
    name: str
    uris: list[str]
    unlock: Callable[[], PrivateKey]


def _signers(
    home: Home, named: str | None, recovery_key: str | None, passphrase_file: str | None
) -> list[_Signer]:
    if recovery_key is not None:
        private = _recovery(home, recovery_key, passphrase_file)
        uris = lists_to_take_back(home, private.public)
        return [_Signer(private.public, "the recovery key", uris, lambda: private)]
    return [
        _Signer(
            key.public,
            key.name or "another key",
            uris,
            partial(prompts.unlock, home, key, passphrase_file),
        )
        for key, uris in _own(home, named)
    ]


@contextmanager
def _reported(signer: _Signer, out: str, *, is_first: bool) -> Iterator[None]:
    """Report what keeps a further key from signing; what the first one signed is published."""
    try:
        yield
    except (Problem, OSError) as error:
        if is_first:
            raise
        reason = output.os_error(error) if isinstance(error, OSError) else str(error)
        for uri in signer.uris:
            output.error(
                "error", f"not published: the list {uri}, which {signer.name} signs: {reason}"
            )
        output.hint(_command(signer.public, out))


def _command(key: PublicKey, out: str) -> str:
    return f"consentsig publish --out {output.shell(out)} --key {key.thumbprint.hex()[:16]}"


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


def _tell_not_published(home: Home, speaker: PublicKey, asked: list[Target], out: str) -> None:
    """Name the lists that own keys sign, where a recovery key signed alone."""
    done = {place.uri for place in asked}
    for key, uris in _waiting(home, speaker).items():
        for uri in set(uris) - done:
            output.warning(
                f"not published: the list {uri}, which {key.name or 'another key'} signs"
            )
            output.hint(_command(key.public, out))
