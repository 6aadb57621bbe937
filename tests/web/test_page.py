import base64
import hashlib
import io
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from browser import Browser, browser
from command_line import FREE, PUBLISH, PUBLISH_FIRST, TERMS, Cli, contents
from consentsig import MalformedError, ResultCode, Use, from_line, to_line
from consentsig.cli.web import verifier_page
from consentsig.web import standalone
from node_tools import node_20
from strategies import ROOT, VECTORS, contract

WEB: Final = ROOT / "src" / "consentsig" / "web"
SCRIPTS: Final = Path(__file__).parent
PAGE: Final = verifier_page()
# Texts that a contract may hold, and that would be more than text in a page that is careless.
HOSTILE: Final = "</title><script>document.title='taken'</script><img src=x onerror=alert(1)>"
HOSTILE_NAME: Final = "$script ${policy} <b>Ana</b> &amp; \"'--><!--"


class Parsed(HTMLParser):
    """A page as browsers take it apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.tags[-1][0] if self.tags else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag: str) -> list[str]:
        return [data for name, data in self.texts if name == tag and data.strip()]

    @property
    def policy(self) -> dict[str, list[str]]:
        (content,) = [
            meta["content"]
            for meta in self.all("meta")
            if meta.get("http-equiv") == "Content-Security-Policy"
        ]
        return {words[0]: words[1:] for words in map(str.split, content.split(";"))}


def ask_node(script: str, *arguments: Path, stdin: str = "", status: int = 0) -> Any:  # noqa: ANN401  # JSON
    done = subprocess.run(
        [node_20(), SCRIPTS / script, *arguments],
        capture_output=True,
        check=False,
        input=stdin,
        text=True,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


# --- the verifier ---


def test_the_verifier_passes_every_vector() -> None:
    found = ask_node("vectors.mjs")
    assert found["failed"] == found["notRun"] == []
    assert found["run"] == len(list(VECTORS.glob("*/*.json"))) > 1000


def test_a_verifier_that_is_wrong_once_fails_the_vectors(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.mjs"
    text = standalone.source(standalone.VERIFIER)
    assert text.count("at < terms.expires") == 1
    wrong.write_text(text.replace("at < terms.expires", "at <= terms.expires"))
    found = ask_node("vectors.mjs", wrong, status=1)
    assert "contract/at_exp.json" in [each["path"] for each in found["failed"]]


def test_the_worker_inside_the_page_passes_every_vector(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    found = ask_node("worker.mjs", tmp_path / "index.html")
    assert found["wrong"] == []
    assert found["run"] > 1000


def test_it_takes_the_lines_that_the_library_takes() -> None:
    line = to_line(contract())
    lines = [line, "consentsig1:YQ", "consentsig1:YWI", "consentsig1:-_--", "", "consentsig1:"]
    lines += [line.upper(), f" {line}", f"{line} ", f"{line}\n", f"{line[:80]}\n{line[80:]}"]
    lines += ["consentsig2:YQ", "consentsig1:YQ==", "consentsig1:+/+/", "consentsig1:ÀÀÀÀ"]
    lines += ["consentsig1:YWJjA", "consentsig1:YR", "consentsig1:YWL", line + "A" * 1_398_114]
    expected: list[dict[str, str] | None] = []
    for each in lines:
        try:
            expected.append({"hex": from_line(each).hex(), "line": each})
        except MalformedError:
            expected.append(None)
    assert sum(each is not None for each in expected) == 4
    assert ask_node("lines.mjs", stdin=json.dumps(lines)) == expected


# --- the page ---


def test_it_is_the_same_bytes_each_time(cli: Cli) -> None:
    for folder in ("a", "b"):
        (cli.folder / folder).mkdir()
        done = cli("web", "--out", folder)
        assert done.out.split() == [f"{folder}/index.html", f"{folder}/consentsig.mjs"]
        assert done.err == "Open index.html in a browser, or upload both files to your site.\n"
    assert contents(cli.folder / "a") == contents(cli.folder / "b")
    assert (cli.folder / "a" / "index.html").read_text() == PAGE
    module = (cli.folder / "a" / "consentsig.mjs").read_bytes()
    assert module == (WEB / "consentsig.mjs").read_bytes()


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def check_needs_nothing_else(page: str, *scripts: str) -> None:
    """Nothing is loaded, and the policy lets run and apply only what stands in the page."""
    parsed = Parsed(page)
    for tag, attributes in parsed.tags:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
        assert not {"style", "srcdoc", "action", "formaction", "srcset"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    assert [script.get("type") for script in parsed.all("script")] == [*scripts, "module"]
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    assert parsed.policy == {
        "default-src": ["'none'"],
        "script-src": [hashed(script)],
        "style-src": [hashed(style)],
        "worker-src": ["blob:"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_the_page_needs_nothing_else() -> None:
    check_needs_nothing_else(PAGE)
    assert not re.search(r"@import|url\(", standalone.source("style.css"))


def test_its_code_stands_in_one_scope_and_makes_no_markup() -> None:
    code = standalone.program()
    assert not re.search(r"^\s*(import|export)\b", code, re.MULTILINE)
    assert not re.search(r"</script|<!--", code, re.IGNORECASE)
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    assert not re.search(forbidden, code)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|localStorage", code)


@pytest.mark.parametrize(
    ("module", "inlined"),
    [
        ('import { a, b } from "./consentsig.mjs";\na();\n', "a();\n"),
        ("export const A = 1;\n", "const A = 1;\n"),
        ("export async function f() {}\n", "async function f() {}\n"),
        ("export { f as g };\nconst text = 'export const';\n", "const text = 'export const';\n"),
        ("//   import { a } from './b.mjs';\n", "//   import { a } from './b.mjs';\n"),
    ],
)  # fmt: skip
def test_only_imports_and_exports_are_taken_out(module: str, inlined: str) -> None:
    assert standalone.inlined(module) == inlined


def test_it_has_words_for_every_result_and_every_use() -> None:
    table = re.search(r"const SAYINGS = \{(.*?)\n\};", standalone.source("page.mjs"), re.DOTALL)
    assert table
    codes = re.findall(r'^  "([a-z-]+)": \["', table[1], re.MULTILINE)
    assert sorted(codes) == sorted(ResultCode)
    yes = re.findall(r'^  "([a-z-]+)": \["Yes', table[1], re.MULTILINE)
    assert yes == ["valid"]
    radios = [each for each in Parsed(PAGE).all("input") if each.get("name") == "use"]
    assert [each["value"] for each in radios] == [use.label for use in Use]
    assert not any("checked" in each for each in radios)


def test_every_field_has_a_label_and_every_reference_leads_somewhere() -> None:
    parsed = Parsed(PAGE)
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in parsed.all("label") if "for" in label}
    for tag, attributes in parsed.tags:
        if tag in ("input", "textarea") and attributes.get("type") not in ("radio", "checkbox"):
            assert attributes["id"] in labelled
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids), attributes
    used = set(re.findall(r'(?:\$|field)\("([a-z-]+)"\)', standalone.source("page.mjs")))
    assert used <= {*ids, "embedded"}
    assert {"main", "header", "footer", "h1"} <= {tag for tag, _ in parsed.tags}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "sheet"),
    [
        *((ink, sheet) for ink in ("ink", "soft", "link") for sheet in ("paper", "sheet")),
        *((mood, sheet) for mood in ("yes", "no") for sheet in ("sheet", f"{mood}-sheet")),
        *(("open", "open-sheet"), ("on-link", "link")),
    ],
)
def test_its_colours_can_be_read_in_light_and_dark(ink: str, sheet: str) -> None:
    style = standalone.source("style.css")
    themes = style.split("@media (prefers-color-scheme: dark)")
    assert len(themes) == 2
    for theme in themes:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", theme))
        dark, light = sorted((luminance(colours[ink]), luminance(colours[sheet])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5


# --- written ---


@pytest.mark.parametrize("name", ["index.html", "consentsig.mjs"])
def test_a_file_of_somebody_else_is_never_overwritten(cli: Cli, name: str) -> None:
    cli("web", "--out", ".")
    cli("web", "--out", ".")  # its own it replaces
    (cli.folder / name).write_text("mine")
    assert f"{name}: was not written by this command" in cli.refuses("web", "--out", ".")


def test_the_page_beside_published_lists_stays(cli: Cli) -> None:
    address = "https://ana.example/consent/list"
    cli("init", "--name", "Ana", "--list-uri", address, "--no-recovery", "--no-passphrase")
    cli("publish", "--out", "site", "--first")
    assert "site/index.html: was not written" in cli.refuses("web", "--out", "site")


def test_where_it_goes_must_be_said(cli: Cli) -> None:
    assert "one of the two is needed" in cli.refuses("web")
    assert "one of the two is needed" in cli.refuses("web", "--out", ".", "--serve")
    assert "there is no such folder" in cli.refuses("web", "--out", "nowhere/page")


# --- served ---


def head(uri: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(uri, method=method)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # as above
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


@pytest.mark.posix
def test_it_is_served_on_loopback_and_only_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = cli.start("web", "--serve", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert server.stdout
    assert server.stderr
    try:
        address = server.stdout.readline().decode().strip()
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/", address)[1])  # type: ignore[index]
        status, headers, body = head(address)
        assert (status, body.decode()) == (200, PAGE)
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["X-Content-Type-Options"] == "nosniff"
        (meta,) = re.findall(r'Security-Policy" content="([^"]*)"', PAGE)
        assert headers["Content-Security-Policy"] == f"{meta}; frame-ancestors 'none'"
        assert head(f"{address}consentsig.mjs")[1]["Content-Type"].startswith("text/javascript")
        assert head(address, "HEAD")[2] == b""
        for path in ("page.html", "../../etc/passwd", "%2e%2e/setup"):
            assert head(f"{address}{path}")[0] == 404
        assert head(address, "POST")[0] == 501
        with pytest.raises(OSError, match="refused"):  # another address of this computer
            socket.create_connection(("127.0.0.2", port), 5).close()
        assert "cannot be had" in cli.refuses("web", "--serve", "--port", str(port))
    finally:
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
    assert (server.returncode, out) == (0, b"")
    assert b"Traceback" not in err


# --- the card ---


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A creator who called herself and her picture something hostile."""
    cli = Cli(tmp_path_factory.mktemp("gallery"))
    uri, recovery = "https://ana.example/consent-list", "recovery.pem"
    cli("init", "--name", HOSTILE_NAME, "--list-uri", uri, "--recovery-out", recovery,
        "--no-passphrase")  # fmt: skip
    picture = Image.effect_mandelbrot((1200, 600), (-2.2, -1.2, 1.0, 1.2), 40).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "SECRETCAMERA"
    picture.save(cli.folder / "boats.jpg", exif=exif, comment=b"SECRETPLACE")
    (cli.folder / "site").mkdir()
    terms = ("--title", HOSTILE, *TERMS, *FREE, "--revocable", "30", "--yes")
    cli("grant", "boats.jpg", *terms)
    cli("publish", "--out", "site", "--first")
    return cli


