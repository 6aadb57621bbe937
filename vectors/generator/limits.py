"""Files as large as the limits of spec §2.2 allow, and one byte larger.

Only a signature can make a file so large, or the array under tag 98. The files are written as
recipes.
"""

from collections.abc import Iterator

from build import File, Map, Vector, bad_signature, header, make, malformed, sign
from cbor_writer import encode
from list_format import bad, ignored, ok
from status_rules import LIST_TYP, list_claims, sign_list

FLAGS = "limit boundary"
MOST_OF_A_CONTRACT, MOST_OF_A_LIST, MOST_OF_CLAIMS = 1_048_576, 2_097_152, 1_048_576


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from contracts()
    yield from lists()
    yield from parts_of_lists()


def contract_of(size: int) -> File:
    """Return a contract whose file has *size* bytes, nearly all of them in its signature."""
    usual = make()
    rest = size - len(usual.data[: -2 - 64]) - 5  # the head of a short and of a long signature
    return sign(usual.claims, signature=bytes(rest))


def tag_98_of(size: int) -> bytes:
    """Return a file of *size* bytes with tag 98."""
    return b"\xd8\x62" + encode([bytes(size - 2 - 1 - 5)])


def contracts() -> Iterator[Vector]:
    """The limit of a contract file."""
    for size in (MOST_OF_A_CONTRACT, MOST_OF_A_CONTRACT + 1):
        fits = size == MOST_OF_A_CONTRACT
        file = contract_of(size)
        assert len(file.data) == size
        name = f"contract/file_{size}"
        if fits:
            text = f"A file of {size} bytes, nearly all of them in the signature."
            yield bad_signature(name, text, "§2.2", f"{FLAGS} length", file)
        else:
            text = f"A file of {size} bytes."
            yield malformed(name, text, "§2.2", FLAGS, file, step=1)
        file = File(tag_98_of(size))
        assert len(file.data) == size
        name, text = f"contract/tag_98_{size}", f"A file of {size} bytes with tag 98."
        code, flags = ("unsupported", f"{FLAGS} unknown") if fits else ("malformed", FLAGS)
        yield Vector(name, text, "§2.2", flags, file, code, 1)


def lists() -> Iterator[Vector]:
    """The limit of a list file."""
    usual = sign_list(list_claims())[: -2 - 64]
    for size in (MOST_OF_A_LIST, MOST_OF_A_LIST + 1):
        fits = size == MOST_OF_A_LIST
        file = usual + encode(bytes(size - len(usual) - 5))
        assert len(file) == size
        name, flags = f"file_{size}", f"{FLAGS} length"
        if fits:
            text = f"A list of {size} bytes, nearly all of them in the signature."
            yield ignored(name, text, file, "bad-signature", flags)
        else:
            yield bad(name, f"A list of {size} bytes.", file, flags)
        file = tag_98_of(size)
        text = f"A list of {size} bytes with tag 98."
        result = "unsupported" if fits else "malformed"
        yield ignored(f"tag_98_{size}", text, file, result, FLAGS)


def parts_of_lists() -> Iterator[Vector]:
    """The limits of a list's payload and protected header."""
    small = len(encode(list_claims(inner={"aggregation_uri": ""})))
    for size in (MOST_OF_CLAIMS, MOST_OF_CLAIMS + 1):
        claims = list_claims(inner={"aggregation_uri": "a" * (size - small - 4)})
        assert len(encode(claims)) == size
        name, text = f"payload_{size}", f"The payload has {size} bytes."
        yield (ok if size == MOST_OF_CLAIMS else bad)(name, text, sign_list(claims), FLAGS)
    small = len(encode(header({99: b""}, typ=LIST_TYP)))
    for size in (65_536, 65_537):
        protected: Map = header({99: bytes(size - small - 2)}, typ=LIST_TYP)
        assert len(encode(protected)) == size, len(encode(protected))
        file = sign(list_claims(), protected).data
        name, text = f"protected_{size}", f"The protected header has {size} bytes."
        result = "unsupported" if size == 65_536 else "malformed"
        yield ignored(name, text, file, result, FLAGS)
