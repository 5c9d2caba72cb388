"""Finds ports: the wanted one, or the next that is free."""

from __future__ import annotations

import errno
import socket

PORTS_TRIED = 50


class NoPortFree(Exception):
    """None of the ports tried could be had."""


def listen(host: str, wanted: int) -> socket.socket:
    """A listening socket on `wanted` or the next free port. Held by the supervisor and handed to
    its child, so no one else gets it while the child restarts."""
    for port in range(wanted, wanted + PORTS_TRIED):
        candidate = socket.socket(_family(host), socket.SOCK_STREAM)
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
            candidate.listen(512)
        except OSError as error:
            candidate.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            continue
        candidate.set_inheritable(True)
        return candidate
    raise NoPortFree(f"No port from {wanted} to {wanted + PORTS_TRIED - 1} is free on {host}.")


def next_free(host: str, wanted: int, taken: int) -> int:
    """The number of a free port for a child that binds it itself; never `taken`."""
    with listen(host, wanted + 1 if wanted == taken else wanted) as probe:
        port: int = probe.getsockname()[1]
        return port


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
