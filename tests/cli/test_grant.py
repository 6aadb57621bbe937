import hashlib
import os
import shlex
import signal
import stat
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import node_tools
import works
from command_line import FREE, LIST_URI, NEXT_YEAR, TERMS, UNTIL, Cli, contents
from consentsig import (
    ConsentsigError,
    Division,
    Erase,
    Payment,
    PaymentKind,
    PrivateKey,
    Revocability,
    Terms,
    Use,
    parse_contract,
    render,
    sign_contract,
)
from consentsig.cli.grant import _sign
from consentsig.cli.granting.drafts import Draft
from consentsig.cli.granting.works import Planned
from consentsig.home.home import Home

IRREVOCABLE = (*TERMS, *FREE, "--irrevocable", "--yes")


def terms_in(path: Path) -> Terms:
    return parse_contract(path.read_bytes()).terms


def the_key(cli: Cli) -> PrivateKey:
    return PrivateKey.from_pem(
        Path(cli("key", "show", "--json").json[0]["file"]).read_bytes(), None
    )


def test_every_option_stands_in_the_contract(ana: Cli) -> None:
    ana(
        *("grant", "poem.txt", "--to", "Acme Labs", "--to-url", "https://acme.example"),
        *("--allow", "pretrain,imitate", "--allow", "index", "--from", f"{NEXT_YEAR}-01-01"),
        *(*UNTIL, "--pay", "once:500.50:EUR", "--pay", "per-run:7:USD"),
        *("--pay", "per-output:0.0005:EUR", "--pay", "revenue-share:2.5%", "--territory", "PT,ES"),
        *("--pay", "pool-revenue:30%:equal", "--pay", "pool-output:0.05:EUR:weight"),
        *("--revocable-on-breach", "14", "--erase", "copies,retrain", "--erase-within", "60"),
        *("--exclusive", "--pass-on", "--purpose", "a puppet theatre", "--credit", "© Ana Liu"),
        *("--report", "3", "--title", "Boats", "--yes"),
    )
    terms = terms_in(ana.folder / "poem.txt.consent")
    work = (ana.folder / "poem.txt").read_bytes()
    assert terms.creator.name == "Ana Liu"
    assert terms.creator.key == the_key(ana).public
    assert terms.creator.recovery is not None
    assert terms.work.sha256 == hashlib.sha256(work).digest()
    assert (terms.work.title, terms.work.media_type, terms.work.size) == (
        "Boats", "text/plain", len(work),
    )  # fmt: skip
    assert terms.grantee == ("Acme Labs", "https://acme.example/", None)
    assert terms.uses == (Use.PRETRAIN, Use.INDEX, Use.IMITATE)
    assert terms.starts == datetime(NEXT_YEAR, 1, 1, tzinfo=UTC)
    assert terms.expires == datetime(NEXT_YEAR + 1, 1, 1, tzinfo=UTC)  # the last day counts whole
    assert set(terms.payments) == {
        Payment(PaymentKind.ONCE, 5005, 1, "EUR"),
        Payment(PaymentKind.PER_RUN, 7, 0, "USD"),
        Payment(PaymentKind.PER_OUTPUT, 5, 4, "EUR"),
        Payment(PaymentKind.REVENUE_SHARE, 250),
        Payment(PaymentKind.POOL_REVENUE, 3000, division=Division.EQUAL),
        Payment(PaymentKind.POOL_OUTPUT, 5, 2, "EUR", Division.WEIGHT),
    }
    assert terms.territory == ("ES", "PT")
    assert terms.revocation == (Revocability.FOR_BREACH, 14)
    assert terms.status is not None
    assert terms.status.uri == LIST_URI
    assert terms.erasure == (60, Erase.COPIES | Erase.RETRAIN)
    assert (terms.exclusive, terms.pass_on, terms.report_months) == (True, True, 3)
    assert (terms.purpose, terms.credit) == ("a puppet theatre", "© Ana Liu")


def test_what_is_shown_is_what_is_signed(ana: Cli) -> None:
    result = ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    text = render(terms_in(ana.folder / "poem.txt.consent"))
    assert result.out.startswith(text)
    assert ana("show", "poem.txt.consent").out.endswith(text)


def test_pictures_sounds_and_texts_are_granted(ana: Cli) -> None:
    paths = [works.pictures()[0], works.sounds()[0], works.text()]
    (ana.folder / "out").mkdir()
    result = ana("grant", *paths, *IRREVOCABLE, "--out", "out", "--json")
    for path, row in zip(paths, result.json, strict=True):
        terms = terms_in(ana.folder / row["file"])
        assert terms.work.sha256 == hashlib.sha256(path.read_bytes()).digest()
        assert terms.work.size == path.stat().st_size
    kinds = [terms_in(ana.folder / row["file"]).work.media_type for row in result.json]
    assert kinds[0] in {"image/png", "image/jpeg"}
    assert kinds[1:] == ["audio/ogg", None]


def test_another_cose_library_verifies_what_was_granted(ana: Cli) -> None:
    ana("grant", "poem.txt", *IRREVOCABLE)
    contract = ana.folder / "poem.txt.consent"
    key = the_key(ana).public.x
    assert node_tools.verify_cose(contract, key)
    tampered = ana.folder / "tampered"
    tampered.write_bytes(contract.read_bytes().replace(b"Acme Labs", b"Evil Labs"))
    assert not node_tools.verify_cose(tampered, key)


