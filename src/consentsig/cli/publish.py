"""``publish``: sign the lists that say which contracts were taken back, and put them in a folder.

A list never goes back: what an earlier one said was taken back stays so, and each is later
than the one before (spec §7.6).
"""

import hashlib
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
    RefusedError,
    StatusList,
    files,
    memory,
    pack_statuses,
    sign_status_list,
    verify_status_list,
)
from consentsig.cli import ask, inputs, keys, output
from consentsig.cli.output import Problem, line
from consentsig.errors import utc
from consentsig.home import Home, Key
from consentsig.status import DEFAULT_LIFE, MAX_LIFE, REVOKED, STATUS_LIST, VALID, revoked_in

app = inputs.command_app()

_TURN: Final = 60  # seconds to wait for other publishers, each of which needs one of its own
_PATIENCE: Final = timedelta(seconds=5)  # how far a list may be ahead for us to wait for it


class _Target(NamedTuple):
    """A list to publish and where it goes."""

    uri: str
    path: Path


class _Made(NamedTuple):
    """A list that was signed.

    Attributes:
        target: Where it goes.
        known: The list.
        carried: How many revocations come from an earlier list alone.
    """

    target: _Target
    known: StatusList
    carried: int

    @property
    def copy(self) -> Path:
        """The file that no later list replaces."""
        path = self.target.path
        return path.with_name(f"{path.name}.{self.known.terms.issued:%Y%m%dT%H%M%SZ}")


@app.command()
def publish(
    *,
    out: Annotated[str, typer.Option(metavar="DIR", help="The folder you will upload.")],
    expires: Annotated[
        int, typer.Option(metavar="DAYS", help="How long the list counts, at most 366 days.")
    ] = DEFAULT_LIFE.days,
    recovery_key: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Sign with the recovery key, if the other is lost."),
    ] = None,
    passphrase_file: inputs.PassphraseFile = None,
    as_json: inputs.Json = False,
    folder: inputs.HomeFolder = None,
) -> int:
    """Sign the list that says which contracts were taken back, and put it in DIR for upload."""
    if not 1 <= expires <= MAX_LIFE.days:
        raise Problem(f"--expires is {expires} days, expected 1 to {MAX_LIFE.days}")
    with inputs.open_home(folder) as home:
        key = keys.signing(home)
        if recovery_key is None:
            targets = _targets(Path(out), _own_lists(home, key))
            _check_folder(home, targets)
            private = ask.unlock(home, key, passphrase_file)
        else:
            private = _recovery(home, recovery_key, passphrase_file)
            targets = _targets(Path(out), _lists_to_take_back(home, private.public))
            _check_folder(home, targets)
        made = _publish(home, private, targets, timedelta(days=expires))
        _report(made, as_json=as_json)
        _tell_not_published(home, private.public)
        if recovery_key is not None:
            output.warning(
                "a recovery key takes back and confirms nothing: contracts that are not taken back "
                "stop counting when the last list by the lost key ends"
            )
    return output.HOLDS


def _own_lists(home: Home, key: Key) -> list[str]:
    """The list of *key* and, if it had another before, those its contracts name."""
    own = [] if key.list_uri is None else [key.list_uri]
    speaker = key.public.thumbprint
    own += [
        uri
        for uri in home.lists_of(speaker)
        if uri not in own
        and (speaker in home.deciding_keys(uri) or home.revoked_positions(uri, speaker))
    ]
    if not own:
        raise Problem(
            "the key that signs names no list, so there is none to publish",
            "consentsig key set-list-uri https://YOUR.SITE/consent-list",
        )
    return own


def _recovery(home: Home, file: str, passphrase_file: str | None) -> PrivateKey:
    private = ask.unlock_file(file, passphrase_file)[0]
    if private.public.thumbprint not in {key.recovery for key in home.own_keys()}:
        raise Problem(
            f"{file}: is key {private.public.thumbprint.hex()}, which no key in {home.folder} "
            "names as its recovery key",
            "consentsig key show",
        )
    return private


def _lists_to_take_back(home: Home, recovery: PublicKey) -> list[str]:
    # A list that takes nothing back would only stand in the way of the one before.
    speaker = recovery.thumbprint
    found = [uri for uri in home.lists_of(speaker) if home.revoked_positions(uri, speaker)]
    if not found:
        raise Problem(
            "no contract that names this recovery key was taken back, so it has nothing to say",
            "consentsig revoke FILE",
        )
    return found


