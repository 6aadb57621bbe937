"""The verifier in JavaScript, as programs use it: names, types, package, and what it costs."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

import consentsig
from ask_vector import judge, load
from command_line import Cli
from consentsig import PaymentKind, ResultCode, Use
from consentsig.format.cose import Sign1
from consentsig.format.read_batch import Place
from node_tools import node_20, npm, tsc
from strategies import ROOT

WEB: Final = ROOT / "src" / "consentsig" / "web"
SCRIPTS: Final = Path(__file__).parent
MODULE: Final = (WEB / "consentsig.mjs").read_text("utf-8")
TYPES: Final = (WEB / "consentsig.d.mts").read_text("utf-8")
# Exported for the tests alone, and no promise.
INTERNAL: Final = {"classOf", "decode", "inflate", "sigStructureOf"}
# Functions that are methods in Python, or functions of a module that is no part of its API.
ELSEWHERE: Final = {"from_did_key", "to_did_key", "thumbprint", "digest_work", "outline",
                    "why_not_acceptable"}  # fmt: skip
# What the library has on contracts that were read, and JavaScript on verified ones too.
READ: Final = {"place"}


def run(command: list[str | Path], folder: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=folder,
        env=os.environ | environment,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("script", ["api.test.mjs", "batch.test.mjs"])
def test_its_interface_keeps_its_promises(script: str) -> None:
    run([node_20(), "--test", SCRIPTS / script])


# --- names ---


def snake(name: str) -> str:
    return name if name.isupper() else re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


@pytest.fixture(scope="module")
def names() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(run([node_20(), SCRIPTS / "names.mjs"]))
    return found


@pytest.mark.parametrize(
    "kind",
    ["Creator", "Work", "Grantee", "Payment", "Revocation", "Erasure", "StatusReference", "Terms",
     "Digest", "ListTerms", "PublicKey", "StatusList", "UnverifiedContract", "UnverifiedStatusList",
     "VerifiedContract", "Verdict", "Sign1", "Place"],
)  # fmt: skip
def test_its_objects_have_the_names_of_the_library(kind: str, names: dict[str, list[str]]) -> None:
    same = {"Sign1": Sign1, "Place": Place}.get(kind) or getattr(consentsig, kind)
    found = {snake(name) for name in names[kind]}
    assert found - READ <= set(dir(same))
    fields = set(getattr(same, "_fields", ()))
    # Bytes that could be changed, asked by value_at; and what only a reader needs.
    assert fields - found <= {"statuses", "further"}


def test_its_conditions_have_the_names_of_the_library(names: dict[str, list[str]]) -> None:
    verified = judge(load(ROOT / "vectors" / "text" / "full.json")).contract
    assert verified is not None
    assert {snake(name) for name in names["conditions"]} == verified.conditions.keys()


def test_its_functions_have_the_names_of_the_library(names: dict[str, list[str]]) -> None:
    for name in set(names["exports"]) - INTERNAL:
        plain = name if name[0].isupper() else snake(name)
        assert plain in {*consentsig.__all__, *ELSEWHERE}, name


def test_its_types_name_what_it_exports_and_every_code(names: dict[str, list[str]]) -> None:
    declared = re.findall(r"^export (?:function|class|const) (\w+)", TYPES, re.MULTILINE)
    assert sorted(declared) == sorted(set(names["exports"]) - INTERNAL)
    assert values_of("Use") == [use.label for use in Use]
    kinds = [kind.name.lower().replace("_", "-") for kind in PaymentKind]
    assert values_of("PaymentKind") == kinds
    assert {*values_of("RefusalCode"), "valid", "authentic"} == set(ResultCode)


def values_of(union: str) -> list[str]:
    """The texts that a type of the declarations allows."""
    (text,) = re.findall(rf"^export type {union} =(.*?);", TYPES, re.MULTILINE | re.DOTALL)
    return re.findall(r'"([a-z-]+)"', text)


def test_no_two_functions_of_the_worker_have_one_name() -> None:
    # In the page, both files are one function, in which the second would silently take the place.
    code = MODULE + (WEB / "worker.mjs").read_text("utf-8")
    pattern = r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)"
    made = re.findall(pattern, code, re.MULTILINE)
    assert len(made) == len(set(made)) > 100


# --- types ---


def test_its_code_is_well_typed() -> None:
    run([*tsc(), "-p", SCRIPTS])


# --- cost ---


@pytest.fixture(scope="module")
def cost(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What worst streams cost, counted by a copy of the module that counts."""
    counting = MODULE
    for there, counts in (
        ("function huffman(lengths, mayBeIncomplete) {", "codes++; {}.entries += lengths.length;"),
        ("  bits(count) {", "bits += count;"),
    ):
        assert counting.count(there) == 1
        counter = "globalThis.counted"
        counting = counting.replace(there, f"{there} {counter}.{counts.format(counter)}")
    copy = tmp_path_factory.mktemp("cost") / "counting.mjs"
    copy.write_text(counting)
    found: dict[str, Any] = json.loads(run([node_20(), SCRIPTS / "cost.mjs", copy]))
    return found


