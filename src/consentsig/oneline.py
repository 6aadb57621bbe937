"""A contract as one line of text, for mail, QR codes and databases (spec §3.10).

It is the file, byte for byte, in base64url behind a prefix. There is one line for each file:
what a lenient decoder would also take is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from consentsig.contract import CONTRACT
from consentsig.errors import MalformedError

PREFIX: Final = "consentsig1:"
MAX_LINE_LEN: Final = len(PREFIX) + -(-CONTRACT.max_len * 4 // 3)  # characters

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")


def to_line(data: bytes) -> str:
    """The contract in the file *data* as one line, without an end of line.

    Only the spelling is changed; whether *data* is a contract is not looked at.
    """
    return PREFIX + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_line(line: str) -> bytes:
    """The file of which *line* is the one line.

    Args:
        line: Without an end of line or any space.

    Raises:
        MalformedError: No file has this line (spec §3.10).
    """
    if len(line) > MAX_LINE_LEN:
        raise MalformedError(f"the line is over {MAX_LINE_LEN} characters", 1)
    if not line.startswith(PREFIX):
        raise MalformedError(f"the line does not begin {PREFIX}", 1)
    text = line.removeprefix(PREFIX)
    if not _BASE64URL.fullmatch(text):
        raise MalformedError("the line holds more than A to Z, a to z, 0 to 9, - and _", 1)
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise MalformedError("the line ends in the middle of a byte", 1) from None
    if to_line(data) != line:  # bits that mean nothing are set at its end
        raise MalformedError("the line is not the only one for its file", 1)
    return data