def test_any_flipped_bit_of_a_granted_contract_is_refused(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    data = (ana.folder / "poem.txt.consent").read_bytes()
    for place in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(ConsentsigError):  # noqa: PT012  # whichever of the two it is
            parsed = parse_contract(bytes(flipped))
            parsed.terms.creator.key.verify(parsed.sign1.signature, parsed.sign1.sig_structure)


def test_for_several_works_it_is_said_that_each_is_paid_for(ana: Cli) -> None:
    (ana.folder / "tide.txt").write_text("low")
    words = ("grant", "poem.txt", "tide.txt", *TERMS, "--worldwide", "--irrevocable", "--yes")
    said = "2 contracts, which say the same but for the work and the position."
    told = ana(*words, "--pay", "once:500:EUR").out
    assert told.startswith(f"{said} What is due is due for each of them.\n")
    (ana.folder / "free").mkdir()
    assert ana(*words, "--free", "--out", "free").out.startswith(f"{said}\n")


def test_several_works_show_the_common_terms_once(ana: Cli) -> None:
    (ana.folder / "second.txt").write_text("three")
    result = ana("grant", "poem.txt", "second.txt", *TERMS, *FREE, "--revocable", "9", "--yes")
    assert result.out.count("PERMITTED USES") == 1
    for name in ("poem.txt", "second.txt"):
        terms = terms_in(ana.folder / f"{name}.consent")
        assert terms.status is not None
        size = (ana.folder / name).stat().st_size
        kind = f"{size} bytes of text/plain, position {terms.status.idx}: {name}\n"
        assert f"{terms.work.sha256.hex()} {kind}" in result.out


def test_nothing_is_signed_unless_all_can_be(ana: Cli) -> None:
    (ana.folder / "second.txt").write_text("three")
    (ana.folder / "second.txt.consent").write_text("something of mine")
    for second, reason in [
        ("missing.txt", "missing.txt: no such file"),
        ("second.txt", "second.txt.consent: already exists"),
        ("poem.txt", "two contracts would go there"),
        ("site", "is a folder"),
        ("/dev/null", "not an ordinary file"),
    ]:
        assert reason in ana.refuses("grant", "poem.txt", second, *IRREVOCABLE)


def test_the_same_bytes_twice_are_granted_once(ana: Cli) -> None:
    (ana.folder / "copy.txt").write_bytes((ana.folder / "poem.txt").read_bytes())
    for mode in (IRREVOCABLE, (*TERMS, *FREE, "--revocable", "30", "--yes")):
        line = ana.refuses("grant", "poem.txt", "copy.txt", *mode)
        assert "copy.txt: holds the same bytes as poem.txt" in line


def test_a_grant_that_fails_does_not_forget_the_same_contract_of_before(ana: Cli) -> None:
    private = the_key(ana)
    ana("grant", "poem.txt", *IRREVOCABLE)
    terms = terms_in(ana.folder / "poem.txt.consent")
    with Home(ana.home) as home:
        (key,) = home.own_keys()
        for work in (terms.work, terms.work._replace(title="Other")):
            planned = Planned(Path("poem.txt"), work, ana.folder / "missing" / "file")
            draft = Draft(planned, terms._replace(work=work))
            with pytest.raises(FileNotFoundError):
                _sign(home, key, [draft], private)
            assert len(home.rows("SELECT 1 FROM contracts")) == 1


def test_out_is_a_file_for_one_work_and_a_folder_for_several(ana: Cli) -> None:
    (ana.folder / "second.txt").write_text("three")
    ana("grant", "poem.txt", *IRREVOCABLE, "--out", "mine.consent")
    ana("grant", "poem.txt", "second.txt", *IRREVOCABLE, "--out", "site")
    made = {path.name for path in ana.folder.rglob("*.consent")}
    assert made == {"mine.consent", "poem.txt.consent", "second.txt.consent"}
    for out, reason in [("mine.consent", "already exists"), ("nowhere/x", "no such folder")]:
        assert reason in ana.refuses("grant", "poem.txt", *IRREVOCABLE, "--out", out)
    two = ["grant", "poem.txt", "second.txt", *IRREVOCABLE]
    assert "expected a folder" in ana.refuses(*two, "--out", "new")
    assert "names one work" in ana.refuses(*two, "--title", "Boats", "--out", "site")


GRANTEE = ("--to", "Acme", "--to-url", "https://acme.example")
ALLOW = ("--allow", "index")
REST = (*FREE, "--irrevocable")


def test_a_mistyped_use_is_met_with_the_one_it_may_be(unchanged_ana: Cli) -> None:
    def hints(use: str) -> list[str]:
        words = ("grant", "poem.txt", *GRANTEE, "--allow", use, *UNTIL, *REST, "--yes")
        return unchanged_ana(*words, status=2).err.splitlines()[1:]

    assert hints("fintune") == ["consentsig: hint: did you mean finetune?"]
    assert hints("Index") == ["consentsig: hint: did you mean index?"]
    assert len(hints("train")) == len(Use)  # it could mean several


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([*ALLOW, *UNTIL, *REST], "lacks --to NAME"),
        (["--to", "Acme", *ALLOW, *UNTIL, *REST], "lacks --to-url URL or --to-key KEY"),
        (["--to", "", "--to-url", "https://a.b", *ALLOW, *UNTIL, *REST], "--to is empty"),
        (["--to", "A", "--to-url", "ftp://a.b", *ALLOW, *UNTIL, *REST], "grantee's address"),
        (["--to", "A", "--to-url", "https://a.b:443", *ALLOW, *UNTIL, *REST], "port 443"),
        (["--to", "A", "--to-key", "nobody", *ALLOW, *UNTIL, *REST], "neither a key nor a file"),
        ([*GRANTEE, "--allow", "all", *UNTIL, *REST], "there is no use called 'all'"),
        ([*GRANTEE, "--allow", "index,index", *UNTIL, *REST], "a use twice"),
        ([*GRANTEE, "--allow", "imitate", *UNTIL, *REST], "needs a purpose"),
        ([*GRANTEE, *ALLOW, "--until", "tomorrow", *REST], "cannot be read as a day"),
        ([*GRANTEE, *ALLOW, "--until", "2060-02-30", *REST], "no day 30 in month 2"),
        (
            [*GRANTEE, *ALLOW, "--until", f"{NEXT_YEAR}-12-31T00:00Z", *REST],
            "cannot be read as a day",
        ),
        ([*GRANTEE, *ALLOW, "--until", "2001-01-01", *REST], "before it begins"),
        ([*GRANTEE, *ALLOW, "--until", "9999-12-31", *REST], "before 9999-12-31"),
        ([*GRANTEE, *ALLOW, "--until", "9999-12-30", *REST], "50 years"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--from", "2001-01-01"], "which is in the past"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--from", "2060-12-32"], "no day 32 in month 12"),
        ([*GRANTEE, *ALLOW, *UNTIL, "--worldwide", "--irrevocable"], "lacks --free or --pay SPEC"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--pay", "once:1:EUR"], "exclude each other"),
        ([*GRANTEE, *ALLOW, *UNTIL, "--free", "--irrevocable"], "lacks --worldwide or --territory"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--territory", "PT"], "exclude each other"),
        (
            [*GRANTEE, *ALLOW, *UNTIL, *FREE],
            "lacks --revocable DAYS, --revocable-on-breach DAYS or",
        ),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--revocable", "30"], "exactly one answer"),
        ([*GRANTEE, *ALLOW, *UNTIL, *FREE, "--revocable", "0"], "expected 1 to 3650"),
        ([*GRANTEE, *ALLOW, *UNTIL, *FREE, "--revocable", "3651"], "expected 1 to 3650"),
        ([*GRANTEE, *ALLOW, *UNTIL, *FREE, "--revocable", "many"], "'--revocable'"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--erase", "copies"], "need each other"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--erase-within", "9"], "need each other"),
        (
            [*GRANTEE, *ALLOW, *UNTIL, *REST, "--erase", "all", "--erase-within", "9"],
            "is not one of copies, indexes, retire, retrain",
        ),
        (
            [*GRANTEE, *ALLOW, *UNTIL, *REST, "--erase", "copies", "--erase-within", "366"],
            "expected 1 to 365",
        ),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--report", "13"], "expected 1 to 12"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--title", " Boats"], "space at an end"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--credit", "a\nb"], "U+000A"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--title", "ä" * 101], "202 bytes of text, at most 200"),
        ([*GRANTEE, *ALLOW, *UNTIL, *REST, "--purpose", "x" * 1001], "at most 1000"),
    ],
)
def test_unclear_terms_are_refused(unchanged_ana: Cli, arguments: list[str], reason: str) -> None:
    assert reason in unchanged_ana.refuses("grant", "poem.txt", "--yes", *arguments)


