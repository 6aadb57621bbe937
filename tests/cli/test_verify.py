import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import works
from command_line import FREE, LIST_URI, PUBLISH, QUESTION, TERMS, Cli, contents
from consentsig import (
    Digest,
    ListTerms,
    PrivateKey,
    PublicKey,
    ResultCode,
    pack_statuses,
    parse_contract,
    sign_contract,
    sign_status_list,
    to_line,
    verify_status_list,
)
from consentsig.cli import verify
from consentsig.cli.terminal import work_files
from consentsig.home.home import VARIABLE, Home

FIELDS = {"file", "result", "step", "message", "contract_id", "as_of", "not_asked"}
CONTRACT, *WORK_AND_USE = QUESTION


def key_of(cli: Cli) -> PrivateKey:
    file = Path(cli("key", "show", "--json").json[0]["file"])
    return PrivateKey.from_pem(file.read_bytes(), None)


def position(cli: Cli) -> int:
    status = parse_contract((cli.folder / CONTRACT).read_bytes()).terms.status
    assert status is not None
    return status.idx


def write_list(
    path: Path, key: PrivateKey, issued: datetime, revoked: set[int], days: int = 90
) -> None:
    statuses = pack_statuses(4096, dict.fromkeys(revoked, 1))
    until = issued + timedelta(days)
    terms = ListTerms(LIST_URI, key.public, issued, until, statuses)
    path.write_bytes(sign_status_list(terms, key))


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def test_a_granted_use_is_valid_and_says_what_to_keep(granted: Cli) -> None:
    result = granted("verify", *QUESTION)
    assert result.out.startswith("poem.txt.consent: valid: ")
    for part in ("Ana Liu", "https://acme.example/", "finetune", "within 30 days", "not prove"):
        assert part in result.out
    (note,) = result.err.splitlines()
    assert note.startswith(f"consentsig: note: the list {LIST_URI} was made ")


def test_json_has_the_agreed_fields(granted: Cli) -> None:
    (row,) = granted("verify", *QUESTION, "--json").json
    data = (granted.folder / CONTRACT).read_bytes()
    assert row.keys() >= FIELDS | {"conditions", "creator", "ignored"}
    assert row["file"] == CONTRACT
    assert (row["result"], row["step"], row["not_asked"]) == ("valid", None, [])
    assert row["contract_id"] == parse_contract(data).contract_id.hex()
    assert datetime.fromisoformat(row["as_of"]) <= datetime.now(UTC)
    assert row["conditions"] == {"stop_within_days": 30}
    assert row["creator"]["name"] == "Ana Liu"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--work", "site.txt"], "wrong-work"),
        (["--for", "https://evil.example"], "wrong-grantee"),
        (["--use", "pretrain"], "use-not-granted"),
        (["--at", "2020-01-01T00:00:00+01:00"], "not-yet-valid"),
    ],
)
def test_any_other_question_is_refused_with_its_code(
    granted: Cli, arguments: list[str], code: str
) -> None:
    (granted.folder / "site.txt").write_text("three")
    result = granted("verify", *QUESTION, *arguments, status=1)
    assert result.out == ""
    assert result.err.startswith(f"consentsig: {code}: ")
    assert code in set(ResultCode)


def test_www_alone_is_told_to_be_another_address(granted: Cli) -> None:
    www = "https://www.acme.example/"
    told = granted("verify", *QUESTION, "--for", www, status=1).err
    assert (
        f"hint: {www} and https://acme.example/ are two addresses, and the contract names the "
        "second; if both are yours: --for https://acme.example/" in told
    )
    other = granted("verify", *QUESTION, "--for", "https://www.acme.example/ai", status=1).err
    assert "hint" not in other


def test_the_last_day_counts_whole(ana: Cli) -> None:
    today = f"{now():%Y-%m-%d}"
    ana("grant", "poem.txt", *TERMS[:-1], today, *FREE, "--irrevocable", "--yes")
    assert f"Until:        the end of {today} (UTC)" in ana("verify", *QUESTION).out


