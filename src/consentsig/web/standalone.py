"""Pages that need nothing beside them: template, style and program in one file, with their policy.

Browsers load no module from a file, so the verifier is not linked but put inside, and the
policy names that text and no other, and no network at all.
"""

import base64
import hashlib
import re
from html import escape
from importlib import resources
from string import Template
from typing import Final

from consentsig import Use

VERIFIER: Final = "consentsig.mjs"
_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "\./[\w.]+";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?function |const |class )", re.MULTILINE)
_EXPORTS: Final = re.compile(r"^export \{[^}]*\};\n", re.MULTILINE)


def source(name: str) -> str:
    """A file of ``web/``, where the parts of the pages are."""
    return (resources.files("consentsig") / "web" / name).read_text("utf-8")


def page(*, mark: str, title: str, **parts: str) -> str:
    """A whole page.

    Args:
        mark: A comment by which a page of ours is known.
        title: Any text.
        parts: What stands at the places of the template that differ, as HTML.
    """
    style, script = source("style.css"), program()
    return Template(source("page.html")).substitute(
        mark=mark,
        policy=policy(script, style),
        title=escape(title),
        style=style,
        script=script,
        uses="\n".join(map(_use, Use)),
        **parts,
    )


def program() -> str:
    """All the code of a page: what runs in its worker, as one function, and what shows it."""
    verifier = inlined(source(VERIFIER)) + inlined(source("worker.mjs"))
    return f'\nfunction verifier() {{\n"use strict";\n{verifier}}}\n{source("page.mjs")}'


def inlined(module: str) -> str:
    """The code of *module*, to stand in one scope with the modules it imports from."""
    return _EXPORT.sub("", _EXPORTS.sub("", _IMPORT.sub("", module)))


def policy(script: str, style: str) -> str:
    """A Content-Security-Policy under which only *script* runs, and nothing is fetched or sent."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _use(use: Use) -> str:
    return (
        f'<label class="choice"><input type="radio" name="use" value="{use.label}"> '
        f"<span>{use.label} <small>{escape(use.meaning)}</small></span></label>"
    )
