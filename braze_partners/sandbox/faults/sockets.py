"""Ends a connection the hard way; it knows the server's socket and nothing of faults."""

from __future__ import annotations

import socket
import struct
from typing import Any

# On, for 0 seconds: closing throws away what is under way and sends a reset instead of an end.
LINGER_FOR_NOTHING = struct.pack("ii", 1, 0)


def reset(environ: dict[str, Any]) -> None:
    """The other side sees its connection reset; the server closes what is left of it."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NOTHING)
        connection.shutdown(socket.SHUT_RDWR)
