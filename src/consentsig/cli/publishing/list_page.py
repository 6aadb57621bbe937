"""The page for people beside published lists: which list, how long it is, how much is taken back.

No more than that: whoever wants to know about one contract asks ``verify``, and nobody can
read off a page to whom somebody grants what.
"""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

from consentsig import ListTerms
from consentsig.cli.terminal import output
from consentsig.home import files
from consentsig.status_list import REVOKED

_MAX_LEN: Final = 1_000_000
# By this a page of ours is known, so that nobody's own page is ever replaced.
_MARK: Final = "<!-- written by consentsig publish -->"
_STYLE: Final = """
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
section { margin: 2rem 0; padding: 0 1.25rem; border: 1px solid #8886; border-radius: .5rem; }
h2 { font-size: 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
"""
_TEMPLATE: Final = """<!DOCTYPE html>
<html lang="en">
{mark}
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{policy}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Which contracts still stand</title>
<style>{style}</style>
</head>
<body>
<h1>Which contracts still stand</h1>
<p>Each list below says, for contracts that name it, which of them their creator has taken back.
Software reads the list itself and checks its signature; this page is only for reading.</p>
{sections}
<p>Until the day given, a list counts. After it, no contract that names the list counts for
anything before a newer list is here.</p>
</body>
</html>
"""
_SECTION: Final = """<section>
<h2><a href="{href}">{uri}</a></h2>
<dl>
<dt>Positions in all</dt><dd>{positions}</dd>
<dt>Taken back</dt><dd>{revoked}</dd>
<dt>Valid until</dt><dd><time datetime="{iso}">{until}</time></dd>
</dl>
</section>"""


def write(folder: Path, lists: Iterable[tuple[str, ListTerms]]) -> None:
    """Write the page of *lists*, with their files' names, into *folder*.

    A page that is there and was not written by us is left alone, and that is said.
    """
    lists = list(lists)
    path = folder / _name(lists)
    try:
        if may_replace(path, _MARK):
            files.replace(path, page(lists).encode())
            return
        output.warning(f"{path}: is a page of your own, so it is left alone")
    except OSError as error:  # the lists are in place, which is what counts
        output.warning(f"the page for people was not written: {output.os_error(error)}")


def _name(lists: list[tuple[str, ListTerms]]) -> str:
    """The name of the page: where a list is at the top of a site, not that of the site's own."""
    has_folder = all(terms.uri.partition("://")[2].count("/") > 1 for _, terms in lists)
    return "index.html" if has_folder else f"{lists[0][0]}.html"


def may_replace(path: Path, mark: str) -> bool:
    """Whether nothing is at *path*, or an ordinary file of which a line begins with *mark*.

    A page that only quotes the mark is not taken for one of ours.
    """
    if not path.exists():
        return not path.is_symlink()
    text = files.read(path, _MAX_LEN).decode("utf-8", "replace") if path.is_file() else ""
    return any(each.startswith(mark) for each in text.split("\n"))


def page(lists: Iterable[tuple[str, ListTerms]]) -> str:
    """The page of *lists*, each with the name of its file."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return _TEMPLATE.format(
        mark=_MARK,
        policy=f"sha256-{digest}",
        style=_STYLE,
        sections="\n".join(_section(name, terms) for name, terms in lists),
    )


def _section(name: str, terms: ListTerms) -> str:
    from urllib.parse import quote

    return _SECTION.format(
        href=escape(f"./{quote(name)}"),
        uri=escape(terms.uri),
        positions=terms.size,
        revoked=terms.count(REVOKED),
        iso=output.iso(terms.expires),
        until=output.last_day(terms.expires),
    )