def test_what_a_contract_names_of_a_work_is_measured_and_nothing_else(
    granted: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[set[str]] = []

    def measure(path: str, further: set[str]) -> Digest:
        measured.append(further)
        return work_files.measure(path, further)

    monkeypatch.setattr(verify, "measure", measure)
    terms = parse_contract((granted.folder / CONTRACT).read_bytes()).terms
    right = hashlib.sha512((granted.folder / "poem.txt").read_bytes()).digest()
    for name, sha512 in (("right", right), ("wrong", bytes(64))):
        changed = terms._replace(work=terms.work._replace(sha512=sha512))
        (granted.folder / name).write_bytes(sign_contract(changed, key_of(granted)))
    assert (
        "is for a work with SHA-512 000" in granted("verify", "wrong", *WORK_AND_USE, status=1).err
    )
    granted("verify", "right", *WORK_AND_USE)
    granted("verify", *QUESTION)
    (granted.folder / "forged").write_bytes((granted.folder / "wrong").read_bytes()[:-1] + b"!")
    granted("verify", CONTRACT, "forged", *WORK_AND_USE, status=1)
    assert measured == [{"sha512"}, {"sha512"}, set(), set()]


def test_an_ended_contract_is_expired(granted: Cli) -> None:
    terms = parse_contract((granted.folder / CONTRACT).read_bytes()).terms
    ended = terms._replace(issued=now() - timedelta(days=2), expires=now() - timedelta(seconds=1))
    (granted.folder / CONTRACT).write_bytes(sign_contract(ended, key_of(granted)))
    result = granted("verify", *QUESTION, status=1)
    assert result.err.startswith("consentsig: expired: ")


def test_a_limited_territory_must_be_named(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, "--free", "--territory", "PT", "--irrevocable", "--yes")
    ana("verify", *QUESTION, "--territory", "pt")
    for territory in ([], ["--territory", "ES"], ["--territory", "001"]):
        result = ana("verify", *QUESTION, *territory, status=1)
        assert result.err.startswith("consentsig: wrong-territory: ")
        told = "hint: if it is used there, add: --territory PT\n" in result.err
        assert told is (territory == [])
    assert "is not a country code" in ana.refuses("verify", *QUESTION, "--territory", "Portugal")


def test_a_contract_and_a_work_that_are_swapped_are_told_apart(granted: Cli) -> None:
    question = ("--for", "https://acme.example", "--use", "finetune", "--offline")
    told = granted("verify", "poem.txt", "--work", CONTRACT, *question, status=1).err
    hint = f"{CONTRACT} is a contract; the two seem to be swapped: {CONTRACT} --work poem.txt"
    assert told.splitlines()[1] == f"consentsig: hint: {hint}"
    told = granted("verify", "poem.txt", "--work", "poem.txt", *question, status=1).err
    assert "swapped" not in told


def test_a_sent_file_named_as_the_creators_fingerprint_is_not_the_creator(granted: Cli) -> None:
    stranger = PrivateKey.generate().public.thumbprint.hex()
    ana = PublicKey.from_did_key(granted("key", "show", "--json").json[0]["did"])
    (granted.folder / stranger).write_bytes(ana.to_pem())
    question = ("--work", "poem.txt", "--for", "https://acme.example", "--use", "finetune")
    ask = ("verify", CONTRACT, *question, "--status", "site", "--offline", "--home", "nowhere")
    assert "unknown-creator" in granted(*ask, "--creator", stranger, status=1).err
    granted(*ask, "--creator", f"./{stranger}")


@pytest.mark.parametrize("name", ["acme.example", "Acme.example/us"])
def test_a_sent_file_named_as_the_grantees_address_is_not_the_grantee(
    granted: Cli, name: str
) -> None:
    path = granted.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(PrivateKey.generate().public.to_pem())
    question = (CONTRACT, "--work", "poem.txt", "--for", name, "--use", "finetune")
    assert "is not an address" in granted.refuses("verify", *question)
    told = granted("verify", *question, status=2).err
    assert f"hint: for the address: --for https://{name.replace('A', 'a')}" in told
    assert f"hint: for the key in the file: --for ./{name}\n" in told


@pytest.mark.parametrize("host", ["acme.example", "acme.example/"])
def test_an_address_without_https_is_met_with_the_whole_address(granted: Cli, host: str) -> None:
    question = (CONTRACT, "--work", "poem.txt", "--for", host, "--use", "finetune")
    assert "is not an address" in granted.refuses("verify", *question)
    told = granted("verify", *question, status=2).err
    assert "hint: for the address: --for https://acme.example/\n" in told


def test_every_work_of_a_catalogue_verifies_only_with_itself(ana: Cli) -> None:
    paths = [works.pictures()[0], works.sounds()[0], works.text()]
    (ana.folder / "out").mkdir()
    terms = (*TERMS, *FREE, "--irrevocable", "--yes", "--out", "out")
    files = [row["file"] for row in ana("grant", *paths, *terms, "--json").json]
    for n, path in enumerate(paths):
        question = ("--work", path, "--for", "https://acme.example/", "--use", "finetune")
        rows = ana("verify", *files, *question, "--json", status=1).json
        expected = ["wrong-work"] * len(files)
        expected[n] = "valid"
        assert [row["result"] for row in rows] == expected


def test_an_unknown_creator_is_told_with_the_trust_line(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    ask = ("verify", *QUESTION, "--status", "site")
    result = builder(*ask, status=1)
    assert result.err.startswith("consentsig: unknown-creator: ")
    assert "only a claim" in result.err
    trust = result.err.splitlines()[-1].removeprefix("consentsig: hint: consentsig ")
    assert not builder.home.exists()
    builder(*trust.split())
    assert "valid" in builder(*ask).out


def test_a_creator_may_be_believed_for_one_question(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    key = key_of(granted).public
    (granted.folder / "ana.pem").write_bytes(key.to_pem())
    for creator in ("ana.pem", key.to_did_key(), key.thumbprint.hex()):
        builder("verify", *QUESTION, "--status", "site", "--creator", creator)


def test_a_did_key_matches_as_address_and_as_key(ana: Cli) -> None:
    acme = PrivateKey.generate().public
    did = acme.to_did_key()
    rest = (*TERMS[4:], *FREE, "--irrevocable", "--yes")
    for option in ("--to-url", "--to-key"):
        out = f"{option}.consent"
        ana("grant", "poem.txt", "--to", "Acme", option, did, *rest, f"--out=./{out}")
        ask = ("verify", f"./{out}", "--work", "poem.txt", "--use", "finetune")
        ana(*ask, "--for", did)
    ana(*ask, "--for", acme.thumbprint.hex())


def test_what_is_not_asked_is_named_and_never_valid(granted: Cli) -> None:
    line = granted.refuses("verify", CONTRACT, "--work", "poem.txt")
    assert "lacks --for, --use" in line
    (row,) = granted("verify", CONTRACT, "--only-authentic", "--offline", "--json").json
    assert row["result"] == "authentic"
    assert row["not_asked"] == ["work", "grantee", "use", "territory"]
    result = granted("verify", *QUESTION, "--only-authentic")
    assert ": authentic: the contract stands, but this is no permission" in result.out
    assert "territory" in result.out


def test_several_files_get_a_row_each(granted: Cli) -> None:
    (granted.folder / "broken").write_bytes(b"\xd2\x84")
    rows = granted("verify", CONTRACT, "broken", *WORK_AND_USE, status=1).out.splitlines()
    assert rows[0].startswith("poem.txt.consent: valid: ")
    assert rows[1].startswith("broken: malformed: ")
    result = granted("verify", CONTRACT, "broken", "missing", *WORK_AND_USE, "--json", status=2)
    assert [row["result"] for row in result.json] == ["valid", "malformed", None]
    assert "missing: no such file" in result.json[2]["message"]


def test_a_contract_is_read_from_standard_input(granted: Cli) -> None:
    data = (granted.folder / CONTRACT).read_bytes()
    assert granted("verify", "-", *WORK_AND_USE, stdin=data).out.startswith("-: valid: ")
    twice = granted.refuses("verify", "-", "--work", "-", *WORK_AND_USE[2:], stdin=data)
    assert "once only" in twice


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--work", "missing"], "missing: no such file"),
        (["--work", "."], "is a directory"),
        (["--status", "missing"], "missing: no such file"),
        (["--creator", "missing"], "neither a key nor a file"),
        (["--for", "acme.example"], "begins with https://"),
        (["--for", "https://Acme.example/"], "lower case"),
        (["--use", "training"], "no use called 'training'"),
        (["--at", "2020-01-01T00:00:00"], "no time zone"),
        (["--at", "yesterday"], "expected such as"),
        (["--at", "2999-01-01T00:00:00Z"], "cannot be asked about"),
    ],
)
def test_a_question_that_cannot_be_asked_is_status_2(
    granted: Cli, arguments: list[str], reason: str
) -> None:
    assert reason in granted.refuses("verify", *QUESTION, *arguments)


@pytest.mark.parametrize(
    "at", ["2020-01-01", "20200101", "2020-01-01 10:02", "2020-01-01T10:02:03"]
)
def test_an_instant_without_a_zone_gets_a_hint_that_can_be_pasted(granted: Cli, at: str) -> None:
    said = granted("verify", *QUESTION, "--at", at, status=2).err
    options = re.findall(r"--at \S+", said.splitlines()[1])
    assert options
    for option in options:
        result = granted("verify", *QUESTION, *option.split(), status=1)
        assert result.err.startswith("consentsig: not-yet-valid: ")


def test_the_hint_for_this_day_is_no_instant_to_come(granted: Cli) -> None:
    said = granted("verify", *QUESTION, "--at", f"{now():%Y-%m-%d}", status=2).err
    assert datetime.fromisoformat(said.split()[-1]) <= datetime.now(UTC)


def test_of_several_contracts_each_unknown_key_is_told_once(granted: Cli) -> None:
    (granted.folder / "copy").write_bytes((granted.folder / QUESTION[0]).read_bytes())
    stranger = Cli(granted.folder, "stranger")
    said = stranger("verify", "copy", *QUESTION, status=1).err
    did = key_of(granted).public.to_did_key()
    assert said.count(f"consentsig: hint: consentsig trust add {did} --name NAME") == 1


@pytest.mark.posix
def test_huge_and_endless_files_are_refused_in_bounded_time(granted: Cli) -> None:
    question = (*WORK_AND_USE, "--status", "/dev/zero")
    result = granted("verify", "/dev/zero", *question, status=1)
    assert "consentsig: malformed: the file is 1048577 bytes" in result.err
    assert "/dev/zero is not used: malformed" in result.err


def test_a_revocable_contract_without_a_list_is_unknown(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    creator = ("--creator", key_of(granted).public.to_did_key())
    result = builder("verify", *QUESTION, *creator, status=1)
    assert result.err.startswith("consentsig: status-unknown: ")
    assert f"get the current list from {LIST_URI}" in result.err


def test_lists_in_a_folder_are_found_and_others_are_skipped(granted: Cli) -> None:
    site = granted.folder / "site"
    good = (site / "consent-list").read_bytes()
    (site / "index.html").write_text("<p>hello</p>")
    (site / "damaged").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    (site / "more").mkdir()
    result = granted("verify", *QUESTION, "--status", "site", "--json")
    assert result.err.count("is not used") == 1
    assert "site/damaged is not used: bad-signature" in result.err
    assert [ignored["file"] for ignored in result.json[0]["ignored"]] == ["site/damaged"]


def test_a_foreign_signers_list_is_reported_and_decides_nothing(granted: Cli) -> None:
    write_list(granted.folder / "evil", PrivateKey.generate(), now(), {position(granted)})
    result = granted("verify", *QUESTION, "--status", "evil")
    assert "evil is not used: it is signed by" in result.err


def test_a_position_known_revoked_stays_revoked(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    ask = ("verify", *QUESTION, "--creator", key_of(granted).public.to_did_key())
    older = granted.folder / "older"
    older.write_bytes((granted.folder / "site" / "consent-list").read_bytes())
    granted("revoke", CONTRACT, "--yes")
    granted(*PUBLISH)
    builder(*ask, "--status", "older")
    builder(*ask, "--status", "site/consent-list", status=1)
    for status in ([], ["--status", "older"]):
        result = builder(*ask, *status, status=1)
        assert result.err.startswith("consentsig: revoked: ")
    write_list(granted.folder / "cleared", key_of(granted), now() + timedelta(seconds=1), set())
    result = builder(*ask, "--status", "cleared", status=1)
    assert result.err.startswith("consentsig: revoked: ")


def test_a_list_older_than_the_one_known_is_not_used(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    key = key_of(granted)
    ask = ("verify", *QUESTION, "--creator", key.public.to_did_key(), "--json")
    issued = now()
    write_list(granted.folder / "older", key, issued - timedelta(days=2), set())
    write_list(granted.folder / "newer", key, issued - timedelta(days=1), set())
    builder(*ask, "--status", "newer")
    (row,) = builder(*ask, "--status", "older").json
    assert datetime.fromisoformat(row["as_of"]) == issued - timedelta(days=1)


def test_a_newer_list_that_ended_is_not_replaced_by_an_older(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    key = key_of(granted)
    ask = ("verify", *QUESTION, "--creator", key.public.to_did_key())
    write_list(granted.folder / "long", key, now() - timedelta(days=9), set())
    write_list(granted.folder / "ended", key, now() - timedelta(days=5), set(), days=1)
    builder(*ask, "--status", "ended", status=1)
    result = builder(*ask, "--status", "long", status=1)
    assert result.err.startswith("consentsig: status-unknown: ")


def test_two_lists_of_one_instant_cancel_each_other_for_ever(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    key, issued = key_of(granted), now() + timedelta(seconds=1)
    ask = ("verify", *QUESTION, "--creator", key.public.to_did_key())
    other = (position(granted) + 1) % 4096
    write_list(granted.folder / "one", key, issued - timedelta(hours=1), set())
    write_list(granted.folder / "two", key, issued - timedelta(hours=1), {other})
    builder(*ask, "--status", "one")
    builder(*ask, "--status", "two", status=1)
    assert "different lists" in builder(*ask, "--status", "one", status=1).err


def test_a_question_about_the_past_adds_nothing(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    builder("trust", "add", key_of(granted).public.to_did_key(), "--name", "Ana")
    before = contents(builder.home)
    past = ("--at", f"{now() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}")
    builder("verify", *QUESTION, *past, "--status", "site", status=1)
    assert contents(builder.home) == before


def test_a_revocation_dated_back_is_disputed_with_both_facts(granted: Cli) -> None:
    """The builder saw a list nine days ago; today another turns up that is dated back."""
    key, data = key_of(granted), (granted.folder / CONTRACT).read_bytes()
    terms = parse_contract(data).terms
    then = now() - timedelta(days=9)
    old = terms._replace(issued=then - timedelta(days=1))
    (granted.folder / "old.consent").write_bytes(sign_contract(old, key))
    builder = Cli(granted.folder, "builder")
    write_list(granted.folder / "seen", key, then, set())
    with Home(builder.home) as home:
        seen = verify_status_list((granted.folder / "seen").read_bytes())
        home.lists.add([seen], then + timedelta(minutes=1))
    write_list(granted.folder / "back", key, then + timedelta(hours=1), {position(granted)})
    ask = ("verify", "old.consent", *QUESTION[1:], "--creator", key.public.to_did_key())
    past = ("--at", f"{then + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}")
    assert "valid" in builder(*ask, *past, "--offline").out
    told = builder(*ask, *past, "--status", "back", status=1).err
    assert told.startswith("consentsig: status-disputed: revoked at ")
    assert "cannot be shown to have existed then; the list of " in told
    assert "hint: both lists are evidence" in told
    (row,) = builder(*ask, *past, "--status", "back", "--json", status=1).json
    assert (row["result"], row["permitted"]) == ("status-disputed", False)
    assert (row["as_of"], row["status_list"]) == (
        f"{then:%Y-%m-%dT%H:%M:%SZ}",
        seen.object_id.hex(),
    )
    assert "consentsig: revoked: " in builder(*ask, "--status", "back", status=1).err  # now it is


def test_an_unknown_creators_list_is_not_remembered(granted: Cli) -> None:
    builder = Cli(granted.folder, "builder")
    ask = ("verify", *QUESTION, "--status", "site")
    builder(*ask, status=1)
    assert not builder.home.exists()
    did = key_of(granted).public.to_did_key()
    assert "status-unknown" in builder("verify", *QUESTION, "--creator", did, status=1).err


def test_a_list_is_remembered_though_nobody_named_a_home(granted: Cli) -> None:
    old = (granted.folder / "site" / "consent-list").read_bytes()
    (granted.folder / "old").write_bytes(old)
    ask = ("verify", *QUESTION, "--creator", key_of(granted).public.to_did_key())
    granted("revoke", CONTRACT, "--yes")
    granted(*PUBLISH)
    builder = Cli(granted.folder)
    del builder.environment[VARIABLE]  # the platform's folder, under $HOME
    builder(*ask, "--status", "site/consent-list", status=1)
    assert builder(*ask, "--status", "old", status=1).err.startswith("consentsig: revoked: ")


def test_where_no_home_can_be_made_the_answer_comes_with_a_warning(granted: Cli) -> None:
    builder = Cli(granted.folder, "poem.txt/home")  # beneath a file
    ask = ("verify", *QUESTION, "--creator", key_of(granted).public.to_did_key())
    result = builder(*ask, "--status", "site")
    assert result.out.startswith(f"{CONTRACT}: valid")
    assert "the lists that were used are not remembered" in result.err


def test_without_a_home_nothing_is_made_for_a_question(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes")
    builder = Cli(ana.folder, "builder")
    builder("verify", *QUESTION, "--creator", key_of(ana).public.to_did_key())
    builder("show", CONTRACT)
    assert not builder.home.exists()


def test_it_is_headed_not_verified(granted: Cli) -> None:
    (granted.folder / "tampered").write_bytes(
        (granted.folder / CONTRACT).read_bytes().replace(b"Acme Labs", b"Evil Labs")
    )
    result = granted("show", "tampered")
    assert result.out.startswith("NOT VERIFIED")
    assert "Evil Labs" in result.out


def test_json_has_every_field(granted: Cli) -> None:
    (fields,) = granted("show", CONTRACT, "--json").json
    work = (granted.folder / "poem.txt").read_bytes()
    assert fields["verified"] is False
    assert fields["work"]["sha256"] == hashlib.sha256(work).hexdigest()
    assert fields["uses"] == ["finetune"]
    assert fields["revocation"] == {"mode": "at-will", "days": 30}
    assert fields["status"] == {"uri": LIST_URI, "idx": position(granted)}


def test_a_list_is_pointed_to_status(granted: Cli) -> None:
    result = granted("show", "site/consent-list", status=1)
    assert "consentsig status site/consent-list" in result.err
    assert granted("show", "poem.txt", status=1).err.startswith("consentsig: malformed: ")
    assert "missing: no such file" in granted.refuses("show", "missing")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--max-age", "-1", "--max-age is -1 days, expected 0 to 36500"),
        ("--max-age", "9999999999", "--max-age is 9999999999 days, expected 0 to 36500"),
        ("--status", "", "the path of a status list is empty, expected a file or a folder"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(
    granted: Cli, option: str, value: str, told: str
) -> None:
    assert told in granted.refuses("verify", *QUESTION, option, value)


def test_a_line_that_mail_wrapped_is_read_and_that_is_said(granted: Cli) -> None:
    line = to_line((granted.folder / CONTRACT).read_bytes())
    wrapped = " \r\n\t".join(line[at : at + 76] for at in range(0, len(line), 76))
    (granted.folder / "mail.txt").write_text(f" {wrapped}\n\n", newline="")
    said = "consentsig: note: the line was wrapped: spaces and line ends in it were left out\n"
    for file in ("mail.txt", wrapped):
        done = granted("verify", file, *WORK_AND_USE, "--status", "site")
        assert done.err == said
        assert ": valid: " in done.out
    assert granted("verify", f"{line}\n", *WORK_AND_USE, "--status", "site").err == ""
    broken = wrapped.replace(" \r\n\t", "=", 1)
    assert "malformed" in granted("verify", broken, *WORK_AND_USE, status=1).err
