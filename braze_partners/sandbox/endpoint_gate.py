"""The gate for addresses that people give: what may be called at all; no HTTP and no models here.

Allowed are our own REST endpoint, loopback addresses, and the hosts an operator listed. The
addresses a host resolves to are checked and returned, and only those are connected to, so that a
name cannot point elsewhere between the check and the call.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

Resolver = Callable[[str, int], list[str]]


class EndpointRefused(Exception):
    """The endpoint cannot be used; the text says why."""


class EndpointNotFound(EndpointRefused):
    """No name server knows the host, at least not now."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")


def read_endpoint(text: str) -> Endpoint:
    """An http(s) address of a host and nothing else; raises EndpointRefused with a sentence."""
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port = parts.port
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError as refused:
        raise EndpointRefused(
            _("Enter an address like https://rest.iad-01.braze.com.")
        ) from refused
    if parts.scheme not in ("http", "https"):
        raise EndpointRefused(_("Enter an address that begins with http:// or https://."))
    if not host or any(character.isspace() for character in host) or port == 0:
        raise EndpointRefused(_("Enter an address like https://rest.iad-01.braze.com."))
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise EndpointRefused(
            _("Enter only the host, without a path, a query or a name and password.")
        )
    return Endpoint(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def admitted_addresses(
    endpoint: Endpoint,
    *,
    own_endpoints: Collection[str],
    allowed_hosts: Collection[str],
    resolver: Resolver = resolve,
) -> list[str]:
    """The addresses to connect to; raises EndpointRefused when the gate stays closed."""
    listed = _is_listed(endpoint, own_endpoints, allowed_hosts)
    if not listed and _is_other_address(endpoint.host):
        raise EndpointRefused(_not_allowed(endpoint))  # refused without asking any name server
    try:
        addresses = resolver(endpoint.host, endpoint.port)
    except (OSError, UnicodeError) as failed:
        raise EndpointNotFound(
            _("The host %(host)s cannot be found.") % {"host": endpoint.host}
        ) from failed
    for address in addresses:
        if not _may_be_called(address, listed):
            raise EndpointRefused(_not_allowed(endpoint))
    if not addresses:
        raise EndpointNotFound(_("The host %(host)s cannot be found.") % {"host": endpoint.host})
    return sorted(addresses, key=lambda address: ":" in address)  # IPv4 first


def _is_listed(
    endpoint: Endpoint, own_endpoints: Collection[str], allowed_hosts: Collection[str]
) -> bool:
    host_and_port = f"{endpoint.host}:{endpoint.port}"
    return (
        endpoint.origin in own_endpoints
        or endpoint.host in allowed_hosts
        or host_and_port in allowed_hosts
    )


def _is_other_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _may_be_called(address: str, listed: bool) -> bool:
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if not listed:
        return parsed.is_loopback
    # Link-local is where clouds keep their metadata; no partner endpoint lives there.
    return not (parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified)


def _not_allowed(endpoint: Endpoint) -> str:
    return _(
        "The sandbox may not call %(host)s. It calls Braze Partners itself, loopback addresses, "
        "and hosts listed in SANDBOX_ALLOWED_ENDPOINTS."
    ) % {"host": endpoint.host}
