"""The addresses and networks that a REST key may be bound to: reading what people type, and the
question whether a caller is among them. Pure.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from django.utils.translation import gettext as _

from braze_partners.keys.limits import MAX_ADDRESSES

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressesRefused(ValueError):
    """Its text says which entry is wrong and what to write instead."""


def split(text: str) -> list[str]:
    """One a line, or separated by commas."""
    return [entry.strip() for entry in text.replace(",", "\n").splitlines() if entry.strip()]


def read(entries: Iterable[str]) -> list[str]:
    """In their usual spelling, each once: an address alone stands without its length. Raises
    AddressesRefused."""
    found = list(dict.fromkeys(_spelled(_network(entry)) for entry in entries))
    if len(found) > MAX_ADDRESSES:
        text = _("A key is bound to at most %(most)s addresses and networks.")
        raise AddressesRefused(text % {"most": MAX_ADDRESSES})
    return found


def allows(networks: Iterable[str], address: str | None) -> bool:
    """An empty list allows everyone; a caller without an address is in no network."""
    listed = list(networks)
    if not listed:
        return True
    if address is None:
        return False
    here = ipaddress.ip_address(address.split("%")[0])
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ipaddress.ip_network(network, strict=False) for network in listed)


def _network(entry: str) -> Network:
    try:
        loose = ipaddress.ip_network(entry, strict=False)
    except ValueError as error:
        text = _("%(entry)s is no address or network, such as 203.0.113.7 or 2001:db8::/32.")
        raise AddressesRefused(text % {"entry": entry[:60]}) from error
    try:
        return ipaddress.ip_network(entry)
    except ValueError as error:
        text = _("%(entry)s has bits beyond its network; %(network)s is the whole network.")
        raise AddressesRefused(text % {"entry": entry, "network": loose}) from error


def _spelled(network: Network) -> str:
    alone = network.prefixlen == network.max_prefixlen
    return str(network.network_address if alone else network)
