"""``revoke``: take contracts back. It counts once the list that says so is published."""

from datetime import datetime
from typing import Annotated, NamedTuple

import typer

from consentsig import Creator, StatusBook, UnverifiedContract
from consentsig.cli.terminal import arguments, clock_check, given_lists, output, prompts
from consentsig.cli.terminal.mistaken_files import read_contract
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.signed_texts import signable
from consentsig.errors import RefusedError, quoted, utc
from consentsig.home import trust
from consentsig.home.home import Home

app = arguments.command_app()


class _Chosen(NamedTuple):
    """A contract to take back."""

    file: str
    contract: UnverifiedContract
    data: bytes


@arguments.command(app, "consentsig revoke photo.jpg.consent")
def revoke(
    *,
    contracts: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="The contracts. - is standard input.")
    ],
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why you take them back. It stays on this computer."),
    ] = None,
    recovery_key: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Their recovery key, if the signing key is lost."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    passphrase_file: arguments.PassphraseFile = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Take contracts back, for ever. Then run `publish`, so that others can know.

    If the key that signed them is lost, the recovery key shows that they are yours.
    """
    reason = None if reason is None else signable(reason, "--reason", 1000)
    with arguments.open_home(folder) as home:
        own = {key.public.thumbprint for key in home.own_keys()}
        speaking = set(own)
        if recovery_key is not None:
            speaking.add(prompts.unlock_file(recovery_key, passphrase_file)[0].public.thumbprint)
        chosen = [_read(home, speaking, file) for file in contracts]
        _check_one_creator_each(chosen)
        new = [each for each in chosen if not home.is_revoked(each.contract.contract_id)]
        are_new = {each.contract.contract_id for each in new}
        if new:
            prompts.check_can_confirm(yes=yes)
            home.check_writable()
            clock_check.warn_if_set_back(home)
            _list(new, own, trust.names(home), as_json=as_json)
            question = f"Take back {output.count(len(new), 'contract')}, for ever?"
            if not prompts.confirmed(question, "yes", yes=yes):
                return output.DOES_NOT_HOLD
            home.revoke([(each.contract, each.data) for each in new], reason, arguments.now())
        book = StatusBook(at=arguments.now(), shelves=(home.lists,))
        said = [
            None
            if each.contract.contract_id in are_new
            else book.revoked_since(each.contract.terms)
            for each in chosen
        ]
        for each, since in zip(chosen, said, strict=True):
            _tell(each, since, is_new=each.contract.contract_id in are_new, as_json=as_json)
        if not as_json:
            waiting = [each for each, since in zip(chosen, said, strict=True) if since is None]
            _explain(home, waiting or chosen, recovery_key, is_published=not waiting)
    return output.HOLDS


def _read(home: Home, own: set[bytes], file: str) -> _Chosen:
    try:
        data = arguments.contract(file)
        contract = read_contract(file, data, "consentsig revoke")
        terms = contract.terms
        # Whoever could make us record a forged contract could revoke another at its position.
        contract.check_signature()
    except RefusedError as error:
        raise Problem(f"{file}: {error.code}: {error}") from None
    speakers = {terms.list_key, terms.creator.key.thumbprint, terms.creator.recovery}
    if not speakers & own:
        raise Problem(
            f"{file}: signed by key {terms.creator.key.thumbprint.hex()}, for which no key in "
            f"{home.folder} may speak",
            "consentsig key show",
            "if the key is lost, add --recovery-key FILE",
        )
    if terms.status is None:
        raise Problem(
            f"{file}: cannot be taken back; it was granted as irrevocable and holds until "
            f"{output.last_day(terms.expires)}"
        )
    if terms.creator.key.thumbprint not in own and home.has_of(own, terms.status.uri):
        # Anyone can name our key as recovery; their lists must not be carried into ours.
        raise Problem(
            f"{file}: names your list {terms.status.uri}, but is signed by another key, "
            f"{terms.creator.key.thumbprint.hex()}"
        )
    if home.has_other_at(*terms.status, contract.contract_id):
        raise Problem(
            f"{file}: names position {terms.status.idx} of {terms.status.uri}, which belongs to "
            "another contract of yours; taking it back would take back that one"
        )
    return _Chosen(file, contract, data)


def _check_one_creator_each(chosen: list[_Chosen]) -> None:
    """Refuse contracts of two creators at one address: one of them may be slipped in."""
    first: dict[str, _Chosen] = {}
    for each in chosen:
        terms = each.contract.terms
        if terms.status is None:
            continue
        other = first.setdefault(terms.status.uri, each)
        thumbprint = other.contract.terms.creator.key.thumbprint
        if terms.creator.key.thumbprint != thumbprint:
            raise Problem(
                f"{each.file}: signed by key {terms.creator.key.thumbprint.hex()}, and "
                f"{other.file} by key {thumbprint.hex()}, for the same list {terms.status.uri}",
                "take back the contracts of one creator at a time: "
                f"consentsig revoke {output.shell(other.file)}",
            )


def _list(
    chosen: list[_Chosen], own: set[bytes], names: dict[bytes, str], *, as_json: bool
) -> None:
    """Show what is about to be taken back, and whose signature stands under what is not ours."""
    say = output.say if as_json else line
    for each in chosen:
        terms = each.contract.terms
        work = quoted(terms.work.title) if terms.work.title else terms.work.sha256.hex()
        uses = ", ".join(use.label for use in terms.uses)
        say(f"{each.file}: {work}, to {quoted(terms.grantee.name)}, for {uses}")
        if terms.creator.key.thumbprint not in own:
            # Anyone can name our key as recovery key, and the lists of their key would count.
            say(f"  {_signed_by(terms.creator, names)}")


def _signed_by(creator: Creator, names: dict[bytes, str]) -> str:
    thumbprint = creator.key.thumbprint
    claim = f"calls itself {quoted(creator.name)}" if creator.name else "gives no name"
    known = names.get(thumbprint)
    here = f", and which you call {quoted(known)}" if known else ""
    return f"signed by key {thumbprint.hex()}, which {claim}{here}"


def _tell(chosen: _Chosen, since: datetime | None, *, is_new: bool, as_json: bool) -> None:
    status = chosen.contract.terms.status
    if as_json:
        output.json_line(
            {
                "file": chosen.file,
                "contract_id": chosen.contract.contract_id.hex(),
                "new": is_new,
                "status": status and status._asdict(),
            }
        )
    else:
        says = f"; so says the list of {utc(since)}" if since else ""
        line(f"{'Taken back' if is_new else 'Was taken back before'}: {chosen.file}{says}")


def _explain(
    home: Home, chosen: list[_Chosen], recovery_key: str | None, *, is_published: bool
) -> None:
    status = (each.contract.terms.status for each in chosen)
    uris = {each.uri for each in status if each}
    line()
    if is_published:
        line("Nothing more is to be published. If that list, or a later one, is not online yet:")
    else:
        line("Nobody knows of it before you publish the list and upload it:")
        with_key = f" --recovery-key {output.shell(recovery_key)}" if recovery_key else ""
        first = " --first" * (recovery_key is None and given_lists.are_first(home, uris))
        line(output.command(f"consentsig publish --out FOLDER{first}{with_key}"))
    for uri in sorted(uris):
        line(f"  {'' if is_published else 'then '}upload it to {uri}")