@pytest.mark.parametrize(
    "spec",
    [
        *("500", "once:500", "once:500:EU", "once:500:EUROPE", "once:-5:EUR", "once:+5:EUR"),
        *("once:1e3:EUR", "once:.5:EUR", "once:5.:EUR", "once:05:EUR", "once:1.000:EUR"),
        *("once:1,000 EUR", "once:$500", "once:EUR", "once: :EUR", "500 EUR"),
        *("once:0:EUR", "once:0.000:EUR", "once:0.0000000001:EUR", "once:9007199254740992:EUR"),
        *("once:٣:EUR", "once:inf:EUR", "per-run:5:EUR:x", "monthly:5:EUR", "revenue-share:2.5"),
        *("revenue-share:0%", "revenue-share:100.01%", "revenue-share:2.555%"),
        *("revenue-share:-1%", "revenue-share:1e1%", "revenue-share:5:EUR", "once:5%"),
        "once:" + "9" * 5000 + ":EUR",
        *("pool-revenue:30%", "pool-revenue:30%:", "pool-revenue:30:equal", "pool-revenue:equal"),
        *("pool-revenue:30%:EQUAL", "pool-revenue:0%:equal", "pool-revenue:5:EUR:equal"),
        *("pool-output:0.05:EUR", "pool-output:0.05:equal", "pool-output:30%:equal"),
        *("pool-output:0.05:EUR:evenly", "once:5:EUR:equal", "revenue-share:5%:equal"),
    ],
)
def test_unclear_amounts_are_refused(unchanged_ana: Cli, spec: str) -> None:
    terms = (*TERMS, "--worldwide", "--irrevocable", "--yes")
    assert "--pay is" in unchanged_ana.refuses("grant", "poem.txt", *terms, "--pay", spec)


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ("once:500.00:EUR", "Once: 500 EUR"),
        ("per-run:0.100000000:EUR", "For each training run: 0.1 EUR"),
        ("per-output:0.000000001:JPY", "For each output of a model: 0.000000001 JPY"),
        ("once:9007199254740991:EUR", "Once: 9007199254740991 EUR"),
        ("revenue-share:100%", "Share of revenue: 100 %"),
        ("revenue-share:0.01%", "Share of revenue: 0.01 %"),
        ("revenue-share:2.50%", "Share of revenue: 2.5 %"),
        (
            "pool-revenue:30%:equal",
            "A part of a pool of revenue: the pool is 30 %, shared by all works equally",
        ),
        (
            "pool-output:1:EUR:equal",
            (
                "A part of a pool for each output of a model: the pool is 1 EUR, shared by all "
                "works equally"
            ),
        ),
    ],
)
def test_amounts_are_exact(ana: Cli, spec: str, shown: str) -> None:
    terms = (*TERMS, "--worldwide", "--irrevocable", "--yes")
    assert f"\n{shown}\n" in ana("grant", "poem.txt", *terms, "--pay", spec).out


