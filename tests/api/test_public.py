"""Which addresses are public, and which names lead to such."""

from __future__ import annotations

import pytest

from glmcli.api.public import is_public, look_up, public_addresses
from glmcli.errors import NetworkError, UsageError

PUBLIC = [
    *("8.8.8.8", "104.16.0.1", "192.88.98.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"),
    "2002:808:808::1",
]
OTHERS = [
    *("127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "203.0.113.1", "224.0.0.1"),
    *("239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *("fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:db8::1", "2001::1", "5f00::1", "", "localhost", "127.1"),
    *("3fff::1", "3fff:fff:ffff::1", "192.88.99.1", "::ffff:192.88.99.255", "2002:c058:6301::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", OTHERS)
def test_this_machine_its_networks_and_clouds_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_a_name_is_as_public_as_the_least_public_of_its_addresses() -> None:
    assert public_addresses("a.test", 443, lambda host, port: ["8.8.8.8", "2606:4700::1111"]) == [
        "8.8.8.8",
        "2606:4700::1111",
    ]
    with pytest.raises(UsageError) as caught:
        public_addresses("a.test", 443, lambda host, port: ["8.8.8.8", "10.0.0.1"])
    assert caught.value.message == (
        "a.test leads to 10.0.0.1, which is no public address: it may be this machine or its network"
    )


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0", "::1", "::ffff:7f00:1"]
)
def test_however_loopback_is_spelt_it_is_found_out(host: str) -> None:
    with pytest.raises(UsageError, match="is no public address"):
        public_addresses(host, 80, look_up)


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(NetworkError) as caught:
        public_addresses("a.test", 443, lambda host, port: [])
    assert (caught.value.message, caught.value.hint) == ("there is no host a.test", "Check the address.")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".invalid", "a..b"])
def test_a_name_that_leads_nowhere_is_told(host: str) -> None:
    with pytest.raises(NetworkError) as caught:
        look_up(host, 80)
    assert caught.value.message in (
        f"there is no host {host}",
        f"the name {host} cannot be looked up",
        f"the name {host} cannot be looked up right now",
    )
