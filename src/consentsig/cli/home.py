"""``home``: whether the home folder is sound, a backup of it, and a home from a backup."""

import os
import shlex
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from consentsig import PrivateKey
from consentsig.cli.terminal import arguments, home_hints, output, prompts
from consentsig.cli.terminal.output import Problem, line
from consentsig.home import backup as backups
from consentsig.home import checkup, files
from consentsig.home.checkup import BROKEN, MENDED, Finding
from consentsig.home.home import Home, Key
from consentsig.keyfile import is_locked

app = arguments.command_app("Check, back up or restore the home folder.")


@arguments.command(app, "consentsig home check")
def check(
    restore_files: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Write contracts that are not where they were put into this folder.",
        ),
    ] = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check the home folder, and repair what can be repaired.

    Exit status 0: all is well, or was repaired. 1: something could not be repaired.
    """
    with arguments.open_home(folder) as home:
        _check_exists(home)
        is_broken = False
        for each in chain(_files(home, restore_files), checkup.check(home)):
            _tell(each, as_json=as_json)
            is_broken |= each.kind == BROKEN
        if is_broken:
            return output.DOES_NOT_HOLD
        _sum_up(home, as_json=as_json)
    return output.HOLDS


def _files(home: Home, folder: str | None) -> Iterator[Finding]:
    """The contracts that are written into *folder*."""
    if folder is None:
        return
    arguments.make_out(Path(folder))
    yield from checkup.restore_files(home, Path(folder))


def _check_exists(home: Home) -> None:
    if not home.exists:
        home.own_keys()  # tells if it was lost
        raise Problem(f"there is no home in {home.folder}", "consentsig init")


def _tell(finding: Finding, *, as_json: bool) -> None:
    hints = home_hints.words(finding.hints, finding.what)
    if as_json:
        values = {"kind": finding.kind, "what": finding.what, "message": finding.message}
        output.json_line(values | {"hint": "; ".join(hints) or None})
        return
    mark = {MENDED: "Mended: ", BROKEN: "Broken: "}.get(finding.kind, "Note:   ")
    line(f"{mark}{finding.what}: {finding.message}")
    output.hint(*hints)


def _sum_up(home: Home, *, as_json: bool) -> None:
    counts = home.counts()
    if as_json:
        output.json_line({"kind": "ok", "what": str(home.folder), **counts})
        return
    held = ", ".join((
        output.count(counts["keys"], "key"),
        output.count(counts["contracts"] + counts["kept"], "contract"),
        output.count(counts["lists"], "list"),
        output.count(counts["believed"], "believed key"),
    ))  # fmt: skip
    line(f"All is well in {home.folder}: {held}.")


@arguments.command(app, "consentsig home backup --out consentsig.backup")
def backup(
    out: Annotated[
        str, typer.Option(metavar="FILE", help="The file to write. It must not exist yet.")
    ],
    unlocked: Annotated[
        bool, typer.Option("--unlocked", help="Include keys that no passphrase locks.")
    ] = False,
    passphrase_file: arguments.PassphraseFile = None,
    folder: arguments.HomeFolder = None,
) -> None:
    """Put everything in the home folder into one file. Locked keys stay locked.

    The key that signs seals the backup, and needs its passphrase for that. Other commands may
    write meanwhile. Make one after each grant, and keep it on another disk.
    """
    with arguments.open_home(folder) as home:
        _check_exists(home)
        path = Path(out)
        if path.resolve().is_relative_to(home.folder.resolve()):
            raise Problem(
                f"{path} is inside {home.folder}, and would be lost with it",
                "name a file on another disk",
            )
        is_open = _check_locked(home, allowed=unlocked)
        if os.path.lexists(path):
            raise Problem(f"{path}: already exists", _under_a_new_name(path, unlocked=unlocked))
        sealing = _sealing_key(home, passphrase_file)
        files.write_new(path, backups.make(home, sealing), files.PRIVATE)
    line(f"Backup: {out}")
    line("Keep it on another disk. After a loss: consentsig home restore " + shlex.quote(out))
    if is_open:
        output.warning(f"whoever finds {out} signs as you: no passphrase locks the keys in it")


def _sealing_key(home: Home, passphrase_file: str | None) -> PrivateKey | None:
    """The key that signs, unlocked; None in a home without keys, such as that of a grantee."""
    for key in home.own_keys():
        if key.signs:
            _check_is_whole(home, key)
            return prompts.unlock(home, key, passphrase_file)
    output.warning("there is no key here to seal the backup, so nothing will show if it is changed")
    output.hint("to restore it, add --unsealed")
    return None


def _check_is_whole(home: Home, key: Key) -> None:
    path = home.key_file(key.public)
    if problem := checkup.problem_of_key(path, key):
        raise Problem(f"{path}: {problem}; a backup would lack that key")


def _under_a_new_name(path: Path, *, unlocked: bool) -> str:
    now = arguments.now()
    names = (
        path.with_stem(f"{path.stem}-{now:{form}}") for form in ("%Y-%m-%d", "%Y-%m-%d-%H%M%S")
    )
    name = next((each for each in names if not os.path.lexists(each)), "FILE")
    return f"consentsig home backup --out {output.shell(name)}" + " --unlocked" * unlocked


def _check_locked(home: Home, *, allowed: bool) -> bool:
    """Whether a key here is not locked, which must be allowed."""
    paths = [home.key_file(key.public) for key in home.own_keys()]
    clear = [each for each in paths if not is_locked(files.read(each, arguments.MAX_KEY_FILE_LEN))]
    if clear and not allowed:
        raise Problem(
            f"{clear[0]}: is not locked with a passphrase; whoever finds the backup signs as you",
            "add --unlocked if the disk it goes to is itself locked",
        )
    return bool(clear)


@arguments.command(app, "consentsig home restore consentsig.backup")
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A backup.")],
    unsealed: Annotated[
        bool,
        typer.Option("--unsealed", help="Even if nothing shows that it was not changed."),
    ] = False,
    passphrase_file: arguments.PassphraseFile = None,
    folder: arguments.HomeFolder = None,
) -> None:
    """Make a home folder from a backup. No home may exist there yet.

    The signing key sealed the backup. Its passphrase shows that nobody has changed it since.

    The backup does not know the contracts and lists that were signed after it was made. So the
    restored home uses no position of an old list. Choose a new list first: `consentsig key
    set-list-uri URI --new`. Go on publishing the old lists, into a folder that holds what is
    online now, so that every contract you took back stays so. Contracts that cannot be taken
    back need no list.
    """
    with arguments.open_home(folder) as home:
        unlock = None if unsealed else partial(_unlock_sealing_key, file, passphrase_file)
        try:
            restored = backups.restore(Path(file), home, arguments.now(), unlock)
        except backups.UnsealedError as error:
            raise Problem(str(error), "to restore it anyway, add --unsealed") from None
        _tell_restored(home, restored)


def _unlock_sealing_key(file: str, passphrase_file: str | None, path: Path) -> PrivateKey:
    return prompts.unlock_file(path, passphrase_file, f"the key in {file}")[0]


def _tell_restored(home: Home, restored: backups.Restored) -> None:
    line(f"Restored: {home.folder}")
    _tell_seal(home, restored)
    line()
    line("Contracts may have been signed since the backup was made, so no new one will use")
    line(f"a list that may have been in use{':' if restored.closed else '.'}")
    for uri in restored.closed:
        line(f"  {uri}")
    line("Before you grant what you may want to take back, choose a list that is new, which no")
    line("contract names and which was never published:")
    line(output.command("consentsig key set-list-uri https://YOUR.SITE/consent-list-2 --new"))
    line("Go on publishing the old ones too, into a folder with the lists that are online now:")
    line("what they say was taken back stays so.")


def _tell_seal(home: Home, restored: backups.Restored) -> None:
    """Say what the seal proves, where that is less than it seems."""
    if restored.sealed_by is None:
        output.warning(
            "nothing shows that nobody changed this backup: its keys, contracts and believed keys "
            "may be somebody else's"
        )
        output.hint("consentsig key show", "consentsig trust list", "consentsig list")
    elif not is_locked(files.read(home.key_file(restored.sealed_by), arguments.MAX_KEY_FILE_LEN)):
        output.warning(
            "no passphrase locks the key that sealed this backup, so whoever could change the "
            "backup could seal it again"
        )
