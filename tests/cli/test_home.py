import contextlib
import os
import re
import shlex
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from command_line import FREE, LIST_URI, PUBLISH, QUESTION, TERMS, Cli, contents
from consentsig import PrivateKey, parse_contract, verify_status_list
from consentsig.home.home import Home
from creators import key_of, list_by, now
from lists import revoked_in
from strategies import contract

REVOCABLE = (*TERMS, *FREE, "--revocable", "30", "--yes")
IRREVOCABLE = (*TERMS, *FREE, "--irrevocable", "--yes")


def key_file(cli: Cli) -> Path:
    (path,) = (cli.home / "keys").iterdir()
    return path


def sql(cli: Cli, statement: str) -> None:
    database = sqlite3.connect(cli.home / "consentsig.db")
    with database:
        database.execute(statement)
    database.close()


def found(cli: Cli, *arguments: str, status: int = 0) -> list[tuple[str, str]]:
    rows = cli("home", "check", "--json", *arguments, status=status).json
    return [(row["kind"], row["message"]) for row in rows if row["kind"] != "ok"]


# --- check ---


def test_a_home_that_is_well_is_said_to_be(granted: Cli) -> None:
    result = granted("home", "check")
    assert (
        result.out
        == f"All is well in {granted.home}: 1 key, 1 contract, 1 list, 0 believed keys.\n"
    )
    (row,) = granted("home", "check", "--json").json
    assert (row["kind"], row["contracts"]) == ("ok", 1)


def test_without_a_home_it_cannot_look(cli: Cli) -> None:
    assert "there is no home in" in cli.refuses("home", "check")
    assert "there is no home in" in cli.refuses("home", "backup", "--out", "b")
    assert not cli.home.exists()


def test_what_an_interrupted_command_left_is_removed(granted: Cli) -> None:
    name = ".consentsig-0123456789abcdef.tmp"
    foreign = [".notes.tmp", ".0123456789abcdef.tmp", ".consentsig-notes.tmp"]
    for path in [granted.home / name, granted.home / "keys" / name]:
        path.write_text("half")
    for each in foreign:
        (granted.home / each).write_text("mine")
    assert found(granted) == [("mended", "was left by an interrupted command; removed")] * 2
    assert found(granted) == []
    assert all((granted.home / each).exists() for each in foreign)


def test_a_lost_database_is_told_with_the_ways_out(granted: Cli) -> None:
    for path in granted.home.glob("consentsig.db*"):
        path.unlink()
    assert "consentsig.db is gone, though" in granted.refuses("home", "check")
    told = granted("home", "check", status=2).err
    assert "hint: consentsig --home NEW-FOLDER home restore BACKUP\n" in told
    assert "key import RECOVERY-KEY, then revoke and publish" in told
    new = Cli(granted.folder, "new")
    new("key", "import", "recovery.pem", "--no-passphrase")
    new("revoke", "poem.txt.consent", "--yes")
    new(*PUBLISH, "--yes")
    known = verify_status_list((granted.folder / "site" / "consent-list").read_bytes())
    assert len(revoked_in(known.terms)) == 1


def test_a_home_without_a_name_is_refused(granted: Cli) -> None:
    for command in (["key", "show", "--home", ""], ["--home", "", "key", "show"]):
        assert "--home is empty" in granted.refuses(*command)
    init = ["init", "--name", "Eve", "--no-recovery", "--no-passphrase"]
    assert "--home is empty" in granted.refuses("--home", "", *init)


@pytest.mark.posix
def test_permissions_are_put_right(granted: Cli) -> None:
    key_file(granted).chmod(0o644)
    granted.home.chmod(0o755)
    assert [kind for kind, _ in found(granted)] == ["mended"] * 2
    assert stat.S_IMODE(key_file(granted).stat().st_mode) == 0o600
    assert stat.S_IMODE(granted.home.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, "no such file"),
        (b"", "not a PKCS#8"),
        (PrivateKey(bytes(32)).to_pem(None), "expected"),
        (PrivateKey(bytes(32)).to_pem(b"x")[:-50], "cut off"),
        (PrivateKey(bytes(32)).to_pem(b"x").replace(b"\nM", b"\n"), "damaged"),
    ],
)
def test_a_key_that_is_lost_or_damaged_is_told(
    granted: Cli, data: bytes | None, reason: str
) -> None:
    path = key_file(granted)
    path.unlink()
    if data is not None:
        path.write_bytes(data)
        path.chmod(0o600)
    ((kind, message),) = found(granted, status=1)
    assert kind == "broken"
    assert reason in message
    told = granted("home", "check", status=1).err
    assert "publish --out DIR --recovery-key FILE" in told
    assert "home restore" in told
    assert granted.home.is_dir()


