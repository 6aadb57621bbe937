from datetime import timedelta
from pathlib import Path

import pytest

import node_tools
from command_line import FREE, LIST_URI, PUBLISH, PUBLISH_FIRST, QUESTION, TERMS, Cli, contents
from consentsig import (
    ListTerms,
    PrivateKey,
    StatusList,
    parse_contract,
    sign_contract,
    sign_status_list,
    verify_status_list,
)
from consentsig.errors import utc
from consentsig.home.home import Home
from creators import key_of, list_by, now, position, recovery_of
from lists import revoked_in

REVOCABLE = (*TERMS, *FREE, "--revocable", "30", "--yes")


def published(cli: Cli, name: str = "consent-list") -> StatusList:
    return verify_status_list((cli.folder / "site" / name).read_bytes())


def test_a_revoked_contract_is_refused_once_the_list_is_published(granted: Cli) -> None:
    told = granted("revoke", "poem.txt.consent", "--reason", "changed my mind", "--yes").out
    assert "Nobody knows of it before you publish" in told
    assert LIST_URI in told
    granted("verify", *QUESTION)
    granted(*PUBLISH)
    result = granted("verify", *QUESTION, status=1)
    assert result.err.startswith("consentsig: revoked: ")
    assert revoked_in(published(granted).terms) == {position(granted)}


