import ipaddress

import pytest

from consentsig.evidence.network_addresses import (
    Refusal,
    check_addresses,
    check_host,
    is_public,
    proxy_for,
)
from servers import PROXY_VARIABLES

# Each range with its last neighbour below and its first above that are public, if they are.
RANGES_V4 = {
    "0.0.0.0/8": (None, "1.0.0.0"),
    "10.0.0.0/8": ("9.255.255.255", "11.0.0.0"),
    "100.64.0.0/10": ("100.63.255.255", "100.128.0.0"),
    "127.0.0.0/8": ("126.255.255.255", "128.0.0.0"),
    "168.63.129.16/32": ("168.63.129.15", "168.63.129.17"),
    "169.254.0.0/16": ("169.253.255.255", "169.255.0.0"),
    "172.16.0.0/12": ("172.15.255.255", "172.32.0.0"),
    "192.0.0.0/24": ("191.255.255.255", "192.0.1.0"),
    "192.0.2.0/24": ("192.0.1.255", "192.0.3.0"),
    "192.88.99.0/24": ("192.88.98.255", "192.88.100.0"),
    "192.168.0.0/16": ("192.167.255.255", "192.169.0.0"),
    "198.18.0.0/15": ("198.17.255.255", "198.20.0.0"),
    "198.51.100.0/24": ("198.51.99.255", "198.51.101.0"),
    "203.0.113.0/24": ("203.0.112.255", "203.0.114.0"),
    "224.0.0.0/4": ("223.255.255.255", None),
    "240.0.0.0/4": (None, None),
    "255.255.255.255/32": (None, None),
}
RANGES_V6 = {
    "::/128": (None, None),
    "::1/128": (None, None),
    "::/96": (None, None),  # IPv4-compatible
    "::ffff:0:0:0/96": (None, None),  # IPv4-translated
    "64:ff9b:1::/48": (None, None),
    "100::/64": (None, None),
    "100:0:0:1::/64": (None, None),
    "1000::/4": (None, "2000::"),
    "2001::/32": ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),  # Teredo
    "2001::/23": ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
    "2001:2::/48": (None, None),
    "2001:10::/28": (None, None),
    "2001:20::/28": (None, None),
    "2001:db8::/32": ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
    "3fff::/20": ("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"),
    "4000::/3": ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
    "5f00::/16": (None, None),
    "8000::/1": (None, None),
    "fc00::/7": (None, None),
    "fe80::/10": (None, None),
    "fec0::/10": (None, None),
    "ff00::/8": (None, None),
}
# Forms of an IPv4 address, as numbers to which its 32 bits are added at a place.
FORMS = {
    "mapped": ("::ffff:0:0", 0),
    "NAT64": ("64:ff9b::", 0),
    "6to4": ("2002::", 80),
    "ISATAP": ("2606:4700::5efe:0:0", 0),
    "ISATAP, universal": ("2606:4700::200:5efe:0:0", 0),
    "ISATAP, group": ("2606:4700::100:5efe:0:0", 0),
    "ISATAP, both": ("2606:4700::300:5efe:0:0", 0),
    "ISATAP in 6to4": ("2002:909:909::5efe:0:0", 0),
}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def inside(form: str, address: str) -> str:
    start, place = FORMS[form]
    number = int(ipaddress.IPv6Address(start)) + (int(ipaddress.IPv4Address(address)) << place)
    return str(ipaddress.IPv6Address(number))


@pytest.mark.parametrize(
    ("network", "below", "above"),
    [(network, *near) for network, near in (RANGES_V4 | RANGES_V6).items()],
)
def test_a_range_is_not_public_from_its_first_to_its_last_address(
    network: str, below: str | None, above: str | None
) -> None:
    addresses = ipaddress.ip_network(network)
    assert not is_public(str(addresses[0]))
    assert not is_public(str(addresses[-1]))
    for near, step in ((below, -1), (above, 1)):
        if near is not None:
            edge = addresses[0] if step < 0 else addresses[-1]
            assert ipaddress.ip_address(near) == edge + step
            assert is_public(near)


@pytest.mark.parametrize(
    "address",
    ["9.9.9.9", "192.0.1.1", "2606:4700::1", "2a00:1450:4001::1", "2620:fe::fe", "2001:4860::1"],
)
def test_addresses_of_the_public_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("form", FORMS)
def test_an_address_inside_another_is_judged_itself(form: str) -> None:
    assert is_public(inside(form, "9.9.9.9"))
    for network in RANGES_V4:
        for place in (0, -1):
            assert not is_public(inside(form, str(ipaddress.ip_network(network)[place])))


def test_no_teredo_address_is_public_whatever_is_inside() -> None:
    assert not is_public("2001:0:909:909:0:1234:f6f6:f6f6")


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700::1%1", "::ffff:9.9.9.9%lo"])
def test_an_address_with_a_zone_is_not_public(address: str) -> None:
    assert not is_public(address)


def test_one_private_address_among_public_ones_is_enough() -> None:
    check_addresses("ana.example", ["9.9.9.9", "2606:4700::1"])
    with pytest.raises(Refusal, match=r"'ana\.example' is at 10\.0\.0\.1, which is no public"):
        check_addresses("ana.example", ["9.9.9.9", "10.0.0.1", "2606:4700::1"])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "a.localhost.."])
def test_the_names_of_this_computer_are_refused(host: str) -> None:
    with pytest.raises(Refusal, match="is this computer"):
        check_host(host)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f.1", "017700000001", "127.0.0.1.", "::1", "fe80::1%25lo"]
)
def test_a_private_address_in_place_of_a_name_is_refused(host: str) -> None:
    with pytest.raises(Refusal, match="no public address"):
        check_host(host)


def test_a_public_address_and_any_other_name_may_be_looked_up() -> None:
    check_host("localhost.example")
    check_host("9.9.9.9")


def test_the_proxy_is_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for("ana.example") is None
    monkeypatch.setenv("ALL_PROXY", "all.example:1")
    assert proxy_for("ana.example") == "http://all.example:1"
    monkeypatch.setenv("HTTPS_PROXY", "https://b.example:2")
    assert proxy_for("ana.example") == "https://b.example:2"
    monkeypatch.setenv("NO_PROXY", "ana.example")
    assert proxy_for("ana.example") is None
