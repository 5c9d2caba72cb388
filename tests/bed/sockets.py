"""Keeps unit tests off the network: only the loopback addresses and Unix sockets connect."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Generator
from typing import Any

import pytest


class NetworkIsOff(Exception):
    """A test tried to reach another machine."""


def _is_local(host: Any) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def sockets_off(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Generator[None, None, None]:
    """Unless marked `sockets`, a test that connects or resolves beyond this machine fails."""
    if request.node.get_closest_marker("sockets"):
        yield
        return
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _is_local(address[0]):
            raise NetworkIsOff(f"connect to {address[0]}")
        connect(self, address)

    def guarded_resolve(host: Any, *rest: Any, **options: Any) -> Any:
        numeric = isinstance(host, str) and host.replace(".", "").replace(":", "").isalnum()
        if not _is_local(host) and not (numeric and _is_address(host)):
            raise NetworkIsOff(f"resolve {host}")
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
    yield


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
