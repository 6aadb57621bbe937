"""A test vector, asked through the public API."""

import json
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
    StatusList,
    Use,
    Verdict,
    from_line,
    judge_contract,
    to_line,
    verify_status_list,
)
from consentsig.format.strings import is_party_address
from consentsig.keys import parse_thumbprint


def load(path: Path) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads(path.read_text())
    return vector


def list_of(hexadecimal: str) -> StatusList | str:
    try:
        return verify_status_list(bytes.fromhex(hexadecimal))
    except RefusedError as error:
        return error.code


def question(vector: dict[str, Any]) -> dict[str, Any]:
    work, grantee, territory = vector["work"], vector["grantee"], vector["territory"]
    lists = map(list_of, vector["status_lists"])
    return {
        "keys": believed(vector["keys"]),
        "work": NOT_ASKED if work is None else digest(work),
        "grantee": NOT_ASKED
        if grantee is None
        else Grantee(uri=address(grantee), key=bytes.fromhex(grantee.get("key", "")) or None),
        "use": NOT_ASKED if vector["use"] is None else Use.from_label(vector["use"]),
        "territory": {None: NOT_ASKED, "none": None}.get(territory, territory),
        "at": datetime.fromisoformat(vector["at"]),
        "status": [known for known in lists if isinstance(known, StatusList)],
        "max_status_age": timedelta(seconds=vector["max_status_age"])
        if "max_status_age" in vector
        else None,
    }


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
    if "line" in vector:
        try:
            data = from_line(vector["line"])
        except MalformedError as error:
            nothing = judge_contract(b"", **question(vector))
            return replace(nothing, error=error)
        assert data == bytes.fromhex(vector["contract"])
        assert to_line(data) == vector["line"]
    return judge_contract(bytes.fromhex(vector["contract"]), **question(vector))