# --- money that adds up ---


def test_money_due_in_full_for_each_of_several_works_is_warned_of(ana: Cli) -> None:
    (ana.folder / "song.txt").write_text("three green boats\n")
    terms = (*TERMS, "--worldwide", "--irrevocable", "--yes")
    pay = ("--pay", "per-output:0.0005:EUR", "--pay", "revenue-share:2.5%")
    told = ana("grant", "poem.txt", "song.txt", *terms, *pay).err
    assert (
        "warning: 0.0005 EUR is due for each of the 2 works: 0.0010 EUR for each output in all. "
        "For many works, let them share a pool: --pay pool-output" in told
    )
    assert "2.5 % is due for each of the 2 works: 5 % of the revenue in all." in told


def test_money_promised_twice_by_one_home_is_warned_of(ana: Cli) -> None:
    terms = (*TERMS, "--worldwide", "--irrevocable", "--yes")
    share = ("--pay", "revenue-share:2.5%")
    assert "warning" not in ana("grant", "poem.txt", *terms, *share).err
    (ana.folder / "song.txt").write_text("three green boats\n")
    told = ana("grant", "song.txt", *terms, *share).err
    assert (
        'warning: 1 earlier contract with "Acme Labs" asks for a part of the revenue too. Each is '
        "due in full" in told
    )
    (ana.folder / "tune.txt").write_text("four green boats\n")
    pool = ("--pay", "pool-revenue:2.5%:equal", "--pay", "per-output:1:EUR")
    assert "warning" not in ana("grant", "tune.txt", *terms, *pool).err  # other money
    other = ("--to", "Bolt", "--to-url", "https://bolt.example/", *terms[4:])
    (ana.folder / "hymn.txt").write_text("five green boats\n")
    assert "warning" not in ana("grant", "hymn.txt", *other, *share).err  # another grantee


# --- what was promised before ---

BOLT = ("--to", "Bolt", "--to-url", "https://bolt.example", *TERMS[4:])
YES = (*FREE, "--irrevocable", "--yes")


def test_a_use_promised_to_one_alone_and_then_to_another_is_warned_of(ana: Cli) -> None:
    assert "warning" not in ana("grant", "poem.txt", *TERMS, *YES, "--exclusive").err
    (ana.folder / "copy.txt").write_bytes((ana.folder / "poem.txt").read_bytes())
    told = ana("grant", "copy.txt", *BOLT, *YES).err
    assert (
        'warning: copy.txt: finetune was promised to "Acme Labs" alone until the end of '
        f"{UNTIL[1]} (UTC) ({ana.folder / 'poem.txt.consent'}); a contract with "
        '"Bolt" breaks that promise' in told
    )


