"""How the answers of ``verify`` are told, to people and to programs."""

from datetime import datetime
from typing import Final, NamedTuple

from consentsig import (
    BadSignatureError,
    MalformedError,
    SignedContract,
    StatusDisputedError,
    StatusList,
    StatusUnknownError,
    UnknownCreatorError,
    Verdict,
    VerifiedContract,
    WrongGranteeError,
    WrongTerritoryError,
    WrongWorkError,
    json_values,
)
from consentsig.cli.terminal import arguments, contract_words, given_lists, layout, output, parties
from consentsig.cli.terminal.output import line
from consentsig.errors import quoted, utc
from consentsig.evidence.fetch import NOT_PUBLIC

_MEANING: Final = {
    "valid": "this use of this work is permitted",
    "authentic": "the contract stands, but this is no permission: not everything was asked",
}
# What is said instead where the newest list is by the recovery key.
_REPLACED: Final = {
    "valid": "this use of this work is permitted, but ",
    "authentic": "not revoked, but ",
}
_WHAT_IT_MEANS: Final = {
    BadSignatureError: "the file is damaged, or was changed after it was signed; ask for it again",
    StatusDisputedError: (
        "both lists are evidence; ask whoever made the other one to show when it was published"
    ),
    WrongWorkError: "a copy that was changed, resized or saved again is another work",
}
NOT_REACHED: Final = "the contract is refused before any list is asked"
NOT_NEEDED: Final = "the contract cannot be revoked, so no list is needed"
_BY_RECOVERY: Final = (
    "the list there is by the creator's recovery key, which confirms nothing; "
    "ask the creator for a new contract"
)
_PROOF: Final = (
    "This proves that whoever holds the creator's key signed exactly these terms. It does not "
    "prove who that is, that they made the work, or that anyone keeps the conditions."
)


class Row(NamedTuple):
    """The answer about one file.

    Attributes:
        file: Its path.
        verdict: The answer; None if the file could not be read.
        contract: What the file says, where it is a contract with a good signature.
        used: The lists given that may speak for it.
        ignored: The other lists given, with the reason.
        unreadable: Why the file could not be read.
        not_fetched: Why the list that the contract names was asked for in vain.
        swapped: The file that was given as the work and is a contract, where this one is none.
        checked: When the address of its list was last asked.
        replaced_until: When the list ends on which a yes rests, if the recovery key's is newer.
    """

    file: str
    verdict: Verdict | None = None
    contract: SignedContract | None = None
    used: tuple[StatusList, ...] = ()
    ignored: tuple[tuple[given_lists.Given, str], ...] = ()
    unreadable: str = ""
    not_fetched: str = ""
    swapped: str = ""
    checked: datetime | None = None
    replaced_until: datetime | None = None

    @property
    def list_uri(self) -> str | None:
        """The address of the list that the contract names."""
        status = self.contract.terms.status if self.contract else None
        return status and status.uri


def exit_status(rows: list[Row]) -> int:
    """2 if any file could not be read, else 1 if any does not hold, else 0."""
    if any(row.verdict is None for row in rows):
        return output.NOT_ASKED
    if all(row.verdict is not None and row.verdict.contract is not None for row in rows):
        return output.HOLDS
    return output.DOES_NOT_HOLD


def show(
    rows: list[Row], names: dict[bytes, str], broken: list[given_lists.Broken], *, as_json: bool
) -> None:
    """Print all answers; several files get a line each, one gets all there is to say."""
    for row in rows:
        if as_json:
            output.json_line(_values(row, names, broken))
        elif row.verdict is None:
            output.error("error", row.unreadable)
        elif len(rows) > 1:
            line(f"{row.file}: {row.verdict.result}: {_message(row, row.verdict)}")
        elif row.verdict.contract is None:
            output.error(row.verdict.result, row.verdict.message)
            output.hint(*_hints(row))
        else:
            _explain(row, row.verdict.contract, _message(row, row.verdict), names)
    if not as_json:
        if len(rows) > 1:
            _tell_unknown(rows)
        _tell_ignored(rows)
        _tell_not_fetched(rows)
        _tell_asked(rows)


