"""An adapter around pycose 1.1, a COSE library that knows nothing of this format.

    consentsig conformance --server 'python vectors/adapters/with_pycose.py'

Checks: that pycose reads the file and accepts the signature under a believed key.
Does not check: anything else. It passes over keys that are given by their thumbprint.
A yes means only that a signature is good; README.md says how many contracts pass this way
that must be refused.

Needs: pip install pycose
"""

import json
import sys
from typing import Any

import cbor2
from pycose.keys import OKPKey
from pycose.messages import Sign1Message

TAG_18 = b"\xd2"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def answer(question: dict[str, Any]) -> str:
    """The result code as far as a signature can give one."""
    try:
        message = read(bytes.fromhex(expand(question["contract"])))
    except Exception:  # noqa: BLE001  # the library raises a dozen kinds at hostile files
        return "malformed"
    keys = (key if isinstance(key, str) else key["key"] for key in question["keys"])
    if not any(is_signed(message, did) for did in keys if did.startswith("did:")):
        return "bad-signature"
    asked = (question[what] for what in ("work", "grantee", "use", "territory"))
    return "authentic" if None in asked else "valid"


def expand(value: Any) -> str:  # noqa: ANN401  # JSON
    """The hexadecimal digits: as they are, or from the parts of a recipe."""
    parts = [value] if isinstance(value, str) else value
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)


def read(data: bytes) -> Any:  # noqa: ANN401  # the library is not typed
    """The message. Sign1Message.decode reads the tag too, but not with cbor2 6 or later."""
    if data[:1] != TAG_18:
        raise ValueError(data[:1])
    return Sign1Message.from_cose_obj(cbor2.loads(data[1:]), allow_unknown_attributes=True)


def is_signed(message: Any, did: str) -> bool:  # noqa: ANN401  # as above
    """Whether the library accepts the signature under this key."""
    message.key = OKPKey(crv="ED25519", x=public_key(did))
    try:
        return bool(message.verify_signature())
    except Exception:  # noqa: BLE001  # as above
        return False


def public_key(did: str) -> bytes:
    """The 32 bytes of a did:key of this kind."""
    number = 0
    for char in did.removeprefix("did:key:z"):
        number = number * 58 + BASE58.index(char)
    return number.to_bytes(34, "big")[2:]


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps({"result": answer(json.loads(line))}), flush=True)
