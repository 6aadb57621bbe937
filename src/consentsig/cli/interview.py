"""The questions that ``grant`` asks at a terminal, one at a time, for what no option said.

Each answer becomes an option, read by the rules of that option: what is asked and what is
written on a command line cannot come to mean two things. ``back`` returns to the question
before. Nothing is written anywhere until the person has read the text and signs.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Final, TypeAlias, TypeVar

from consentsig import Erase, KeyFileError, Use
from consentsig.cli import ask, inputs, output
from consentsig.cli import terms as read
from consentsig.cli.fields import ERASE
from consentsig.cli.options import Options
from consentsig.cli.output import Problem, say
from consentsig.cli.texts import list_address, signable

_T = TypeVar("_T")
Step: TypeAlias = Callable[[Options], Options | None]  # None: there is nothing to ask

_YES: Final = ("y", "yes")
_NO: Final = ("", "n", "no")


class _Back(Exception):  # noqa: N818  # it is no error: somebody wants to see the question before
    """The person wants to return to the question before."""


def complete(given: Options, offered: tuple[Use, ...], *, has_list: bool) -> Options:
    """*given* and the answers to what it leaves open.

    Args:
        given: What the command line says.
        offered: The uses that may be permitted; those of an earlier contract, or all.
        has_list: Whether the address of a list is known, for what can be taken back.

    Raises:
        typer.Abort: The input ended.
    """
    say("A few questions, one at a time. Nothing is signed before you have read the contract.")
    say("Type back to return to the question before, or press Ctrl-C to leave everything as it is.")
    answers = given
    asked: list[tuple[int, Options]] = []
    steps = _steps(given, offered, has_list=has_list)
    place = 0
    while place < len(steps):
        try:
            new = steps[place](answers)
        except _Back:
            if asked:
                place, answers = asked.pop()
            continue
        if new is not None:
            asked.append((place, answers))
            answers = new
        place += 1
    say()
    return answers


def _steps(given: Options, offered: tuple[Use, ...], *, has_list: bool) -> list[Step]:
    """The questions that *given* leaves open, in the order of a conversation."""
    address = given.to_url or given.to_key
    steps: list[tuple[bool, Step]] = [
        (given.to is None, _name),
        (address is None, _address),
        (not given.allow, lambda answers: _uses(answers, offered)),
        (given.purpose is None, _purpose),
        (given.until is None, _until_when),
        (not (given.free or given.pay), _money),
        (not given.says_revocation, _taking_back),
        (not has_list, _list_address),
        (not given.worldwide and given.territory is None, _where),
        (given.erase is None and given.erase_within is None, _erasing),
        (given.credit is None, _credit),
    ]
    return [step for is_open, step in steps if is_open]


# --- the questions ---


def _name(answers: Options) -> Options:
    say()
    say("WHO MAY USE IT?")
    name = _until("The name of the person or company:", lambda typed: signable(typed, "the name"))
    return answers._replace(to=name)


def _address(answers: Options) -> Options:
    say()
    say("A name alone is nobody, since anyone can be called the same.")
    say("Their web address tells them apart, such as https://acme.example. If they gave you a")
    say("public key instead (a line that begins did:key:, or a file), enter that.")
    url, key = _until("Their web address or public key:", _party)
    return answers._replace(to_url=url, to_key=key)


def _party(typed: str) -> tuple[str | None, str | None]:
    """A grantee's address, or else key; a bare host is taken for a web address."""
    if inputs.is_host(typed):
        typed = f"https://{typed}"
        say(f"Taken as {typed}/")
    is_address = inputs.party(typed).key is None
    return (typed, None) if is_address else (None, typed)


def _uses(answers: Options, offered: tuple[Use, ...]) -> Options:
    say()
    say("FOR WHICH USES? Whatever you do not name stays refused.")
    for number, use in enumerate(offered, start=1):
        say(f"{number:>4}  {use.label}: {use.meaning}")
    chosen = _until("Their numbers, such as 2 or 2,4:", lambda typed: _numbered(typed, offered))
    permitted = [use for use in chosen if _permits(use)]
    if not permitted:
        say("No use is permitted so far, and a contract permits at least one.")
        return _uses(answers, offered)
    return answers._replace(allow=(",".join(use.label for use in permitted),))


def _numbered(typed: str, offered: tuple[Use, ...]) -> list[Use]:
    return [offered[number - 1] for number in _numbers(typed, len(offered))]


def _permits(use: Use) -> bool:
    return _until(f"Permit {use.label}: {use.meaning}? (yes or no)", _yes_or_no)


def _purpose(answers: Options) -> Options | None:
    if Use.IMITATE.label not in answers.uses:
        return None
    say()
    say("imitate permits outputs in your style, voice or likeness, so the contract must say what")
    say("for, in your words. What you write here only narrows what you permit.")
    return answers._replace(
        purpose=_until("For which purpose?", lambda typed: signable(typed, "the purpose", 1000))
    )


def _until_when(answers: Options) -> Options:
    say()
    say("UNTIL WHEN? That day counts whole; after it, nothing is permitted any more.")
    example = f"{datetime.now(UTC).year + 1}-12-31"
    return answers._replace(until=_until(f"The last day, such as {example}:", _day))


def _day(typed: str) -> str:
    if inputs.end_of(typed, "the last day") <= inputs.now():
        raise Problem(f"{typed} is over; today is {date.today()}")  # noqa: DTZ011  # as the person's calendar has it
    return typed


_MONEY: Final = (
    ("flat", "one sum, once"),
    ("run", "a sum for each training run"),
    ("output", "a sum for each output of a model"),
    ("revenue", "a share of the revenue"),
)


