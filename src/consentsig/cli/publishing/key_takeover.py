"""What becomes of contracts where one key's list takes the place of another's (spec §7.3).

That happens when a key was lost or stolen and its recovery key speaks; and it would happen
again, the other way round, if the stolen key published once more.
"""

import os
from collections.abc import Mapping

import typer

from consentsig import PublicKey, StatusList, parse_contract
from consentsig.cli.publishing import destinations
from consentsig.cli.publishing.destinations import Earlier
from consentsig.cli.terminal import arguments, output, prompts
from consentsig.errors import quoted
from consentsig.evidence.publisher import revoked_by
from consentsig.home.home import Home


def ask_first(home: Home, speaker: PublicKey, earlier: Mapping[str, Earlier], *, yes: bool) -> None:
    """Say what a list by *speaker* would change for contracts of another key, and ask.

    Raises:
        typer.Exit: The answer is no.
    """
    lost = [uri for uri in earlier if home.deciding_keys(uri) - {speaker.thumbprint}]
    undone = [uri for uri in earlier if uri not in lost and _undoes(home, speaker, uri, earlier)]
    if not lost and not undone:
        return
    if lost:
        _tell_lost(home, speaker, {uri: earlier[uri] for uri in lost})
    for uri in undone:
        output.warning(
            f"the newest list at {uri} is by your recovery key, as after a theft; a list by the "
            "other key would confirm again what that one left unconfirmed"
        )
    prompts.check_can_confirm(yes=yes)
    if not prompts.confirmed("Sign this list?", "yes", yes=yes):
        raise typer.Exit(output.DOES_NOT_HOLD)


def _tell_lost(home: Home, speaker: PublicKey, earlier: Mapping[str, Earlier]) -> None:
    output.say(
        "This key can take contracts back and cannot confirm any: they name another key for that. "
        "Where its list takes the place of the other key's,"
    )
    for uri, shown in earlier.items():
        before = revoked_by(home.speakers(uri), uri, home.lists, shown.lists).bits()
        taken = (home.revoked_bits(uri, speaker.thumbprint) | before).bit_count()
        unknown = home.left_unknown(uri, speaker.thumbprint, arguments.now())
        output.say(f"  at {uri}")
        output.say(f"    {output.count(taken, 'contract')} will be taken back, for ever;")
        output.say("    all others there will count for nothing (status-unknown).")
        if unknown:
            output.say(f"    This computer knows of {output.count(len(unknown), 'contract')}:")
        else:
            output.say("    None is known here, but other computers may have granted some.")
        for data, file in unknown:
            output.say(f"      {_named(data, file)}")
    output.say("They can be granted anew, with a new key and a new list.")


def _named(data: bytes, file: bytes | None) -> str:
    terms = parse_contract(data).terms
    where = f": {os.fsdecode(file)}" if file else ""
    return f"to {quoted(terms.grantee.name)}, until {output.last_day(terms.expires)}{where}"


def _undoes(home: Home, speaker: PublicKey, uri: str, earlier: Mapping[str, Earlier]) -> bool:
    newest = destinations.newest(home, uri, earlier[uri].lists)
    return newest is not None and newest.terms.signer != speaker and _is_recovery(home, newest)


def is_recovered(home: Home, uri: str) -> bool:
    """Whether the newest list known at *uri* is by a recovery key."""
    newest = destinations.newest(home, uri)
    return newest is not None and _is_recovery(home, newest)


def _is_recovery(home: Home, known: StatusList) -> bool:
    terms = known.terms
    return terms.signer.thumbprint in home.recovery_keys(terms.uri) - home.deciding_keys(terms.uri)
