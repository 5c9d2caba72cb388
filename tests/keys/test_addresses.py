"""The addresses that a REST key is bound to."""

from __future__ import annotations

import pytest

from braze_partners.keys import addresses
from braze_partners.keys.addresses import AddressesRefused


def test_it_reads_addresses_and_networks_of_both_kinds_each_once() -> None:
    typed = " 203.0.113.7 \n10.0.0.0/8, 2001:DB8::/32\r\n\n203.0.113.7/32\n::1"

    assert addresses.read(addresses.split(typed)) == [
        "203.0.113.7",
        "10.0.0.0/8",
        "2001:db8::/32",
        "::1",
    ]
    assert addresses.read([]) == []


@pytest.mark.parametrize(
    "entry", ["example.com", "10.0.0", "10.0.0.0/33", "10.0.0.0-10.0.0.9", "1.2.3.4 5", "::g", "*"]
)
def test_it_refuses_what_is_no_address(entry: str) -> None:
    with pytest.raises(AddressesRefused, match="no address or network"):
        addresses.read([entry])


def test_it_says_which_network_was_meant() -> None:
    with pytest.raises(AddressesRefused, match="10.0.0.0/24 is the whole network"):
        addresses.read(["10.0.0.5/24"])


def test_it_takes_fifty_and_no_more() -> None:
    many = [f"10.0.0.{n}" for n in range(51)]

    assert len(addresses.read(many[:50])) == 50
    with pytest.raises(AddressesRefused, match="at most 50"):
        addresses.read(many)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("10.9.8.7", True),
        ("::ffff:10.9.8.7", True),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        (None, False),
    ],
)
def test_a_caller_is_among_them_or_not(address: str | None, allowed: bool) -> None:
    bound_to = ["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"]

    assert addresses.allows(bound_to, address) is allowed
    assert addresses.allows([], address)