def card(cli: Cli, name: str, *more: str) -> str:
    cli("card", "boats.jpg.consent", "--work", "boats.jpg", "--out", name, *more)
    return (cli.folder / name).read_text()


def test_a_card_needs_nothing_else_and_hostile_names_stay_text(gallery: Cli) -> None:
    page = card(gallery, "text.html", "--status", "site")
    check_needs_nothing_else(page, "application/json")
    parsed = Parsed(page)
    assert parsed.text("title") == [f'Contract: "{HOSTILE}"']
    assert f'"{HOSTILE}"' in "".join(parsed.text("h2"))
    said = gallery("show", "boats.jpg.consent").out.partition("\n\n")[2]
    (text,) = re.findall(r'<pre id="text"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert unescape(re.sub(r"<[^>]*>", "", text)) == said
    assert len(parsed.all("img")) == 1
    assert {"b", "iframe", "object", "base"}.isdisjoint(tag for tag, _ in parsed.tags)


def test_a_card_holds_the_contract_and_each_list_once(gallery: Cli) -> None:
    page = card(gallery, "lists.html", "--status", "site", "--status", "site/consent-list")
    (text,) = re.findall(r'<script type="application/json" id="embedded">(.*?)</script>', page)
    found = json.loads(text)
    data = (gallery.folder / "boats.jpg.consent").read_bytes()
    assert found["contract"] == to_line(data)
    newest = (gallery.folder / "site" / "consent-list").read_bytes()
    assert found["lists"] == [base64.b64encode(newest).decode()]


def test_the_picture_is_small_upright_and_without_metadata(gallery: Cli) -> None:
    page = card(gallery, "picture.html", "--status", "site")
    (source,) = [image["src"] for image in Parsed(page).all("img")]
    data = base64.b64decode(source.removeprefix("data:image/webp;base64,"))
    with Image.open(io.BytesIO(data)) as small:
        assert (small.format, small.size) == ("WEBP", (240, 480))
        assert not {"exif", "icc_profile", "xmp", "comment"} & small.info.keys()
    assert b"SECRET" not in data


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100)))


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n not much of a picture", "it is damaged, or "),
        (png_that_claims(60_000, 60_000), "too many pixels"),
        (png_that_claims(12_000, 12_000), "too many pixels"),
        (png_that_claims(900, 900), "it is damaged, or "),
    ],
)
def test_a_broken_picture_is_not_shown_and_that_is_said(ana: Cli, work: bytes, reason: str) -> None:
    (ana.folder / "work").write_bytes(work)
    ana("grant", "work", *TERMS, *FREE, "--irrevocable", "--yes")
    done = ana("card", "work.consent", "--work", "work", "--out", "card.html")
    assert "work is not shown in small" in done.err
    assert reason in done.err
    assert Parsed((ana.folder / "card.html").read_text()).all("img") == []


