"""``card``: one contract as a page, with its work in small, a QR code and the verifier inside."""

import base64
import json
import warnings
from collections.abc import Iterable
from html import escape
from io import BytesIO
from pathlib import Path
from string import Template
from typing import Annotated, Final

import typer

from consentsig import (
    NOT_ASKED,
    KeySet,
    RefusedError,
    StatusList,
    Terms,
    UnverifiedContract,
    Verdict,
    judge_contract,
    render,
    to_line,
)
from consentsig.cli.terminal import arguments, contract_words, given_lists, output
from consentsig.cli.terminal.mistaken_files import read_contract
from consentsig.cli.terminal.output import Problem, line
from consentsig.cli.terminal.work_files import measure, media_type
from consentsig.errors import quoted, utc
from consentsig.home import files
from consentsig.home.home import Home
from consentsig.status_book import newest_of, speakers, why_not_acceptable
from consentsig.status_list import REVOKED
from consentsig.web import standalone

app = arguments.command_app()

_MARK: Final = "<!-- written by consentsig card -->"
_EXTRA: Final = "pip install 'consentsig[card]'"
_SIDE: Final = 480  # pixels of the picture in small
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")  # what cameras and programs make; no rarer readers
# What no card is made of; every other no is for the reader of the card to see.
_REFUSED: Final = ("bad-signature", "wrong-work")
_OPENING: Final = """<header>
<h1>A contract for one work</h1>
<p>This page checks the contract in it each time it is opened, on your own computer and without a
network.</p>
</header>"""
_TRUST: Final = """<p><strong>Whoever gave you this page could have changed
it.</strong> Where much depends on the answer, take the QR code, or the contract as one line of
text, to a verifier that you got yourself.</p>"""
_CODE: Final = """<figure>
{svg}
<figcaption>The whole contract, for any verifier</figcaption>
</figure>"""


@arguments.command(
    app, "consentsig card photo.jpg.consent --work photo.jpg --out card.html --status site"
)
def card(
    *,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The contract. - is standard input.")],
    work: Annotated[str, typer.Option(metavar="PATH", help="The work, for the preview.")],
    out: Annotated[str, typer.Option(metavar="FILE", help="The page to write.")],
    status: Annotated[
        list[str] | None, typer.Option(metavar="FILE|DIR", help="Status lists to include.")
    ] = None,
    as_json: arguments.Json = False,
    folder: arguments.HomeFolder = None,
) -> int:
    """Make a page for one contract that checks itself whenever somebody opens it.

    It needs two more libraries: pip install 'consentsig[card]'.
    """
    _check_installed()
    try:
        data = arguments.contract(file)
        contract = read_contract(file, data, "consentsig card")
    except RefusedError as error:
        output.error(error.code, str(error))
        return output.DOES_NOT_HOLD
    given, _ = given_lists.read(status or [], given_lists.speakers_of(contract.terms))
    # A folder holds the newest list twice, under its address and under its date.
    shown = [each.known for each in given if _counts(contract.terms, each)]
    with arguments.open_home(folder) as home:
        used = _evidence(contract.terms, [*shown, *_seen(home, contract.terms)])
    verdict = _judge(data, contract, work, used)
    if verdict.result in _REFUSED:
        output.error(verdict.result, verdict.message)
        return output.DOES_NOT_HOLD
    made = _page(data, contract.terms, work, used).encode()
    files.write_new(Path(out), made)
    _report(out, made, verdict, as_json=as_json)
    return output.HOLDS


def _check_installed() -> None:
    from importlib.util import find_spec

    missing = [name for name, module in (("segno", "segno"), ("pillow", "PIL"))
               if find_spec(module) is None]  # fmt: skip
    if missing:
        raise Problem(f"a card needs {' and '.join(missing)}, not installed here", _EXTRA)


def _counts(terms: Terms, given: given_lists.Given) -> bool:
    """Whether a list may speak for the contract (spec §7.2); if not, that is said."""
    if terms.status is None:
        reason: str | None = "the contract cannot be revoked and needs none"
    else:
        reason = why_not_acceptable(terms, terms.status, given.known)
    if reason is not None:
        output.warning(f"{given.file} is not put in: {reason}")
    return reason is None


def _seen(home: Home, terms: Terms) -> Iterable[StatusList]:
    """The lists seen before that may speak for the contract."""
    if terms.status is None:
        return ()
    return home.lists.lists(terms.status.uri, speakers(terms))


def _evidence(terms: Terms, lists: Iterable[StatusList]) -> list[StatusList]:
    """Of *lists* those that matter: each signer's newest, and the first that revokes."""
    by_signer: dict[bytes, dict[bytes, StatusList]] = {}
    for each in lists:
        by_signer.setdefault(each.terms.signer.thumbprint, {})[each.object_id] = each
    found = {}
    for known in by_signer.values():
        idx = terms.status.idx if terms.status else 0
        revoking = [each for each in known.values() if each.terms.value_at(idx) == REVOKED]
        first = sorted(revoking, key=lambda each: each.terms.issued)[:1]
        for each in (*newest_of(known.values(), arguments.now()), *first):
            found[each.object_id] = each
    return list(found.values())