def _money(answers: Options) -> Options:
    say()
    say("FOR HOW MUCH?")
    if _choice("Is it free, or is something due?", "nothing is due, it is free", "money is due"):
        return answers._replace(pay=_payments())
    return answers._replace(free=True)


def _payments() -> tuple[str, ...]:
    specs: list[str] = []
    while not specs or _until("Is anything else due? (yes or no)", _yes_or_no):
        kind, words = _MONEY[_choice("What is due?", *(words for _, words in _MONEY))]
        example = "2.5%" if kind == "revenue" else "500 EUR"
        question = f"How much is {words}? Such as {example}:"
        specs.append(_until(question, partial(_payment, kind, specs)))
    return tuple(specs)


def _payment(kind: str, before: list[str], typed: str) -> str:
    amount = "".join(typed.split()) if kind == "revenue" else ":".join(typed.upper().split())
    spec = f"{kind}:{amount}"
    try:
        read.payments([*before, spec], free=False)
    except Problem as problem:
        # It speaks of options, which nobody wrote here.
        raise Problem(str(problem).removeprefix("--pay ")) from None
    return spec


def _taking_back(answers: Options) -> Options:
    say()
    say("MAY YOU TAKE IT BACK before it ends?")
    chosen = _choice(
        "Which one?",
        "yes, at any time, and I need no reason",
        "yes, if they break these terms",
        "no, it holds until it ends",
    )
    if chosen == 2:
        return answers._replace(irrevocable=True)
    say("Once you have taken it back, no new use may begin. What runs by then has some days")
    say("to stop.")
    days = _until("How many days, such as 30?", lambda typed: _days(typed, 3650))
    if chosen == 0:
        return answers._replace(revocable=days)
    return answers._replace(revocable_on_breach=days)


def _list_address(answers: Options) -> Options | None:
    if answers.irrevocable:
        return None
    say()
    say("WHERE WILL PEOPLE SEE that you have not taken it back? On a small file, your list, which")
    say("you put on a web site of yours. Its address stands in every contract and must stay yours.")
    address = _until("Its address, such as https://ana.example/consent-list:", list_address)
    return answers._replace(list_uri=address)


def _where(answers: Options) -> Options:
    say()
    say("WHERE may it be used?")
    if not _choice("Which one?", "in the whole world", "only in some countries"):
        return answers._replace(worldwide=True)
    question = "Their two-letter codes, such as PT,ES:"
    return answers._replace(territory=_until(question, _countries))


def _countries(typed: str) -> str:
    codes = ",".join(typed.replace(",", " ").upper().split())
    read.territory(codes, worldwide=False)
    return codes


def _erasing(answers: Options) -> Options:
    say()
    say("WHAT MUST BE ERASED once it has ended, or was taken back?")
    kinds = list(ERASE)
    for number, kind in enumerate(kinds, start=1):
        say(f"{number:>4}  {ERASE[kind]}")
    question = "Their numbers, or Enter if the contract shall say nothing:"
    chosen = _until(question, lambda typed: _numbers(typed, len(kinds)) if typed else [])
    if not chosen:
        return answers
    days = _until("Within how many days, such as 60?", lambda typed: _days(typed, 365))
    labels = [_label(kinds[number - 1]) for number in chosen]
    return answers._replace(erase=",".join(labels), erase_within=days)


def _label(kind: Erase) -> str:
    return (kind.name or "").lower()


def _credit(answers: Options) -> Options:
    say()
    say("MUST YOUR NAME APPEAR?")
    credit = _until(
        "The credit line, such as Photo: Ana Liu, or Enter for none:",
        lambda typed: signable(typed, "the credit line") if typed else None,
    )
    return answers._replace(credit=credit)


# --- how an answer is had ---


def _until(question: str, understand: Callable[[str], _T]) -> _T:
    """What somebody answers, asked again until it is understood."""
    while True:
        typed = ask.typed(question)
        if typed == "back":
            raise _Back
        try:
            return understand(typed)
        except (Problem, KeyFileError) as problem:
            say(f"  That does not work: {problem}.")
        except OSError as error:
            say(f"  That does not work: {output.os_error(error)}.")


def _choice(question: str, *answers: str) -> int:
    """Which of *answers*, from 0, somebody chooses by its number."""
    for number, answer in enumerate(answers, start=1):
        say(f"{number:>4}  {answer}")
    return _until(f"{question} (1 to {len(answers)})", lambda typed: _one(typed, len(answers))) - 1


def _one(typed: str, most: int) -> int:
    numbers = _numbers(typed, most)
    if len(numbers) > 1:
        raise Problem(f"one number is expected, {len(numbers)} were given")
    return numbers[0]


def _numbers(typed: str, most: int) -> list[int]:
    """Numbers from 1 to *most*, with commas or spaces between, in order and none twice."""
    words = typed.replace(",", " ").split()
    if not words:
        raise Problem(f"a number from 1 to {most} is expected")
    for word in words:
        if not (word.isascii() and word.isdigit() and 1 <= int(word[:9]) <= most):
            raise Problem(f"{word!r} is not a number from 1 to {most}")
    return sorted({int(word) for word in words})


def _days(typed: str, most: int) -> int:
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:9]) <= most):
        raise Problem(f"a number of days from 1 to {most} is expected")
    return int(typed)


def _yes_or_no(typed: str) -> bool:
    if typed.lower() in _YES:
        return True
    if typed.lower() in _NO:
        return False
    raise Problem("yes or no is expected")
