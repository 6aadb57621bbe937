"""Texts and addresses that will be signed: in their one spelling, or refused with the reason."""

import re
import unicodedata

from consentsig import MalformedError
from consentsig.cli.terminal.arguments import reads_as_key
from consentsig.cli.terminal.output import Problem
from consentsig.format.strings import check_text, is_list_address

_TEXT_LEN = 200


def signable(text: str, option: str, limit: int = _TEXT_LEN) -> str:
    """*text* in Unicode Normalization Form C, which looks the same; anything else is refused."""
    text = unicodedata.normalize("NFC", text)
    try:
        check_text(text, option)
    except MalformedError as error:
        raise Problem(str(error)) from None
    if (length := len(text.encode())) > limit:
        raise Problem(f"{option} is {length} bytes of text, at most {limit} fit")
    return text


def check_name(name: str, option: str = "--name") -> str:
    """A name of a key's holder, which cannot be taken for a key itself."""
    if reads_as_key(name):
        raise Problem(f"{option} is {name!r}, which reads as a key; name its holder")
    return signable(name, option)


def list_address(text: str) -> str:
    """The address of a status list; one on the web ends with the name of a file."""
    if match := re.fullmatch(r"(https://[^/?#]+(?:/[^?#]*/)?)/?", text):
        raise Problem(
            f"{text!r} names no file; add a file name, such as "
            f"{match[1].removesuffix('/')}/consent-list"
        )
    if not is_list_address(text):
        raise Problem(
            f"{text!r} cannot be a list's address, which begins with https:// (the host in lower "
            "case), did: or urn:, and has no #, no user name and no port 443",
            *_meant(text),
        )
    return text


def _meant(text: str) -> list[str]:
    """The whole address that *text* probably means, which lacks how one begins."""
    host, _, path = re.sub(r"^https?://", "", text, flags=re.IGNORECASE).partition("/")
    whole = f"https://{host.lower()}/{path or 'consent-list'}"
    is_host = "." in host and ":" not in host
    if not is_host or path.endswith("/") or not is_list_address(whole):
        return []
    return [f"did you mean {whole}"]
