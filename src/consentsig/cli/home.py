"""``home``: whether the home folder is sound, a backup of it, and a home from a backup."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import Problem, line
from consentsig.home import backup as backups
from consentsig.home import checkup, files
from consentsig.home.checkup import BROKEN, MENDED, Finding
from consentsig.home.home import Home

app = arguments.command_app("Check, back up or restore the home folder.")


@arguments.command(app, "consentsig home check")
def check(
    restore_files: Annotated[
        bool,
        typer.Option("--restore-files", help="Write contracts again that are not where they were."),
    ] = False,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Check the home folder, and repair what can be repaired.

    Exit status 0: all is well, or was repaired. 1: something could not be repaired.
    """
    with arguments.open_home(folder) as home:
        _check_exists(home)
        found = list(checkup.restore_files(home)) if restore_files else []
        found += checkup.check(home)
        for each in found:
            _tell(each, as_json=as_json)
        if any(each.kind == BROKEN for each in found):
            return output.DOES_NOT_HOLD
        _sum_up(home, as_json=as_json)
    return output.HOLDS


def _check_exists(home: Home) -> None:
    if not home.exists:
        home.rows("PRAGMA user_version")  # tells if it was lost
        raise Problem(f"there is no home in {home.folder}", "consentsig init")


def _tell(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        values = {"kind": finding.kind, "what": finding.what, "message": finding.message}
        output.json_line(values | {"hint": finding.hint or None})
        return
    mark = {MENDED: "Mended: ", BROKEN: "Broken: "}.get(finding.kind, "Note:   ")
    line(f"{mark}{finding.what}: {finding.message}")
    if finding.hint:
        output.hint(finding.hint)


def _sum_up(home: Home, *, as_json: bool) -> None:
    tables = ("keys", "contracts", "lists", "believed", "kept")
    counts = {table: home.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}  # noqa: S608  # the names above
    if as_json:
        output.json_line({"kind": "ok", "what": str(home.folder)} | counts)
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
    folder: arguments.HomeFolder = None,
) -> None:
    """Put everything in the home folder into one file. Locked keys stay locked.

    Others may write meanwhile. Make one after each grant, and keep it on another disk.
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
        files.write_new(path, backups.make(home), files.PRIVATE)
    line(f"Backup: {out}")
    line("Keep it on another disk. After a loss: consentsig home restore " + shlex.quote(out))
    if is_open:
        output.warning(f"whoever finds {out} signs as you: no passphrase locks the keys in it")


def _under_a_new_name(path: Path, *, unlocked: bool) -> str:
    now = arguments.now()
    names = (
        path.with_stem(f"{path.stem}-{now:{form}}") for form in ("%Y-%m-%d", "%Y-%m-%d-%H%M%S")
    )
    name = next((each for each in names if not os.path.lexists(each)), "FILE")
    return f"consentsig home backup --out {output.shell(name)}" + " --unlocked" * unlocked


def _check_locked(home: Home, *, allowed: bool) -> bool:
    """Whether a key here is not locked, which must be allowed."""
    from consentsig.keyfile import is_locked

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
    folder: arguments.HomeFolder = None,
) -> None:
    """Make a home folder from a backup. No home may exist there yet.

    The backup does not know the contracts and lists that were signed after it was made. So the
    restored home uses no position of an old list. Choose a new list first: `consentsig key
    set-list-uri URI --new`. Go on publishing the old lists, into a folder that holds what is
    online now, so that every contract you took back stays so. Contracts that cannot be taken
    back need no list.
    """
    with arguments.open_home(folder) as home:
        closed = backups.restore(Path(file), home, arguments.now())
        line(f"Restored: {home.folder}")
        line()
        line("Contracts may have been signed since the backup was made, so no new one will use")
        line("a list that may have been in use" + ":" * bool(closed) + "." * (not closed))
        for uri in closed:
            line(f"  {uri}")
        line("Before you grant what you may want to take back, choose a list that is new, which no")
        line("contract names and which was never published:")
        line(output.command("consentsig key set-list-uri https://YOUR.SITE/consent-list-2 --new"))
        line("Go on publishing the old ones too, into a folder with the lists that are online now:")
        line("what they say was taken back stays so.")
