"""`grant photo.jpg` alone, at a terminal: the questions, and that nothing is left of a no."""

import os
import shlex
import signal
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pexpect
import pytest

from command_line import FREE, LIST_URI, NEXT_YEAR, PROGRAM, TERMS, TIMEOUT, UNTIL, Cli, contents
from consentsig import (
    Division,
    Erase,
    Payment,
    PaymentKind,
    PrivateKey,
    Revocability,
    Terms,
    Use,
    open_batch,
    parse_contract,
)
from consentsig.cli.granting import answers

pytestmark = pytest.mark.posix

LAST_DAY = UNTIL[1]
ANSWERS: Sequence[tuple[str, str]] = (
    ("name of the person", "Acme Labs"),
    ("web address or public key", "acme.example"),
    ("Their numbers, such as 2", "2, 4"),
    ("Permit finetune", "yes"),
    ("Permit evaluate", "no"),
    ("last day", LAST_DAY),
    ("Is it free", "2"),
    ("What is due", "2"),
    ("How much", "0.50 eur"),
    ("anything else due", "y"),
    ("What is due", "4"),
    ("How much", "2.5 %"),
    ("anything else due", "no"),
    ("Which one", "1"),
    ("How many days", "30"),
    ("Which one", "2"),
    ("two-letter codes", "pt, es"),
    ("Their numbers, or Enter", "1"),
    ("Within how many days", "60"),
    ("Its title", "Two red boats"),
    ("Must a credit line", "yes"),
    ("The credit line", "Photo: Ana Liu"),
)


def at_a_terminal(cli: Cli, *arguments: str, columns: int = 200) -> Any:  # noqa: ANN401  # pexpect has no types for it
    terminal = pexpect.spawn(
        str(PROGRAM),
        list(arguments),
        cwd=str(cli.folder),
        env=cli.environment | {"NO_COLOR": "1", "COLUMNS": str(columns)},
        encoding="utf-8",
        timeout=TIMEOUT,
        dimensions=(50, columns),
    )
    terminal.delaybeforesend = None  # answers are sent when they are asked for
    return terminal


def answer(terminal: Any, answers: Sequence[tuple[str, str]]) -> None:  # noqa: ANN401  # as above
    for question, typed in answers:
        terminal.expect_exact(question)
        terminal.expect(r"[:?)] $")
        terminal.sendline(typed)


def hidden(terminal: Any, question: str, typed: str) -> None:  # noqa: ANN401  # as above
    terminal.expect_exact(question)
    terminal.waitnoecho()
    terminal.sendline(typed)


def ended(terminal: Any) -> int:  # noqa: ANN401  # as above
    terminal.expect(pexpect.EOF)
    terminal.close()
    status = terminal.exitstatus
    assert isinstance(status, int)
    return status


def granted(cli: Cli) -> Terms:
    return parse_contract((cli.folder / "poem.txt.consent").read_bytes()).terms


def positions(cli: Cli) -> int:
    database = sqlite3.connect(cli.home / "consentsig.db")
    (count,) = database.execute("SELECT COUNT(*) FROM positions").fetchone()
    database.close()
    return int(count)


def test_every_answer_stands_in_the_contract(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS)
    terminal.expect_exact("CONTRACT FOR ONE WORK")
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    terms = granted(ana)
    assert (terms.grantee.name, terms.grantee.uri) == ("Acme Labs", "https://acme.example/")
    assert terms.uses == (Use.FINETUNE,)
    assert terms.expires.year == NEXT_YEAR + 1
    assert [(due.kind, due.amount, due.decimals) for due in terms.payments] == [
        (PaymentKind.REVENUE_SHARE, 250, 0),
        (PaymentKind.PER_RUN, 5, 1),
    ]
    assert terms.revocation == (Revocability.AT_WILL, 30)
    assert terms.territory == ("ES", "PT")
    assert terms.erasure == (60, Erase.COPIES)
    assert (terms.work.title, terms.credit) == ("Two red boats", "Photo: Ana Liu")
    assert terms.status


