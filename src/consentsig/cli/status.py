"""``status``: what a published list says, how old it is, and until when it counts."""

from typing import Annotated

import typer

from consentsig import RefusedError, StatusList, files, trust, verify_status_list
from consentsig.cli import inputs, output
from consentsig.cli.output import line
from consentsig.errors import utc
from consentsig.status import REVOKED, STATUS_LIST, SUSPENDED

app = inputs.command_app()


@inputs.command(app, "consentsig status site/consent-list")
def status(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A list; - is standard input.")],
    as_json: inputs.Json = False,
    folder: inputs.HomeFolder = None,
) -> int:
    """Print what a list says, whose it is, how old, and until when it counts."""
    data = files.read(file, STATUS_LIST.max_len)
    try:
        known = verify_status_list(data)
    except RefusedError as error:
        output.error(error.code, str(error))
        return output.DOES_NOT_HOLD
    with inputs.open_home(folder) as home:
        name = trust.names(home).get(known.terms.signer.thumbprint)
    if as_json:
        output.json_line(_values(file, known, name))
    else:
        _print(known, name)
    if _has_ended(known):
        output.error("status-unknown", f"the list ended {utc(known.terms.expires)}")
        return output.DOES_NOT_HOLD
    return output.HOLDS


def _has_ended(known: StatusList) -> bool:
    return inputs.now() >= known.terms.expires


def _values(file: str, known: StatusList, name: str | None) -> dict[str, object]:
    terms = known.terms
    return {
        "file": file,
        "uri": terms.uri,
        "signer": terms.signer.thumbprint.hex(),
        "known_as": name,
        "issued": output.iso(terms.issued),
        "expires": output.iso(terms.expires),
        "ended": _has_ended(known),
        "bits": terms.bits,
        "positions": terms.size,
        "revoked": terms.count(REVOKED),
        "suspended": terms.count(SUSPENDED) if terms.bits > 1 else 0,
        "previous": terms.previous and terms.previous.hex(),
        "object_id": known.object_id.hex(),
    }


def _print(known: StatusList, name: str | None) -> None:
    terms = known.terms
    line(f"List:       {terms.uri}")
    line(f"Signed by:  {name or 'a key you have not said you believe'}")
    line(f"            key {terms.signer.thumbprint.hex()}")
    line(f"Made:       {utc(terms.issued)}, {output.age(inputs.now() - terms.issued)}")
    line(f"Counts until {utc(terms.expires)}")
    line(f"Positions:  {terms.size}")
    line(f"Taken back: {terms.count(REVOKED)}")
    if terms.bits > 1:
        line(f"Suspended:  {terms.count(SUSPENDED)}")
