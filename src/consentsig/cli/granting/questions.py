"""The questions that ``grant`` asks at a terminal, one at a time, for what no option said.

Each answer becomes an option, read by the rules of that option: what is asked and what is
written on a command line cannot come to mean two things. ``back`` returns to the question
before. Nothing is written anywhere until the person has read the text and signs.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

from consentsig import Division, PaymentKind, Use
from consentsig.cli.granting import answers as understood
from consentsig.cli.granting.options import Options
from consentsig.cli.granting.use_explanations import IN_OTHER_WORDS
from consentsig.cli.terminal import prompts
from consentsig.cli.terminal.contract_words import ERASE
from consentsig.cli.terminal.output import Problem, say
from consentsig.cli.terminal.signed_texts import signable
from consentsig.cli.terminal.work_files import BATCH_SUFFIX

Step: TypeAlias = Callable[[Options], Options | None]  # None: there is nothing to ask


def begin(
    given: Options,
    offered: tuple[Use, ...],
    works: int,
    *,
    has_list: bool,
    asks_title: bool,
    asks_batch: bool,
) -> prompts.Conversation[Options]:
    """The questions that *given* leaves open, of which none is asked yet.

    Args:
        given: What the command line says.
        offered: The uses that may be permitted; those of an earlier contract, or all.
        works: For how many works.
        has_list: Whether the address of a list is known, for what can be taken back.
        asks_title: Whether to ask for the title of the work.
        asks_batch: Whether many works may get one file for all their contracts.
    """
    say("A few questions, one at a time. Nothing is signed before you have read the contract.")
    say("Type back to return to the question before, or press Ctrl-C to leave everything as it is.")
    address = given.to_url or given.to_key
    offers_batch = asks_batch and works >= _MANY and given.batch is None
    steps: list[tuple[bool, Step]] = [
        (given.to is None, _name),
        (address is None, _address),
        (not given.allow, lambda answers: _uses(answers, offered)),
        (given.purpose is None, _purpose),
        (given.until is None, _until_when),
        (not (given.free or given.pay), lambda answers: _money(answers, works)),
        (not given.says_revocation, _taking_back),
        (not has_list, _list_address),
        (not given.worldwide and given.territory is None, _where),
        (given.erase is None and given.erase_within is None, _erasing),
        (asks_title and given.title is None, _title),
        (given.credit is None, _credit),
        (offers_batch, lambda answers: _batch(answers, works)),
    ]
    return prompts.Conversation([step for is_open, step in steps if is_open], given)


_MANY: Final = 10  # works, from which one file for all contracts is offered

# --- the questions ---


def _name(answers: Options) -> Options:
    say()
    say("WHO MAY USE IT?")
    name = prompts.until(
        "The name of the person or company:", lambda typed: signable(typed, "the name")
    )
    return answers._replace(to=name)


def _address(answers: Options) -> Options:
    say()
    say("A name alone is nobody, since anyone can be called the same.")
    say("Their web address tells them apart, such as https://acme.example. If they gave you a")
    say("public key instead (a line that begins did:key:, or a file), enter that.")
    url, key = prompts.until("Their web address or public key:", understood.party)
    return answers._replace(to_url=url, to_key=key)


def _uses(answers: Options, offered: tuple[Use, ...]) -> Options:
    say()
    say("FOR WHICH USES? Whatever you do not name stays refused. A ? explains them.")
    for number, use in enumerate(offered, start=1):
        say(f"{number:>4}  {use.label}: {use.meaning}")
    permitted = prompts.followed(
        lambda: prompts.until("Their numbers, such as 2 or 2,4:", partial(_named, offered)),
        lambda chosen: _permitted(chosen, ()),
    )
    if not permitted:
        say("No use is permitted so far, and a contract permits at least one.")
        return _uses(answers, offered)
    return answers._replace(allow=(",".join(use.label for use in permitted),))


def _named(offered: tuple[Use, ...], typed: str) -> tuple[Use, ...]:
    if typed != "?":
        return understood.uses(typed, offered)
    for number, use in enumerate(offered, start=1):
        say(f"{number:>4}  {use.label}: {IN_OTHER_WORDS[use]}")
    raise prompts.AskAgain


def _permitted(chosen: tuple[Use, ...], permitted: tuple[Use, ...]) -> tuple[Use, ...]:
    """Those of *chosen* that are permitted, each asked for, after those *permitted* so far."""
    if not chosen:
        return permitted
    use, *others = chosen
    return prompts.followed(
        lambda: prompts.yes_or_no(f"Permit {use.label}: {use.meaning}?"),
        lambda is_yes: _permitted(tuple(others), (*permitted, use) if is_yes else permitted),
    )


def _purpose(answers: Options) -> Options | None:
    if Use.IMITATE.label not in answers.uses:
        return None
    say()
    say("imitate permits outputs in your style, voice or likeness, so the contract must say what")
    if len(answers.uses) == 1:
        say("for, in your words.")
    else:
        say("for, in your words. They narrow every use that you named, not only this one:")
        say(f"  {', '.join(answers.uses)}")
        say("If the others shall not be narrowed, make a contract of its own for imitate.")
    return answers._replace(
        purpose=prompts.until(
            "For which purpose?", lambda typed: signable(typed, "the purpose", 1000)
        )
    )


def _until_when(answers: Options) -> Options:
    say()
    say("UNTIL WHEN? That day counts whole; after it, nothing is permitted any more.")
    example = f"{datetime.now(UTC).year + 1}-12-31"
    question = f"The last day, such as {example}:"
    day = prompts.until(question, lambda typed: understood.last_day(typed, answers.since))
    return answers._replace(until=day)


_MONEY: Final = {
    PaymentKind.ONCE: "one sum, once",
    PaymentKind.PER_RUN: "a sum for each training run",
    PaymentKind.PER_OUTPUT: "a sum for each output of a model",
    PaymentKind.REVENUE_SHARE: "a share of the revenue",
    PaymentKind.POOL_REVENUE: "a part of a pool of revenue",
    PaymentKind.POOL_OUTPUT: "a part of a pool for each output of a model",
}
_POOL_EXAMPLES: Final = {
    PaymentKind.POOL_REVENUE: "a pool of 30 % of the revenue",
    PaymentKind.POOL_OUTPUT: "a pool of 0.05 EUR for each picture",
}


def _money(answers: Options, works: int) -> Options:
    say()
    say("FOR HOW MUCH?")
    question = "Is it free, or is something due?"
    return prompts.followed(
        lambda: _choice(question, "nothing is due, it is free", "money is due"),
        lambda due: answers._replace(**({"pay": _payments((), works)} if due else {"free": True})),
    )


def _payments(before: tuple[str, ...], works: int) -> tuple[str, ...]:
    """All that is due, one thing after those *before*."""
    choices = [*_MONEY.values()]
    if works > 1:
        say(f"Each of the {works} works has its own contract, and what is due is due for each.")
        choices.append(f"one price for all {works} works together, once")
    return prompts.followed(
        lambda: _choice("What is due?", *choices),
        lambda chosen: prompts.followed(
            lambda: _payment(chosen, before, works), lambda spec: _more((*before, spec), works)
        ),
    )


def _payment(chosen: int, before: tuple[str, ...], works: int) -> str:
    if chosen == len(_MONEY):
        question = f"How much for all {works} works together, such as {works} EUR:"
        return prompts.until(question, lambda typed: understood.series(typed, works, before))
    kind, words = list(_MONEY.items())[chosen]
    if not kind.is_pool:
        example = "2.5%" if kind.is_share else "500 EUR"
        return _sum(kind, None, f"How much ({words}), such as {example}:", before)
    say(f"  For example: {_POOL_EXAMPLES[kind]}, shared by all works, equally")
    return prompts.followed(
        lambda: _choice(
            "How is the pool shared?",
            "equally: each work of the model gets the same part",
            "by weight: each work gets the part that the grantee's signed report gives it",
        ),
        lambda chosen: _pool(kind, list(Division)[chosen], before),
    )


def _pool(kind: PaymentKind, division: Division, before: tuple[str, ...]) -> str:
    example = "30%" if kind.is_share else "0.05 EUR"
    return _sum(kind, division, f"How much is in the whole pool, such as {example}:", before)


def _sum(
    kind: PaymentKind, division: Division | None, question: str, before: tuple[str, ...]
) -> str:
    return prompts.until(question, lambda typed: understood.payment(kind, division, typed, before))


def _more(specs: tuple[str, ...], works: int) -> tuple[str, ...]:
    return prompts.followed(
        lambda: prompts.yes_or_no("Is anything else due?"),
        lambda is_more: _payments(specs, works) if is_more else specs,
    )


def _taking_back(answers: Options) -> Options:
    say()
    say("MAY YOU TAKE IT BACK before it ends?")
    return prompts.followed(
        lambda: _choice(
            "Which one?",
            "yes, at any time, and I need no reason",
            "yes, if they break these terms",
            "no, it holds until it ends",
        ),
        lambda chosen: _taken_back(answers, chosen),
    )


def _taken_back(answers: Options, chosen: int) -> Options:
    if chosen == 2:
        return answers._replace(irrevocable=True)
    say("Once you have taken it back, no new use may begin. What runs by then has some days")
    say("to stop.")
    days = prompts.until("How many days, such as 30?", lambda typed: understood.days(typed, 3650))
    if chosen == 0:
        return answers._replace(revocable=days)
    return answers._replace(revocable_on_breach=days)


def _list_address(answers: Options) -> Options | None:
    if answers.irrevocable:
        return None
    say()
    say("WHERE WILL PEOPLE SEE that you have not taken it back? On a small file, your list, which")
    say("you put on your web site. Every contract gives its address, which must stay yours.")
    question = "Its address, such as https://ana.example/consent-list:"
    return answers._replace(list_uri=prompts.until(question, understood.list_uri))


def _where(answers: Options) -> Options:
    say()
    say("WHERE may it be used?")
    return prompts.followed(
        lambda: _choice("Which one?", "in the whole world", "only in some countries"),
        lambda chosen: answers._replace(
            **({"territory": _countries()} if chosen else {"worldwide": True})
        ),
    )


def _countries() -> str:
    return prompts.until(
        "Their names or two-letter codes, such as Portugal, ES:", understood.countries
    )


def _erasing(answers: Options) -> Options:
    say()
    say("WHAT MUST BE ERASED once it has ended, or was taken back?")
    kinds = list(ERASE)
    for number, kind in enumerate(kinds, start=1):
        say(f"{number:>4}  {ERASE[kind]}")
    return prompts.followed(
        lambda: prompts.until(
            "Their numbers:",
            lambda typed: understood.numbers(typed, len(kinds)) if typed else [],
            otherwise="if the contract shall say nothing",
        ),
        lambda chosen: _erased(answers, [kinds[number - 1].label for number in chosen]),
    )


def _erased(answers: Options, labels: list[str]) -> Options:
    if not labels:
        return answers
    question = "Within how many days, such as 60?"
    days = prompts.until(question, lambda typed: understood.days(typed, 365))
    return answers._replace(erase=",".join(labels), erase_within=days)


def _title(answers: Options) -> Options:
    say()
    say("DOES THE WORK HAVE A TITLE? If you give one, it becomes part of the contract.")
    return answers._replace(title=prompts.until("Its title:", _title_line, otherwise="for none"))


def _title_line(typed: str) -> str | None:
    if typed.lower() in ("yes", "y", "no", "n", "none"):
        raise Problem(f"{typed!r} would be the title itself; press Enter for none")
    return signable(typed, "the title") if typed else None


def _credit(answers: Options) -> Options:
    say()
    say("MUST YOUR NAME APPEAR?")
    return prompts.followed(
        lambda: prompts.yes_or_no("Must a credit line appear wherever the work is shown?"),
        lambda must: answers._replace(credit=_credit_line()) if must else answers,
    )


def _credit_line() -> str:
    say("Its words, which must appear exactly as you write them.")
    return prompts.until("The credit line, such as Photo: Ana Liu:", _line_for_credit)


def _line_for_credit(typed: str) -> str:
    if typed.lower() in ("yes", "y", "no", "n"):
        raise Problem(f"{typed!r} would be the line itself; type back to answer yes or no")
    return signable(typed, "the credit line")


def _batch(answers: Options, works: int) -> Options:
    say()
    say(f"ONE FILE for all {works} contracts, under one signature? Each work still has its own")
    say("contract in it. But each of them alone shows how many there are, and the file shows them")
    say("all to whoever has it. If nobody shall see that, answer no: each gets its own file.")
    return prompts.followed(
        lambda: prompts.yes_or_no("Put them into one file?"),
        lambda is_one: answers._replace(batch=_batch_file()) if is_one else answers,
    )


def _batch_file() -> str:
    question = f"The file to write, such as series{BATCH_SUFFIX}:"
    return prompts.until(question, understood.batch_file)


def _choice(question: str, *answers: str) -> int:
    """Which of *answers*, from 0, somebody chooses by its number."""
    for number, answer in enumerate(answers, start=1):
        say(f"{number:>4}  {answer}")
    most = len(answers)
    return prompts.until(f"{question} (1 to {most})", lambda typed: understood.one(typed, most)) - 1