def test_the_command_for_next_time_makes_the_same_contract(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS)
    answer(terminal, [("Type I sign", "I sign")])
    terminal.expect_exact("Next time, the same in one line:")
    terminal.expect_exact("consentsig grant ")
    command = terminal.readline()
    assert ended(terminal) == 0
    first = granted(ana)
    (ana.folder / "poem.txt.consent").unlink()
    ana("grant", *shlex.split(command), "--yes")
    second = granted(ana)
    assert second._replace(issued=first.issued, status=first.status) == first


def test_back_returns_to_the_question_before_and_its_answer_is_asked_again(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:2], ("Their numbers", "back")])
    answer(terminal, [("web address or public key", "back")])
    answer(terminal, [("name of the person", "Other Labs"), *ANSWERS[1:]])
    answer(terminal, [("Type I sign", "i SIGN")])
    assert ended(terminal) == 0
    assert granted(ana).grantee.name == "Other Labs"


def test_back_from_within_a_question_forgets_what_was_begun(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:4], ("Permit evaluate", "back"), ("Permit finetune", "back")])
    answer(terminal, [("Their numbers", "6"), ("Permit index", "y")])
    answer(terminal, [*ANSWERS[5:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).uses == (Use.INDEX,)


def test_back_offers_the_answers_from_before(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS, ("Type I sign", "back")])  # to the credit line
    answer(terminal, [("(yes or no; Enter for yes", "back")])  # to the title
    answer(terminal, [("Its title (Enter for Two red boats, - for nothing", "back")])
    answer(terminal, [("Their numbers (Enter for 1, - for nothing", "back")])
    answer(terminal, [("(1 to 2; Enter for 2", ""), ("(Enter for pt, es", "")])
    answer(terminal, [("Their numbers (Enter for 1", ""), ("such as 60? (Enter for 60", "")])
    answer(terminal, [("Its title (Enter for Two red boats", "-")])
    answer(terminal, [("(yes or no; Enter for yes", ""), ("(Enter for Photo: Ana Liu", "")])
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    terms = granted(ana)
    assert (terms.territory, terms.erasure) == (("ES", "PT"), (60, Erase.COPIES))
    assert (terms.work.title, terms.credit) == (None, "Photo: Ana Liu")


def test_back_offers_no_answer_to_another_question(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:6], ("Is it free", "back"), ("last day", "back")])
    answer(terminal, [("Their numbers, such as 2 or 2,4 (Enter for 2, 4", "2,6")])
    answer(terminal, [("Permit finetune", ""), ("Permit index", "")])
    terminal.expect_exact("yes or no is expected")
    answer(terminal, [("Permit index", "back"), ("(yes or no; Enter for yes", "no")])
    answer(terminal, [("Permit index", "yes"), ("last day", ""), *ANSWERS[6:]])
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).uses == (Use.INDEX,)


