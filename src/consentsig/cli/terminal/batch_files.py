"""The contracts in a batch file, and the names of their own files."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from consentsig import Batch, SignedContract
from consentsig.cli.terminal.work_files import SUFFIX

_DIGITS: Final = 16  # of an id, behind a title
_MAX_STEM_LEN: Final = 60  # letters; with four bytes for each, a name still fits
_NOT_SAFE: Final = re.compile(r"[^\w.-]+")


class OfBatch(NamedTuple):
    """A contract in a batch file.

    Attributes:
        number: Its place in the order of the file, from 1, as ``batch list`` shows it.
        contract: The contract if its signature is good; otherwise its file, which is refused.
    """

    number: int
    contract: SignedContract | bytes


def contracts_in(batch: Batch) -> Iterator[OfBatch]:
    """Every contract in *batch*."""
    for number, contract in enumerate(batch.contracts(), start=1):
        yield OfBatch(number, contract)


def may_be_for(contract: SignedContract | bytes, sha256: bytes) -> bool:
    """Whether a contract is for the work with this digest; of a refused one, whether it may be."""
    if isinstance(contract, bytes):
        return sha256 in contract
    return contract.terms.work.sha256 == sha256


def file_name(contract: SignedContract) -> str:
    """A name for the file of *contract*: its title as far as that is safe, and its id.

    Letters and digits of any language are kept. The digits of the id tell works of one title
    apart, also where upper and lower case are the same, and no name is one that Windows keeps for
    itself.
    """
    digits = contract.contract_id.hex()
    title = unicodedata.normalize("NFC", contract.terms.work.title or "")
    stem = _NOT_SAFE.sub("_", title)[:_MAX_STEM_LEN].strip("._-")
    return f"{stem}.{digits[:_DIGITS]}{SUFFIX}" if stem else f"{digits}{SUFFIX}"