def _targets(folder: Path, uris: list[str]) -> list[_Target]:
    targets: list[_Target] = []
    for uri in uris:
        name = _file_name(uri)
        if any(target.path.name == name for target in targets):
            name += f".{hashlib.sha256(uri.encode()).hexdigest()[:8]}"
        targets.append(_Target(uri, folder / name))
    return targets


def _file_name(uri: str) -> str:
    """The last part of an address, as the name of a file."""
    without_query = uri.partition("?")[0]
    last = without_query.replace(":", "/").rpartition("/")[2]
    return last if last.strip(".") else "status-list"


def _check_folder(home: Home, targets: list[_Target]) -> None:
    """Refuse what could not be written, before a passphrase is asked for."""
    folder = targets[0].path.parent
    if not folder.is_dir():
        raise Problem(f"{folder}: there is no such folder", f"mkdir {folder}")
    for target in targets:
        _there(home, target)


def _there(home: Home, target: _Target) -> StatusList | None:
    """The list that is where *target* goes; anything else there is left alone."""
    try:
        known = verify_status_list(files.read(target.path, STATUS_LIST.max_len))
    except FileNotFoundError:
        return None
    except RefusedError as error:
        raise Problem(
            f"{target.path}: is there and is no list of yours ({error.code}), so it is left alone"
        ) from None
    if known.terms.signer.thumbprint not in _speakers(home, target.uri):
        raise Problem(
            f"{target.path}: is a list by key {known.terms.signer.thumbprint.hex()}, none of "
            "yours, so it is left alone"
        )
    if known.terms.uri != target.uri:
        raise Problem(
            f"{target.path}: is the list {known.terms.uri}, expected {target.uri}",
            "add --out with another folder",
        )
    return known


def _speakers(home: Home, uri: str) -> set[bytes]:
    """Whose lists are continued: our keys', our recovery keys', and of a key that was lost."""
    own = home.own_keys()
    recovery = {key.recovery for key in own if key.recovery}
    return {key.public.thumbprint for key in own} | recovery | home.deciding_keys(uri)


def _publish(
    home: Home, private: PrivateKey, targets: list[_Target], life: timedelta
) -> list[_Made]:
    """Sign all lists, keep them, and put them in place.

    In one transaction, so that two publishers never sign for the same second. They are put
    in place after it: a list that somebody may have seen is known here, whenever this
    process is killed, so the next is later than it and takes back what it took back.
    """
    with home.writing(_TURN) as db:
        made = []
        for target in targets:
            made.append(_make(home, private, target, life))
            memory.keep(db, made[-1].known)
            terms = made[-1].known.terms
            home.keep_positions(db, target.uri, revoked_in(terms), terms.size)
    with home.writing(_TURN):  # one publisher at a time, so that the latest list stays
        for each in made:
            files.write_new(each.copy, each.known.data)
            there = _there(home, each.target)
            if there is None or there.terms.issued < each.known.terms.issued:
                files.replace(each.target.path, each.known.data)
    return made


def _make(home: Home, private: PrivateKey, target: _Target, life: timedelta) -> _Made:
    there = _there(home, target)
    speakers = _speakers(home, target.uri)
    earlier = [
        known
        for known in [*memory.known(home, target.uri), *([there] if there else [])]
        if known.terms.signer.thumbprint in speakers
    ]
    own = home.revoked_positions(target.uri, private.public.thumbprint)
    revoked = own.union(*(revoked_in(_carryable(known.terms)) for known in earlier))
    issued = _later_than([known.terms.issued for known in earlier])
    size = max([home.list_size(target.uri), *(known.terms.size for known in earlier)])
    before = [known for known in earlier if known.terms.signer == private.public]
    newest = max(before, key=lambda known: known.terms.issued, default=None)
    terms = ListTerms(
        target.uri,
        private.public,
        issued,
        issued + life,
        pack_statuses(size, dict.fromkeys(revoked, REVOKED)),
        previous=newest and newest.object_id,
    )
    known = verify_status_list(sign_status_list(terms, private))
    return _Made(target, known, len(revoked - own))


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
