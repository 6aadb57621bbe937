"""The pages under docs/ are true: they build, their commands and their Python run as shown."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import consentsig
from consentsig import evidence

pytestmark = pytest.mark.posix

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted(
    page for page in DOCS.rglob("*.md") if "_build" not in page.relative_to(DOCS).parts
)
# What a reader has done before the page begins.
WORKS: Final = ("photo.jpg", "harbour.jpg", "window.jpg")
# The verifier that a reader has written; without one, Python would start in vain for each vector.
REFUSES: Final = "for _ in open(0): print('unsupported', flush=True)"
# Setting the program up is for `make`; these lines stand in the README too.
SET_UP: Final = (
    "python3 -m venv .venv",
    ".venv/bin/pip install .",
    ".venv/bin/consentsig --help",
)
# What a browser fetches by itself; links that people follow are another matter.
_LOADS: Final = re.compile(
    r"""(?:\bsrc\s*=|<link[^>]+href\s*=|\burl\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)"""
)
_STATUS: Final = re.compile(r"  # exit status (\d)$")


def load(path: Path) -> Any:  # noqa: ANN401  # a module
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where its classes look for themselves
    spec.loader.exec_module(module)
    return module


pictures = load(DOCS / "pictures.py")


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str


class Step(NamedTuple):
    """One command of a console block.

    Attributes:
        line: The line for the shell.
        status: The exit status the block gives, in a comment at the end of the line.
        output: What the block shows below it; empty if nothing.
    """

    line: str
    status: int
    output: str


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```([a-z]+)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return [Block(*each) for each in found]


def steps(block: Block) -> Iterator[Step]:
    text = block.text.replace("\\\n", " ")
    assert text.startswith("$ "), text
    for each in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, output = each.partition("\n")
        status = _STATUS.search(line)
        yield Step(_STATUS.sub("", line), int(status[1]) if status else 0, output.strip())


def words(text: str) -> str:
    """*text* without its lines: a page and a terminal break them elsewhere."""
    return " ".join(text.split())


def fits(shown: str, printed: str) -> bool:
    """Whether a command printed what a page shows; … stands for anything."""
    pattern = ".*?".join(re.escape(part.strip()) for part in words(shown).split("…"))
    pattern = pattern.replace(".*?", r"\s?.*?\s?")
    return re.fullmatch(rf"\s*{pattern}\s*", words(printed)) is not None


def run_console(block: Block, folder: Path) -> None:
    for step in steps(block):
        if step.line in SET_UP:
            continue
        session = pictures.run(step.line, folder)
        assert session.status == step.status, (step.line, session.output)
        assert "Traceback" not in session.output
        assert not step.output or fits(step.output, session.output), (step, session.output)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_commands_and_the_python_of_a_page_run_in_order(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vectors").symlink_to(ROOT / "vectors")
    for work in WORKS:
        (tmp_path / work).write_text(f"stands for {work}")
    (tmp_path / "my_verifier.py").write_text(REFUSES)
    names: dict[str, Any] = {}
    for block in blocks(page):
        match block.language:
            case "console":
                run_console(block, tmp_path)
            case "python":
                exec(block.text, names)  # noqa: S102  # it is our own page


def test_there_are_commands_and_python_to_run() -> None:
    languages = [block.language for page in PAGES for block in blocks(page)]
    assert languages.count("console") >= 25
    assert languages.count("python") >= 8


def test_what_is_shown_must_be_what_was_printed() -> None:
    assert fits("a b\nc …", "a\nb c d e")
    assert fits("…\nc", "a b c")
    assert fits("a …\n", "a")
    assert not fits("a b", "a b c")
    assert not fits("a … d", "a b c")


def test_setting_up_is_as_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"$ {line}\n" in readme for line in SET_UP)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages."""
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-b", "html", "-n", "-W", "--keep-going", "-q", "-E"),
            *("-d", out / "doctrees", DOCS, out / "html"),
        ],
        capture_output=True,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


def test_the_pages_build_without_a_warning(site: Path) -> None:
    assert (site / "index.html").is_file()
    built = {page.relative_to(site).with_suffix(".md") for page in site.rglob("*.html")}
    assert {page.relative_to(DOCS) for page in PAGES} <= built


def test_the_pages_load_nothing_from_elsewhere(site: Path) -> None:
    assert _LOADS.findall('<script src="https://cdn.example/a.js">@import "//cdn.example/b"')
    for path in site.rglob("*"):
        if path.suffix in {".html", ".css", ".svg"}:
            assert not _LOADS.findall(path.read_text("utf-8")), path


def test_every_picture_says_what_is_in_it() -> None:
    texts = [
        text
        for page in PAGES
        for text in re.findall(r"!\[([^\]]*)\]\(_pictures/", page.read_text())
    ]
    assert len(texts) == 5
    assert all(len(text) > 100 for text in texts)


def test_the_result_codes_are_all_explained() -> None:
    text = (DOCS / "builders.md").read_text().split("## The result codes")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert set(rows) == set(consentsig.ResultCode)
    assert len(rows) == len(set(rows))


def test_the_reference_holds_every_public_name() -> None:
    text = (DOCS / "library.md").read_text()
    named = re.findall(r"^\.\. (?:auto\w+|py:data):: (\w+)$", text, re.MULTILINE)
    assert sorted(named) == sorted([*consentsig.__all__, *evidence.__all__])


def test_every_use_is_in_the_glossary() -> None:
    text = (DOCS / "glossary.md").read_text()
    for use in consentsig.Use:
        assert f"`{use.label}`" in text


def test_what_the_threat_model_cites_exists() -> None:
    text = (DOCS / "threats.md").read_text()
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    cited = re.findall(r"`(test_\w+)`", text)
    assert len(cited) >= 20
    assert [name for name in cited if f"def {name}(" not in tests] == []
    vectors = re.findall(r"`((?:contract|status)/\w+)`", text)
    assert len(vectors) >= 10
    assert [name for name in vectors if not (ROOT / "vectors" / f"{name}.json").exists()] == []


def test_a_decision_has_its_date_its_status_and_what_else_was_possible() -> None:
    records = sorted((DOCS / "decisions").glob("0*.md"))
    assert len(records) >= 15
    for record in records:
        text = record.read_text()
        assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: [a-z]", text, re.MULTILINE), record
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Options", "Decision", "Consequences"], record
        assert text.count("Chosen") == 1, record
