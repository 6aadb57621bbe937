"""How Sphinx makes the pages; `make docs` runs it."""  # Sphinx reads this file

import sys
from pathlib import Path

from sphinx.application import Sphinx

import consentsig
import consentsig.evidence

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "consentsig"
author = "The consentsig authors"
version = release = consentsig.__version__
project_copyright = "The consentsig authors"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [
    # Python's own documentation is elsewhere, and a build asks nobody anything.
    ("py:.*", r"(datetime|collections|enum|typing)\..*"),
    ("py:.*", r"(datetime|timedelta|Iterable|Mapping|Collection|NoneType|PathLike|Callable.*)"),
    # Parts of what the library hands out that are no part of what it promises.
    ("py:.*", r"(consentsig\.format\.cose\.)?Sign1"),
    ("py:.*", r"(consentsig\.format\.read_batch\.)?Place"),
    ("py:.*", r"(consentsig\.evidence\.\w+\.)?(Fetched|Found|Shelf|Tables)"),
    ("py:.*", r"consentsig\.errors\.StatusError"),
]

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "consentsig"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
highlight_language = "text"  # of blocks that name none
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


def _name_publicly() -> None:
    """Call everything by the name it is imported by, whichever module it is written in."""
    for module in (consentsig, consentsig.evidence):
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):
                value.__module__ = module.__name__


def _skip(
    _app: Sphinx, _what: str, _name: str, value: object, _skip: object, _options: object
) -> bool | None:
    """Leave out a named tuple's fields, which its docstring describes better."""
    return True if type(value).__name__ == "_tuplegetter" else None


def _draw(_app: Sphinx) -> None:
    import pictures

    pictures.make(HERE / "_pictures")


def setup(app: Sphinx) -> None:
    """Draw the pictures first, and describe the library as it is imported."""
    _name_publicly()
    app.connect("builder-inited", _draw)
    app.connect("autodoc-skip-member", _skip)
