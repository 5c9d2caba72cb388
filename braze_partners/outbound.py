"""The one gate for URLs that a person or a caller gives, and the call through it.

Knows addresses and OUTBOUND_ALLOWED; knows no room and nothing of what is sent. A host's name may
lead elsewhere each time it is asked, so what is checked is what is connected to: the gate stands
between the look-up and the connection.
"""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from braze_partners.partners.amplitude import calling
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from braze_partners.partners.amplitude.sessions import Clocked, ClockedAdapter, new_session

MAX_URL_LENGTH = 2_000  # characters; what browsers and proxies agree on
PORTS = {"http": 80, "https": 443}
# Public by the registry, but they carry another address inside, which may be a private one.
WRAPPED = (
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),
    ipaddress.ip_network("2001::/32"),
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_local = threading.local()


class OutboundRefused(Exception):
    """The gate stays closed; its text says why, for people."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads, as far as it can be read."""

    scheme: str
    host: str
    port: int


def check(url: str) -> Destination:
    """What can be said of a URL without asking a name server. Raises OutboundRefused."""
    destination = _read(url)
    if destination.scheme == "http" and not _is_listed(destination.host, destination.port):
        raise OutboundRefused(_("The URL must begin with https://."))
    literal = _address(destination.host)
    if literal is not None or destination.host == "localhost":
        _admit(destination.host, str(literal or "127.0.0.1"), destination.port)
    return destination


def post(
    url: str, body: bytes, *, headers: Mapping[str, str], seconds: float, max_answer_bytes: int
) -> Answer | NetworkFailure:
    """One call that ends in time, follows no redirect and uses no proxy. Raises OutboundRefused,
    also where only the look-up of the name shows where it leads."""
    check(url)
    return calling.post(
        url,
        body,
        headers=headers,
        seconds=seconds,
        max_answer_bytes=max_answer_bytes,
        through=_session,
    )


def _read(url: str) -> Destination:
    if len(url) > MAX_URL_LENGTH:
        text = _("A URL has at most %(most)s characters.")
        raise OutboundRefused(text % {"most": MAX_URL_LENGTH})
    if any(character.isspace() or not character.isprintable() for character in url):
        raise OutboundRefused(_("The URL holds a space or a character that cannot be seen."))
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in PORTS:
        raise OutboundRefused(_("Enter a whole URL, such as https://example.com/hooks."))
    if parts.username is not None or parts.password is not None:
        raise OutboundRefused(_("The URL must hold no user name or password."))
    return Destination(parts.scheme, host, port or PORTS[parts.scheme])


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _is_public(address: Address) -> bool:
    wrapped = any(address in network for network in WRAPPED if network.version == address.version)
    return address.is_global and not address.is_multicast and not wrapped


def is_public(text: str) -> bool:
    """Whether a numeric address is one of the public internet's, whatever OUTBOUND_ALLOWED says."""
    address = _address(text)
    return address is not None and _is_public(address)


def _is_listed(host: str, port: int, address: Address | None = None) -> bool:
    """Entries of OUTBOUND_ALLOWED are hosts, hosts with a port, addresses and networks."""
    allowed = settings.OUTBOUND_ALLOWED
    if host in allowed or f"{host}:{port}" in allowed:
        return True
    address = address or _address(host)
    return address is not None and any(
        address in ipaddress.ip_network(entry) for entry in allowed if _is_network(entry)
    )


def _is_network(entry: str) -> bool:
    try:
        ipaddress.ip_network(entry)
    except ValueError:
        return False
    return True


def _admit(host: str, text: str, port: int) -> None:
    address = _address(text)
    if address is None or not (_is_public(address) or _is_listed(host, port, address)):
        raise OutboundRefused(
            _("%(host)s leads to %(address)s, which is no public address.")
            % {"host": host, "address": text}
        )


class _Gated(Clocked):
    def admitted(self, addresses: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """All of them or none: a name that also leads inside is refused whole."""
        for address, port in addresses:
            _admit(self.host.rstrip("."), address, port)
        return addresses


class _GatedTls(_Gated, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Gated


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GatedTls


class _Adapter(ClockedAdapter):
    pools = {"http": _Pool, "https": _TlsPool}


def _session() -> requests.Session:
    """This thread's own, as calls to Amplitude have theirs."""
    kept = getattr(_local, "session", None)
    if kept is None or kept[0] != os.getpid():
        kept = _local.session = (os.getpid(), new_session(_Adapter()))
    made: requests.Session = kept[1]
    return made