def test_a_use_promised_to_one_alone_that_another_has_is_warned_of(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    told = ana("grant", "poem.txt", *BOLT, *YES, "--exclusive", "--out", "b.consent").err
    assert 'finetune is promised to "Bolt" alone, but "Acme Labs" has it until' in told
    path = ana.folder / "poem.txt.consent"
    assert f"hint: to take the earlier one back: consentsig revoke {path}\n" in told
    ana("revoke", "poem.txt.consent", "--yes")
    again = ana("grant", "poem.txt", *BOLT[:4], "--allow", "index", *UNTIL, *YES, "--exclusive",
                "--out", "c.consent")  # fmt: skip
    assert "warning" not in again.err


def test_a_second_contract_with_the_same_grantee_for_the_same_bytes_is_warned_of(ana: Cli) -> None:
    by_country = (*TERMS, "--pay", "once:5:EUR", "--irrevocable", "--yes", "--territory")
    ana("grant", "poem.txt", *by_country, "PT")
    told = ana("grant", "poem.txt", *by_country, "PT,ES", "--out", "b.consent").err
    assert 'poem.txt: "Acme Labs" already has a contract for finetune until' in told
    assert "both will count, and each asks for its own payment" in told
    assert "warning" not in ana("grant", "poem.txt", *by_country, "FR", "--out", "c.consent").err


@pytest.mark.parametrize(
    "other",
    [
        (*BOLT[:4], "--allow", "index", *UNTIL),
        (*BOLT[:6], "--from", f"{NEXT_YEAR + 1}-01-01", "--until", f"{NEXT_YEAR + 1}-12-31"),
    ],
    ids=["another use", "afterwards"],
)
def test_what_does_not_meet_an_earlier_contract_is_not_warned_of(
    ana: Cli, other: tuple[str, ...]
) -> None:
    ana("grant", "poem.txt", *TERMS, *YES, "--exclusive")
    assert "warning" not in ana("grant", "poem.txt", *other, *YES, "--out", "b.consent").err


def test_of_many_earlier_contracts_the_first_are_named_and_the_others_counted(ana: Cli) -> None:
    names = [f"{n}.txt" for n in range(7)]
    for name in names:
        (ana.folder / name).write_text(name)
    ana("grant", *names, *TERMS, *YES)
    told = ana("grant", *names, *TERMS, *YES, "--out", "site").err
    assert told.count("already has a contract") == 5
    assert "warning: the same is true of 2 more earlier contracts" in told


def test_who_signs_for_somebody_says_so(ana: Cli) -> None:
    terms = (*TERMS, "--worldwide", "--irrevocable", "--free", "--yes")
    assert "--acts-for" in ana.refuses("grant", "poem.txt", *terms, "--acts-for", "two  spaces")
    result = ana("grant", "poem.txt", *terms, "--acts-for", "The estate of Wu Liu")
    assert '\nSigns for: "The estate of Wu Liu"\n' in result.out
    creator = terms_in(ana.folder / "poem.txt.consent").creator
    assert (creator.name, creator.acts_for) == ("Ana Liu", "The estate of Wu Liu")
    assert '"acts_for": "The estate of Wu Liu"' in ana("show", "poem.txt.consent", "--json").out


def test_an_unassigned_currency_is_warned_of(ana: Cli) -> None:
    words = ("grant", "poem.txt", *TERMS, "--irrevocable", "--worldwide", "--yes")
    assert "warning: XXX is not a currency" in ana(*words, "--pay", "once:5:XXX").err


@pytest.mark.parametrize(
    ("codes", "what"),
    [
        ("EU", "EU is not the code of a country; name those of its members that you mean: AT,BE,"),
        ("European Union", "EU is not the code of a country"),
        ("PT,EL", "EL is not the code of a country; write GR for Greece"),
        ("xx", "XX is not the code of a country; the two letters of ISO 3166-1 are expected"),
        ("Atlantis", "no country is known here by the name 'Atlantis'"),
        ("", "two letters for each country"),
        ("PT,PT", "names a country twice"),
        ("001", "001 is the whole world"),
    ],
)
def test_what_is_no_country_is_refused(unchanged_ana: Cli, codes: str, what: str) -> None:
    words = ("grant", "poem.txt", *TERMS, "--free", "--irrevocable", "--yes")
    assert what in unchanged_ana.refuses(*words, "--territory", codes)


def test_like_does_not_repeat_what_is_no_country(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, "--free", "--irrevocable", "--territory", "PT", "--yes")
    terms = terms_in(ana.folder / "poem.txt.consent")
    (ana.folder / "old.consent").write_bytes(
        sign_contract(terms._replace(territory=("UK",)), the_key(ana))
    )
    words = ("grant", "poem.txt", "--like", "old.consent", "--allow", "finetune", "--yes")
    line = ana.refuses(*words, "--out", "new.consent")
    assert "UK is not the code of a country; write GB for the United Kingdom" in line


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (("--until", f"31/12/{NEXT_YEAR}"), ("--until", f"{NEXT_YEAR}-12-31")),
        (("--until", f"31.12.{NEXT_YEAR}"), ("--until", f"{NEXT_YEAR}-12-31")),
        (("--from", f"{NEXT_YEAR}-1-5"), ("--from", f"{NEXT_YEAR}-01-05")),
        (("--pay", "once:500 €"), ("--pay", "once:500:EUR")),
        (("--pay", "once:500 eur"), ("--pay", "once:500:EUR")),
        (("--pay", "per-run:1.500,00 EUR"), ("--pay", "per-run:1500:EUR")),
        (("--pay", "once:0.500:EUR"), ("--pay", "once:0.5:EUR")),
        (("--pay", "revenue-share:2,5 %"), ("--pay", "revenue-share:2.5%")),
        (("--pay", "pool-output:0,05 EUR:equal"), ("--pay", "pool-output:0.05:EUR:equal")),
        (("--to-url", "ACME.example"), ("--to-url", "https://acme.example/")),
        (("--to-url", "http://acme.example"), ("--to-url", "https://acme.example/")),
        (("--territory", "Portugal and Spain"), ("--territory", "PT,ES")),
        (("--territory", "UK; Kosovo"), ("--territory", "GB,XK")),
    ],
)
def test_options_read_what_questions_read_and_say_so(
    ana: Cli, written: tuple[str, str], exact: tuple[str, str]
) -> None:
    given = {
        "--to": "Acme",
        "--to-url": "https://acme.example",
        "--allow": "index",
        "--until": UNTIL[1],
        "--pay": "once:1:EUR",
        "--territory": "PT",
    }
    terms = []
    for n, (option, value) in enumerate((written, exact)):
        words = [word for pair in (given | {option: value}).items() for word in pair]
        result = ana("grant", "poem.txt", *words, "--irrevocable", "--yes", "--out", f"{n}.consent")
        is_noted = f"note: {option} {shlex.quote(value)} is taken as" in result.err
        assert is_noted == (n == 0 and "0.500" not in value)
        terms.append(terms_in(ana.folder / f"{n}.consent"))
    assert terms[0]._replace(issued=terms[1].issued) == terms[1]


