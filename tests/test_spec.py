import ast
import itertools
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from consentsig import (
    ResultCode,
    Use,
    VerificationError,
    batch,
    errors,
    keys,
    status_book,
    status_list,
    terms,
)
from consentsig.contract import CONTRACT
from consentsig.format import cose
from consentsig.format.cbor import MAX_DEPTH, MAX_INT, encode
from consentsig.format.common import CONSENTSIG
from consentsig.format.strings import MAX_ADDRESS_LEN
from strategies import ROOT, VECTORS

SPEC = (ROOT / "spec" / "consentsig.md").read_text()
SOURCE = ROOT / "src" / "consentsig"
HEADINGS = re.findall(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", SPEC, re.MULTILINE)
STEPS = range(1, 15)


def section(number: str) -> str:
    """Return the text of a section, without those under it of the same depth."""
    found = re.search(
        rf"^#{{2,3}} {re.escape(number)}\.? .*?(?=^#{{2,3}} |\Z)", SPEC, re.MULTILINE | re.DOTALL
    )
    assert found, number
    return found[0]


def table(number: str, columns: int) -> list[list[str]]:
    """Return the rows of a section's tables that have so many columns, without their heads."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section(number).splitlines()
        if line.startswith("|")
    ]
    rules = [place for place, row in enumerate(rows) if set("".join(row)) <= {"-", " "}]
    heads = {place - 1 for place in rules}
    return [
        row
        for place, row in enumerate(rows)
        if place not in heads and place not in rules and len(row) == columns
    ]


# --- sections ---


def test_sections_are_numbered_once_and_in_order() -> None:
    numbers = [tuple(map(int, heading.split("."))) for heading in HEADINGS]
    assert numbers == sorted(set(numbers))
    assert [number for number in numbers if len(number) == 1] == [(n,) for n in range(1, 14)]
    for before, after in itertools.pairwise(numbers):
        assert after[-1] == 1 or after[-1] == before[len(after) - 1] + 1


# What may stand in front of a § that is ours: `spec §5`, then `, §7.4`, ` and §3`, ` to §3.6`.
CITATION = re.compile(r"\bspec (§[\d.]+(?:(?:,| and| to|, and) §[\d.]+)*)")
ONE = re.compile(r"§(\d+(?:\.\d+)?)")
STEP = re.compile(r"§5,? steps? (\d+)(?:(?:,| and| to) (\d+))?")
BARE_STEP = re.compile(r"\bsteps? (\d+)\b")


def texts() -> Iterator[tuple[Path, str]]:
    """Give every source file that may cite the specification, lines joined."""
    for folder, ending in (("src", "py"), ("tests", "py"), ("vectors", "py")):
        for path in sorted((ROOT / folder).rglob(f"*.{ending}")):
            if "node_modules" not in path.parts:
                yield path, re.sub(r"\n\s*#?\s*", " ", path.read_text())


def test_every_section_cited_exists() -> None:
    cited = {
        (number, path.name)
        for path, text in texts()
        for run in CITATION.findall(text)
        for number in ONE.findall(run)
    }
    assert len(cited) > 50
    assert not {(number, name) for number, name in cited if number not in HEADINGS}


def test_every_step_cited_exists() -> None:
    cited = [
        (int(step), path.name)
        for path, text in texts()
        for steps in STEP.findall(text)
        for step in steps
        if step
    ]
    assert len(cited) > 20
    assert all(step in STEPS for step, _ in cited)


def test_every_section_that_a_vector_names_exists() -> None:
    for path in VECTORS.glob("*/*.json"):
        where = json.loads(path.read_text())["spec"]
        assert ONE.findall(where), path.name
        assert set(ONE.findall(where)) <= set(HEADINGS), path.name
        assert all(int(step) in STEPS for step in BARE_STEP.findall(where)), path.name


def test_the_specification_refers_to_sections_it_has() -> None:
    ours = re.sub(r"(?:RFC|ISO|draft)[^§,;.()|]*(?:§[\d.]+)", "", SPEC)
    found = ONE.findall(ours)
    assert len(found) > 25
    assert set(found) <= set(HEADINGS)


def test_the_steps_are_numbered_and_the_code_takes_them_in_order() -> None:
    numbered = re.findall(r"^(\d+)\. \*\*", section("5.2"), re.MULTILINE)
    assert [int(number) for number in numbered] == list(STEPS)
    comments = re.findall(r"# spec §5 steps? (\d+)", (SOURCE / "verify.py").read_text())
    assert [int(number) for number in comments] == [1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]


# --- result codes ---


def test_the_codes_are_those_of_the_library_with_their_steps() -> None:
    rows = {code.strip("`"): steps for code, steps, _ in table("6", 3)}
    assert rows.keys() == set(ResultCode)
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, VerificationError) and hasattr(kind, "code"):
            assert rows[kind.code] == str(kind.step)
    assert rows["malformed"] == rows["unsupported"] == "1, 2"
    assert rows["valid"] == rows["authentic"] == "–"  # as it stands there


# --- tables that the code holds too ---


def number(cell: str) -> int:
    return int(re.sub(r"\D", "", cell))


def test_the_limits_are_those_of_the_code() -> None:
    rows = dict(table("2.2", 2))
    found = {what: number(re.split("[,;]", limit)[0]) for what, limit in rows.items()}
    assert found == {
        "contract file": CONTRACT.max_len,
        "protected header; unprotected header": cose.MAX_HEADER_LEN,
        "payload of a contract": CONTRACT.max_payload_len,
        "nesting of arrays and maps": MAX_DEPTH,
        "status list file": status_list.STATUS_LIST.max_len,
        "payload of a status list": status_list.STATUS_LIST.max_payload_len,
        "inflated status list": status_list.MAX_INFLATED_LEN,
        "batch file; its contracts, inflated": batch.MAX_FILE_LEN,
    }
    inflated = rows["batch file; its contracts, inflated"].partition(";")[2]
    assert number(inflated.partition("(")[0]) == batch.MAX_INFLATED_LEN


def test_the_numbers_in_prose_are_those_of_the_code() -> None:
    assert MAX_INT == 2**53 - 1
    assert "2^53−1" in section("2.1")  # its minus sign
    assert f"1 to {MAX_ADDRESS_LEN} ASCII characters" in section("2.4")
    assert f"0 … {terms.MAX_TIME:,}".replace(",", " ") in section("2.5")
    assert terms.MAX_TERM == timedelta(seconds=1_577_923_200) == timedelta(days=18_263)
    assert "1 577 923 200 s (18 263 days" in section("3.2")
    assert timedelta(seconds=31_622_400) == status_list.MAX_LIFE == timedelta(days=366)
    assert "31 622 400 s (366 days)" in section("7.1")
    assert f"T + {status_book.SKEW.seconds} s" in section("7.4")
    assert str(CONSENTSIG).replace("-", "−") in section("3.2")
    assert f'"{CONTRACT.typ}"' in section("3.1")
    assert f'"{status_list.STATUS_LIST.typ}"' in section("7.1")
    assert encode({1: 1, -1: 6, -2: bytes(32)})[:8] == keys.COSE_KEY_PREFIX
    assert f"`{keys.COSE_KEY_PREFIX.hex(' ')}` followed by x" in re.sub(r"\s+", " ", section("2.6"))


def test_the_uses_are_those_of_the_code() -> None:
    rows = [[code, bit, name, meaning] for code, bit, name, meaning in table("3.7", 4)]
    assert rows == [[str(use.value), str(use.bit), use.label, use.meaning] for use in Use]


def test_the_points_of_small_order_are_those_of_the_code() -> None:
    listed = re.findall(r"^\s+([0-9a-f]{64})$", section("4.2"), re.MULTILINE)
    assert len(listed) == 10
    assert set(map(bytes.fromhex, listed)) == keys._SMALL_ORDER  # noqa: SLF001  # not public
    for x in listed:
        assert not keys.PublicKey(bytes.fromhex(x)).is_sound


def test_the_order_of_the_group_is_that_of_the_code() -> None:
    (found,) = re.findall(r"L = 2\^252 \+ (\d+)", section("4.2"))
    assert 2**252 + int(found) == keys._L  # noqa: SLF001  # not public


def test_every_line_of_the_template_stands_in_the_code() -> None:
    code = "".join(
        node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        for node in ast.walk(ast.parse((SOURCE / "text.py").read_text()))
    )
    lines = [line for row in table("3.8", 3) for line in re.findall(r"`([^`]+)`", row[2])]
    pieces = {piece.strip() for line in lines for piece in re.split(r"\{[^}]*\}", line)}
    assert len(lines) > 60
    for piece in pieces - {""}:
        # A unit is made from its singular, a label from what stands before its colon.
        assert piece in code or piece.removesuffix(":") in code, piece


def test_the_tables_are_those_whose_digests_are_given() -> None:
    found = dict(
        re.findall(r"^\| `(\w+\.txt)` \| `([0-9a-f]{64})` \|$", section("2.3"), re.MULTILINE)
    )
    assert found.keys() == {"codepoints.txt", "nfc.txt"}
    for name, digest in found.items():
        assert sha256((ROOT / "spec" / name).read_bytes()).hexdigest() == digest


def test_the_fragments_of_cddl_are_those_of_the_schema() -> None:
    schema = rules_of((ROOT / "spec" / "consentsig.cddl").read_text())
    blocks = re.findall(r"^```cddl\n(.*?)^```$", SPEC, re.MULTILINE | re.DOTALL)
    shown = [rule for block in blocks for rule in rules_of(block)]
    assert len(shown) == len(set(shown)) > 15
    assert [rule for rule in shown if rule not in schema] == []


def rules_of(cddl: str) -> list[str]:
    """Return the rules of a schema, with single spaces and without whole-line comments."""
    text = re.sub(r"^;.*\n", "", cddl, flags=re.MULTILINE)
    rules = re.split(r"^(?=[\w-]+(?:<[^>]*>)? *= )", text, flags=re.MULTILINE)
    return [" ".join(rule.split()) for rule in rules if rule.strip()]


# --- bytes that are shown ---


@cache
def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


def bytes_shown(text: str) -> str:
    """Return the bytes of a block in hexadecimal, without its comments."""
    (block,) = re.findall(r"^```\n((?:[0-9a-f… ]+;.*\n)+)```$", text, re.MULTILINE)
    return "".join(line.partition(";")[0] for line in block.splitlines()).replace(" ", "")


def test_the_whole_contract_is_the_vector() -> None:
    opening = SPEC.partition("## 1. Introduction")[0]
    everyday = vector("text/everyday")
    assert bytes_shown(opening) == everyday["contract"]
    assert f"The contract is {len(everyday['contract']) // 2} bytes" in opening
    assert everyday["contract_id"] in opening
    assert f"```\n{everyday['text']}```" in opening


def test_the_whole_list_is_the_vector() -> None:
    (data,) = vector("status/valid")["status_lists"]
    assert bytes_shown(section("7.1")) == data
    assert f"`status/valid`, {len(data) // 2} bytes" in section("7.1")
    parsed = status_list.parse_status_list(bytes.fromhex(data))
    assert f"Its object id is `{parsed.object_id.hex()}`" in section("7.1")
    assert f"It has {parsed.terms.size} positions" in section("7.1")


def test_the_signed_bytes_are_those_of_the_vector() -> None:
    signed = vector("text/everyday")["sig_structure"]
    first, last = bytes_shown(section("4.1")).split("…")
    assert signed.startswith(first)
    assert signed.endswith(last)
    raw = bytes.fromhex(signed)
    assert f"this is {len(raw)} bytes" in section("4.1")
    assert f"`{sha256(raw).hexdigest()}`" in section("4.1")


def test_the_refused_files_are_vectors() -> None:
    rows = table("3.9", 5)
    assert len(rows) == 3
    for name, offset, shown, _, verdict in rows:
        found = vector(name.strip("`"))
        data = bytes.fromhex(found["contract"])
        extract = bytes.fromhex(shown.strip("`"))
        assert data[int(offset) :].startswith(extract), name
        assert verdict == f"`{found['expect']}`, {found['step']}"


def test_the_conditions_are_those_of_the_library_in_their_order() -> None:
    code = (SOURCE / "verify.py").read_text()
    found = re.findall(r'^ +"(\w+)": terms\.', code, re.MULTILINE)
    listed = [name.strip("`") for name, _, _ in table("5.3", 3)]
    assert len(found) == 8
    assert listed[-8:] == found


# --- requirements ---

INDEX = (ROOT / "spec" / "requirements.md").read_text()
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in INDEX.splitlines()
    if re.match(r"\| [VSPB]-\d+ \|", line)
]
ID = re.compile(r"(?<!`)\[([VSPB]-\d+)\]")  # between backquotes they are examples


def names_of(pattern: str) -> set[str]:
    """Return the vectors that a pattern of the index means."""
    kind, _, word = pattern.rpartition(":")
    every = every_vector()
    if kind == "flag":
        return {name for name, found in every.items() if word in found["flags"]}
    if kind == "step":
        return {name for name, found in every.items() if found["step"] == int(word)}
    return {name for name in every if fnmatchcase(name, word)}


@cache
def every_vector() -> dict[str, dict[str, Any]]:
    names = (path.relative_to(VECTORS).with_suffix("") for path in VECTORS.glob("*/*.json"))
    return {name.as_posix(): vector(name.as_posix()) for name in names}


def patterns_of(cell: str) -> list[str]:
    return [] if cell.startswith("no vector: ") else re.findall("`([^`]+)`", cell)


def test_each_requirement_has_one_id_one_place_and_one_row() -> None:
    stated = ID.findall(SPEC)
    assert len(stated) == len(set(stated)) > 60
    assert sorted(row[0] for row in ROWS) == sorted(stated)
    for row in ROWS:
        assert f"[{row[0]}]" in section(row[1]), row


def test_each_requirement_has_vectors_or_a_reason_for_none() -> None:
    for number, _, _, cell in ROWS:
        assert patterns_of(cell) or re.match(r"no vector: \w+ ", cell), number
        assert [each for each in patterns_of(cell) if not names_of(each)] == [], number


def test_each_vector_shows_a_requirement() -> None:
    shown = {name for row in ROWS for each in patterns_of(row[3]) for name in names_of(each)}
    missing = sorted(every_vector().keys() - shown)
    assert missing == [], "add these to a row of spec/requirements.md, by flag or by name"