def test_breaking_off_prints_the_command_with_the_answers_so_far(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS[:8])
    terminal.expect_exact("How much")
    terminal.kill(signal.SIGINT)
    terminal.expect_exact("Nothing was signed. To go on from here:")
    terminal.expect_exact("consentsig grant ")
    words = shlex.split(terminal.readline())
    assert words == [
        *("poem.txt", "--to", "Acme Labs", "--to-url", "https://acme.example/"),
        *("--allow", "finetune", "--until", LAST_DAY),
    ]
    assert ended(terminal) == 128 + signal.SIGINT
    terminal = at_a_terminal(ana, "grant", *words)
    answer(terminal, [*ANSWERS[6:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0


def test_what_is_not_understood_is_asked_again(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(
        terminal,
        [
            ("name of the person", ""),
            ("the name is empty", "Acme Labs"),
            ("web address", ""),
            ("an address is needed", "info@acme.example"),
            ("is an e-mail address", "nobody"),
            ("not a whole web address", "groß.example"),
            ("xn--gro-7ka.example", "ftp://acme.example"),
            ("does not work", "https://acme.example"),
            ("Their numbers", "all"),
            ("a number from 1 to 10 is expected, not 'all'", "11"),
            ("expected, not '11'", "0000000015"),
            ("expected, not '0000000015'", "12345678901"),
            ("expected, not '12345678901'", "02"),
            ("expected, not '02'", "2"),
            ("Permit finetune", ""),
            ("yes or no is expected", "perhaps"),
            ("yes or no is expected", "no"),
            ("at least one", "2"),
            ("Permit finetune", "yes"),
            ("last day", "2020-01-01"),
            ("is over", "10/12/2060"),
            ("in two ways", "2060-13-01"),
            ("there is no month 13", "30.2.2060"),
            ("there is no day 30", "2960-01-01"),
            ("longer than 50 years", "soon"),
            ("cannot be read as a day", LAST_DAY),
            ("Is it free", "0"),
            ("a number from 1 to 2 is expected", "1 2"),
            ("one number is expected", "2"),
            ("What is due", "1"),
            ("How much", "a lot"),
            ("a number and three letters", "$500"),
            ("several currencies", "1.000 EUR"),
            ("in two ways", "1,000 EUR"),
            ("in two ways", "0 EUR"),
            ("which is nothing", "500 XYZ"),
            ("not a currency in use", "no"),
            ("a number and three letters", "500 EUR"),
            ("anything else due", "yes"),
            ("What is due", "1"),
            ("How much", "500 EUR"),
            ("says the same twice", "20 EUR"),
            ("anything else due", "no"),
            ("Which one", "3"),
            ("Which one", "2"),
            ("two-letter codes", "Atlantis"),
            ("no country is known here by the name 'Atlantis'", "001"),
            ("001 is the whole world", "ZZ"),
            ("ZZ is not the code of a country", "EU"),
            ("members that you mean: AT,BE", ""),
            ("two letters for each", "PT"),
            ("Their numbers, or Enter", ""),
            ("Its title", "no"),
            ("would be the title itself", ""),
            ("Must a credit line", ""),
            ("yes or no is expected", "no"),
            ("Type I sign", "I sign"),
        ],
    )
    assert ended(terminal) == 0
    terms = granted(ana)
    assert (terms.status, terms.erasure, terms.credit) == (None, None, None)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("31/12/2060", "2060-12-31"),
        ("12/31/2060", "2060-12-31"),
        ("5/5/2060", "2060-05-05"),
        ("31.12.2060", "2060-12-31"),
        ("2060-3-1", "2060-03-01"),
    ],
)
def test_a_day_that_can_be_read_in_one_way_only_is_read(
    typed: str, day: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answers.last_day(typed, None) == day
    assert f"Taken as {day}" in capsys.readouterr().err


def test_a_pool_is_asked_for_with_an_example_and_how_it_is_shared(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:7], ("What is due", "6")])
    terminal.expect_exact(
        "For example: a pool of 0.05 EUR for each picture, shared by all works, equally"
    )
    answer(terminal, [("How is the pool shared", "1"), ("in the whole pool", "0,05 EUR")])
    answer(terminal, [("anything else due", "yes"), ("What is due", "5")])
    terminal.expect_exact("For example: a pool of 30 % of the revenue, shared by all works")
    answer(terminal, [("How is the pool shared", "2"), ("in the whole pool", "30%")])
    answer(terminal, [("anything else due", "no"), *ANSWERS[13:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).payments == (
        Payment(PaymentKind.POOL_REVENUE, 3000, division=Division.WEIGHT),
        Payment(PaymentKind.POOL_OUTPUT, 5, 2, "EUR", Division.EQUAL),
    )


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        ("500 euro", "once:500:EUR"),
        ("€500", "once:500:EUR"),
        ("1.500,00 euro", "once:1500.00:EUR"),
        ("1,234,567.5 USD", "once:1234567.5:USD"),
        ("1 500 EUR", "once:1500:EUR"),
    ],
)
def test_a_sum_is_read_as_people_write_it(typed: str, spec: str) -> None:
    assert answers.payment(PaymentKind.ONCE, None, typed, ()) == spec


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        ("Germany and France", "DE,FR"),
        ("de fr de", "DE,FR"),
        ("UK, Ivory Coast; pt", "GB,CI,PT"),
        ("Bosnia and Herzegovina", "BA"),
    ],
)
def test_countries_are_read_by_name_and_code(typed: str, spec: str) -> None:
    assert answers.countries(typed) == spec