def test_a_locked_key_needs_no_passphrase_to_be_checked(cli: Cli) -> None:
    (cli.folder / "words").write_text("two red boats\n")
    cli("init", "--name", "Ana", "--no-recovery", "--passphrase-file", "words")
    assert found(cli) == []


def test_a_key_nobody_knows_is_noted(granted: Cli) -> None:
    (granted.home / "keys" / "0123456789abcdef.pem").write_bytes(PrivateKey(bytes(32)).to_pem(None))
    (granted.home / "keys" / "0123456789abcdef.pem").chmod(0o600)
    ((kind, message),) = found(granted)
    assert kind == "note"
    assert "interrupted" in message


@pytest.mark.parametrize(
    ("statement", "kind", "reason"),
    [
        ("UPDATE contracts SET data = x'00'", "broken", "malformed"),
        ("UPDATE contracts SET contract_id = x'00'", "broken", "under the id of another"),
        ("UPDATE contracts SET idx = (idx + 1) % 4096", "broken", "another position"),
        ("UPDATE lists SET data = x'00'", "broken", "malformed"),
        ("UPDATE lists SET issued = issued + 1", "broken", "recorded as another"),
        ("UPDATE keys SET x = x'00'", "broken", "expected 32"),
        ("CREATE TRIGGER t AFTER INSERT ON positions BEGIN SELECT 1; END", "broken", "tables"),
        ("DROP TABLE kept", "broken", "tables"),
        ("DELETE FROM positions", "mended", "marked"),
    ],
)
def test_what_the_database_holds_is_checked(
    granted: Cli, statement: str, kind: str, reason: str
) -> None:
    sql(granted, statement)
    all_found = found(granted, status=int(kind == "broken"))
    assert any(each == kind and reason in message for each, message in all_found)
    if kind == "mended":
        assert found(granted) == []


def test_a_contract_that_was_moved_can_be_had_again(granted: Cli) -> None:
    path = granted.folder / "poem.txt.consent"
    data = path.read_bytes()
    path.unlink()
    assert "home check --restore-files DIR" in granted("home", "check").err
    assert not path.exists()
    new = granted.folder / "new"
    rows = found(granted, "--restore-files", "new")
    assert rows[0] == ("mended", "was not where it was put; written")
    assert contents(new) == {path.name: data}
    assert not path.exists()
    assert rows[1:] == found(granted, "--restore-files", "new")  # it is there already
    (new / path.name).write_text("my shopping list")
    granted("home", "check", "--restore-files", "new")
    assert (new / path.name).read_text() == "my shopping list"
    contract_id = parse_contract(data).contract_id.hex()
    assert (new / f"poem.txt.{contract_id}.consent").read_bytes() == data


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("data", b"#!/bin/sh\necho two red boats\n"),
        ("data", contract()),
        ("file", b"../evil"),
        ("file", b"/nonexistent/.bashrc"),
        ("file", b"/nonexistent/.consent"),
        ("file", b"/nonexistent/\x1b[2J.consent"),
    ],
)
def test_restoring_files_writes_nothing_but_contracts_of_ones_own_keys(
    granted: Cli, column: str, value: bytes
) -> None:
    data = (granted.folder / "poem.txt.consent").read_bytes()
    (granted.folder / "poem.txt.consent").unlink()
    sql(granted, f"UPDATE contracts SET {column} = x'{value.hex()}'")  # noqa: S608  # values of this test
    before = contents(granted.folder)
    granted("home", "check", "--restore-files", "new", status=int(column == "data"))
    written = {name: data for name, data in contents(granted.folder).items() if name not in before}
    name = f"new/{parse_contract(data).contract_id.hex()}.consent"
    assert written == ({} if column == "data" else {name: data})