def _message(row: Row, verdict: Verdict) -> str:
    if row.replaced_until is not None:
        return _REPLACED[verdict.result] + contract_words.no_longer_confirmed(row.replaced_until)
    return _MEANING.get(verdict.result, verdict.message)


def _tell_unknown(rows: list[Row]) -> None:
    """Say how to believe the keys that are not believed yet, each once."""
    hints = (
        hint
        for row in rows
        if row.verdict is not None and isinstance(row.verdict.error, UnknownCreatorError)
        for hint in _hints(row)
    )
    output.hint(*dict.fromkeys(hints))


def _tell_ignored(rows: list[Row]) -> None:
    """Report lists that were named and did not count; a folder may hold others' lists."""
    told = {
        f"{given.file} is not used: {reason}"
        for row in rows
        for given, reason in row.ignored
        if reason not in (NOT_REACHED, NOT_NEEDED)
        and (_is_about(row, given) or (given.named and len(rows) == 1))
    }
    for each in sorted(told):
        output.warning(each)


def _is_about(row: Row, given: given_lists.Given) -> bool:
    return given.known.terms.uri == row.list_uri


def _tell_not_fetched(rows: list[Row]) -> None:
    """Report each list that could not be had, and what the answer rests on instead."""
    told = {
        f"{_not_fetched(row)}{f'; the answer rests on the one made {_age(row)}' * _has_age(row)}"
        for row in rows
        if row.not_fetched and not (len(rows) == 1 and _is_unknown(row))  # else a hint says it
    }
    for each in sorted(told):
        output.warning(each)


def _tell_asked(rows: list[Row]) -> None:
    """Say when each list was last asked for, unless a single yes has said it."""
    told = {
        f"the address {row.list_uri} was {_asked(row)}"
        for row in rows
        if row.verdict is not None
        if row.checked is not None or (_has_age(row) and not row.not_fetched)
        if len(rows) > 1 or row.verdict.contract is None
    }
    for each in sorted(told):
        output.error("note", each)


def _asked(row: Row) -> str:
    """When the address of the list was last asked."""
    if row.checked is None:
        return "never asked from here; --refresh asks it"
    return f"last asked {output.age(arguments.now() - row.checked)}; --refresh asks again"


def tell_age(rows: list[Row]) -> None:
    """Say how old the remembered lists are that decided."""
    told = {
        f"the list {row.list_uri} was made {_age(row)}; no newer one was fetched"
        for row in rows
        if _has_age(row)
    }
    for each in sorted(told):
        output.error("note", each)


def _has_age(row: Row) -> bool:
    return row.verdict is not None and row.verdict.as_of is not None


def _age(row: Row) -> str:
    as_of = None if row.verdict is None else row.verdict.as_of
    return "" if as_of is None else output.age(arguments.now() - as_of)


def _is_unknown(row: Row) -> bool:
    return row.verdict is not None and isinstance(row.verdict.error, StatusUnknownError)


def _not_fetched(row: Row) -> str:
    return f"the list {row.list_uri} was not fetched: {row.not_fetched}"


def _hints(row: Row) -> list[str]:
    """What to do about a no: where that is a command, one that can be pasted."""
    contract = row.contract
    error = None if row.verdict is None else row.verdict.error
    if isinstance(error, StatusUnknownError):
        return _how_to_know(row, error.uri)
    match error:
        case MalformedError():
            return [_what_it_is(row)]
        case UnknownCreatorError() if contract is not None:
            return [
                "a name in a contract is only a claim; if you have made sure whose key it is:",
                output.trust_line(contract.terms.creator.key, None),
            ]
        case WrongGranteeError(contract=(str(named), _), asked=(str(asked), _)) if (
            parties.www_twin(asked) == named
        ):
            differ = f"{asked} and {named} are two addresses, and the contract names the second"
            return [f"{differ}; if both are yours: --for {named}"]
        case WrongTerritoryError(asked=None, granted=(country, *_)):
            return [f"if it is used there, add: --territory {country}"]
    return [_WHAT_IT_MEANS[type(error)]] if type(error) in _WHAT_IT_MEANS else []