def test_revocable_without_a_list_names_the_command(cli: Cli) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    (cli.folder / "poem.txt").write_text("two")
    terms = ("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    cli.refuses(*terms)
    assert "hint: consentsig key set-list-uri " in cli(*terms, status=2).err


def test_a_key_may_be_the_grantee(ana: Cli) -> None:
    acme = PrivateKey.generate().public
    for key in (acme.to_did_key(), acme.thumbprint.hex()):
        ana(
            *("grant", "poem.txt", "--to", "Acme", "--to-key", key, *ALLOW, *UNTIL, *REST),
            *("--yes", "--out", f"{key[-5:]}.consent"),
        )
        assert terms_in(ana.folder / f"{key[-5:]}.consent").grantee.key == acme.thumbprint


def test_a_locked_key_needs_its_passphrase(cli: Cli) -> None:
    (cli.folder / "poem.txt").write_text("two")
    (cli.folder / "words").write_text("two red boats\n")
    (cli.folder / "wrong").write_text("three red boats\n")
    cli("init", "--name", "Ana", "--no-recovery", "--passphrase-file", "words")
    assert "needs a passphrase" in cli.refuses("grant", "poem.txt", *IRREVOCABLE)
    wrong = cli.refuses("grant", "poem.txt", *IRREVOCABLE, "--passphrase-file", "wrong")
    assert "keys/" in wrong
    assert "passphrase is wrong" in wrong
    cli("grant", "poem.txt", *IRREVOCABLE, "--passphrase-file", "words")


def test_a_missing_key_file_is_named(ana: Cli) -> None:
    path = Path(ana("key", "show", "--json").json[0]["file"])
    path.unlink()
    assert f"{path}: no such file" in ana.refuses("grant", "poem.txt", *IRREVOCABLE)


def test_a_recovery_key_is_not_signed_with(granted: Cli) -> None:
    key = granted("key", "show", "--json").json[0]["thumbprint"]
    again = ("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--out", "again", "--yes")
    granted("key", "import", "recovery.pem", "--no-passphrase")
    line = granted.refuses(*again)
    assert "the recovery key of your own key Ana Liu; a recovery key only takes back" in line
    assert f"hint: consentsig key use {key[:16]}" in granted(*again, status=2).err
    granted("key", "use", key[:16])
    granted(*again)


def test_a_recovery_key_on_a_new_computer_is_not_signed_with_either(granted: Cli) -> None:
    key = granted("key", "show", "--json").json[0]["thumbprint"]
    again = ("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--out", "again", "--yes")
    new = Cli(granted.folder, "new")
    new("key", "import", "recovery.pem", "--no-passphrase")
    new("revoke", "poem.txt.consent", "--yes")
    assert f"the recovery key of key {key};" in new.refuses(*again)
    assert "hint: consentsig init --another" in new(*again, status=2).err


def test_nobody_can_make_a_key_in_use_a_recovery_key(granted: Cli) -> None:
    terms = parse_contract((granted.folder / "poem.txt.consent").read_bytes()).terms
    assert terms.status is not None
    eve = PrivateKey.generate()
    creator = terms.creator._replace(key=eve.public, recovery=terms.creator.key.thumbprint)
    status = terms.status._replace(uri="https://eve.example/list")
    data = sign_contract(terms._replace(creator=creator, status=status), eve)
    (granted.folder / "eve.consent").write_bytes(data)
    granted("revoke", "eve.consent", "--yes")
    granted("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--out", "again", "--yes")


def test_nobody_to_ask_and_no_yes_is_refused(ana: Cli) -> None:
    line = ana.refuses("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", stdin=b"yes\n")
    assert "standard input is no terminal" in line


@pytest.mark.posix
def test_a_new_contract_has_the_usual_mode(ana: Cli) -> None:
    ana.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    before = os.umask(0o027)
    try:
        ana("grant", "poem.txt", *IRREVOCABLE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((ana.folder / "poem.txt.consent").stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_leaves_nothing_recorded(ana: Cli) -> None:
    # A folder with a file's name in the way: the second contract cannot be put in place.
    (ana.folder / ("x" * 248)).write_text("a name that leaves no room for .consent")
    before = contents(ana.folder)
    ana("grant", "poem.txt", "x" * 248, *IRREVOCABLE, status=2)
    assert contents(ana.folder).keys() == before.keys()


def test_parallel_grants_get_different_positions(ana: Cli) -> None:
    for n in range(24):
        (ana.folder / f"{n}.txt").write_text(str(n))
    running = [
        ana.start(
            *("grant", *(f"{n}.txt" for n in range(first, first + 4)), *TERMS, *FREE),
            *("--revocable", "30", "--yes"),
            stdout=subprocess.DEVNULL,
        )
        for first in range(0, 24, 4)
    ]
    assert [process.wait() for process in running] == [0] * 6
    statuses = [terms_in(ana.folder / f"{n}.txt.consent").status for n in range(24)]
    assert len({status and status.idx for status in statuses}) == 24


EVERYTHING = (
    *("--to", "Acme", "--to-url", "https://acme.example/", "--to-key", "11" * 32),
    *("--allow", "imitate,index", "--purpose", "posters", *UNTIL, "--pay", "once:0.50:EUR"),
    *("--pay", "revenue-share:2.5%", "--territory", "PT,ES", "--revocable-on-breach", "9"),
    *("--pay", "pool-output:0.05:EUR:equal", "--acts-for", "The estate of Wu Liu"),
    *("--erase", "copies,retrain", "--erase-within", "9", "--exclusive", "--pass-on"),
    *("--credit", "Ana", "--report", "3", "--yes"),
)


@pytest.mark.parametrize("terms", [EVERYTHING, IRREVOCABLE], ids=["everything", "little"])
def test_like_repeats_all_terms_but_the_uses(ana: Cli, terms: tuple[str, ...]) -> None:
    ana("grant", "poem.txt", *terms, "--out", "a.consent")
    earlier = terms_in(ana.folder / "a.consent")
    uses = ",".join(use.label for use in earlier.uses)
    (ana.folder / "song.txt").write_text("three green boats\n")
    ana("grant", "song.txt", "--like", "a.consent", "--allow", uses, "--yes")
    again = terms_in(ana.folder / "song.txt.consent")
    assert again.work.sha256 != earlier.work.sha256
    assert (
        again._replace(work=earlier.work, issued=earlier.issued, status=earlier.status) == earlier
    )


def test_like_gives_way_to_what_is_said_and_names_no_use_by_itself(ana: Cli) -> None:
    ana("grant", "poem.txt", *EVERYTHING, "--out", "a.consent")
    like = ("grant", "poem.txt", "--like", "a.consent", "--yes")
    assert "lacks --allow USE,..." in ana.refuses(*like)
    assert "names pretrain, which the earlier contract does not permit" in ana.refuses(
        *like, "--allow", "index,pretrain"
    )
    said = ("--to", "Bo", "--to-url", "https://bo.example/", "--free", "--irrevocable")
    ana(*like, "--allow", "index", *said, "--worldwide")
    again = terms_in(ana.folder / "poem.txt.consent")
    assert (again.grantee.name, again.grantee.key, again.payments) == ("Bo", None, ())
    assert again.is_worldwide
    assert again.status is None
    assert [use.label for use in again.uses] == ["index"]


def test_like_takes_only_a_contract_of_ones_own(ana: Cli) -> None:
    other = Cli(ana.folder, "other")
    other("init", "--name", "Bo", "--no-recovery", "--no-passphrase")
    other("grant", "poem.txt", *IRREVOCABLE, "--out", "bo.consent")
    like = ("grant", "poem.txt", "--allow", "finetune", "--yes", "--like")
    assert "which is none of yours" in ana.refuses(*like, "bo.consent")
    ana("grant", "poem.txt", *IRREVOCABLE, "--out", "a.consent")
    data = (ana.folder / "a.consent").read_bytes()
    (ana.folder / "a.consent").write_bytes(data.replace(b"Acme Labs", b"Evil Labs"))
    assert "bad-signature" in ana.refuses(*like, "a.consent")
    assert "poem.txt: this is a text" in ana.refuses(*like, "poem.txt")


def at_a_terminal(cli: Cli, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    import pty  # which Windows has not

    ours, theirs = pty.openpty()
    process = cli.start(
        *arguments, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    return process, ours


def wait_for(terminal: int, text: bytes) -> bytes:
    seen = b""
    while text not in seen:
        seen += os.read(terminal, 4096)
    return seen


@pytest.mark.posix
def test_the_words_typed_at_a_terminal_signs(ana: Cli) -> None:
    process, terminal = at_a_terminal(ana, "grant", "poem.txt", *TERMS, *FREE, "--irrevocable")
    wait_for(terminal, b"Type I sign to go on:")
    os.write(terminal, b"I sign\n")
    assert b"CONTRACT FOR ONE WORK" in process.communicate()[0]
    assert process.returncode == 0
    os.close(terminal)
    assert (ana.folder / "poem.txt.consent").exists()


@pytest.mark.posix
def test_anything_else_typed_signs_nothing(ana: Cli) -> None:
    process, terminal = at_a_terminal(ana, "grant", "poem.txt", *TERMS, *FREE, "--irrevocable")
    wait_for(terminal, b"Type I sign to go on:")
    os.write(terminal, b"yes\n")
    wait_for(terminal, b"Type I sign to go on:")
    os.write(terminal, b"no\n")
    process.communicate()
    os.close(terminal)
    assert process.returncode == 1
    assert not (ana.folder / "poem.txt.consent").exists()


@pytest.mark.posix
def test_ctrl_c_at_the_question_is_one_line_and_signs_nothing(ana: Cli) -> None:
    process, terminal = at_a_terminal(ana, "grant", "poem.txt", *TERMS, *FREE, "--irrevocable")
    wait_for(terminal, b"Type I sign to go on:")
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate()
    rest = os.read(terminal, 4096)
    os.close(terminal)
    assert process.returncode == 130
    assert rest.strip().endswith(b"consentsig: interrupted")
    assert b"Traceback" not in rest
    assert not (ana.folder / "poem.txt.consent").exists()


@pytest.mark.posix
def test_at_a_terminal_init_asks_where_the_recovery_key_goes(cli: Cli) -> None:
    process, terminal = at_a_terminal(cli, "init", "--name", "Ana", "--no-passphrase")
    wait_for(terminal, b"Where to put the recovery key")
    os.write(terminal, b"recovery.pem\n")
    process.communicate()
    os.close(terminal)
    assert process.returncode == 0
    PrivateKey.from_pem((cli.folder / "recovery.pem").read_bytes(), None)


@pytest.mark.posix
def test_the_passphrase_is_asked_twice_and_not_shown(cli: Cli) -> None:
    process, terminal = at_a_terminal(cli, "init", "--name", "Ana", "--no-recovery")
    shown = b""
    for prompt in (b"(it is not shown): ", b"The same again: "):
        shown += wait_for(terminal, prompt)
        time.sleep(0.2)  # until the echo is off
        os.write(terminal, b"two red boats\n")
    process.communicate()
    os.close(terminal)
    assert process.returncode == 0
    assert b"red" not in shown
    (key,) = (cli.home / "keys").iterdir()
    PrivateKey.from_pem(key.read_bytes(), b"two red boats")


def test_a_contract_and_a_private_key_are_no_works(ana: Cli) -> None:
    ana("grant", "poem.txt", *IRREVOCABLE)
    (ana.folder / "renamed").write_bytes((ana.folder / "poem.txt.consent").read_bytes())
    (ana.folder / "damaged.consent").write_bytes(b"")
    for name in ("poem.txt.consent", "renamed", "damaged.consent"):
        assert "this is a contract, not a work" in ana.refuses("grant", name, *IRREVOCABLE)
    assert "this is a private key" in ana.refuses("grant", "recovery.pem", *IRREVOCABLE)


def test_where_a_contract_is_there_the_hint_is_a_command_that_works(ana: Cli) -> None:
    ana("grant", "poem.txt", *IRREVOCABLE)
    hint = ana("grant", "poem.txt", *IRREVOCABLE, status=2).err.splitlines()[1]
    command = hint.partition("for one more contract: consentsig ")[2]
    ana(*shlex.split(command))
    assert (ana.folder / "poem.txt.acme.example.consent").is_file()


def test_a_second_company_gets_a_file_that_says_for_whom(ana: Cli) -> None:
    (ana.folder / "tide.txt").write_text("low")
    ana("grant", "poem.txt", *TERMS, *YES)
    bolt = ("grant", "poem.txt", "tide.txt", *BOLT, *YES)
    result = ana(*bolt)
    new = "poem.txt.bolt.example.consent"
    assert f"poem.txt.consent is a contract with somebody else; this one: {new}" in result.err
    assert f"Signed: {new}\nSigned: tide.txt.consent\n" in result.out
    assert terms_in(ana.folder / "poem.txt.consent").grantee.name == "Acme Labs"
    assert terms_in(ana.folder / new).grantee.name == "Bolt"
    assert f"{new}: already exists" in ana.refuses(*bolt)
    other = ("--to", "Bolt's other", "--to-url", "https://bolt.example/other", *TERMS[4:])
    ana("grant", "poem.txt", *other, *YES)
    assert (ana.folder / "poem.txt.bolt.example.2.consent").is_file()
    www = ("--to", "W", "--to-url", "https://www.w.example", *TERMS[4:])
    ana("grant", "poem.txt", *www, *YES)
    assert (ana.folder / "poem.txt.w.example.consent").is_file()
    key = ("--to", "Key", "--to-key", "11" * 32, *TERMS[4:])
    ana("grant", "poem.txt", *key, *YES)
    assert (ana.folder / "poem.txt.2.consent").is_file()


def test_what_is_no_contract_is_not_gone_round(ana: Cli) -> None:
    (ana.folder / "poem.txt.consent").write_text("something of mine")
    assert "poem.txt.consent: already exists" in ana.refuses("grant", "poem.txt", *BOLT, *YES)


def test_the_file_is_named_above_the_contract_and_is_not_part_of_it(ana: Cli) -> None:
    result = ana("grant", "poem.txt", *IRREVOCABLE)
    assert "Contract for poem.txt (text/plain, 14 bytes)" in result.err
    assert "poem.txt" not in render(terms_in(ana.folder / "poem.txt.consent"))


def test_revoke_of_a_work_names_its_contract(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes")
    result = ana("revoke", "poem.txt", "--yes", status=2)
    assert "this is a text (text/plain), not a contract" in result.err
    assert "consentsig revoke poem.txt.consent" in result.err
