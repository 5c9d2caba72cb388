"""Destinations that behave as badly as a test wants: bare sockets on the loopback address."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]


@dataclass
class Host:
    url: str
    connections: list[socket.socket] = field(default_factory=list)


@contextmanager
def host(behaviour: Behaviour) -> Iterator[Host]:
    """Each connection is given to `behaviour` in a thread of its own and closed after it."""
    listening = socket.create_server(("127.0.0.1", 0))
    started = Host(f"http://127.0.0.1:{listening.getsockname()[1]}")

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            started.connections.append(connection)
            threading.Thread(target=_behave, args=(behaviour, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield started
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in started.connections:
            connection.close()


def _behave(behaviour: Behaviour, connection: socket.socket) -> None:
    try:
        behaviour(connection)
    except OSError:
        pass  # the client went away, as most of these tests want
    finally:
        connection.close()


def read_request(connection: socket.socket) -> bytes:
    """Head and body of one request."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Ends the connection with RST, not with FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silent(over: threading.Event) -> Behaviour:
    """Takes the connection and says nothing until the test is over."""

    def behaviour(connection: socket.socket) -> None:
        over.wait(10)

    return behaviour


def drip(connection: socket.socket, first: bytes, drop: bytes, pause: threading.Event) -> None:
    """`first` at once, then `drop` twenty times a second until `pause` is set or the other goes."""
    connection.sendall(first)
    while not pause.wait(0.05):
        connection.sendall(drop)
