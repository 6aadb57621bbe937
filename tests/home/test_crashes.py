"""A process that is killed at any step loses nothing that it reported, and spoils nothing."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest

from command_line import FREE, LIST_URI, PUBLISH, PUBLISH_FIRST, TERMS, Cli, Result, make_ana
from consentsig import PrivateKey, open_batch, parse_contract, verify_status_list
from consentsig.cli.init import _make, _Wanted
from consentsig.home.home import Home
from lists import revoked_in

pytestmark = pytest.mark.posix

KILLED = Path(__file__).parents[1] / "helpers" / "killed.py"
AT_MOST = 12  # kills of a command, spread evenly over its steps
REVOCABLE = (*TERMS, *FREE, "--revocable", "30", "--yes")
EVE = PrivateKey(bytes(32)).public

COMMANDS = {
    "grant": ("grant", "poem.txt", "song.txt", *REVOCABLE),
    "batch": ("grant", "poem.txt", "song.txt", *REVOCABLE, "--batch", "all.consents"),
    "revoke": ("revoke", "old.txt.consent", "--yes"),
    "publish": PUBLISH,
    "trust": ("trust", "add", EVE.to_did_key(), "--name", "Eve"),
    "import": ("key", "import", "other.pem", "--no-passphrase"),
    "init": (
        *("--home", "fresh", "init", "--name", "Ana", "--no-passphrase"),
        *("--recovery-out", "new.pem"),
    ),
    "backup": ("home", "backup", "--unlocked", "--out", "new.backup"),
    "restore": ("--home", "fresh", "home", "restore", "backup"),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A creator with two contracts, one taken back and published, one taken back since."""
    cli = make_ana(Cli(tmp_path_factory.mktemp("before")))
    for name in ("old.txt", "gone.txt", "song.txt"):
        (cli.folder / name).write_text(name)
    (cli.folder / "other.pem").write_bytes(PrivateKey(bytes([1]) * 32).to_pem(None))
    cli("grant", "old.txt", "gone.txt", *REVOCABLE)
    cli(*PUBLISH_FIRST)
    cli("revoke", "gone.txt.consent", "--yes")
    cli("home", "backup", "--unlocked", "--out", "backup")
    return cli


def killed(cli: Cli, last: int, command: tuple[str, ...]) -> tuple[int, str]:
    """The exit status of a command that is killed at its step *last*, and what it reported."""
    done = subprocess.run(
        [sys.executable, "-u", KILLED, str(last), cli.folder / "count", *command],
        capture_output=True,
        check=False,
        cwd=cli.folder,
        env=cli.environment,
        timeout=60,
    )
    return done.returncode, done.stdout.decode()


