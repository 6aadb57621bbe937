"""Grantees as people tell them apart, and where two addresses look like one."""

from consentsig import Grantee

_HTTPS, _WWW = "https://", "www."


def is_same(one: Grantee, other: Grantee) -> bool:
    """Whether two contracts name one grantee: the same address or the same key."""
    return (one.uri is not None and one.uri == other.uri) or (
        one.key is not None and one.key == other.key
    )


def host(uri: str | None) -> str | None:
    """The host in an address on the web; None for any other grantee."""
    if uri is None or not uri.startswith(_HTTPS):
        return None
    return uri.removeprefix(_HTTPS).partition("/")[0].partition(":")[0]


def www_twin(uri: str | None) -> str | None:
    """The address that differs from *uri* in ``www.`` only; None where there can be none."""
    name = host(uri)
    if uri is None or name is None or name.rpartition(".")[2].isdigit():
        return None
    if name.startswith(_WWW):
        return uri.replace(_HTTPS + _WWW, _HTTPS, 1)
    return uri.replace(_HTTPS, _HTTPS + _WWW, 1)
