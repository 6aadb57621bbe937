"""Which hosts may be asked for a list.

The address of a list stands in a contract, so anyone may have written it. Unless the caller
allows more, only public addresses are asked: never this computer or a private network.

The ranges are those of the IANA special-purpose address registries (RFC 6890), written out
here: :mod:`ipaddress` knows more of them with each version of Python, and an answer must not
depend on that. Where a registry lists small public parts of a reserved range, the whole range
is refused: nobody serves a list from those.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

from consentsig.errors import brief

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_PUBLIC: Final = "which is no public address"

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network, RFC 791 §3.2
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared address space, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122 §3.2.1.3
        "168.63.129.16/32",  # a public number, but on Azure the platform beneath the machine
        "169.254.0.0/16",  # link-local, RFC 3927
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relay anycast, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112, and broadcast, RFC 919
    )
)

# All that IANA has assigned as global unicast so far, RFC 4291 §2.4. Outside it are loopback,
# unique local, link-local, site-local and multicast addresses, the IPv4-compatible ones, the
# discard prefixes 100::/64 and 100:0:0:1::/64, NAT64 for local use 64:ff9b:1::/48 (RFC 8215),
# segment identifiers 5f00::/16 (RFC 9602), and what nobody uses.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation, RFC 3849
        "3fff::/20",  # documentation, RFC 9637
    )
)

# Addresses that are an IPv4 address in another form.
_MAPPED: Final = IPv6Network("::ffff:0:0/96")  # RFC 4291 §2.5.5.2
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1

# Addresses that a tunnel leads to an IPv4 address.
_6TO4: Final = IPv6Network("2002::/16")  # RFC 3056 §2
_ISATAP: Final = 0x0000_5EFE  # RFC 5214 §6.1, followed by the IPv4 address
_ISATAP_FLAGS: Final = 0x0300_0000  # universal or local, group or individual: either way ISATAP
_32_BITS: Final = 0xFFFF_FFFF


class Refusal(Exception):  # noqa: N818  # it becomes a FetchError, which adds the address
    """Why an address or an answer is not accepted.

    Attributes:
        missing: Whether the server says that nothing is there.
    """

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


def check_addresses(host: str, addresses: Iterable[str]) -> None:
    """Check that every one of the *addresses* of *host* is public.

    Raises:
        Refusal: One is not.
    """
    for address in addresses:
        if not is_public(address):
            raise Refusal(f"{brief(host)} is at {address}, {NOT_PUBLIC}")


def check_host(host: str) -> None:
    """Check what can be checked of *host* before it is looked up.

    A name of this computer (RFC 6761 §6.3), or an address in place of a name, is refused. Where
    a proxy connects, that is all that can be checked: the proxy looks names up, and perhaps
    only the proxy can, so a name may lead wherever the proxy may go.

    Raises:
        Refusal: It is no public host.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        raise Refusal(f"{brief(host)} is this computer, {NOT_PUBLIC}")
    check_addresses(host, _literal(name))


def is_public(address: str) -> bool:
    """Whether *address*, IPv4 or IPv6 in numbers, is an address of the public internet.

    An address that leads on to an IPv4 address is public only if that one is.
    """
    if "%" in address:  # a zone of this computer, RFC 4007 §11
        return False
    number = ip_address(address)
    return _is_public_v4(number) if isinstance(number, IPv4Address) else _is_public_v6(number)


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in each for each in _NOT_PUBLIC_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return _is_public_v4(IPv4Address(number & _32_BITS))
    if address not in _GLOBAL_UNICAST or any(address in each for each in _NOT_PUBLIC_V6):
        return False
    if address in _6TO4 and not _is_public_v4(IPv4Address(number >> 80 & _32_BITS)):
        return False
    is_isatap = (number >> 32 & _32_BITS) & ~_ISATAP_FLAGS == _ISATAP
    return not is_isatap or _is_public_v4(IPv4Address(number & _32_BITS))


def _literal(host: str) -> list[str]:
    """The address that *host* is, if it is one and not a name."""
    import socket

    try:
        return [str(ip_address(host))]
    except ValueError:
        try:
            return [socket.inet_ntoa(socket.inet_aton(host))]  # 127.1, 0x7f000001, 2130706433
        except OSError:
            return []


def proxy_for(host: str) -> str | None:
    """The address of the proxy that the environment names for *host*; None if it names none."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