def copy_of(before: Cli, folder: Path) -> Cli:
    shutil.copytree(before.folder, folder)
    return Cli(folder)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_killed_loses_and_spoils_nothing(
    before: Cli, tmp_path: Path, name: str
) -> None:
    counting = copy_of(before, tmp_path / "counting")
    assert killed(counting, 0, COMMANDS[name])[0] == 0
    steps = int((counting.folder / "count").read_text())
    places = range(1, steps + 1, -(-steps // AT_MOST))
    assert len(places) >= 7

    clis = [copy_of(before, tmp_path / str(place)) for place in places]
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(killed, clis, places, repeat(COMMANDS[name])))
    for cli, (status, reported) in zip(clis, ends, strict=True):
        assert status == -signal.SIGKILL
        check_whole(cli)
        CHECKS[name](cli, reported)
        check_whole(cli)
        check_unharmed(before, cli)


def check_whole(cli: Cli) -> None:
    """No file is half, and whatever was signed is known."""
    with Home(cli.home) as home:
        contracts = {data for (data,) in home.rows("SELECT data FROM contracts")}
        lists = {data for (data,) in home.rows("SELECT data FROM lists")}
    for path in cli.folder.glob("*.consent"):
        assert path.read_bytes() in contracts
    for path in cli.folder.glob("*.consents"):
        batch = open_batch(path.read_bytes())
        assert {batch.file(index) for index in range(len(batch))} <= contracts
    for path in (cli.folder / "site").glob("[!.]*"):
        data = path.read_bytes()
        assert data.endswith(b"</html>\n") if path.suffix == ".html" else data in lists


def check_unharmed(before: Cli, cli: Cli) -> None:
    """All is well again, nothing is left over, no key is lost, and no list went back."""
    rows = cli("home", "check", "--json").json
    assert rows[-1]["kind"] == "ok"
    assert not [path for path in cli.folder.rglob(".*") if path.is_file() or path.is_dir()]
    for path in (before.home / "keys").iterdir():
        assert (cli.home / "keys" / path.name).read_bytes() == path.read_bytes()
    assert issued(cli) >= issued(before)


def issued(cli: Cli) -> float:
    data = (cli.folder / "site" / "consent-list").read_bytes()
    return verify_status_list(data).terms.issued.timestamp()


def again(cli: Cli, name: str, *unless: str) -> Result | None:
    """Run the command once more; None if it was done, which it says in one of the ways *unless*."""
    result = cli(*COMMANDS[name], status=None)
    if result.status == 0:
        return result
    assert any(reason in result.err for reason in unless), result
    return None


def check_grant(cli: Cli, reported: str) -> None:
    files = [cli.folder / f"{work}.txt.consent" for work in ("poem", "song")]
    for path in files:
        assert path.exists() or f"Signed: {path.name}" not in reported
    while again(cli, "grant", "already exists") is None:
        next(path for path in files if path.exists()).unlink()  # it is kept in the home
    with Home(cli.home) as home:
        places = home.rows("SELECT uri, idx FROM contracts")
    assert len(set(places)) == len(places) >= 4
    assert {parse_contract(path.read_bytes()).terms.status for path in files} <= set(places)


def check_batch(cli: Cli, reported: str) -> None:
    path = cli.folder / "all.consents"
    assert path.exists() or "Signed: 2 contracts" not in reported
    if again(cli, "batch", "already exists") is None:
        path.unlink()  # its contracts are kept in the home
        assert again(cli, "batch")
    with Home(cli.home) as home:
        places = home.rows("SELECT uri, idx FROM contracts")
    assert len(set(places)) == len(places) >= 4
    assert len(open_batch(path.read_bytes())) == 2


def check_revoke(cli: Cli, reported: str) -> None:
    contract = parse_contract((cli.folder / "old.txt.consent").read_bytes())
    with Home(cli.home) as home:
        assert home.is_revoked(contract.contract_id) or "Taken back" not in reported
    again(cli, "revoke")
    with Home(cli.home) as home:
        assert home.is_revoked(contract.contract_id)


def check_publish(cli: Cli, reported: str) -> None:
    def revoked() -> set[int]:
        data = (cli.folder / "site" / "consent-list").read_bytes()
        return set(revoked_in(verify_status_list(data).terms))

    assert revoked() or "Upload" not in reported
    last = issued(cli)
    again(cli, "publish")
    assert issued(cli) > last
    assert revoked()
    with Home(cli.home) as home:
        times = home.rows("SELECT issued FROM lists WHERE uri = ?", LIST_URI)
    assert len(set(times)) == len(times)


def check_trust(cli: Cli, reported: str) -> None:
    assert "Eve" in cli("trust", "list").out or not reported
    again(cli, "trust")
    assert "Eve" in cli("trust", "list").out


def check_import(cli: Cli, reported: str) -> None:
    if "Signs from now on" in reported:
        assert len(cli("key", "show", "--json").json) == 2
    again(cli, "import", "already in")
    rows = cli("key", "show", "--json").json
    for row in rows:
        key = PrivateKey.from_pem(Path(row["file"]).read_bytes(), None)
        assert key.public.thumbprint.hex() == row["thumbprint"]
    assert len(rows) == 2


def check_init(cli: Cli, reported: str) -> None:
    fresh, recovery = Cli(cli.folder, "fresh"), cli.folder / "new.pem"
    if "Your signing key" in reported:
        fresh("key", "show")
    if again(cli, "init", "already holds", "new.pem: already exists") is None:
        with Home(fresh.home) as home:
            has_key = bool(home.own_keys())
        if not has_key:  # then no key names it, as the command says
            recovery.unlink()
            assert again(cli, "init")
    (row,) = fresh("key", "show", "--json").json
    public = PrivateKey.from_pem(recovery.read_bytes(), None).public
    assert row["recovery"] == public.thumbprint.hex()
    fresh("home", "check")


def check_backup(cli: Cli, reported: str) -> None:
    assert (cli.folder / "new.backup").exists() or "Backup" not in reported
    again(cli, "backup", "already exists")
    cli("--home", "fresh", "home", "restore", "new.backup")


def check_restore(cli: Cli, reported: str) -> None:
    fresh = Cli(cli.folder, "fresh")
    assert fresh.home.exists() or "Restored" not in reported
    again(cli, "restore", "is not empty")
    with Home(fresh.home) as home:
        assert home.is_closed(LIST_URI)
    fresh("home", "check")


CHECKS: dict[str, Callable[[Cli, str], None]] = {
    "grant": check_grant,
    "batch": check_batch,
    "revoke": check_revoke,
    "publish": check_publish,
    "trust": check_trust,
    "import": check_import,
    "init": check_init,
    "backup": check_backup,
    "restore": check_restore,
}


class Interrupted(Home):
    """A home whose commands are ended by a signal, just after they were done or just before."""

    is_done = True

    @contextlib.contextmanager
    def writing(self, wait: int = 0) -> Iterator[sqlite3.Connection]:
        with super().writing(wait) as db:
            yield db
            if not self.is_done:
                raise KeyboardInterrupt
        raise KeyboardInterrupt


@pytest.mark.parametrize("is_done", [True, False])
def test_a_signal_around_the_last_step_of_init_loses_no_file_of_a_key_that_is_kept(
    tmp_path: Path, *, is_done: bool
) -> None:
    recovery = tmp_path / "recovery.pem"
    with Interrupted(tmp_path / "home") as home:
        home.is_done = is_done
        with pytest.raises(KeyboardInterrupt):
            _make(home, _Wanted("Ana", None, str(recovery)), None, None, lambda: None)
        assert len(home.own_keys()) == len(home.key_files()) == is_done
        assert recovery.exists() == is_done
        assert all(home.key_file(key.public).exists() for key in home.own_keys())