def _what_it_is(row: Row) -> str:
    """What to do about a file that is no contract."""
    work, file = output.shell(row.swapped), output.shell(row.file)
    if row.swapped:
        return f"{work} is a contract; the two seem to be swapped: {work} --work {file}"
    return f"to see what the file is: consentsig show {file}"


def _how_to_know(row: Row, uri: str) -> list[str]:
    if _is_by_recovery(row):
        return [_BY_RECOVERY]
    hints = [_not_fetched(row)] if row.not_fetched else []
    if NOT_PUBLIC in row.not_fetched:
        hints.append("if it is your own network, add: --allow-private")
    return [*hints, f"get the current list from {uri} and add: --status FILE"]


def _is_by_recovery(row: Row) -> bool:
    """Whether all lists found are by the recovery key, which can only revoke."""
    if row.contract is None or not row.used:
        return False
    creator = row.contract.terms.creator
    decides = row.contract.terms.list_key or creator.key.thumbprint
    signers = {known.terms.signer.thumbprint for known in row.used}
    return signers == {creator.recovery} and creator.recovery != decides


def _explain(row: Row, contract: VerifiedContract, message: str, names: dict[bytes, str]) -> None:
    terms = contract.terms
    is_plain_yes = contract.result == "valid" and row.replaced_until is None
    style = "bold green" if is_plain_yes else "bold"
    layout.line(f"{row.file}: {contract.result}: {message}", style)
    if contract.not_asked:
        line(f"Not asked:    {', '.join(contract.not_asked)}")
    thumbprint = terms.creator.key.thumbprint
    line(f"Creator:      {names.get(thumbprint, 'a key named by --creator')}")
    if terms.creator.name is not None:
        line(f"              calls itself {quoted(terms.creator.name)}")
    line(f"              key {thumbprint.hex()}")
    by = terms.grantee.uri or f"key {terms.grantee.key.hex() if terms.grantee.key else ''}"
    line(f"Permitted to: {by}, called {quoted(terms.grantee.name)}")
    line(f"Uses:         {', '.join(use.label for use in terms.uses)}, and no other")
    line(f"Where:        {'worldwide' if terms.is_worldwide else ', '.join(terms.territory)}")
    line(f"Until:        {output.last_day(terms.expires)}")
    if contract.as_of is None:
        line("Revoked:      no, and it cannot be")
    else:
        line(f"Revoked:      no, says the list of {utc(contract.as_of)}")
        if row.checked is not None or not row.not_fetched:  # else a warning says it
            line(f"              its address was {_asked(row)}")
    line()
    words = contract_words.in_words(terms)
    line("What software cannot check and you must keep:" if words else "There are no conditions.")
    for each in words:
        line(f"  - {each}")
    line()
    line(_PROOF)


def _values(
    row: Row, names: dict[bytes, str], broken: list[given_lists.Broken]
) -> dict[str, object]:
    ignored = [{"file": given.file, "reason": reason} for given, reason in row.ignored]
    found = _NOTHING | {"message": row.unreadable} if row.verdict is None else row.verdict.to_dict()
    creator = None if row.verdict is None else row.verdict.creator
    if creator is not None:
        known_as = names.get(creator.key.thumbprint)
        found = found | {"creator": json_values.creator(creator) | {"known_as": known_as}}
    return {
        "file": row.file,
        **found,
        "checked": json_values.instant(row.checked),
        "ignored": ignored + [each._asdict() for each in broken],
        "not_fetched": row.not_fetched or None,
    }


# What there is to say of a file that could not be read.
_NOTHING: Final[dict[str, object]] = {
    "result": None, "permitted": False, "step": None, "message": "", "contract_id": None,
    "not_asked": [], "creator": None, "as_of": None, "status_list": None, "expires": None,
    "conditions": None,
}  # fmt: skip