@pytest.mark.parametrize("harm", ["cut", "zeros", "noise", "names", "empty"])
def test_harm_done_by_a_damaged_database_is_one_line(granted: Cli, harm: str) -> None:
    path = granted.home / "consentsig.db"
    data = path.read_bytes()
    path.write_bytes(
        {
            "cut": data[: len(data) // 2],
            "zeros": data[:100] + bytes(len(data) - 100),
            "noise": data[:4096] + bytes(range(256)) * ((len(data) - 4096) // 256),
            "names": data.replace(b"CREATE TABLE", b"CREATE T\xffBLE"),
            "empty": b"",
        }[harm]
    )
    result = granted("home", "check", status=1)
    assert len(result.out.splitlines()) == 1
    assert "home restore" in result.err
    for command in (
        ["key", "show"],
        ["grant", "poem.txt", *REVOCABLE, "--out", "new"],
        [*PUBLISH],
        ["revoke", "poem.txt.consent", "--yes"],
        ["trust", "list"],
        ["home", "backup", "--unlocked", "--out", "b"],
    ):
        assert "consentsig.db" in granted.refuses(*command)
    granted("verify", *QUESTION, status=2)


# --- backup and restore ---


def backed_up(cli: Cli) -> Cli:
    cli("home", "backup", "--unlocked", "--out", "backup")
    return cli


@pytest.mark.posix
def test_a_backup_is_private_and_never_overwrites(granted: Cli) -> None:
    backed_up(granted)
    assert stat.S_IMODE((granted.folder / "backup").stat().st_mode) == 0o600
    line = granted.refuses("home", "backup", "--unlocked", "--out", "backup")
    assert "backup: already exists" in line
    for _ in range(2):  # each hint is a command that can be run
        err = granted("home", "backup", "--unlocked", "--out", "backup", status=2).err
        hint = err.split("hint: consentsig ")[1]
        assert re.search(r"--out backup-[0-9]{4}-[0-9]{2}-[0-9]{2}\S* --unlocked$", hint.strip())
        granted(*shlex.split(hint))
    line = granted.refuses("home", "backup", "--unlocked", "--out", "home/backup")
    assert "would be lost with it" in line


def test_a_key_without_a_passphrase_goes_in_only_if_that_is_said(granted: Cli) -> None:
    assert "not locked" in granted.refuses("home", "backup", "--out", "backup")
    result = granted("home", "backup", "--unlocked", "--out", "backup")
    assert "whoever finds backup signs as you" in result.err


def test_a_locked_key_stays_locked(cli: Cli) -> None:
    (cli.folder / "words").write_text("two red boats\n")
    cli("init", "--name", "Ana", "--no-recovery", "--passphrase-file", "words")
    assert "needs a passphrase" in cli.refuses("home", "backup", "--out", "backup")
    cli("home", "backup", "--out", "backup", "--passphrase-file", "words")
    restore = ("home", "restore", "backup", "--home", "new")
    assert "the key in backup: the key needs a passphrase" in cli.refuses(*restore)
    (cli.folder / "wrong").write_text("two blue boats\n")
    assert "passphrase is wrong" in cli.refuses(*restore, "--passphrase-file", "wrong")
    assert cli(*restore, "--passphrase-file", "words").err == ""
    (restored,) = (cli.folder / "new" / "keys").iterdir()
    assert restored.read_bytes() == key_file(cli).read_bytes()
    assert b"ENCRYPTED" in restored.read_bytes()


def test_a_backup_with_a_lost_key_is_refused(granted: Cli) -> None:
    key_file(granted).write_text("")
    assert "would lack that key" in granted.refuses("home", "backup", "--unlocked", "--out", "b")


def test_a_backup_is_whole_while_others_write(granted: Cli) -> None:
    for n in range(10):
        (granted.folder / f"{n}.txt").write_text(str(n))
    running = [
        granted.start("grant", f"{n}.txt", *REVOCABLE, stdout=subprocess.DEVNULL) for n in range(10)
    ]
    for n in range(3):
        granted("home", "backup", "--unlocked", "--out", f"backup{n}")
        granted("home", "restore", f"backup{n}", "--home", f"new{n}")
    assert [process.wait() for process in running] == [0] * 10


def test_an_older_backup_uses_no_position_again_and_publishes_nothing_backwards(
    granted: Cli,
) -> None:
    backed_up(granted)
    (granted.folder / "later.txt").write_text("three")
    granted("grant", "later.txt", *REVOCABLE)
    granted("revoke", "later.txt.consent", "--yes")
    granted(*PUBLISH)
    before = verify_status_list((granted.folder / "site" / "consent-list").read_bytes()).terms
    shutil.rmtree(granted.home)

    told = granted("home", "restore", "backup").out
    assert LIST_URI in told
    assert "consentsig key set-list-uri" in told
    (granted.folder / "new.txt").write_text("four")
    line = granted.refuses("grant", "new.txt", *REVOCABLE)
    assert "restored from a backup" in line
    told = granted("grant", "new.txt", *REVOCABLE, status=2).err
    assert "hint: consentsig key set-list-uri https://YOUR.SITE/consent-list-2 --new" in told
    granted("grant", "new.txt", *IRREVOCABLE)
    found = granted("home", "check")
    assert f"Note:   {LIST_URI}: takes no new contract" in found.out
    assert "set-list-uri https://YOUR.SITE/consent-list-2 --new" in found.err
    granted(*PUBLISH)
    after = verify_status_list((granted.folder / "site" / "consent-list").read_bytes()).terms
    assert after.issued > before.issued
    assert revoked_in(after) == revoked_in(before) != set()

    new_list = "https://ana.example/consent-list-2"
    granted("key", "set-list-uri", new_list, "--new")
    granted("grant", "new.txt", *REVOCABLE, "--out", "second.consent")
    assert "takes no new contract" not in granted("home", "check").out
    status = parse_contract((granted.folder / "second.consent").read_bytes()).terms.status
    assert status is not None
    assert status.uri == new_list
    granted("key", "set-list-uri", LIST_URI)
    assert "restored from" in granted.refuses("grant", "new.txt", *REVOCABLE, "--out", "third")
    granted("home", "check")


def test_a_list_that_is_younger_than_the_backup_is_not_used_again(cli: Cli) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    (cli.folder / "poem.txt").write_text("two red boats")
    (cli.folder / "site").mkdir()
    backed_up(cli)
    cli("key", "set-list-uri", LIST_URI)
    cli("grant", "poem.txt", *REVOCABLE)
    shutil.rmtree(cli.home)

    told = cli("home", "restore", "backup").out
    assert "Contracts may have been signed since the backup was made" in told
    result = cli("key", "set-list-uri", LIST_URI)
    assert "none is drawn there" in result.err
    assert f"consentsig key set-list-uri {LIST_URI} --new" in result.err
    assert "no new contract will" in result.out
    again = ["grant", "poem.txt", *REVOCABLE, "--out", "again"]
    assert "restored from a backup" in cli.refuses(*again)
    assert "must be read first" in cli.refuses("publish", "--out", "site", "--first")
    other = ["init", "--another", "--name", "Ana", "--no-recovery", "--no-passphrase"]
    assert "was restored from a backup" in cli.refuses(*other, "--list-uri", LIST_URI)
    cli(*other)


def test_a_new_key_in_a_restored_home_takes_an_address_that_is_said_to_be_new(
    granted: Cli,
) -> None:
    backed_up(granted)
    shutil.rmtree(granted.home)
    granted("home", "restore", "backup")
    another = ("init", "--another", "--name", "Ana", "--no-recovery", "--no-passphrase")
    new_list = "https://ana.example/consent-list-2"
    line = granted.refuses(*another, "--list-uri", new_list)
    assert "was restored from a backup" in line
    assert "add --new" in granted(*another, "--list-uri", new_list, status=2).err
    assert "is not new" in granted.refuses(*another, "--list-uri", LIST_URI, "--new")
    assert "--list-uri URI" in granted(*another, "--new", status=2).err
    assert granted.refuses(*another, "--new").startswith("consentsig: error: --new is about")
    granted(*another, "--list-uri", new_list, "--new")
    granted("grant", "poem.txt", *REVOCABLE, "--out", "new.consent")
    status = parse_contract((granted.folder / "new.consent").read_bytes()).terms.status
    assert status is not None
    assert status.uri == new_list
    granted(*PUBLISH, "--first")
    granted("home", "check")


def test_a_list_said_to_be_new_is_used_after_a_restore_until_the_next(granted: Cli) -> None:
    backed_up(granted)
    shutil.rmtree(granted.home)
    granted("home", "restore", "backup")
    line = granted.refuses("key", "set-list-uri", LIST_URI, "--new")
    assert "is not new" in line
    new_list = "https://ana.example/consent-list-2"
    assert granted("key", "set-list-uri", new_list, "--new").err == ""
    granted("home", "backup", "--unlocked", "--out", "second")
    granted("grant", "poem.txt", *REVOCABLE, "--out", "new.consent")
    shutil.rmtree(granted.home)

    assert new_list in granted("home", "restore", "second").out
    (granted.folder / "tide.txt").write_text("low")
    line = granted.refuses("grant", "tide.txt", *REVOCABLE)
    assert f"positions of {new_list} may have been used" in line


def test_restore_fills_an_empty_folder_and_never_another(granted: Cli) -> None:
    backed_up(granted)
    assert "is not empty" in granted.refuses("home", "restore", "backup")
    (granted.folder / "file").write_text("")
    assert "is a file" in granted.refuses("home", "restore", "backup", "--home", "file")
    (granted.folder / "new").mkdir(mode=0o755)
    granted("home", "restore", "backup", "--home", "new")
    assert stat.S_IMODE((granted.folder / "new").stat().st_mode) == 0o700
    assert granted("key", "show", "--home", "new").out.startswith("Ana Liu, signs")
    assert not list(granted.folder.glob(".*"))


@pytest.fixture
def members(granted: Cli) -> dict[str, bytes]:
    with zipfile.ZipFile(backed_up(granted).folder / "backup") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(cli: Cli, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(cli.folder / "harmful", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def refused(cli: Cli, members: dict[str, bytes], *options: str) -> str:
    pack(cli, members)
    line = cli.refuses("home", "restore", "harmful", "--home", "new", *options)
    assert not (cli.folder / "new").exists()
    assert not list(cli.folder.glob(".*"))
    return line


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/evil",
        "keys/../../evil",
        "keys/0123456789abcdef.pem/x",
        "keys/",
        "consentsig.db-wal",
    ],
)
def test_only_known_names_come_out_of_a_backup(
    granted: Cli, members: dict[str, bytes], name: str
) -> None:
    assert "is not a backup of a home" in refused(granted, members | {name: b""})


def test_another_file_is_no_backup(granted: Cli) -> None:
    for name in ("poem.txt", "poem.txt.consent"):
        line = granted.refuses("home", "restore", name, "--home", "new")
        assert line.endswith(f"{name} is not a backup of a home, or its end is missing")


def test_a_backup_that_is_harmed_is_refused(granted: Cli, members: dict[str, bytes]) -> None:
    database = members.pop("consentsig.db")
    del members["seal"]
    ((name, pem),) = members.items()
    assert "lacks consentsig.db" in refused(granted, members, "--unsealed")
    for harmed in (
        {"consentsig.db": database},
        {"consentsig.db": b"", name: pem},
        {"consentsig.db": database[:9000], name: pem},
    ):
        assert "is damaged" in refused(granted, harmed, "--unsealed")
    assert "is 100000000 bytes in the backup, at most 65536" in refused(
        granted, {"consentsig.db": database, name: bytes(100_000_000)}
    )


def test_a_backup_that_grows_out_of_proportion_is_refused_before_it_is_unpacked(
    granted: Cli, members: dict[str, bytes]
) -> None:
    line = refused(granted, members | {"consentsig.db": bytes(200_000_000)})
    assert "made to harm" in line
    assert "and 200000000 when unpacked" in line


def test_a_member_that_is_longer_than_it_claims_is_refused(
    granted: Cli, members: dict[str, bytes]
) -> None:
    pack(granted, members)
    path = granted.folder / "harmful"
    size = len(members["consentsig.db"])
    claimed = path.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", size - 4096))
    path.write_bytes(claimed)
    assert "harmful" in granted.refuses("home", "restore", "harmful", "--home", "new")


def test_a_backup_takes_little_memory_to_restore(granted: Cli, members: dict[str, bytes]) -> None:
    members["consentsig.db"] += os.urandom(100_000_000)
    pack(granted, members)
    program = (
        "import sys\nfrom consentsig.cli.app import run\n"
        "status = run(sys.argv[1:])\n"
        "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0], status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "home", "restore", "harmful", "--home", "new"],
        capture_output=True,
        check=True,
        cwd=granted.folder,
        text=True,
    )
    kibibytes, status = done.stdout.split()[-2:]
    assert status == "2"
    assert "its seal does not fit" in done.stderr
    assert int(kibibytes) < 90_000


# --- seals ---


def test_a_backup_that_was_changed_is_refused(granted: Cli, members: dict[str, bytes]) -> None:
    sql(granted, "UPDATE contracts SET file = x'2f746d702f6576696c'")
    with Home(granted.home) as home:
        changed = members | {"consentsig.db": home.image()}
    assert "was changed after it was made" in refused(granted, changed)
    assert "was changed" in refused(granted, members | {"keys/0123456789abcdef.pem": b""})
    (name,) = (name for name in members if name.startswith("keys/"))
    other = PrivateKey(bytes(32))
    assert "was changed" in refused(granted, members | {name: other.to_pem(None)})


def test_a_seal_by_another_key_than_the_one_that_signs_is_refused(
    granted: Cli, members: dict[str, bytes]
) -> None:
    stranger = PrivateKey(bytes(32))
    thumbprint = stranger.public.thumbprint
    del members["seal"]
    members[f"keys/{thumbprint.hex()[:16]}.pem"] = stranger.to_pem(None)
    lines = [f"{name} {sha256(members[name]).hexdigest()}\n" for name in sorted(members)]
    sealed = b"consentsig backup 1\n" + "".join(lines).encode()
    members["seal"] = thumbprint + stranger.sign(sealed)
    assert "by another key than the one that signs" in refused(granted, members)


def test_a_backup_without_a_seal_is_restored_only_if_that_is_said_and_with_a_warning(
    granted: Cli, members: dict[str, bytes]
) -> None:
    del members["seal"]
    assert "has no seal, so anybody can have changed or made it" in refused(granted, members)
    told = granted("home", "restore", "harmful", "--home", "new", status=2).err
    assert "hint: to restore it anyway, add --unsealed" in told
    told = granted("home", "restore", "harmful", "--home", "new", "--unsealed").err
    assert "warning: nothing shows that nobody changed this backup" in told


def test_what_an_open_key_sealed_is_restored_with_a_warning(granted: Cli) -> None:
    backed_up(granted)
    told = granted("home", "restore", "backup", "--home", "new").err
    assert "no passphrase locks the key that sealed this backup" in told


def test_a_home_without_keys_has_a_backup_without_a_seal(cli: Cli) -> None:
    cli("trust", "add", PrivateKey(bytes(32)).public.to_did_key(), "--name", "Ana")
    assert "no key here to seal the backup" in cli("home", "backup", "--out", "backup").err
    assert "has no seal" in cli.refuses("home", "restore", "backup", "--home", "new")
    cli("home", "restore", "backup", "--home", "new", "--unsealed")
    assert cli("trust", "list", "--home", "new").out.endswith(" Ana\n")


def test_a_restored_home_looks_for_no_file_where_another_home_put_it(granted: Cli) -> None:
    backed_up(granted)
    (granted.folder / "poem.txt.consent").unlink()
    granted("home", "restore", "backup", "--home", "new")
    granted.home = granted.folder / "new"
    with Home(granted.home) as home:
        assert home.rows("SELECT file FROM contracts") == [(b"poem.txt.consent",)]
    assert "poem.txt.consent" not in granted("home", "check", "--home", "new").out
    granted("home", "check", "--home", "new", "--restore-files", "files")
    assert [path.name for path in (granted.folder / "files").iterdir()] == ["poem.txt.consent"]


def test_a_backup_with_tables_that_act_by_themselves_is_refused(
    granted: Cli, members: dict[str, bytes]
) -> None:
    sql(granted, "CREATE TRIGGER t AFTER INSERT ON closed BEGIN DELETE FROM positions; END")
    with Home(granted.home) as home:
        members["consentsig.db"] = home.image()
    assert "tables that do not belong" in refused(granted, members, "--unsealed")


def test_a_backup_with_a_view_without_an_end_is_refused(
    granted: Cli, members: dict[str, bytes]
) -> None:
    sql(granted, "ALTER TABLE keys RENAME TO others")
    sql(
        granted,
        "CREATE VIEW keys AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
        " SELECT others.* FROM others, r WHERE n < 0",
    )
    with Home(granted.home) as home:
        members["consentsig.db"] = home.image()
    assert "tables that do not belong" in refused(granted, members, "--unsealed")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_backup_that_is_packed_in_another_way_is_refused(
    granted: Cli, members: dict[str, bytes], packing: int
) -> None:
    with zipfile.ZipFile(granted.folder / "harmful", "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    line = granted.refuses("home", "restore", "harmful", "--home", "new")
    assert f"packed by method {packing}" in line


@pytest.mark.posix
def test_a_pipe_where_a_contract_was_does_not_stop_the_check(granted: Cli) -> None:
    backed_up(granted)
    (granted.folder / "poem.txt.consent").unlink()
    os.mkfifo(granted.folder / "poem.txt.consent")
    assert found(granted) == [("note", "cannot be read: is not an ordinary file")]
    granted("home", "restore", "backup", "--home", "new")


def test_a_standard_input_in_the_place_of_a_contract_is_not_waited_for(granted: Cli) -> None:
    sql(granted, "UPDATE contracts SET file = x'2d'")
    with granted.start("home", "check", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.wait(timeout=30) == 0


def test_no_folder_but_its_own_is_removed_by_a_restore(granted: Cli) -> None:
    backed_up(granted)
    other = granted.folder / ".other.0123456789abcdef.restoring"
    left = granted.folder / ".*.0123456789abcdef.restoring"
    for folder in (other, left):
        folder.mkdir()
    granted("home", "restore", "backup", "--home", "*")
    assert (other.exists(), left.exists()) == (True, False)


def test_any_damaged_byte_of_a_backup_is_told_or_does_no_harm(
    granted: Cli, members: dict[str, bytes]
) -> None:
    assert members
    from consentsig.home import backup  # the functions, for speed
    from consentsig.home.database import HomeError

    whole = (granted.folder / "backup").read_bytes()
    damaged = granted.folder / "damaged"
    told = 0

    def unlock(path: Path) -> PrivateKey:
        return PrivateKey.from_pem(path.read_bytes(), None)

    for place in range(0, len(whole), max(1, len(whole) // 150)):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        folder = granted.folder / f"new{place}"
        with Home(folder) as home:
            try:
                backup.restore(damaged, home, datetime.now(UTC), unlock)
            except HomeError:
                told += 1
                assert not folder.exists()
            else:
                shutil.rmtree(folder)
    assert told > 100


# --- where a home can be ---


def test_many_grants_at_once_are_all_recorded(granted: Cli) -> None:
    for n in range(10):
        (granted.folder / f"{n}.txt").write_text(str(n))
    running = [
        granted.start("grant", f"{n}.txt", *REVOCABLE, stdout=subprocess.DEVNULL) for n in range(10)
    ]
    assert [process.wait() for process in running] == [0] * 10
    statuses = {
        parse_contract(path.read_bytes()).terms.status for path in granted.folder.glob("*.consent")
    }
    assert len(statuses) == 11
    (row,) = granted("home", "check", "--json").json
    assert (row["kind"], row["contracts"]) == ("ok", 11)


def test_of_many_grants_of_one_work_at_once_one_is_made_and_recorded(granted: Cli) -> None:
    (granted.folder / "new.txt").write_text("four")
    running = [
        granted.start("grant", "new.txt", *REVOCABLE, stdout=subprocess.DEVNULL, stderr=-1)
        for _ in range(10)
    ]
    results = [(process.communicate()[1], process.returncode) for process in running]
    assert sorted(status for _, status in results) == [0] + [2] * 9
    assert all(b"already exists" in err for err, status in results if status)
    recorded = {row["contract_id"] for row in granted("list", "--json").json}
    made = {
        parse_contract(path.read_bytes()).contract_id.hex()
        for path in granted.folder.glob("*.consent")
    }
    assert len(recorded) == 2
    assert recorded == made


@pytest.mark.parametrize("another", [[], ["--another"]])
def test_of_many_who_make_a_key_for_one_list_at_once_one_does(cli: Cli, another: list[str]) -> None:
    init = ["init", "--name", "Ana", "--no-passphrase", "--list-uri", LIST_URI, *another]
    running = [
        cli.start(*init, "--recovery-out", f"{n}.pem", stdout=subprocess.DEVNULL, stderr=-1)
        for n in range(8)
    ]
    results = [(process.communicate()[1], process.returncode) for process in running]
    assert sorted(status for _, status in results) == [0] + [2] * 7
    reasons = (b"is the list of another key", b"already holds the key")
    assert all(any(each in err for each in reasons) for err, status in results if status)
    (key,) = cli("key", "show", "--json").json
    (recovery,) = cli.folder.glob("*.pem")
    public = PrivateKey.from_pem(recovery.read_bytes(), None).public
    assert key["recovery"] == public.thumbprint.hex()
    assert len(list((cli.home / "keys").iterdir())) == 1


def test_ten_publishers_at_once_never_sign_for_the_same_second(granted: Cli) -> None:
    running = [granted.start(*PUBLISH, stdout=subprocess.DEVNULL) for _ in range(10)]
    assert [process.wait() for process in running] == [0] * 10
    copies = list((granted.folder / "site").glob("consent-list.*Z"))
    lists = [verify_status_list(copy.read_bytes()) for copy in copies]
    assert len({known.terms.issued for known in lists}) == 11
    newest = max(lists, key=lambda known: known.terms.issued)
    assert (granted.folder / "site" / "consent-list").read_bytes() == newest.data


def test_of_many_who_add_a_key_under_one_name_one_wins(cli: Cli) -> None:
    keys = [PrivateKey(bytes([n]) * 32).public for n in range(8)]
    running = [
        cli.start(
            "trust",
            "add",
            key.to_did_key(),
            "--name",
            "Ana",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for key in keys
    ]
    results = [(process.communicate()[1], process.returncode) for process in running]
    assert sorted(status for _, status in results) == [0] + [2] * 7
    assert all(b"refused to make it" in err for err, status in results if status)
    assert len(cli("trust", "list").out.splitlines()) == 1


def test_of_many_who_add_the_same_key_all_are_content(cli: Cli) -> None:
    did = PrivateKey(bytes(32)).public.to_did_key()
    running = [
        cli.start("trust", "add", did, "--name", "Ana", stdout=subprocess.DEVNULL) for _ in range(8)
    ]
    assert [process.wait() for process in running] == [0] * 8


def mounted(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False)  # noqa: S607  # wherever it is
    if done.returncode:
        pytest.skip("nothing can be mounted here")


@pytest.fixture
def read_only(granted: Cli) -> Iterator[Cli]:
    """A creator whose home is on a disk that cannot be written to."""
    if os.geteuid() == 0:  # whom permissions do not stop
        mounted("--bind", granted.home, granted.home)
        try:
            mounted("-o", "remount,ro,bind", granted.home)
            yield granted
        finally:
            subprocess.run(["umount", granted.home], check=True)  # noqa: S607  # wherever it is
    else:
        granted.home.chmod(0o500)
        yield granted
        granted.home.chmod(0o700)


@pytest.mark.posix
def test_a_home_that_cannot_be_written_to_can_be_read(read_only: Cli) -> None:
    read_only("verify", *QUESTION, "--status", "site")
    for command in (
        ["key", "show"],
        ["trust", "list"],
        ["show", "poem.txt.consent"],
        ["home", "check"],
    ):
        read_only(*command)
    read_only("home", "backup", "--unlocked", "--out", "backup")
    (read_only.folder / "new.txt").write_text("four")
    did = PrivateKey(bytes(32)).public.to_did_key()
    for command in (
        ["grant", "new.txt", *REVOCABLE],
        ["grant", "new.txt", *IRREVOCABLE],
        ["revoke", "poem.txt.consent", "--yes"],
        [*PUBLISH],
        ["trust", "add", did, "--name", "Eve"],
    ):
        assert "cannot be written to" in read_only.refuses(*command)


@pytest.mark.posix
def test_what_an_interrupted_writer_left_is_not_taken_for_the_truth_there(granted: Cli) -> None:
    database = sqlite3.connect(granted.home / "consentsig.db")
    database.execute("PRAGMA cache_size = 1")  # so that changes go to the file at once
    database.execute("DELETE FROM lists")
    database.executemany("INSERT INTO positions VALUES ('x', ?)", ((n,) for n in range(10_000)))
    copy = Cli(granted.folder, "copy")
    shutil.copytree(granted.home, copy.home)
    database.rollback()
    database.close()
    assert (copy.home / "consentsig.db-journal").stat().st_size
    mounted("--bind", copy.home, copy.home)
    try:
        mounted("-o", "remount,ro,bind", copy.home)
        line = copy("verify", *QUESTION, status=2).err
        assert "consentsig.db" in line
    finally:
        subprocess.run(["umount", copy.home], check=True)  # noqa: S607  # wherever it is


@pytest.fixture
def small_disk(granted: Cli) -> Iterator[Cli]:
    """A creator whose home is on a disk with next to no room left."""
    disk = granted.folder / "disk"
    disk.mkdir()
    mounted("-t", "tmpfs", "-o", "size=512k", "tmpfs", disk)
    try:
        shutil.copytree(granted.home, disk / "home")
        small = Cli(granted.folder, "disk/home")
        yield small
    finally:
        subprocess.run(["umount", disk], check=True)  # noqa: S607  # wherever it is


def fill(filler: Path) -> None:
    """Take all the room there is."""
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def check_revoked_comes_first(cli: Cli) -> None:
    """Show a list that no home here has seen and that revokes everything."""
    path = cli.folder / "revoking"
    path.write_bytes(list_by(key_of(cli), now() + timedelta(seconds=1), set(range(4096))))
    result = cli("verify", *QUESTION, "--status", path, status=1)
    assert result.err.startswith("consentsig: revoked: ")
    assert "consentsig: error: the lists that were used are not remembered: " in result.err
    result = cli("verify", *QUESTION, "--status", path, "--json", status=1)
    assert result.json[0]["result"] == "revoked"
    assert "are not remembered" in result.err


@pytest.mark.posix
def test_what_revokes_is_told_where_it_cannot_be_remembered(read_only: Cli) -> None:
    check_revoked_comes_first(read_only)


def test_a_disk_that_is_full_loses_nothing(small_disk: Cli) -> None:
    (small_disk.folder / "new.txt").write_text("four")
    filler = small_disk.folder / "disk" / "filler"
    fill(filler)
    before = contents(small_disk.home)
    did = PrivateKey(bytes(32)).public.to_did_key()
    for command in (
        ["grant", "new.txt", *REVOCABLE],
        ["revoke", "poem.txt.consent", "--yes"],
        [*PUBLISH],
        ["trust", "add", did, "--name", "Eve"],
    ):
        (line,) = re.findall("consentsig: error: .*", small_disk(*command, status=2).err)
        assert "full" in line or "no space" in line or "disk I/O error" in line
    small_disk("verify", *QUESTION, "--status", "site")
    check_revoked_comes_first(small_disk)
    for reading in (["list"], ["key", "show"], ["trust", "list"], ["home", "check"]):
        small_disk(*reading)
    assert contents(small_disk.home) == before
    assert not (small_disk.folder / "new.txt.consent").exists()
    filler.unlink()
    small_disk("grant", "new.txt", *REVOCABLE)
    small_disk("home", "check")


def test_on_a_full_disk_a_home_of_an_earlier_version_ends_no_command_by_a_signal(
    small_disk: Cli,
) -> None:
    database = sqlite3.connect(small_disk.home / "consentsig.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("UPDATE keys SET added = added + 1")
    database.commit()
    shutil.copytree(small_disk.home, small_disk.folder / "disk" / "copy")
    database.close()
    copy = Cli(small_disk.folder, "disk/copy")
    os.truncate(copy.home / "consentsig.db-shm", 0)
    os.truncate(copy.home / "consentsig.db-shm", 32_768)  # a hole: no room is kept for it
    fill(small_disk.folder / "disk" / "filler")
    with copy.start("key", "show", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate()
    assert process.returncode == 0 if out else b"consentsig.db: " in err
    assert process.returncode in (0, 2)


def test_a_clock_that_was_set_back_is_told(granted: Cli) -> None:
    (granted.folder / "new.txt").write_text("four")
    # As if what is there had been made an hour from now.
    sql(granted, "UPDATE contracts SET made = made + 3600")
    for command in (
        ["grant", "new.txt", *REVOCABLE],
        ["revoke", "poem.txt.consent", "--yes"],
    ):
        err = granted(*command).err
        assert "this computer's clock says" in err
        assert "set the clock" in err
    sql(granted, "UPDATE contracts SET made = made - 3600, revoked = NULL")
    assert granted("revoke", "poem.txt.consent", "--yes").err == ""
