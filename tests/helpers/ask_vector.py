"""A test vector, asked through the public API."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from consentsig import (
    NOT_ASKED,
    Digest,
    Grantee,
    KeySet,
    MalformedError,
    PublicKey,
    RefusedError,
    StatusBook,
    StatusList,
    Use,
    Verdict,
    from_line,
    judge_contract,
    verify_status_list,
)
from consentsig.format.strings import is_party_address
from consentsig.keys import parse_thumbprint


def load(path: Path) -> dict[str, Any]:
    """Read a vector, its recipes carried out."""
    return expanded(json.loads(path.read_text()))


def expanded(vector: dict[str, Any]) -> dict[str, Any]:
    long = {field: expand(vector[field]) for field in LONG if field in vector}
    return vector | long | {"status_lists": [expand(data) for data in vector["status_lists"]]}


LONG = ("batch", "contract", "line", "sig_structure")


def expand(value: str | list[str | list[Any]]) -> str:
    parts = [value] if isinstance(value, str) else value
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)


def list_of(hexadecimal: str) -> StatusList | str:
    try:
        return verify_status_list(bytes.fromhex(hexadecimal))
    except RefusedError as error:
        return error.code


def question(vector: dict[str, Any]) -> dict[str, Any]:
    work, grantee, territory = vector["work"], vector["grantee"], vector["territory"]
    at = datetime.fromisoformat(vector["at"])
    age = vector.get("max_status_age")
    max_age = None if age is None else timedelta(seconds=age)
    return {
        "keys": believed(vector["keys"]),
        "work": NOT_ASKED if work is None else digest(work),
        "grantee": NOT_ASKED
        if grantee is None
        else Grantee(uri=address(grantee), key=bytes.fromhex(grantee.get("key", "")) or None),
        "use": NOT_ASKED if vector["use"] is None else Use.from_label(vector["use"]),
        "territory": {None: NOT_ASKED, "none": None}.get(territory, territory),
        "at": at,
        "status": status_of(vector, at, max_age),
        "max_status_age": max_age,
    }


def status_of(vector: dict[str, Any], at: datetime, max_age: timedelta | None) -> StatusBook:
    lists = list(map(list_of, vector["status_lists"]))
    good = [known for known in lists if isinstance(known, StatusList)]
    if "status_seen" not in vector:
        return StatusBook(good, at=at, max_age=max_age)
    seen = {
        known.object_id: datetime.fromisoformat(since)
        for known, since in zip(lists, vector["status_seen"], strict=True)
        if isinstance(known, StatusList) and since is not None
    }
    return StatusBook(good, at=at, max_age=max_age, seen=seen)


def believed(keys: list[Any]) -> KeySet:
    always = [key_of(key) for key in keys if isinstance(key, str)]
    works = {
        key_of(key["key"]): [bytes.fromhex(work) for work in key["works"]]
        for key in keys
        if not isinstance(key, str)
    }
    return KeySet(always, works=works)


def key_of(text: str) -> PublicKey | bytes:
    return PublicKey.from_did_key(text) if text.startswith("did:") else parse_thumbprint(text)


def address(grantee: dict[str, Any]) -> str | None:
    """Give the address asked about.

    No contract names an address in another spelling, and the library refuses to ask about
    one; so what nobody has is asked about instead.
    """
    uri: str | None = grantee.get("uri")
    return uri if uri is None or is_party_address(uri) else "https://nobody.invalid/"


def digest(work: dict[str, Any]) -> Digest:
    values: dict[str, Any] = {
        k: v if isinstance(v, int) else bytes.fromhex(v) for k, v in work.items()
    }
    return Digest(**values)


def judge(vector: dict[str, Any]) -> Verdict:
    vector = expanded(vector)
    if "line" in vector:
        try:
            data = from_line(re.sub(r"\r?\n\Z", "", vector["line"]))
        except MalformedError as error:
            nothing = judge_contract(b"", **question(vector))
            return replace(nothing, error=error)
        assert data == bytes.fromhex(vector["contract"])
    return judge_contract(bytes.fromhex(vector["contract"]), **question(vector))