@pytest.mark.parametrize("block", ["fixed", "stored", "dynamic"])
def test_empty_blocks_cost_no_more_than_their_bits(block: str, cost: dict[str, Any]) -> None:
    found = cost[block]
    assert found["size"] == 1  # what the stream holds
    assert found["bits"] <= 8 * found["length"]
    assert found["entries"] <= 4 * 8 * found["length"]


def test_the_fixed_codes_are_made_once(cost: dict[str, Any]) -> None:
    assert cost["blocks"] == 2000
    assert cost["fixed"]["codes"] == 2  # literals and distances
    assert cost["dynamic"]["codes"] == 3 * cost["blocks"]


def test_texts_share_one_decoder(cost: dict[str, Any]) -> None:
    assert cost["decoders"] == 0  # for 2,000 texts, since one was made at the start


# --- the package ---


def test_the_package_has_the_version_of_the_library() -> None:
    described = json.loads((WEB / "package.json").read_text("utf-8"))
    assert described["name"] == "consentsig"
    assert described["version"] == consentsig.__version__
    assert described["license"] == "Apache-2.0"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of somebody who has installed the package, without a network."""
    folder = tmp_path_factory.mktemp("npm")
    quiet = {
        "npm_config_cache": str(folder / "cache"),
        "npm_config_offline": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    run([npm(), "pack", "--pack-destination", folder, WEB], folder, **quiet)
    (packed,) = folder.glob("*.tgz")
    user = folder / "user"
    user.mkdir()
    (user / "package.json").write_text('{"private": true, "type": "module"}')
    run([npm(), "install", packed], user, **quiet)
    return user


def test_it_packs_the_module_its_types_and_what_explains_them(installed: Path) -> None:
    packed = installed / "node_modules" / "consentsig"
    assert sorted(path.name for path in packed.iterdir()) == [
        *("README.md", "consentsig.d.mts", "consentsig.mjs", "package.json"),
    ]


def test_an_installed_package_gives_a_vector_its_answer(installed: Path) -> None:
    vector = load(ROOT / "vectors" / "text" / "full.json")
    asked = {name: vector[name] for name in ("keys", "work", "grantee", "use", "territory", "at")}
    program = f"""
        import {{ judgeContract, render, verifyStatusList }} from "consentsig";
        const vector = {json.dumps(vector)};
        const status = [];
        for (const list of vector.status_lists) {{
          status.push(await verifyStatusList(Buffer.from(list, "hex")));
        }}
        const question = {{ ...{json.dumps(asked)}, status }};
        const verdict = await judgeContract(Buffer.from(vector.contract, "hex"), question);
        console.log(JSON.stringify([verdict.result, render(verdict.contract.terms)]));
    """
    (installed / "ask.js").write_text(program)
    assert json.loads(run([node_20(), "ask.js"], installed)) == ["valid", vector["text"]]


def example() -> str:
    (text,) = re.findall(r"```js\n(.*?)```", (WEB / "README.md").read_text("utf-8"), re.DOTALL)
    return str(text)


def test_the_example_of_the_package_ends_in_a_yes(installed: Path, granted: Cli) -> None:
    for name in ("poem.txt", "poem.txt.consent", "site/consent-list"):
        shutil.copy(granted.folder / name, installed)
    did = granted("key", "show", "--json").json[0]["did"]
    (installed / "example.js").write_text(example().replace("did:key:z6Mk...", did))
    assert run([node_20(), "example.js"], installed).startswith("valid {")


def test_types_tell_what_is_parsed_from_what_is_verified(installed: Path) -> None:
    wrong = """
        import { parseContract, parseStatusList, StatusList } from "consentsig";
        const bytes = new Uint8Array();
        // @ts-expect-error: a parsed contract has no answer
        (await parseContract(bytes)).result;
        // @ts-expect-error: a parsed list is no evidence
        const evidence: StatusList = await parseStatusList(bytes);
        // @ts-expect-error: nobody else makes one
        new StatusList();
        // @ts-expect-error: it has another name
        (await parseContract(bytes)).terms.signed;
    """
    reading = "function readFile(name: string): Promise<Uint8Array>;"
    (installed / "node.d.ts").write_text(f'declare module "node:fs/promises" {{ {reading} }}')
    (installed / "example.mts").write_text(example())
    (installed / "wrong.mts").write_text(wrong)
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"]
    run([*tsc(), *options, "node.d.ts", "example.mts", "wrong.mts"], installed)
