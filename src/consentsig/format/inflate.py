"""One zlib stream, inflated up to a limit (spec §7.1)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from consentsig.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_LEN: Final = 1 << 20


def inflate(data: bytes, limit: int, what: str) -> bytes:
    """What the stream *data* holds, at least one byte.

    Raises:
        MalformedError: *data* is not one whole stream of 1 to *limit* bytes.
    """
    inflated = b"".join(inflate_chunks(data, limit, what))
    if not inflated:
        raise MalformedError(f"{what} holds nothing")
    return inflated


def inflate_chunks(data: bytes, limit: int, what: str) -> Iterator[bytes]:
    """What the stream *data* holds, piece by piece; not to be relied on before the end.

    Raises:
        MalformedError: *data* is not one whole stream of at most *limit* bytes.
    """
    stream = zlib.decompressobj()
    pos = total = 0
    while not stream.eof:
        fed = stream.unconsumed_tail
        if not fed:  # in pieces, since the rest is copied each time
            fed = data[pos : pos + _CHUNK_LEN]
            pos += len(fed)
        try:
            chunk = stream.decompress(fed, _CHUNK_LEN)
        except zlib.error as error:
            raise MalformedError(f"{what} is not a zlib stream: {error}") from None
        total += len(chunk)
        if total > limit:
            raise MalformedError(f"{what} inflates to more than {limit} bytes")
        if not (fed or chunk):
            raise MalformedError(f"{what} is cut short")
        yield chunk
    if stream.unused_data or pos < len(data):
        raise MalformedError(f"bytes follow the zlib stream of {what}")