def _judge(data: bytes, contract: UnverifiedContract, work: str, used: list[StatusList]) -> Verdict:
    """How the contract stands now if its own key is believed, which only the reader can say."""
    return judge_contract(
        data,
        keys=KeySet([contract.terms.creator.key]),
        work=measure(work, contract.terms.work.further),
        grantee=NOT_ASKED,
        use=NOT_ASKED,
        territory=NOT_ASKED,
        at=arguments.now(),
        status=used,
    )


def _report(out: str, made: bytes, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        found = {"file": out, "size": len(made), "result": verdict.result}
        output.json_line(found | {"message": verdict.message})
        return
    line(out)
    if verdict.result == "authentic":
        output.say("Open it in a browser, send it, or upload it: it checks itself wherever it is.")
    else:
        output.warning(f"whoever opens it is told {verdict.result}: {verdict.message}")
    if verdict.result == "status-unknown":
        output.hint("put the creator's list in, with --status")


# --- the page ---


def _page(data: bytes, terms: Terms, work: str, used: list[StatusList]) -> str:
    title = "A work without a title" if terms.work.title is None else quoted(terms.work.title)
    return standalone.page(
        mark=_MARK,
        title=f"Contract: {title}",
        opening=_OPENING,
        contract="",
        card=_shown(data, terms, work, title),
        says="",
        text=_lines(render(terms)),
        trust=_TRUST,
        embedded=_embedded(data, used),
    )


def _lines(text: str) -> str:
    """Each line as an element, so that the style can indent where a long one goes on."""
    lines = escape(text).splitlines(keepends=True)
    return "".join(f'<span class="line">{each}</span>' for each in lines)


def _shown(data: bytes, terms: Terms, work: str, title: str) -> str:
    facts = (
        ("Creator, as the contract says", quoted(terms.creator.name or "")),
        ("Permitted to", quoted(terms.grantee.name)),
        ("Address", terms.grantee.uri or (terms.grantee.key or b"").hex()),
        ("For", ", ".join(use.label for use in sorted(terms.uses))),
        ("From", utc(terms.starts)),
        ("Until", output.last_day(terms.expires)),
        ("Payment", contract_words.payments(terms)),
        ("Can be taken back", contract_words.revocability(terms)),
        ("Where", "the whole world" if terms.is_worldwide else ", ".join(terms.territory)),
    )
    return Template(standalone.source("card.html")).substitute(
        picture=_picture(work),
        title=escape(title),
        facts="\n".join(f"<dt>{what}</dt><dd>{escape(says)}</dd>" for what, says in facts),
        code=_code(to_line(data)),
    )


def _embedded(data: bytes, used: list[StatusList]) -> str:
    """What the page checks: base64 and base64url, so nothing in it can end the element."""
    coded = [base64.b64encode(each.data).decode() for each in used]
    text = json.dumps({"contract": to_line(data), "lists": coded})
    return f'<script type="application/json" id="embedded">{text}</script>'


def _code(text: str) -> str:
    """The QR code of *text*; nothing where it is too long for one."""
    import segno

    try:
        code = segno.make(text, error="l", micro=False)
    except segno.DataOverflowError:
        output.warning("the contract is too long for a QR code, so the card has none")
        return ""
    svg = code.svg_inline(
        dark="#000", light="#fff", border=4, omitsize=True, svgclass=None, lineclass=None
    )
    label = 'role="img" aria-label="QR code of the contract"'
    return _CODE.format(svg=svg.replace("<svg ", f"<svg {label} ", 1))


def _picture(work: str) -> str:
    """The work in small, if it is a picture; that one cannot be shown is said."""
    try:
        small = _small(work)
    except _Unreadable as error:
        if (media_type(Path(work), files.read(work, 15)) or "").startswith("image/"):
            output.say(f"{work} is not shown in small: {error}")
        return "<div></div>"
    width, height, data = small
    uri = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    return f'<img src="{uri}" width="{width}" height="{height}" alt="The work, in small">'


class _Unreadable(Exception):  # noqa: N818  # a fact about a file, told and passed over
    """Why a work has no picture."""


def _small(path: str) -> tuple[int, int, bytes]:
    """Width, height and WebP bytes of a picture, made of its pixels alone.

    Where and with what it was taken stays out; a file that claims to be huge is not unpacked.
    """
    from PIL import Image, ImageOps

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata, which is not copied
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as opened:
                opened.thumbnail((_SIDE, _SIDE))
                upright = ImageOps.exif_transpose(opened)
                pixels = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except bombs:
        raise _Unreadable("it has too many pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError):
        # Each is what Pillow's readers raise for a file that is no picture or a broken one.
        raise _Unreadable("it is damaged, or a picture of another kind") from None
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    written = BytesIO()
    clean.save(written, "WEBP", quality=80)
    return *clean.size, written.getvalue()
