"""Whether it is time to publish a list: for ``publish --check``, and as a warning elsewhere."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from consentsig import StatusList, StatusReference
from consentsig.cli.publishing import destinations
from consentsig.cli.publishing.destinations import Source
from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import line
from consentsig.errors import utc
from consentsig.home.home import Home
from consentsig.status_book import SKEW
from consentsig.status_list import revoked_bits

_SHARE: Final = 2 / 3  # of a list's life, after which a newer one is due


def check(home: Home, uris: list[str], source: Source, *, as_json: bool) -> int:
    """Say for each list whether a newer one is due; the exit status of ``publish --check``."""
    is_due = False
    for uri in uris:
        online = destinations.seen_online(home, uri, source)
        reasons = list(_why(home, uri, online, arguments.now()))
        is_due = is_due or bool(reasons)
        if as_json:
            output.json_line(_values(uri, online, reasons))
        else:
            _print(uri, online, reasons)
    return output.DOES_NOT_HOLD if is_due else output.HOLDS


def advice(home: Home, needed: StatusReference, at: datetime) -> Iterator[str]:
    """What to do so that a contract with this position counts: lines for its creator."""
    yield f"It counts only while a current list can be shown, at {needed.uri}."
    newest = destinations.newest(home, needed.uri)
    if newest is None:
        yield "None is known here. Publish the first:"
        yield output.command("consentsig publish --out FOLDER --first")
    elif needed.idx >= newest.terms.size or at >= newest.terms.expires or is_late(newest, at):
        yield f"The last one made here, {utc(newest.terms.issued)}, will not do; publish a new one:"
        yield output.command("consentsig publish --out FOLDER")
    else:
        yield f"The last one made here will do until {output.last_day(newest.terms.expires)}."


def is_late(known: StatusList, at: datetime) -> bool:
    """Whether two thirds of the life of *known* are over at *at*."""
    terms = known.terms
    return at >= terms.issued + _SHARE * (terms.expires - terms.issued)


def _why(home: Home, uri: str, online: StatusList | None, at: datetime) -> Iterator[str]:
    """Why a newer list is due at *uri*; nothing, if it is not."""
    made = destinations.newest(home, uri)
    if online is None:
        yield "no list is online; upload the one you made" if made else "no list is online"
        return
    terms = online.terms
    if at >= terms.expires:
        yield f"the list online ended {utc(terms.expires)}"
    elif is_late(online, at):
        yield f"the list online ends {utc(terms.expires)}, and two thirds of its time are over"
    if made is not None and made.terms.issued > terms.issued:
        yield f"the list made {utc(made.terms.issued)} is not uploaded"
    if terms.issued > at + SKEW:
        yield f"it is dated ahead, {utc(terms.issued)}, and counts for nothing until then"
    deciding = home.deciding_keys(uri)
    if deciding and terms.signer.thumbprint not in deciding:
        yield "it is by a recovery key, which confirms no contract"
    missing = home.revoked_bits(uri, terms.signer.thumbprint) & ~revoked_bits(terms)
    if missing:
        taken_back = output.count(missing.bit_count(), "contract")
        yield f"it does not say that you took back {taken_back}"
    if home.list_size(uri) > terms.size:
        yield f"it has {terms.size} positions, and {home.list_size(uri)} are needed"


def _print(uri: str, online: StatusList | None, reasons: list[str]) -> None:
    if not reasons and online is not None:
        line(f"{uri}: good until {output.last_day(online.terms.expires)}")
    for reason in reasons:
        line(f"{uri}: publish: {reason}")


def _values(uri: str, online: StatusList | None, reasons: list[str]) -> dict[str, object]:
    return {
        "uri": uri,
        "due": bool(reasons),
        "reasons": reasons,
        "issued": online and output.iso(online.terms.issued),
        "expires": online and output.iso(online.terms.expires),
    }
