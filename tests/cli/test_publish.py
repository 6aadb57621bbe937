"""``publish`` against servers on loopback: what is online is read first."""

import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pexpect
import pytest
import trustme

import works
from command_line import (
    FREE,
    LIST_URI,
    PROGRAM,
    PUBLISH,
    PUBLISH_FIRST,
    QUESTION,
    TERMS,
    TIMEOUT,
    Cli,
    contents,
)
from consentsig import ListTerms, PrivateKey, StatusList, sign_status_list, verify_status_list
from consentsig.cli.publishing.list_page import page
from consentsig.home.home import VARIABLE
from consentsig.status_list import MAX_INFLATED_LEN, MAX_POSITIONS, REVOKED
from creators import key_of, list_by, now, position, recovery_of
from lists import revoked_in
from servers import HOST, PROXY_VARIABLES, Authority, Server, closed_port, make_authority, response

ONLINE = ("publish", "--out", "site", "--allow-private")
DAY = timedelta(days=1)
CHECK = ("publish", "--check", "--allow-private")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server(authority: Authority) -> Iterator[Server]:
    with Server(lambda _: response(status="404 Not Found"), authority.good) as server:
        yield server


@pytest.fixture
def online(cli: Cli, server: Server, authority: Authority) -> Cli:
    """A creator whose list's address is the server, where nothing is yet, and who granted."""
    for name in PROXY_VARIABLES:
        cli.environment.pop(name, None)
    cli.environment["SSL_CERT_FILE"] = str(authority.file)
    cli(
        *("init", "--name", "Ana Liu", "--list-uri", server.uri),
        *("--recovery-out", "recovery.pem", "--no-passphrase"),
    )
    (cli.folder / "poem.txt").write_text("two red boats\n")
    (cli.folder / "site").mkdir()
    cli("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    return cli


def upload(cli: Cli, server: Server) -> None:
    """Put online what was published."""
    data = (cli.folder / "site" / "consent-list").read_bytes()
    server.answer = lambda _: response(data, Content_Type="application/statuslist+cwt")


def published(cli: Cli) -> StatusList:
    return verify_status_list((cli.folder / "site" / "consent-list").read_bytes())


def test_the_first_list_must_be_called_the_first(online: Cli, server: Server) -> None:
    line = online.refuses(*ONLINE)
    assert f"{server.uri}: cannot see the list that is online now" in line
    assert "nothing is there (404" in line
    assert "add --first" in online(*ONLINE, status=2).err
    online(*ONLINE, "--first")
    published(online)


def test_what_is_refused_leaves_no_folder_behind(granted: Cli) -> None:
    (granted.folder / "page").write_text("<html>")
    granted.refuses("publish", "--out", "new", "--online", "page")
    granted.refuses("publish", "--out", "new", "--online", "site", "--expires", "367")
    ahead = list_by(key_of(granted), now() + DAY, set())  # refused only when it is to be signed
    (granted.folder / "ahead").write_bytes(ahead)
    assert "set the clock" in granted.refuses("publish", "--out", "new", "--online", "ahead")
    assert not (granted.folder / "new").exists()
    assert "is a file" in granted.refuses("publish", "--out", "page", "--online", "site")
    granted("publish", "--out", "new", "--online", "site")
    assert (granted.folder / "new" / "consent-list").exists()


def test_what_is_online_is_carried_over(online: Cli, server: Server) -> None:
    # Another computer with the same key has published what this one never saw.
    elsewhere = ListTerms(
        server.uri,
        key_of(online).public,
        now() - timedelta(days=1),
        now() + timedelta(days=1),
        b"\x20" + bytes(511),
    )
    data = sign_status_list(elsewhere, key_of(online))
    server.answer = lambda _: response(data)
    online("revoke", "poem.txt.consent", "--yes")
    (row,) = online(*ONLINE, "--json").json
    assert (row["revoked"], row["carried_over"]) == (2, 1)
    assert revoked_in(published(online).terms) == {5, position(online)}


def test_a_server_that_says_there_is_nothing_is_not_believed(online: Cli, server: Server) -> None:
    # Another computer may have published, and its server be in other hands for an hour.
    online(*ONLINE, "--first")
    assert "cannot see the list that is online now" in online.refuses(*ONLINE)
    assert "add --first" in online(*ONLINE, status=2).err  # a person may know better
    online(*ONLINE, "--first")
    upload(online, server)
    online(*ONLINE)  # from now on it is known that one was online
    server.answer = lambda _: response(status="404 Not Found")
    assert "--first is not true" in online.refuses(*ONLINE, "--first")
    assert "--first" not in online(*ONLINE, status=2).err


def test_what_was_shown_once_was_online(granted: Cli) -> None:
    granted(*PUBLISH)
    assert "--first is not true" in granted.refuses(*PUBLISH_FIRST)


def test_a_folder_shown_is_carried_over_whole_or_refused(granted: Cli) -> None:
    key = key_of(granted)
    shown = granted.folder / "shown"
    shown.mkdir()
    (shown / "older").write_bytes(list_by(key, now() - timedelta(days=2), {5}))
    (shown / "newer").write_bytes(list_by(key, now() - timedelta(days=1), {7}))
    show = ("publish", "--out", "site", "--online", "shown")
    granted(*show)
    assert revoked_in(published(granted).terms) == {5, 7}
    for broken in (b"", b"<html>", (shown / "newer").read_bytes()[:-1]):
        (shown / "consent-list").write_bytes(broken)
        assert "is no list that can be read" in granted(*show, status=2).err


def test_what_cannot_be_seen_is_not_published_over(online: Cli, server: Server) -> None:
    online(*ONLINE, "--first")
    server.answer = lambda _: response(status="503 Service Unavailable")
    assert "cannot see the list that is online now" in online.refuses(*ONLINE)
    assert "add --online FILE" in online(*ONLINE, status=2).err
    online(*ONLINE, "--online", "site/consent-list")


def test_a_private_address_is_asked_only_where_allowed(online: Cli, server: Server) -> None:
    assert "no public address" in online.refuses("publish", "--out", "site")
    assert server.requests == []


def test_strangers_and_rubbish_online_are_not_published_over(online: Cli, server: Server) -> None:
    eve = PrivateKey.generate()
    theirs = list_by(eve, now(), set())
    server.answer = lambda _: response(b"<h1>Welcome</h1>", Content_Type="text/html")
    assert "text/html" in online.refuses(*ONLINE)
    server.answer = lambda _: response(theirs)
    assert "a list for another address" in online.refuses(*ONLINE)
    terms = ListTerms(server.uri, eve.public, now(), now() + timedelta(days=1), bytes(512))
    data = sign_status_list(terms, eve)
    server.answer = lambda _: response(data)
    assert "none of yours, so nothing is published over it" in online.refuses(*ONLINE)


def test_a_list_online_from_the_future_means_that_the_clock_is_wrong(
    online: Cli, server: Server
) -> None:
    issued = now() + timedelta(hours=1)
    terms = ListTerms(server.uri, key_of(online).public, issued, issued + timedelta(1), bytes(512))
    data = sign_status_list(terms, key_of(online))
    server.answer = lambda _: response(data)
    assert "set the clock" in online.refuses(*ONLINE)


# --- is it time? ---


def test_check_says_when_it_is_time(online: Cli, server: Server) -> None:
    assert "no list is online" in online(*CHECK, status=1).out
    online(*ONLINE, "--first")
    assert "upload the one you made" in online(*CHECK, status=1).out
    upload(online, server)
    assert "good until" in online(*CHECK).out
    online("revoke", "poem.txt.consent", "--yes")
    assert "does not say that you took back 1 contract" in online(*CHECK, status=1).out
    online(*ONLINE)
    (row,) = online(*CHECK, "--json", status=1).json
    assert row["due"] is True
    assert len(row["reasons"]) == 2  # not uploaded, so that the one online does not say it
    upload(online, server)
    (row,) = online(*CHECK, "--json").json
    assert (row["due"], row["reasons"]) == (False, [])


@pytest.mark.parametrize(
    ("age", "status", "reason"),
    [(59, 0, "good until"), (60, 1, "two thirds"), (89, 1, "two thirds"), (90, 1, "ended")],
)
def test_check_knows_two_thirds_of_the_life_of_a_list(
    granted: Cli, age: int, status: int, reason: str
) -> None:
    old = list_by(key_of(granted), now() - timedelta(days=age), set())
    fresh = Cli(granted.folder, "fresh")  # which has made no later one
    (granted.folder / "key.pem").write_bytes(key_of(granted).to_pem(None))
    fresh("key", "import", "key.pem", "--no-passphrase")
    fresh("key", "set-list-uri", "https://ana.example/consent-list")
    (granted.folder / "old").write_bytes(old)
    result = fresh("publish", "--check", "--online", "old", status=status)
    assert reason in result.out


def test_check_knows_lists_that_count_for_nothing(granted: Cli) -> None:
    (granted.folder / "ahead").write_bytes(list_by(key_of(granted), now() + timedelta(1), set()))
    (granted.folder / "recovery").write_bytes(list_by(recovery_of(granted), now(), set()))
    for file, reason in (("ahead", "dated ahead"), ("recovery", "confirms no contract")):
        assert reason in granted("publish", "--check", "--online", file, status=1).out


def test_check_that_cannot_see_is_status_2_and_changes_nothing(online: Cli, server: Server) -> None:
    server.answer = lambda _: response(status="500 Oops")
    assert "cannot see the list that is online" in online.refuses(*CHECK)


# --- the page ---


class Page(HTMLParser):
    """The text of a page and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_which_list_how_long_how_many_and_until_when(granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    shown = Page((granted.folder / "site" / "consent-list.html").read_text())
    terms = published(granted).terms
    for part in (terms.uri, "4096", "Taken back", "1", f"{terms.expires:%Y-%m-%d}"):
        assert part in shown.text
    assert shown.links == ["./consent-list"]
    for secret in ("Acme", "poem", "finetune"):
        assert secret not in shown.text
    told = shown.text.partition(terms.uri)[2].replace(f"{terms.expires:%Y-%m-%d %H:%M:%S}", "")
    assert re.findall(r"\d+", told) == ["4096", "1"], "no position is told"
    assert "script" not in shown.tags


def test_an_address_cannot_inject_into_the_page() -> None:
    key = PrivateKey(bytes(32)).public
    terms = ListTerms("urn:x:<script>'\"&", key, now(), now() + timedelta(1), bytes(512))
    shown = Page(page([("<script>'\"& .list", terms)]))
    assert "script" not in shown.tags
    assert terms.uri in shown.text


def test_a_page_of_ones_own_is_left_alone(granted: Cli) -> None:
    own = granted.folder / "site" / "consent-list.html"
    text = "<p>The mark is <!-- written by consentsig publish -->.</p>"
    own.write_text(text)
    result = granted(*PUBLISH)
    assert "is a page of your own, so it is left alone" in result.err
    assert own.read_text() == text


def test_a_page_that_cannot_be_written_is_told_and_the_list_is_in_place(granted: Cli) -> None:
    page_of_site = granted.folder / "site" / "consent-list.html"
    page_of_site.unlink()
    os.mkfifo(page_of_site)
    result = granted(*PUBLISH)
    assert "Upload site/consent-list" in result.out
    assert "left alone" in result.err
    page_of_site.unlink()
    page_of_site.mkdir()
    assert "left alone" in granted(*PUBLISH).err


def test_the_page_is_the_index_where_the_list_has_a_folder_of_its_own(cli: Cli) -> None:
    address = "https://ana.example/consent/list"
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase", "--list-uri", address)
    cli("publish", "--out", "site", "--first")
    assert sorted(path.name[:10] for path in (cli.folder / "site").iterdir()) == [
        *("index.html", "list", "list.2" + f"{now():%Y%m%d}"[1:5])
    ]


def test_a_list_that_ends_at_midnight_is_said_to_count_for_the_day_before(granted: Cli) -> None:
    midnight = now().replace(hour=0, minute=0, second=0)
    terms = ListTerms(LIST_URI, key_of(granted).public, midnight, midnight + 90 * DAY, b"\0")
    (granted.folder / "list").write_bytes(sign_status_list(terms, key_of(granted)))
    last = f"the end of {midnight + 89 * DAY:%Y-%m-%d} (UTC)"
    assert f"Counts until {last}\n" in granted("status", "list").out
    assert last in page([("list", terms)])


# --- a key that was lost ---


@pytest.mark.posix
def test_before_a_lost_key_is_replaced_it_is_said_what_is_left_unknown(granted: Cli) -> None:
    (granted.folder / "second.txt").write_text("three")
    granted("grant", "second.txt", *TERMS, *FREE, "--revocable", "9", "--yes")
    granted("revoke", "poem.txt.consent", "--yes")
    recover = (*PUBLISH, "--recovery-key", "recovery.pem")
    assert "standard input is no terminal" in granted(*recover, status=2).err
    before = contents(granted.folder)
    terminal = at_a_terminal(granted, *recover)
    terminal.expect_exact("1 contract will be taken back, for ever")
    terminal.expect_exact("1 contract:")
    terminal.expect_exact('to "Acme Labs"')
    terminal.expect_exact("second.txt.consent")
    terminal.expect_exact("Type yes to go on: ")
    terminal.sendline("no")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1
    assert contents(granted.folder) == before
    granted(*recover, "--yes")
    assert published(granted).terms.signer == recovery_of(granted).public


def recovered(cli: Cli) -> None:
    """The key was stolen; its contract is taken back by the recovery key."""
    cli("revoke", "poem.txt.consent", "--yes")
    cli(*PUBLISH, "--recovery-key", "recovery.pem", "--yes")


def test_nobody_is_sent_back_to_a_key_that_was_stolen(granted: Cli) -> None:
    (granted.folder / "second.txt").write_text("three")
    granted("grant", "second.txt", *TERMS, *FREE, "--revocable", "9", "--yes")
    granted("revoke", "poem.txt.consent", "--yes")
    new = ("--name", "Ana 2", "--list-uri", "https://ana.example/2/list", "--no-recovery")
    granted("init", "--another", *new, "--no-passphrase")
    result = granted(*PUBLISH, "--recovery-key", "recovery.pem", "--yes")
    assert "not published" not in result.err
    assert "key use" not in result.err
    result = granted("publish", "--out", "site2", "--first")
    assert "not published" not in result.err


def test_a_list_that_would_undo_a_recovery_is_asked_about(granted: Cli) -> None:
    recovered(granted)
    refused = granted(*PUBLISH, status=2)
    assert "the newest list at https://ana.example/consent-list is by your recovery" in refused.err
    assert "standard input is no terminal" in refused.err
    granted(*PUBLISH, "--yes")


@pytest.mark.parametrize("trick", ["ahead", "suspended"])
def test_a_thief_cannot_keep_the_recovery_key_from_publishing(granted: Cli, trick: str) -> None:
    key, issued = key_of(granted), now() - timedelta(hours=1)
    suspended = ListTerms(LIST_URI, key.public, issued, now() + DAY, b"\x02" * 1024, bits=2)
    data = {
        "ahead": list_by(key, now() + timedelta(days=3650), {9}),
        "suspended": sign_status_list(suspended, key),
    }[trick]
    (granted.folder / "stolen").write_bytes(data)
    granted("revoke", "poem.txt.consent", "--yes")
    recover = ("--recovery-key", "recovery.pem", "--online", "stolen", "--yes")
    granted("publish", "--out", "site", *recover)
    terms = published(granted).terms
    assert terms.signer == recovery_of(granted).public
    assert terms.issued <= now()
    assert position(granted) in revoked_in(terms)


def test_it_is_said_how_many_a_lost_keys_list_takes_back_too(granted: Cli) -> None:
    (granted.folder / "stolen").write_bytes(list_by(key_of(granted), now(), {1, 2, 3}))
    granted("revoke", "poem.txt.consent", "--yes")
    recover = ("--recovery-key", "recovery.pem", "--online", "stolen", "--yes")
    assert "4 contracts will be taken back" in granted("publish", "--out", "site", *recover).err


def test_a_thief_who_takes_back_everything_fills_no_memory(granted: Cli) -> None:
    """A list of 16 KB can take back 134 million contracts."""
    key, issued = key_of(granted), now()
    everything = ListTerms(LIST_URI, key.public, issued, issued + DAY, b"\xff" * MAX_INFLATED_LEN)
    (granted.folder / "stolen").write_bytes(sign_status_list(everything, key))
    granted("revoke", "poem.txt.consent", "--yes")
    recover = ("--recovery-key", "recovery.pem", "--online", "stolen", "--yes")
    tracemalloc.start()
    result = granted("publish", "--out", "site", *recover)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "134217728 contracts will be taken back" in result.err
    assert published(granted).terms.count(REVOKED) == MAX_POSITIONS
    assert most < 8 * MAX_INFLATED_LEN


def test_a_recovery_key_needs_no_other_key_here(granted: Cli) -> None:
    new = Cli(granted.folder, "new")
    new("trust", "add", "11" * 32, "--name", "somebody")
    new("revoke", "poem.txt.consent", "--recovery-key", "recovery.pem", "--yes")
    new(*PUBLISH, "--recovery-key", "recovery.pem", "--yes")


def test_one_address_that_cannot_be_seen_does_not_hold_up_the_others(granted: Cli) -> None:
    granted("key", "set-list-uri", "https://ana.example/new/list")
    result = granted("publish", "--out", "site", "--online", "site", status=2)
    assert "there is no list of yours for https://ana.example/new/list" in result.err

    assert "Upload site/consent-list" in result.out


def test_two_addresses_with_the_same_last_part_use_one_folder(granted: Cli) -> None:
    before = published(granted).terms.uri
    granted("home", "backup", "--out", "backup", "--unlocked")
    restored = Cli(granted.folder, "restored")
    restored("home", "restore", "backup")
    address = "https://ana.example/2/consent-list"
    restored("key", "set-list-uri", address, "--new")
    restored("publish", "--out", "site", "--first", status=2)  # the old one must be read first
    (new,) = (granted.folder / "site").glob("consent-list.????????")
    assert verify_status_list(new.read_bytes()).terms.uri == address
    result = restored("publish", "--out", "site", "--online", "site")
    assert "Upload site/consent-list\n" in result.out
    assert f"Upload site/{new.name}\n    to {address}\n" in result.out
    assert published(granted).terms.uri == before
    check = restored("publish", "--check", "--online", "site").out
    assert f"{address}: good until" in check
    assert f"{before}: good until" in check


def test_a_list_of_another_address_is_still_left_alone(granted: Cli) -> None:
    terms = replace(published(granted).terms, uri="https://ana.example/3/consent-list")
    (granted.folder / "site" / "consent-list").write_bytes(sign_status_list(terms, key_of(granted)))
    assert "is the list https://ana.example/3/" in granted(*PUBLISH, status=2).err


def at_a_terminal(cli: Cli, *arguments: str) -> Any:  # noqa: ANN401  # pexpect has no types for it
    return pexpect.spawn(
        str(PROGRAM),
        list(arguments),
        cwd=str(cli.folder),
        env=cli.environment,
        encoding="utf-8",
        timeout=TIMEOUT,
    )


# --- a real server ---


class Nginx:
    """nginx as Debian ships it, with the settings of the documentation, over a folder."""

    CONFIGURATION = """
        daemon off; master_process off; pid {folder}/pid; error_log stderr; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
            log_format short "$request $status"; access_log {folder}/log short;
            types {{ text/html html; }}
            client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
            uwsgi_temp_path {folder}; scgi_temp_path {folder};
            server {{
                listen 127.0.0.1:{port} ssl; root {site};
                ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
                {locations}
            }}
        }}"""

    def __init__(self, program: str, folder: Path, site: Path, port: int) -> None:
        self.log = folder / "log"
        self.port = port
        locations = DOCUMENTED.split("```nginx\n")[1].split("```")[0]
        (folder / "nginx.conf").write_text(
            self.CONFIGURATION.format(folder=folder, site=site, port=port, locations=locations)
        )
        self.process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"])

    def wait(self) -> None:
        for _ in range(600):
            with socket.socket() as connection:
                if connection.connect_ex((HOST, self.port)) == 0:
                    return
            assert self.process.poll() is None
            time.sleep(0.05)


DOCUMENTED = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[tuple[Nginx, Cli]]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        works.missing("nginx")
    folder, site = tmp_path / "nginx", tmp_path / "site"
    folder.mkdir()
    site.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert(HOST)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    ana = Cli(tmp_path)
    for name in PROXY_VARIABLES:
        ana.environment.pop(name, None)
    ana.environment["SSL_CERT_FILE"] = str(folder / "ca.pem")
    server = Nginx(program, folder, site, closed_port())
    server.wait()
    yield server, ana
    server.process.terminate()
    server.process.wait()


@pytest.mark.posix
def test_nginx_hands_out_what_was_published(nginx: tuple[Nginx, Cli]) -> None:
    server, ana = nginx
    uri = f"https://{HOST}:{server.port}/consent-list"
    ana("init", "--name", "Ana", "--list-uri", uri, "--no-recovery", "--no-passphrase")
    (ana.folder / "poem.txt").write_text("two red boats\n")
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    assert "nothing is there (404" in ana(*ONLINE, status=2).err
    ana(*ONLINE, "--first")
    ask = (*(word for word in QUESTION if word != "--offline"), "--allow-private")
    builder = Cli(ana.folder, "builder")
    builder.environment = ana.environment | {VARIABLE: str(builder.home)}
    builder("trust", "add", ana("key", "show", "--json").json[0]["did"], "--name", "Ana")
    for _ in range(2):
        assert builder("verify", *ask).out.startswith("poem.txt.consent: valid")
        a_day_goes_by(builder)
    assert "GET /consent-list HTTP/1.1 304" in server.log.read_text()
    assert "good until" in ana(*CHECK).out
    ana("revoke", "poem.txt.consent", "--yes")
    ana(*ONLINE)  # which reads over the network what was there before
    assert builder("verify", *ask, status=1).err.startswith("consentsig: revoked")
    for name, kind, cache in (
        ("consent-list", "application/statuslist+cwt", "max-age=300"),
        (published(ana), "application/statuslist+cwt", "immutable"),
        ("consent-list.html", "text/html", "max-age=300"),
    ):
        path = name if isinstance(name, str) else _copy(name)
        answer = httpx.get(
            f"https://{HOST}:{server.port}/{path}",
            verify=ssl.create_default_context(cafile=ana.environment["SSL_CERT_FILE"]),
            trust_env=False,
        )
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert cache in answer.headers["Cache-Control"]


def a_day_goes_by(cli: Cli) -> None:
    database = sqlite3.connect(cli.home / "consentsig.db")
    with database:
        database.execute("UPDATE fetched SET checked = checked - 86400")
    database.close()


def _copy(known: StatusList) -> str:
    return f"consent-list.{known.terms.issued:%Y%m%dT%H%M%SZ}"


def test_nothing_is_published_into_a_home_folder(granted: Cli) -> None:
    refused = granted.refuses("publish", "--out", str(granted.home), "--first")
    assert "is a home folder, with keys in it" in refused


def test_a_computer_without_the_contracts_does_not_count_what_it_cannot_know(granted: Cli) -> None:
    new = Cli(granted.folder, "new")
    new("key", "import", "recovery.pem", "--no-passphrase")
    new("revoke", "poem.txt.consent", "--yes")
    done = new(*PUBLISH, "--recovery-key", "recovery.pem", "--yes")
    assert "1 contract will be taken back, for ever;" in done.err
    assert "None is known here, but other computers may have granted some." in done.err
    assert "0 contracts" not in done.err