def test_a_text_has_no_picture_and_nothing_is_said(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes")
    asked = ("card", "poem.txt.consent", "--work", "poem.txt")
    done = ana(*asked, "--out", "card.html")
    assert done.out == "card.html\n"
    assert done.err.startswith("Open it in a browser, send it, or upload it: ")
    assert len(done.err.splitlines()) == 1
    assert Parsed((ana.folder / "card.html").read_text()).all("img") == []
    assert ana(*asked, "--out", "other.html", "--json").err == ""


def test_no_card_is_made_of_what_is_no_contract_for_the_work(gallery: Cli) -> None:
    (gallery.folder / "other.jpg").write_bytes(b"other")
    data = (gallery.folder / "boats.jpg.consent").read_bytes()
    (gallery.folder / "forged").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for file, work, code in (
        ("boats.jpg.consent", "other.jpg", "wrong-work"),
        ("forged", "boats.jpg", "bad-signature"),
    ):
        done = gallery("card", file, "--work", work, "--out", "no.html", status=1)
        assert done.err.startswith(f"consentsig: {code}: ")
        assert not (gallery.folder / "no.html").exists()


def test_card_says_what_it_was_given_where_that_is_no_contract(gallery: Cli) -> None:
    told = gallery("card", "boats.jpg", "--work", "boats.jpg", "--out", "no.html", status=2).err
    assert "boats.jpg: this is a picture (image/jpeg), not a contract" in told
    assert "consentsig card boats.jpg.consent" in told
    assert not (gallery.folder / "no.html").exists()


def test_a_card_never_overwrites(gallery: Cli) -> None:
    (gallery.folder / "mine.html").write_text("mine")
    asked = ("card", "boats.jpg.consent", "--work", "boats.jpg", "--out", "mine.html")
    assert "already exists" in gallery.refuses(*asked)


def test_making_a_card_tells_what_its_reader_will_be_told(gallery: Cli) -> None:
    asked = ("card", "boats.jpg.consent", "--work", "boats.jpg")
    stranger = Cli(gallery.folder, "stranger")  # whose home knows no list
    done = stranger(*asked, "--out", "unknown.html")
    assert "whoever opens it is told status-unknown" in done.err
    assert "--status" in done.err
    (row,) = stranger(*asked, "--out", "known.html", "--status", "site", "--json").json
    assert row["result"] == "authentic"
    assert row["size"] == (gallery.folder / "known.html").stat().st_size


def test_a_card_holds_the_lists_that_its_home_knows(gallery: Cli) -> None:
    asked = ("card", "boats.jpg.consent", "--work", "boats.jpg")
    gallery(*asked, "--out", "from-home.html")
    gallery(*asked, "--out", "from-site.html", "--status", "site")
    pages = [(gallery.folder / f"from-{name}.html").read_text() for name in ("home", "site")]
    assert pages[0] == pages[1]
    assert '"lists": []' not in pages[0]


def test_a_list_of_another_contract_stays_out(gallery: Cli, granted: Cli) -> None:
    stranger = Cli(gallery.folder, "stranger")
    lists = granted.folder / "site" / "consent-list"
    asked = ("card", "boats.jpg.consent", "--work", "boats.jpg", "--out", "other.html")
    done = stranger(*asked, "--status", lists)
    assert "site/consent-list is not put in: " in done.err
    assert '"lists": []' in (gallery.folder / "other.html").read_text()


def test_a_contract_too_long_for_a_qr_code_has_none(ana: Cli) -> None:
    many = [word for n in range(99) for word in ("--pay", f"per-output:{n + 1}:EUR")]
    ana("grant", "poem.txt", *TERMS, *many, "--worldwide", "--irrevocable", "--yes",
        *("--purpose", "p" * 1000, "--credit", "c" * 200, "--title", "t" * 200))  # fmt: skip
    assert (ana.folder / "poem.txt.consent").stat().st_size > 2200
    done = ana("card", "poem.txt.consent", "--work", "poem.txt", "--out", "card.html")
    assert "too long for a QR code" in done.err
    assert Parsed((ana.folder / "card.html").read_text()).all("svg") == []


def test_without_its_libraries_the_command_says_how_to_get_them(gallery: Cli) -> None:
    program = (
        "import sys, importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name, *of: name not in ('segno', 'PIL') and find(name, *of) or None;"
        "from consentsig.cli import main; sys.exit(main())"
    )
    asked = ("card", "boats.jpg.consent", "--work", "boats.jpg", "--out", "none.html")
    done = subprocess.run(
        [sys.executable, "-c", program, *asked],
        capture_output=True,
        check=False,
        cwd=gallery.folder,
        env=gallery.environment,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "consentsig: error: a card needs segno and pillow, not installed here",
        "consentsig: hint: pip install 'consentsig[card]'",
    ]


# --- in a browser ---

UNWANTED: Final = "b, #text :not(.line), .line *, #claim img"
WORD: Final = "document.getElementById('answer-word').textContent"
DETAIL: Final = "document.getElementById('answer-detail').textContent"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Browser:
    """The page, opened from a file."""
    (tmp_path / "index.html").write_text(PAGE)
    chromium.open((tmp_path / "index.html").as_uri())
    return chromium


def answers(page: Browser, code: str) -> str:
    """Wait for a result code; return all that the answer says."""
    page.until(f"{DETAIL}.startsWith('{code}:')")
    assert page.complaints == []
    text: str = page.run("document.getElementById('answer').innerText")
    return text


def ask_all(page: Browser, folder: Path, name: str) -> None:
    """Choose and answer everything but whose key it is."""
    page.choose("contract", folder / f"{name}.consent")
    page.choose("work", folder / name)
    page.choose("lists", folder / "site" / "consent-list")
    page.write("grantee", "https://acme.example")
    page.click("[name=use][value=finetune]")


def test_a_person_gets_to_a_yes_only_after_saying_whose_key_it_is(
    page: Browser, gallery: Cli
) -> None:
    ask_all(page, gallery.folder, "boats.jpg")
    text = answers(page, "unknown-creator")
    assert "Not a yes yet." in text
    page.until(f"{DETAIL}.includes('all else that was asked holds')")
    page.click("#believe")
    assert "Yes." in answers(page, "valid")
    last_day = page.run("document.getElementById('facts').textContent")
    assert re.search(r"until the end of [0-9]{4}-12-31 \(UTC\)", last_day)
    steps = page.run("[...document.querySelectorAll('#steps span')].map((e) => e.textContent)")
    assert len(steps) == 13
    assert set(steps) == {"passed", "always passes in format 1.0"}
    page.click("[name=use][value=imitate]")
    assert "No." in answers(page, "use-not-granted")


def test_hostile_names_stay_text_on_the_page_and_on_the_card(
    page: Browser, gallery: Cli, tmp_path: Path
) -> None:
    ask_all(page, gallery.folder, "boats.jpg")
    answers(page, "unknown-creator")
    assert HOSTILE_NAME in page.run("document.getElementById('claim').textContent")
    assert HOSTILE in page.run("document.getElementById('text').textContent")
    (tmp_path / "a.html").write_text(card(gallery, "browser.html", "--status", "site"))
    for _ in range(2):
        assert page.run(f"document.querySelectorAll('{UNWANTED}').length") == 0
        assert "taken" not in page.run("document.title").replace("document.title='taken'", "")
        page.open((tmp_path / "a.html").as_uri())
        assert "Whether you have the very work" in answers(page, "unknown-creator")
    page.choose("work", gallery.folder / "boats.jpg")
    page.click("#believe")
    assert "Not a yes yet." in answers(page, "authentic")


@pytest.fixture
def narrow(chromium: Browser) -> Iterator[Browser]:
    """The browser with the window of a small phone."""
    size = {"width": 320, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    chromium.command("Emulation.setDeviceMetricsOverride", **size)
    yield chromium
    chromium.command("Emulation.clearDeviceMetricsOverride")


# Where each line of the elements begins, and where each goes on if it is too long for the window.
EDGES: Final = """((selector) => {
  const begins = [], goesOn = [];
  for (const line of document.querySelectorAll(selector)) {
    const range = document.createRange();
    range.selectNodeContents(line);
    const [first, ...rest] = [...range.getClientRects()].filter(({ width }) => width > 0);
    if (first) begins.push(first.left);
    goesOn.push(...rest.map(({ left }) => left));
  }
  return { begins, goesOn };
})"""


def test_a_long_line_goes_on_further_right_than_any_line_begins(
    narrow: Browser, ana: Cli, tmp_path: Path
) -> None:
    """No part of a signed text can pass for a term, in whichever window it is wrapped."""
    ends = "Ends: 2099-12-31 23:59:59 UTC"
    ana("grant", "poem.txt", "--title", f"Boats {ends} {ends} {ends} {'m' * 80}", *TERMS, *FREE,
        *("--purpose", f"{ends} " * 9 + ends), "--irrevocable", "--yes")  # fmt: skip
    ana("card", "poem.txt.consent", "--work", "poem.txt", "--out", "card.html")
    (tmp_path / "index.html").write_text(PAGE)
    for path in (tmp_path / "index.html", ana.folder / "card.html"):
        narrow.open(path.as_uri())
        if path.name == "index.html":
            narrow.choose("contract", ana.folder / "poem.txt.consent")
        answers(narrow, "unknown-creator")
        assert ends in narrow.run("document.getElementById('text').textContent")
        narrow.click("#believe")
        answers(narrow, "authentic")
        for selector, fewest in (
            *(("#text .line", 20), ("#conditions li", 9)),
            *(("#claim", 1), (".card h2, .card dd", 9 if path.name == "card.html" else 0)),
        ):
            edges = narrow.run(f"{EDGES}({json.dumps(selector)})")
            assert len(edges["goesOn"]) >= fewest
            for begins in edges["begins"]:
                assert all(left > begins + 10 for left in edges["goesOn"])


def test_the_text_on_the_page_is_the_text_to_the_letter(page: Browser, granted: Cli) -> None:
    page.choose("contract", granted.folder / "poem.txt.consent")
    answers(page, "unknown-creator")
    said = granted("show", "poem.txt.consent").out.partition("\n\n")[2]
    assert page.run("document.getElementById('text').textContent") == said
    copied = page.run(
        "getSelection().selectAllChildren(document.getElementById('text')), `${getSelection()}`"
    )
    assert copied.strip() == said.strip()


def test_the_tick_for_one_key_is_not_taken_for_another(page: Browser, granted: Cli) -> None:
    ask_all(page, granted.folder, "poem.txt")
    answers(page, "unknown-creator")
    page.click("#believe")
    answers(page, "valid")
    (granted.folder / "mallory").write_bytes(contract())
    page.choose("contract", granted.folder / "mallory")
    answers(page, "unknown-creator")
    page.until("!document.getElementById('believe').checked")
    page.choose("contract", granted.folder / "poem.txt.consent")
    page.until("document.getElementById('claim').textContent.includes('Ana Liu')")
    answers(page, "unknown-creator")
    did = granted("key", "show", "--json").json[0]["did"]
    page.write("did-line", did)
    answers(page, "valid")


def test_what_was_taken_back_is_a_no_with_what_to_do(page: Browser, granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    ask_all(page, granted.folder, "poem.txt")
    page.until("!document.getElementById('key').hidden")
    page.click("#believe")
    text = answers(page, "revoked")
    assert "No." in text
    assert "within 30 days" in text


def table(page: Browser) -> list[list[str]]:
    """The rows of the table of contracts: name, work, answer and why."""
    rows: list[list[str]] = page.run(
        "[...document.querySelectorAll('#all tbody tr')].map((row) => "
        "[...row.cells].slice(0, 4).map((cell) => cell.textContent))"
    )
    return rows


def test_each_of_several_contracts_gets_an_answer_with_its_work_found_by_hash(
    page: Browser, ana: Cli
) -> None:
    folder = ana.folder
    for name in ("one", "two", "three", "stray"):
        (folder / name).write_text(name)
    for name in ("one", "two", "three"):
        ana("grant", name, *TERMS, *FREE, "--irrevocable", "--yes")
    (folder / "one.consent").rename(folder / "two.txt")  # a name that misleads
    (folder / "two.consent").rename(folder / "one.txt")
    (folder / "other").write_bytes(contract())  # of another creator, for another work
    contracts = [folder / name for name in ("two.txt", "one.txt", "three.consent", "other")]
    page.choose("contract", *contracts, *(folder / name for name in ("one", "two", "stray")))
    page.write("grantee", "https://acme.example")
    page.click("[name=use][value=finetune]")
    page.until("!document.getElementById('all').hidden")
    answers(page, "unknown-creator")
    page.until("!document.getElementById('key').hidden")
    page.until("document.querySelector('[name=place][value=open]').checked")  # one names countries
    page.click("[name=place][value=none]")
    page.click("#believe")
    page.until("document.getElementById('all-sum').textContent.includes('2 × “Yes.”')")
    answers(page, "valid")
    assert [row[:3] for row in table(page)] == [
        ["two.txt", "one", "Yes."],
        ["one.txt", "two", "Yes."],
        ["three.consent", "None of those chosen", "Not a yes yet."],
        ["other", "None of those chosen", "No."],
    ]
    assert table(page)[2][3].endswith("Still needed: the work.")
    assert table(page)[3][3] == "The contract does not permit this use."
    assert page.run("document.getElementById('unmatched').innerText").split("\n")[-1] == "stray"
    assert "for two.txt" in page.run("document.getElementById('answer-heading').textContent")
    page.click("#all tbody tr:nth-of-type(3) button")
    assert "Still needed: the work" in answers(page, "authentic")
    assert page.run("document.getElementById('believe').checked")
    page.click("#all tbody tr:nth-of-type(4) button")
    answers(page, "unknown-creator")
    assert not page.run("document.getElementById('believe').checked")


def test_of_several_works_one_contract_takes_its_own(page: Browser, granted: Cli) -> None:
    (granted.folder / "stray").write_text("stray")
    works = [granted.folder / name for name in ("poem.txt", "stray")]
    page.choose("contract", granted.folder / "poem.txt.consent")
    page.choose("work", *works)
    page.until("!document.getElementById('all').hidden")
    page.until("document.getElementById('unmatched').innerText.includes('stray')")
    assert [row[1] for row in table(page)] == ["poem.txt"]
    page.choose("work", granted.folder / "stray")
    page.until(f"{DETAIL}.includes('wrong-work')")
    assert page.run("document.getElementById('all').hidden")


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of 1,000 contracts, the first works of it, and one of its contracts alone."""
    folder = tmp_path_factory.mktemp("together")
    subprocess.run([node_20(), SCRIPTS / "batches.mjs", folder, "1000"], check=True, timeout=120)
    return folder


NOTE: Final = "document.getElementById('contract-note').textContent"


def test_a_batch_answers_for_the_works_that_are_chosen(page: Browser, together: Path) -> None:
    (together / "stray").write_text("stray")
    page.choose("contract", together / "all.consents")
    page.until(f"{NOTE}.includes('all.consents is a batch of 1,000 contracts.')")
    page.until("document.querySelectorAll('#all tbody tr').length === 20")
    assert "The first 20 are checked here. Choose works" in page.run(NOTE)
    assert {row[1] for row in table(page)} == {"None chosen"}
    page.write("grantee", "https://acme.example")
    page.click("[name=use][value=finetune]")
    page.choose("work", *(together / name for name in ("work 3", "work 7", "stray")))
    page.until(f"{NOTE}.includes('For the works you chose, it has 2.')")
    page.until("document.querySelectorAll('#all tbody tr').length === 2")
    answers(page, "unknown-creator")
    page.click("#believe")
    page.until("document.getElementById('all-sum').textContent.includes('2 × “Yes.”')")
    answers(page, "valid")
    rows = table(page)
    assert all(re.fullmatch(r"all\.consents, no\. [\d,]+", row[0]) for row in rows)
    assert sorted(row[1] for row in rows) == ["work 3", "work 7"]
    assert page.run("document.getElementById('unmatched').innerText").split("\n")[-1] == "stray"
    note = page.run("document.getElementById('says-note').textContent")
    assert note.endswith(" One of 1,000 contracts signed together.")
    page.choose("work", together / "stray")
    page.until(f"{NOTE}.includes('None of them is about a work you chose.')")
    page.until("document.querySelectorAll('#all tbody tr').length === 20")
    assert {row[2] for row in table(page)} == {"Not a yes yet."}


def test_a_batch_may_come_with_its_works_and_with_other_contracts(
    page: Browser, together: Path
) -> None:
    (together / "other").write_bytes(contract())
    names = ("all.consents", "other", "work 0", "work 1", "work 2")
    page.choose("contract", *(together / name for name in names))
    page.until("document.querySelectorAll('#all tbody tr').length === 4")
    page.until(f"{NOTE}.startsWith('Chosen: 2 files.')")
    works = sorted(row[1] for row in table(page))
    assert works == ["None of those chosen", "work 0", "work 1", "work 2"]


def test_one_contract_of_a_batch_is_like_any_other(page: Browser, together: Path) -> None:
    ask = (("contract", "one.consent"), ("work", "work 0"))
    for place, name in ask:
        page.choose(place, together / name)
    page.write("grantee", "https://acme.example")
    page.click("[name=use][value=finetune]")
    answers(page, "unknown-creator")
    page.click("#believe")
    answers(page, "valid")
    assert page.run("document.getElementById('all').hidden")
    note = page.run("document.getElementById('says-note').textContent")
    assert note.endswith(" One of 1,000 contracts signed together.")
    line = page.run("document.getElementById('line').textContent")
    page.write("contract-line", line)
    answers(page, "valid")


def test_a_batch_that_is_damaged_is_a_plain_no(page: Browser, together: Path) -> None:
    page.choose("contract", together / "bad.consents")
    assert "No." in answers(page, "bad-signature")
    assert page.run("document.getElementById('says').hidden")
    (together / "cut.consents").write_bytes((together / "all.consents").read_bytes()[:-1])
    page.choose("contract", together / "cut.consents")
    assert "No." in answers(page, "malformed")
    page.choose("contract", together / "one.consent")
    answers(page, "unknown-creator")


def test_more_files_than_can_be_checked_are_not_left_out_in_silence(
    page: Browser, tmp_path: Path
) -> None:
    for n in range(201):
        (tmp_path / f"{n}.consent").write_text("consentsig1:AAAA")
    page.choose("contract", *(tmp_path / f"{n}.consent" for n in range(201)))
    page.until("document.getElementById('contract-note').textContent.includes('The other 1 ')")
    page.until("document.querySelectorAll('#all tbody tr').length === 200")
    assert {row[2] for row in table(page)} == {"No."}


def test_a_card_of_a_revoked_contract_opens_with_a_plain_no(page: Browser, granted: Cli) -> None:
    granted("revoke", "poem.txt.consent", "--yes")
    granted(*PUBLISH)
    granted("card", "poem.txt.consent", "--work", "poem.txt", "--out", "revoked.html")
    page.open((granted.folder / "revoked.html").as_uri())
    text = answers(page, "unknown-creator")
    assert text.splitlines()[2] == "No."
    assert "The creator has taken it back" in text
    assert "Not a yes yet." not in text
    assert page.run("document.getElementById('answer').dataset.mood") == "no"
    page.click("#believe")
    answers(page, "revoked")


def test_a_card_says_what_is_due_and_whether_it_can_be_taken_back(ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, "--pay", "once:500:EUR", "--pay", "revenue-share:2.5%",
        "--worldwide", "--revocable", "30", "--yes")  # fmt: skip
    ana("card", "poem.txt.consent", "--work", "poem.txt", "--out", "paid.html")
    text = (ana.folder / "paid.html").read_text()
    assert "<dt>Payment</dt><dd>2.5 % of the revenue; 500 EUR once</dd>" in text
    assert (
        "<dt>Can be taken back</dt><dd>yes, at any time and without a reason; "
        "running uses must then stop within 30 days</dd>"
    ) in text
    ana("grant", "poem.txt", *TERMS, *FREE, "--irrevocable", "--yes", "--out", "free.consent")
    ana("card", "free.consent", "--work", "poem.txt", "--out", "free.html")
    text = (ana.folder / "free.html").read_text()
    assert "<dt>Payment</dt><dd>nothing to pay</dd>" in text
    assert "<dt>Can be taken back</dt><dd>no, not before it ends</dd>" in text


def test_a_place_that_nobody_named_is_left_open(page: Browser, ana: Cli) -> None:
    ana("grant", "poem.txt", *TERMS, "--free", "--territory", "DE,FR", "--revocable", "30",
        "--yes")  # fmt: skip
    ana(*PUBLISH_FIRST)
    ask_all(page, ana.folder, "poem.txt")
    answers(page, "unknown-creator")
    page.until(f"{DETAIL}.includes('all else that was asked holds')")
    page.click("#believe")
    assert "Whether it covers the place." in answers(page, "authentic")
    page.click("[name=place][value=none]")
    answers(page, "wrong-territory")
    page.write("country", "FR")
    answers(page, "valid")


def test_hostile_files_end_in_a_no_and_leave_the_page_alive(
    page: Browser, tmp_path: Path, gallery: Cli
) -> None:
    nested = b"\xd2\x84\x40" + b"\x81" * 1_000_000
    for name, data in (("big", b"\xd2" * 5_000_000), ("nested", nested), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
        page.choose("contract", tmp_path / name)
        page.until(f"document.getElementById('contract-note').textContent.includes('{name}')")
        assert "No." in answers(page, "malformed")
        assert page.run("document.getElementById('says').hidden")
    page.choose("contract", gallery.folder / "boats.jpg.consent")
    page.choose("lists", tmp_path / "big", tmp_path / "nested")
    page.until("document.querySelectorAll('.fault').length === 2")


def test_a_list_that_says_nothing_of_the_contract_is_shown_with_the_reason(
    page: Browser, gallery: Cli, granted: Cli
) -> None:
    page.choose("contract", gallery.folder / "boats.jpg.consent")
    page.choose("lists", granted.folder / "site" / "consent-list")
    page.until("document.querySelector('.fault')?.textContent.includes('is not used: it is ')")
    page.until("!document.getElementById('key').hidden")
    page.click("#believe")
    answers(page, "status-unknown")
    page.choose("lists", gallery.folder / "site" / "consent-list")
    answers(page, "authentic")
    assert page.run("document.querySelectorAll('.fault').length") == 1


def test_a_file_that_hangs_the_verifier_is_given_up_and_the_next_is_checked(
    chromium: Browser, tmp_path: Path, gallery: Cli
) -> None:
    hanging = PAGE
    for there, instead in (
        ("const CHECK_SECONDS = 60;", "const CHECK_SECONDS = 1;"),
        ("return { bytes: fromLine(line) ?? new Uint8Array(0),", "for (;;); return { bytes,"),
    ):
        assert hanging.count(there) == 1
        hanging = hanging.replace(there, instead)
    # The policy names the program by its fingerprint, and this is another program.
    hanging = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", hanging)
    (tmp_path / "index.html").write_text(hanging)
    chromium.open((tmp_path / "index.html").as_uri())
    chromium.write("contract-line", "consentsig1:AAAA")
    chromium.until(f"{DETAIL}.includes('took longer than 1 seconds')")
    assert chromium.run(WORD) == "No answer."
    chromium.choose("contract", gallery.folder / "boats.jpg.consent")
    assert "Not a yes yet." in answers(chromium, "unknown-creator")


def test_a_line_is_as_good_as_the_file(page: Browser, gallery: Cli) -> None:
    line = to_line((gallery.folder / "boats.jpg.consent").read_bytes())
    page.write("contract-line", f"  {line}\n")
    answers(page, "unknown-creator")
    page.write("contract-line", "=")
    answers(page, "malformed")


def test_a_line_that_mail_wrapped_is_read_and_that_is_said(page: Browser, gallery: Cli) -> None:
    line = to_line((gallery.folder / "boats.jpg.consent").read_bytes())
    wrapped = " \r\n".join(line[at : at + 76] for at in range(0, len(line), 76))
    (gallery.folder / "mail.txt").write_text(f"\n{wrapped}\n", newline="")
    said = "The line was wrapped: spaces and line ends in it were left out."
    page.write("contract-line", wrapped)
    assert said in answers(page, "unknown-creator")
    page.choose("contract", gallery.folder / "boats.jpg.consent")
    page.until(f"!document.getElementById('answer-detail').textContent.includes('{said}')")
    page.choose("contract", gallery.folder / "mail.txt")
    page.until(f"document.getElementById('answer-detail').textContent.includes('{said}')")
    answers(page, "unknown-creator")