def test_an_address_with_www_given_as_an_option_is_told_about(ana: Cli) -> None:
    words = ("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--to-url", "www.acme.example")
    terminal = at_a_terminal(ana, *words)
    terminal.expect_exact(
        "note: the contract names https://www.acme.example/; https://acme.example/ would be another"
    )
    answer(terminal, [("Type I sign", "no")])
    assert ended(terminal) == 1


def test_imitate_asks_what_for(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:2], ("Their numbers", "2,7"), ("Permit finetune", "y")])
    answer(terminal, [("Permit imitate", "y")])
    terminal.expect_exact("They narrow every use that you named")
    answer(terminal, [("For which purpose", "a tribute album"), *ANSWERS[5:]])
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).purpose == "a tribute album"


def test_only_what_no_option_says_is_asked(ana: Cli) -> None:
    terminal = at_a_terminal(
        *(ana, "grant", "poem.txt", "--to", "Acme", "--to-url", "https://acme.example", "--free"),
        *("--allow", "index", "--until", LAST_DAY, "--irrevocable", "--erase", "copies"),
        *("--erase-within", "9", "--credit", "Ana"),
    )
    answer(terminal, [("WHERE may it be used", "1"), ("Its title", "")])
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).is_worldwide


def test_without_a_list_its_address_is_asked_and_kept(cli: Cli) -> None:
    cli("init", "--name", "Ana", "--no-recovery", "--no-passphrase")
    (cli.folder / "poem.txt").write_text("two red boats\n")
    terminal = at_a_terminal(cli, "grant", "poem.txt")
    answer(terminal, ANSWERS[:15])
    answer(terminal, [("Its address", "ana.example"), ("add a file name", "ANA.example/l")])
    answer(terminal, [*ANSWERS[15:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    status = granted(cli).status
    assert status
    assert status.uri == "https://ana.example/l"
    assert cli("key", "show", "--json").json[0]["list_uri"] == status.uri


@pytest.mark.parametrize("answered", [0, 2, 3, 9, len(ANSWERS)])
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGTERM"])
def test_breaking_off_leaves_nothing_behind(ana: Cli, answered: int, name: str) -> None:
    how = signal.Signals[name]
    before = contents(ana.folder)
    drawn = positions(ana)
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS[:answered])
    terminal.expect(r"[:?)] $")
    terminal.kill(how)
    assert ended(terminal) == 128 + how
    assert contents(ana.folder).keys() == before.keys()
    assert positions(ana) == drawn


def test_a_closed_terminal_leaves_nothing_behind(ana: Cli) -> None:
    before, drawn = contents(ana.folder), positions(ana)
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS)
    terminal.expect_exact("Type I sign")
    os.close(terminal.fileno())
    terminal.ptyproc.fd = terminal.child_fd = -1
    os.waitpid(terminal.pid, 0)
    assert contents(ana.folder).keys() == before.keys()
    assert positions(ana) == drawn


def test_the_end_of_the_input_leaves_nothing_behind(ana: Cli) -> None:
    drawn = positions(ana)
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS)
    terminal.expect_exact("Type I sign to go on: ")
    terminal.sendeof()
    terminal.expect_exact("the input ended before the answer")
    assert ended(terminal) == 2
    assert positions(ana) == drawn


