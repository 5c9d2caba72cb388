"""From which address a request came, believing forwarded headers of trusted proxies only."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The nearest address that is no trusted proxy, reading X-Forwarded-For from its right end."""
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    hops = [*filter(None, chain), request.META.get("REMOTE_ADDR", "")]
    for hop in reversed(hops):
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            return None
        if not any(address in ipaddress.ip_network(net) for net in settings.TRUSTED_PROXIES):
            return str(address)
    return None
