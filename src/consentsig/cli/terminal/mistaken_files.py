"""What people take for a contract and is something else: a work, a key, many contracts."""

from pathlib import Path
from typing import Final

from consentsig import MalformedError, RefusedError, UnverifiedContract, parse_contract
from consentsig.batch import is_batch
from consentsig.cli.terminal import output
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.work_files import SUFFIX, media_type
from consentsig.format.cbor import BSTR, TAG
from consentsig.oneline import PREFIX, from_line

PEM: Final = b"-----BEGIN "
_HEAD_START: Final = b"\xd2\x84"  # of the head in a batch file
# What a file is for people, by its media type.
_KINDS: Final = {
    "image": "a picture",
    "audio": "a sound recording",
    "video": "a film",
    "text": "a text",
    "application": "a document",
}


def may_be_contract(first: bytes) -> bool:
    """Whether a file that begins so can be a contract; nearly all works do not."""
    return _is_tagged(first) or first.startswith(PREFIX.encode())


def _is_tagged(data: bytes) -> bool:
    return data != b"" and data[0] >> 5 == TAG


def seems_batch(first: bytes) -> bool:
    """Whether a file that begins so is many contracts under one signature, or a part of that."""
    is_next = len(first) > 1 and first[1] >> 5 == BSTR
    return is_batch(first) and is_next and _HEAD_START in first[2:8]


def a_batch(file: str, instead: str = "one contract") -> Problem:
    """That somebody took a batch file for *instead*, and how to get at its contracts."""
    quoted = output.shell(file)
    return Problem(
        f"{file}: this is a batch of contracts, not {instead}",
        f"to see which: consentsig batch list {quoted}",
        f"to get the contract for a work: consentsig batch split {quoted} --out FOLDER --work WORK",
    )


def is_contract(data: bytes) -> bool:
    """Whether *data* can be read as a contract or as the one line of one."""
    try:
        if data.lstrip().startswith(PREFIX.encode()):  # mail may have wrapped it
            data = from_line("".join(data.decode("ascii", "replace").split()))
        parse_contract(data)
    except RefusedError:
        return False
    return True


def read_contract(file: str, data: bytes, command: str) -> UnverifiedContract:
    """The contract in *data*; where it is something else that people know, it is said what.

    Args:
        file: Where it came from.
        data: Its bytes.
        command: What takes the contract, for the hint.

    Raises:
        RefusedError: It is no contract.
        Problem: It is something else.
    """
    try:
        return parse_contract(data)
    except MalformedError:
        if what := mistaken(file, data, command):
            raise what from None
        raise


def mistaken(file: str, data: bytes, command: str) -> Problem | None:
    """What somebody took for a contract, by its first bytes and its name."""
    if seems_batch(data):
        return a_batch(file)
    if kind := kind_of(file, data):
        return Problem(f"{file}: this is {kind}, not a contract", *beside(file, command))
    if data == b"" or data.startswith(PEM):
        kind = "a key or a certificate (PEM)" if data else "an empty file"
        return Problem(f"{file}: this is {kind}, not a contract")
    return None


def kind_of(file: str, data: bytes) -> str | None:
    """What kind of work *data* is, for people; None where nothing says so."""
    if not data or _is_tagged(data) or data.startswith(PEM):
        return None
    found = media_type(Path(file), data[:16])
    kind = found and _KINDS.get(found.partition("/")[0])
    return f"{kind} ({found})" if kind else None


def beside(file: str, command: str) -> list[str]:
    """Where the contract for a work is looked for."""
    contract = f"{file}{SUFFIX}"
    if Path(contract).is_file():
        return [f"its contract is beside it: {command} {output.shell(contract)}"]
    return [f"its contract is usually beside it: {contract}"]