def test_a_second_time_is_said_and_changes_nothing(granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    before = contents(granted.folder)
    assert "Was taken back before" in granted("revoke", "poem.txt.consent").out
    assert contents(granted.folder) == before
    assert "Nobody knows of it before" in granted("revoke", "poem.txt.consent").out


def test_what_a_list_says_already_need_not_be_published_again(granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    told = granted("revoke", "poem.txt.consent").out
    assert f"; so says the list of {utc(published(granted).terms.issued)}\n" in told
    assert "Nobody knows" not in told
    assert "consentsig publish" not in told
    (granted.folder / "second.txt").write_text("three")
    granted("grant", "second.txt", *REVOCABLE)
    told = granted("revoke", "poem.txt.consent", "second.txt.consent", "--yes").out
    assert told.count("so says the list of") == 1
    assert "Nobody knows of it before you publish" in told


def test_an_irrevocable_contract_is_refused_with_its_end(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes")
    line = ana.refuses("revoke", "poem.txt.consent", "--yes")
    assert f"until the end of {TERMS[-1]}" in line


def test_foreign_forged_and_broken_contracts_are_refused(granted: Cli) -> None:
    data = (granted.folder / "poem.txt.consent").read_bytes()
    (granted.folder / "forged").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (granted.folder / "broken").write_bytes(data[:-1])
    assert "bad-signature" in granted.refuses("revoke", "forged", "--yes")
    assert "malformed" in granted.refuses("revoke", "broken", "--yes")
    other = Cli(granted.folder, "other")
    other("init", "--name", "Eve", "--no-recovery", "--no-passphrase")
    assert "may speak" in other.refuses("revoke", "poem.txt.consent", "--yes")


def test_nothing_is_revoked_unless_all_can_be(granted: Cli) -> None:
    line = granted.refuses("revoke", "poem.txt.consent", "missing", "--yes")
    assert "missing: no such file" in line


def test_a_foreign_contract_at_our_position_is_refused(granted: Cli) -> None:
    # Taking back what Eve wrote in our recovery key's name would take back our own, and
    # make her key one whose lists are carried over.
    terms = parse_contract((granted.folder / "poem.txt.consent").read_bytes()).terms
    eve = PrivateKey.generate()
    creator = terms.creator._replace(key=eve.public)
    (granted.folder / "eve").write_bytes(sign_contract(terms._replace(creator=creator), eve))
    assert "may speak" in granted.refuses("revoke", "eve", "--yes")
    creator = creator._replace(recovery=key_of(granted).public.thumbprint)
    (granted.folder / "eve").write_bytes(sign_contract(terms._replace(creator=creator), eve))
    assert "names your list" in granted.refuses("revoke", "eve", "--yes")


def by_eve(cli: Cli, file: str) -> PrivateKey:
    """A contract at Ana's list which Eve signed, and in which Ana's recovery key may speak."""
    terms = parse_contract((cli.folder / "poem.txt.consent").read_bytes()).terms
    assert terms.status is not None
    eve = PrivateKey.generate()
    status = terms.status._replace(idx=terms.status.idx ^ 1)
    creator = terms.creator._replace(key=eve.public, name="Eve")
    changed = terms._replace(creator=creator, status=status)
    (cli.folder / file).write_bytes(sign_contract(changed, eve))
    return eve


def test_before_it_asks_it_says_whose_signature_is_under_what_is_not_ours(granted: Cli) -> None:
    new = Cli(granted.folder, "new")
    eve = by_eve(granted, "eve.consent")
    recover = ("--recovery-key", "recovery.pem", "--yes")
    out = new("revoke", "eve.consent", *recover).out
    said = f'  signed by key {eve.public.thumbprint.hex()}, which calls itself "Eve"\n'
    assert said in out.partition("Taken back")[0]
    other = Cli(granted.folder, "other")
    other("trust", "add", eve.public.to_did_key(), "--name", "that woman")
    result = other("revoke", "eve.consent", *recover, "--json")
    assert result.json[0]["new"] is True
    assert said[:-1] + ', and which you call "that woman"\n' in result.err
    assert "signed by" not in granted("revoke", "poem.txt.consent", "--yes").out


def test_contracts_of_two_creators_at_one_list_need_two_runs(granted: Cli) -> None:
    eve = by_eve(granted, "eve.consent")
    new = Cli(granted.folder, "new")
    run = ("revoke", "poem.txt.consent", "eve.consent", "--recovery-key", "recovery.pem", "--yes")
    line = new.refuses(*run)
    assert f"eve.consent: signed by key {eve.public.thumbprint.hex()}" in line
    assert key_of(granted).public.thumbprint.hex() in line
    assert "one creator at a time: consentsig revoke poem.txt.consent" in new(*run, status=2).err


def test_no_contract_of_just_anybody_says_who_signs_a_list(granted: Cli) -> None:
    eve = by_eve(granted, "eve.consent")
    data = (granted.folder / "eve.consent").read_bytes()
    recovery = recovery_of(granted).public.thumbprint
    with Home(granted.home) as home:
        ana = {key_of(granted).public.thumbprint, recovery}
        assert home.speakers(LIST_URI) == ana
        with home.writing() as db:
            home.record(db, parse_contract(data), data, None)
        assert home.speakers(LIST_URI) == ana
    new = Cli(granted.folder, "new")
    with Home(new.home) as home:
        with home.writing() as db:
            home.record(db, parse_contract(data), data, None)
        assert home.speakers(LIST_URI) == home.recovery_keys() == set()
        home.revoke([(parse_contract(data), data)], None, now())  # as a person confirmed
        assert home.speakers(LIST_URI) == {eve.public.thumbprint, recovery}


def test_it_asks_before_it_takes_back(granted: Cli) -> None:
    line = granted.refuses("revoke", "poem.txt.consent", stdin=b"yes\n")
    assert "standard input is no terminal" in line


def test_json_is_a_line_for_each(granted: Cli) -> None:
    (row,) = granted("revoke", "poem.txt.consent", "--yes", "--json").json
    assert row["new"] is True
    assert row["status"] == {"uri": LIST_URI, "idx": position(granted)}


def test_it_says_what_goes_where_and_until_when(granted: Cli) -> None:
    out = granted(*PUBLISH, "--expires", "30").out
    assert "Upload site/consent-list\n" in out
    assert LIST_URI in out
    assert f"{now() + timedelta(days=30):%Y-%m-%d}" in out
    assert published(granted).terms.expires - published(granted).terms.issued == timedelta(30)


def test_each_list_is_later_names_the_one_before_and_has_a_copy(granted: Cli) -> None:
    first = published(granted)
    granted(*PUBLISH)  # within the same second, so it waits
    granted(*PUBLISH)
    second = published(granted)
    assert second.terms.issued > first.terms.issued
    copies = sorted((granted.folder / "site").glob("consent-list.*Z"))
    lists = [verify_status_list(copy.read_bytes()) for copy in copies]
    assert [known.terms.issued for known in lists] == sorted(
        {known.terms.issued for known in lists}
    )
    assert len(lists) == 3
    assert lists[0] == first
    assert lists[2] == second
    assert [known.terms.previous for known in lists[1:]] == [known.object_id for known in lists[:2]]


def test_other_libraries_read_it_and_refuse_it_tampered(granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    file = granted.folder / "site" / "consent-list"
    key = key_of(granted).public.x
    assert node_tools.verify_cose(file, key)
    values = node_tools.read_status(file)
    assert [idx for idx, value in enumerate(values) if value] == [position(granted)]
    assert len(values) == 4096
    tampered = granted.folder / "tampered"
    tampered.write_bytes(file.read_bytes().replace(b"ana.example", b"eve.example"))
    assert not node_tools.verify_cose(tampered, key)


def test_revocations_of_an_earlier_list_are_carried_over(granted: Cli) -> None:
    file = granted.folder / "site" / "consent-list"
    file.write_bytes(list_by(key_of(granted), now() - timedelta(days=1), {5, 7}, 8192))
    (row,) = granted(*PUBLISH, "--json").json
    assert (row["revoked"], row["carried_over"], row["size"]) == (2, 2, 8192)
    assert revoked_in(published(granted).terms) == {5, 7}


def test_a_lost_folder_clears_nothing(granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    (granted.folder / "other").mkdir()
    granted("publish", "--out", "other", "--online", "site")
    data = (granted.folder / "other" / "consent-list").read_bytes()
    assert revoked_in(verify_status_list(data).terms) == {position(granted)}


@pytest.mark.parametrize("name", ["text", "foreign", "elsewhere"])
def test_what_is_no_list_of_ours_is_left_alone(granted: Cli, name: str) -> None:
    elsewhere = ListTerms(
        "https://ana.example/2/consent-list",
        key_of(granted).public,
        now(),
        now() + timedelta(days=1),
        bytes(512),
    )
    data = {
        "text": b"my shopping list",
        "foreign": list_by(PrivateKey.generate(), now(), set()),
        "elsewhere": sign_status_list(elsewhere, key_of(granted)),
    }
    (granted.folder / "site" / "consent-list").write_bytes(data[name])
    assert "site/consent-list: is " in granted.refuses(*PUBLISH)


def test_a_list_from_the_future_means_that_the_clock_is_wrong(granted: Cli) -> None:
    file = granted.folder / "site" / "consent-list"
    file.write_bytes(list_by(key_of(granted), now() + timedelta(hours=1), set()))
    assert "set the clock" in granted.refuses(*PUBLISH)


def test_suspended_positions_are_not_silently_restored(granted: Cli) -> None:
    key, issued = key_of(granted), now() - timedelta(hours=1)
    terms = ListTerms(
        LIST_URI, key.public, issued, issued + timedelta(days=1), b"\x02" * 1024, bits=2
    )
    file = granted.folder / "site" / "consent-list"
    file.write_bytes(sign_status_list(terms, key))
    assert "cannot be carried over" in granted.refuses(*PUBLISH)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--out", "no/where"], "no such folder"),
        (["--out", "site", "--expires", "0"], "expected 1 to 366"),
        (["--out", "site", "--expires", "367"], "expected 1 to 366"),
        (["--out", "site", "--recovery-key", "missing"], "missing: no such file"),
        (["--out", "site", "--recovery-key", "poem.txt"], "not a PKCS#8"),
        (["--out", "site", "--recovery-key", "other.pem"], "names as its recovery key"),
        (["--out", "site", "--recovery-key", "recovery.pem"], "nothing to say"),
    ],
)
def test_bad_input_changes_nothing(unchanged_ana: Cli, arguments: list[str], reason: str) -> None:
    other = PrivateKey(bytes(range(32))).to_pem(None)
    (unchanged_ana.folder / "other.pem").write_bytes(other)
    assert reason in unchanged_ana.refuses("publish", "--first", *arguments)


def test_without_a_list_address_the_command_is_named(cli: Cli) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    (cli.folder / "site").mkdir()
    cli.refuses("publish", "--out", "site")
    assert "consentsig key set-list-uri" in cli("publish", "--out", "site", status=2).err


def test_a_locked_key_needs_its_passphrase(cli: Cli) -> None:
    (cli.folder / "words").write_text("two red boats\n")
    (cli.folder / "site").mkdir()
    cli(
        *("init", "--name", "Ana", "--no-recovery", "--list-uri", LIST_URI),
        *("--passphrase-file", "words"),
    )
    assert "needs a passphrase" in cli.refuses(*PUBLISH_FIRST)
    cli(*PUBLISH_FIRST, "--passphrase-file", "words")


def test_lists_of_an_earlier_address_are_published_too(granted: Cli) -> None:
    granted("key", "set-list-uri", "https://ana.example/new/consent-list")
    (granted.folder / "both").mkdir()
    rows = granted("publish", "--out", "both", "--online", "site", "--first", "--json").json
    assert [row["uri"] for row in rows] == ["https://ana.example/new/consent-list", LIST_URI]
    assert len({row["file"] for row in rows}) == 2


SECOND = "https://ana.example/second"


def with_second_key(cli: Cli, *locked: str) -> None:
    (cli.folder / "second.pem").write_bytes(PrivateKey.generate().to_pem(None))
    cli("key", "import", "second.pem", *(locked or ["--no-passphrase"]), "--name", "Ana 2")
    cli("key", "set-list-uri", SECOND)


def test_each_key_signs_its_lists(granted: Cli) -> None:
    first = granted("key", "show", "--json").json[0]["thumbprint"]
    with_second_key(granted)
    rows = granted(*PUBLISH_FIRST, "--json").json
    assert [row["uri"] for row in rows] == [SECOND, LIST_URI]
    assert rows[0]["signer"] != rows[1]["signer"] == first
    page = (granted.folder / "site" / "second.html").read_text()
    assert SECOND in page
    assert LIST_URI in page
    words = (*PUBLISH, "--key", first[:16], "--json")
    assert [row["uri"] for row in granted(*words).json] == [LIST_URI]
    checked = granted("publish", "--check", "--online", "site", "--json").json
    assert [row["uri"] for row in checked] == [SECOND, LIST_URI]


def test_what_a_further_key_could_not_sign_is_said_with_the_command(granted: Cli) -> None:
    first = granted("key", "show", "--json").json[0]["thumbprint"]
    (granted.folder / "words").write_text("two red boats\n")
    (granted.folder / "others").write_text("three red boats\n")
    granted("key", "passphrase", "--new-passphrase-file", "words")
    with_second_key(granted, "--passphrase-file", "others")
    result = granted(*PUBLISH_FIRST, "--passphrase-file", "others", status=2)
    assert f"to {SECOND}" in result.out
    assert f"not published: the list {LIST_URI}, which Ana Liu signs: " in result.err
    assert "passphrase is wrong" in result.err
    assert f"hint: consentsig publish --out site --key {first[:16]}\n" in result.err
    granted(*PUBLISH_FIRST, "--key", first[:16], "--passphrase-file", "words")


def test_the_list_of_a_key_that_is_gone_is_named(granted: Cli) -> None:
    path = Path(granted("key", "show", "--json").json[0]["file"])
    with_second_key(granted)
    path.unlink()
    result = granted(*PUBLISH_FIRST)
    assert f"not published: the list {LIST_URI}; the file of its key is gone" in result.err


def test_a_key_without_a_list_does_not_keep_others_from_publishing(granted: Cli) -> None:
    granted("init", "--another", "--name", "Ana 2", "--no-recovery", "--no-passphrase")
    assert [row["uri"] for row in granted(*PUBLISH, "--json").json] == [LIST_URI]


def test_parallel_publishers_never_sign_for_the_same_second(granted: Cli) -> None:
    running = [granted.start(*PUBLISH, "--json") for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    copies = list((granted.folder / "site").glob("consent-list.*Z"))
    assert len({verify_status_list(c.read_bytes()).terms.issued for c in copies}) == 4


def test_the_recovery_key_takes_back_and_confirms_nothing(granted: Cli) -> None:
    (granted.folder / "second.txt").write_text("three")
    granted("grant", "second.txt", *REVOCABLE)
    granted("revoke", "poem.txt.consent", "--yes")
    result = granted(*PUBLISH, "--recovery-key", "recovery.pem", "--yes")
    assert "count for nothing (status-unknown)" in result.err
    assert "second.txt.consent" in result.err
    assert published(granted).terms.signer == recovery_of(granted).public
    builder = Cli(granted.folder, "builder")
    did = key_of(granted).public.to_did_key()
    ask = ("--creator", did, "--only-authentic", "--status", "site/consent-list", "--json")
    rows = builder("verify", "poem.txt.consent", "second.txt.consent", *ask, status=1).json
    assert [row["result"] for row in rows] == ["revoked", "status-unknown"]


def test_with_the_recovery_key_alone_a_new_computer_takes_back(granted: Cli) -> None:
    new = Cli(granted.folder, "new")
    new("key", "import", "recovery.pem", "--no-passphrase")
    new("revoke", "poem.txt.consent", "--yes")
    new(*PUBLISH, "--yes")  # over the list of the key that was lost
    assert published(new).terms.signer == recovery_of(granted).public
    result = granted("verify", *QUESTION, "--status", "site/consent-list", status=1)
    assert result.err.startswith("consentsig: revoked: ")


def test_it_says_whose_how_old_and_until_when(granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    out = granted("status", "site/consent-list").out
    for part in (LIST_URI, "Ana Liu", "0 minutes ago", "Revoked:    1\n", "4096"):
        assert part in out
    (row,) = granted("status", "site/consent-list", "--json").json
    assert (row["revoked"], row["suspended"], row["size"]) == (1, 0, 4096)
    assert row["signer"] == key_of(granted).public.thumbprint.hex()
    assert row["expired"] is False


def test_a_list_that_ended_is_status_1(granted: Cli) -> None:
    file = granted.folder / "old"
    file.write_bytes(list_by(key_of(granted), now() - timedelta(days=91), set()))
    result = granted("status", "old", status=1)
    assert "91 days ago" in result.out
    assert result.err.startswith("consentsig: status-unknown: the list ended")


def test_of_a_folder_it_prints_the_newest_list_of_each_address(granted: Cli) -> None:
    site = granted.folder / "site"
    (site / "broken").write_bytes((site / "consent-list").read_bytes()[:-1])
    (site / "a-old").write_bytes(list_by(key_of(granted), now() - timedelta(days=91), set()))
    result = granted("status", "site")
    assert result.out.startswith("File:       site/consent-list\nList:       ")
    assert result.out.count("List: ") == 1
    assert "site/broken is not used: malformed" in result.err
    (site / "eve").write_bytes(list_by(PrivateKey.generate(), now() - timedelta(91), set()))
    rows = granted("status", "site", "--json", status=1).json
    assert [(row["file"], row["expired"]) for row in rows] == [
        ("site/consent-list", False),
        ("site/eve", True),
    ]
    assert ".: there is no list in this folder" in granted.refuses("status", ".")


def test_what_was_taken_for_a_list_is_said_to_be_a_contract_or_a_work(granted: Cli) -> None:
    told = granted("status", "poem.txt.consent", status=1).err
    assert "hint: this is a contract: consentsig show poem.txt.consent\n" in told
    told = granted("status", "poem.txt", status=1).err
    assert "this is a text (text/plain), not a list; its contract is beside it: " in told
    assert len(told.splitlines()) == 2


def test_what_is_no_list_is_refused(granted: Cli) -> None:
    data = (granted.folder / "site" / "consent-list").read_bytes()
    (granted.folder / "damaged").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for file, code in [("damaged", "bad-signature"), ("poem.txt.consent", "malformed")]:
        assert granted("status", file, status=1).err.startswith(f"consentsig: {code}: ")
    assert "missing: no such file" in granted.refuses("status", "missing")
    assert granted("status", "-", stdin=data).out.startswith("List: ")


def test_a_folder_of_strangers_lists_is_passed_over_unpacked(granted: Cli) -> None:
    for n in range(10):  # 16 MiB each, unpacked
        key = PrivateKey(bytes([n]) * 32)
        data = list_by(key, now(), set(), size=2**27)
        (granted.folder / "site" / f"stranger-{n}").write_bytes(data)
    result = granted("verify", *QUESTION, "--status", "site", "--json")
    assert result.json[0]["ignored"] == []


def test_revoke_before_the_first_list_names_the_command_for_the_first(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    told = ana("revoke", "poem.txt.consent", "--yes").out
    assert "  consentsig publish --out FOLDER --first\n" in told
    ana(*PUBLISH_FIRST)
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes", "--out", "again")
    told = ana("revoke", "again", "--yes").out
    assert "  consentsig publish --out FOLDER\n" in told


def test_a_clock_that_went_back_is_told_by_a_list_that_was_given(granted: Cli) -> None:
    granted("verify", *QUESTION)
    later = now() + timedelta(hours=22)
    taken_back = list_by(key_of(granted), later, {position(granted)})
    with Home(granted.home) as home:  # while the clock was right
        home.lists.add([verify_status_list(taken_back)], later + timedelta(hours=1))
    told = granted("verify", *QUESTION, status=1).err
    assert told.startswith("consentsig: status-unknown: this computer's clock went back:")


def test_a_folder_without_a_list_is_told_and_a_file_is_no_home(granted: Cli) -> None:
    (granted.folder / "empty").mkdir()
    told = granted("verify", *QUESTION, "--status", "empty").err
    assert "consentsig: warning: empty holds no status list\n" in told
    told = granted.refuses("--home", "poem.txt", "list")
    assert "poem.txt: is a file, expected a home folder" in told