def test_other_words_than_those_asked_for_sign_nothing(ana: Cli) -> None:
    drawn = positions(ana)
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS, ("Type I sign", "yes"), ("Nothing has been done yet", "no")])
    terminal.expect_exact("not confirmed, so nothing was done")
    terminal.expect_exact("consentsig grant poem.txt --to 'Acme Labs'")
    assert ended(terminal) == 1
    assert not (ana.folder / "poem.txt.consent").exists()
    assert positions(ana) == drawn


def test_lines_break_between_words_at_a_narrow_terminal(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt", columns=40)
    answer(terminal, ANSWERS[:2])
    terminal.expect_exact("Their numbers")
    shown = terminal.before.splitlines()
    assert "   2  finetune: further training of a" in shown
    assert "      model that can generate content" in shown
    assert max(map(len, shown)) <= 40


def test_back_before_signing_asks_the_last_question_again(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS, ("Type I sign", "back")])
    answer(terminal, [ANSWERS[-2], ("The credit line", "Photo: Ana"), ("Type I sign", "wait")])
    answer(terminal, [("I sign, back to change an answer, or no", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).credit == "Photo: Ana"


def test_init_alone_asks_for_all_it_needs(cli: Cli) -> None:
    terminal = at_a_terminal(cli, "init", "--no-passphrase")
    answer(
        terminal,
        [
            ("Your name", "Ana Liu"),
            ("Its address", "https://ana.example/consent-list"),
            ("recovery key", "recovery.pem"),
        ],
    )
    assert ended(terminal) == 0
    (key,) = cli("key", "show", "--json").json
    assert (key["name"], key["list_uri"]) == ("Ana Liu", "https://ana.example/consent-list")


def test_a_restored_home_asks_whether_the_address_of_a_list_is_new(ana: Cli) -> None:
    ana("home", "backup", "--unlocked", "--out", "backup")
    new = Cli(ana.folder, "new")
    new("home", "restore", "backup")
    terminal = at_a_terminal(new, "init", "--another", "--no-passphrase", "--no-recovery")
    answer(terminal, [("Your name", "Ana"), ("Its address", "ana.example/consent-list-2")])
    answer(terminal, [("Is this address new", "no"), ("restored from a backup", LIST_URI)])
    answer(terminal, [("list of another key", "ana.example/consent-list-3")])
    answer(terminal, [("Is this address new", "yes")])
    assert ended(terminal) == 0
    (key, *_) = new("key", "show", "--json").json
    assert (key["list_uri"], key["signs"]) == ("https://ana.example/consent-list-3", True)


def test_a_wrong_passphrase_may_be_typed_again(cli: Cli) -> None:
    (cli.folder / "words").write_text("two red boats\n")
    cli("init", "--name", "Ana", "--no-recovery", "--passphrase-file", "words")
    (cli.folder / "poem.txt").write_text("two red boats\n")
    terminal = at_a_terminal(
        *(cli, "grant", "poem.txt", "--to", "Acme", "--to-url", "https://acme.example", "--free"),
        *("--allow", "index", "--until", LAST_DAY, "--irrevocable", "--worldwide"),
    )
    answer(terminal, [("Type I sign", "I sign")])
    for words in ("two red boots", "two red boats"):
        hidden(terminal, "Passphrase for", words)
    assert ended(terminal) == 0


def test_after_three_wrong_passphrases_it_says_what_can_be_done(cli: Cli) -> None:
    (cli.folder / "words").write_text("two red boats\n")
    cli("init", "--name", "Ana", "--no-recovery", "--passphrase-file", "words")
    (cli.folder / "poem.txt").write_text("two red boats\n")
    terminal = at_a_terminal(cli, "grant", "poem.txt", *TERMS, "--free", "--irrevocable")
    answer(terminal, [*ANSWERS[15:], ("Type I sign", "I sign")])
    for _ in range(3):
        hidden(terminal, "Passphrase for", "three red boats")
    terminal.expect_exact("Next time, the same in one line:")
    terminal.expect_exact("consentsig init --another")
    assert ended(terminal) == 2
    assert not (cli.folder / "poem.txt.consent").exists()


def test_a_position_taken_while_the_person_reads_is_drawn_anew_and_shown(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, ANSWERS)
    terminal.expect(r"Position in the list: (\d+)")
    first = int(terminal.match.group(1))
    terminal.expect_exact("Type I sign to go on: ")
    database = sqlite3.connect(ana.home / "consentsig.db", isolation_level=None)
    database.execute("INSERT INTO positions VALUES (?, ?)", (LIST_URI, first))
    database.close()
    terminal.sendline("I sign")
    terminal.expect_exact("has just taken this position")
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    status = granted(ana).status
    assert status
    assert status.idx != first


def test_like_asks_only_for_the_uses_of_the_earlier_contract(ana: Cli) -> None:
    ana(
        *("grant", "poem.txt", *TERMS, *FREE, "--revocable", "30", "--yes"),
        *("--allow", "index", "--out", "earlier.consent", "--erase", "indexes"),
        *("--erase-within", "9", "--credit", "Ana"),
    )
    terminal = at_a_terminal(ana, "grant", "poem.txt", "--like", "earlier.consent")
    terminal.expect_exact("2  index")
    answer(terminal, [("Their numbers, such as", "3"), ("a number from 1 to 2 is expected", "2")])
    answer(terminal, [("Permit index", "yes"), ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    earlier = parse_contract((ana.folder / "earlier.consent").read_bytes()).terms
    again = granted(ana)
    assert (
        again._replace(uses=earlier.uses, issued=earlier.issued, status=earlier.status) == earlier
    )
    assert again.uses == (Use.INDEX,)


def test_yes_does_not_become_the_credit_line(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:-1], ("The credit line", "yes"), ("would be the line", "back")])
    answer(terminal, [("Must a credit line", "no"), ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).credit is None


def test_back_within_money_returns_question_by_question(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:10], ("What is due", "back"), ("anything else due", "back")])
    answer(terminal, [("How much", "back"), ("What is due", "back"), ("Is it free", "1")])
    answer(terminal, [*ANSWERS[13:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).payments == ()


@pytest.mark.parametrize(
    ("typed", "amount", "decimals"),
    [
        ("500€", 500, 0),
        ("€500", 500, 0),
        ("EUR 500", 500, 0),
        ("499,50 eur", 4995, 1),
        ("1 000 EUR", 1000, 0),
        ("500.005 EUR", 500_005, 3),
    ],
)
def test_money_is_understood_as_people_write_it(
    ana: Cli, typed: str, amount: int, decimals: int
) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt", *TERMS, "--worldwide", "--irrevocable")
    answer(terminal, [("Is it free", "2"), ("What is due", "1"), ("How much", typed)])
    terminal.expect_exact("Taken as ")
    answer(terminal, [("anything else due", "no")])
    answer(terminal, [*ANSWERS[17:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    (due,) = granted(ana).payments
    assert (due.amount, due.decimals, due.currency) == (amount, decimals, "EUR")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://acme.example", "https://acme.example/"),
        ("HTTPS://ACME.example", "https://acme.example/"),
        ("acme.example/licensing", "https://acme.example/licensing"),
    ],
)
def test_an_address_is_put_right_and_said(ana: Cli, typed: str, address: str) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [ANSWERS[0], ("web address", typed)])
    terminal.expect_exact(f"Taken as {address}\r\n  The contract names exactly this address.\r\n")
    terminal.expect_exact(f"{address.replace('//', '//www.')} would be another one. Ask them")
    answer(terminal, [*ANSWERS[2:], ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert granted(ana).grantee.uri == address


def test_uses_are_had_by_name_and_days_in_other_forms(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt")
    answer(terminal, [*ANSWERS[:2], ("Their numbers", "?"), ("makes nothing new", "index and 2")])
    answer(terminal, [("Permit finetune", "no"), ("Permit index", "yes")])
    answer(terminal, [("last day", f"3.2.{NEXT_YEAR}"), ("Is it free", "1")])
    answer(terminal, [("Which one", "1"), ("How many days", "30 days"), *ANSWERS[15:]])
    answer(terminal, [("Type I sign", "I sign")])
    assert ended(terminal) == 0
    terms = granted(ana)
    assert (terms.uses, terms.revocation.days) == ((Use.INDEX,), 30)
    assert f"{terms.expires:%Y-%m-%d}" == f"{NEXT_YEAR}-02-04"


def test_init_asks_again_at_the_question_and_forgets_nothing(cli: Cli) -> None:
    (cli.folder / "folder").mkdir()
    terminal = at_a_terminal(cli, "init")
    answer(
        terminal,
        [
            ("Your name", ""),
            ("is empty", "back"),
            ("Your name", "Ana"),
            ("Its address", "back"),
            ("Your name", "Ana Liu"),
            ("Its address", "ana.example"),
            ("add a file name", "ana.example/consent-list"),
            ("recovery key", ""),
            ("a file is needed", "nowhere/recovery.pem"),
            ("no such folder", "folder"),
            ("is a folder", "home/recovery.pem"),
            ("would lose both keys", "~/recovery.pem"),
        ],
    )
    for question, typed in (
        ("Choose a passphrase", ""),
        ("It is empty", "two red boats"),
        ("The same again", "two red boots"),
        ("The two differ", "two red boats"),
        ("The same again", "two red boats"),
        ("Another one for the recovery key", "back"),
        ("There is no way back from here", "three"),
    ):
        hidden(terminal, question, typed)
    answer(terminal, [("can find such a short one by trying", "back")])
    for question in ("Another one for the recovery key", "The same again"):
        hidden(terminal, question, "three green boats")
    assert ended(terminal) == 0
    (key,) = cli("key", "show", "--json").json
    assert (key["name"], key["list_uri"]) == ("Ana Liu", "https://ana.example/consent-list")
    (path,) = (cli.home / "keys").iterdir()
    PrivateKey.from_pem(path.read_bytes(), b"two red boats")
    PrivateKey.from_pem((cli.folder / "recovery.pem").read_bytes(), b"three green boats")


def test_the_recovery_key_can_have_a_passphrase_of_its_own_from_a_file(cli: Cli) -> None:
    (cli.folder / "words").write_text("two red boats\n")
    (cli.folder / "others").write_text("three\n")
    cli(
        *("init", "--name", "Ana", "--recovery-out", "recovery.pem"),
        *("--passphrase-file", "words", "--recovery-passphrase-file", "others"),
    )
    (path,) = (cli.home / "keys").iterdir()
    PrivateKey.from_pem(path.read_bytes(), b"two red boats")
    PrivateKey.from_pem((cli.folder / "recovery.pem").read_bytes(), b"three")


def test_a_file_named_like_an_address_is_not_taken_for_the_grantees_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("acme.example", "acme.pem"):
        Path(name).write_bytes(PrivateKey.generate().public.to_pem())
    assert answers.party("acme.example") == ("https://acme.example/", None)
    assert answers.party("./acme.example") == (None, "./acme.example")
    assert answers.party("acme.pem") == (None, "acme.pem")


def test_a_work_that_changes_while_its_contract_is_read_is_not_signed_for(ana: Cli) -> None:
    terminal = at_a_terminal(ana, "grant", "poem.txt", *TERMS, *FREE, "--irrevocable")
    terminal.expect_exact("Type I sign to go on:")
    (ana.folder / "poem.txt").write_text("two red goats\n")
    terminal.sendline("I sign")
    terminal.expect_exact("poem.txt: was changed since it was read, so nothing was signed")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 2
    assert ana("list", "--json").out == ""
    assert not (ana.folder / "poem.txt.consent").exists()


# --- many works ---

TEN = tuple(f"{n}.txt" for n in range(10))
NOT_PAID = (*ANSWERS[:6], ("Is it free", "1"), ("Which one", "3"), ("Which one", "1"),
            ("Their numbers, or Enter", ""), ("Must a credit line", "no"))  # fmt: skip


def with_ten(cli: Cli) -> Cli:
    for name in TEN:
        (cli.folder / name).write_text(name)
    return cli


def test_from_ten_works_on_one_file_is_offered_and_what_it_shows_is_said(ana: Cli) -> None:
    terminal = at_a_terminal(with_ten(ana), "grant", *TEN)
    answer(terminal, NOT_PAID)
    terminal.expect_exact("ONE FILE for all 10 contracts, under one signature?")
    terminal.expect_exact("each of them alone shows how many there are, and the file shows them")
    answer(terminal, [("Put them into one file?", "yes"), ("The file to write", "no/x.consents")])
    terminal.expect_exact("no: there is no such folder")
    answer(terminal, [("The file to write", "all"), ("Type I sign", "I sign")])
    terminal.expect_exact("Next time, the same in one line:")
    terminal.expect_exact(" --batch all.consents")
    assert ended(terminal) == 0
    assert len(open_batch((ana.folder / "all.consents").read_bytes())) == 10
    assert not list(ana.folder.glob("*.consent"))


def test_whoever_wants_no_batch_gets_a_file_for_each(ana: Cli) -> None:
    terminal = at_a_terminal(with_ten(ana), "grant", *TEN)
    answer(terminal, [*NOT_PAID, ("Put them into one file?", "no"), ("Type I sign", "I sign")])
    assert ended(terminal) == 0
    assert len(list(ana.folder.glob("*.consent"))) == 10
    assert not list(ana.folder.glob("*.consents"))


def test_for_fewer_works_no_batch_is_offered(ana: Cli) -> None:
    terminal = at_a_terminal(with_ten(ana), "grant", *TEN[:9])
    answer(terminal, NOT_PAID)
    terminal.expect_exact("Type I sign")
    assert "ONE FILE" not in terminal.before
    terminal.sendline("no")
    assert ended(terminal) == 1


def test_one_price_for_all_works_can_be_answered(ana: Cli) -> None:
    terminal = at_a_terminal(with_ten(ana), "grant", *TEN[:3], "--out", "site")
    answer(terminal, [*ANSWERS[:6], ("Is it free", "2")])
    terminal.expect_exact("Each of the 3 works has its own contract, and what is due is due for")
    answer(terminal, [("What is due", "7"), ("How much for all 3 works together", "500 EUR")])
    terminal.expect_exact("500 EUR cannot be divided into 3 equal parts; prices that can be")
    answer(terminal, [("How much for all 3", "600 eur"), ("anything else due", "no")])
    answer(terminal, [*NOT_PAID[7:], ("Type I sign", "I sign")])
    terminal.expect_exact("--pay series:600:EUR")
    assert ended(terminal) == 0
    terms = parse_contract((ana.folder / "site" / "0.txt.consent").read_bytes()).terms
    assert terms.payments == (Payment(PaymentKind.ONCE, 200, 0, "EUR"),)


@pytest.mark.parametrize("end", ["no", "ctrl-c", "back"])
def test_nothing_is_left_of_a_batch_that_is_not_signed(ana: Cli, end: str) -> None:
    before = set(contents(with_ten(ana).folder))
    files = ("--batch", "all.consents", "--review", "read.txt")
    terminal = at_a_terminal(ana, "grant", *TEN, *files)
    answer(terminal, NOT_PAID)
    terminal.expect_exact("Type I sign")
    assert (ana.folder / "read.txt").read_text().count("CONTRACT FOR ONE WORK") == 10
    if end == "back":
        terminal.sendline("back")
        terminal.expect_exact("Must a credit line")
        assert not (ana.folder / "read.txt").exists()
        terminal.sendline("no")
        terminal.expect_exact("Type I sign")
    terminal.sendline("no") if end == "no" else terminal.kill(signal.SIGINT)
    assert ended(terminal) == (1 if end == "no" else 130)
    assert set(contents(ana.folder)) == before
    assert not positions(ana)
