"""Connections to Amplitude's hosts: one session per thread, kept alive, and a clock that ends any
wait. Knows HTTP; knows nothing of what is said over it. outbound.py puts its gate on the same.

A read time-out alone begins anew with each byte, and a destination that sends one every few seconds
would hold a worker for hours. Here name look-up, connecting, sending and reading share one end.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection

from braze_partners.partners.amplitude.limits import CONNECT_SECONDS

# Bytes handed to the socket at once, so that the clock is looked at in between.
SENT_AT_ONCE = 64 * 1024

_local = threading.local()


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """Whatever this thread sends or reads through its session inside ends by then."""
    _local.end = monotonic() + seconds
    try:
        yield
    finally:
        del _local.end


def remaining() -> float:
    """Seconds. Raises TimeoutError when there are none, and where no end was set."""
    left: float = getattr(_local, "end", 0.0) - monotonic()
    if left <= 0:
        raise TimeoutError("the time for the whole call is over")
    return left


def session() -> requests.Session:
    """This thread's own: no proxy, no .netrc, no cookie that would lead from one workspace's call
    to another's, no retry. A forked process never shares its parent's connections."""
    kept = getattr(_local, "session", None)
    if kept is None or kept[0] != os.getpid():
        kept = _local.session = (os.getpid(), new_session(ClockedAdapter()))
    made: requests.Session = kept[1]
    return made


def new_session(adapter: HTTPAdapter) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.headers.clear()
    # Compressed answers could unfold to any size.
    made.headers.update({"User-Agent": "braze-partners", "Accept-Encoding": "identity"})
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter)
    return made


class _ClockedReader(io.RawIOBase):
    """Reads from a socket's own reader, each time within what remains."""

    def __init__(self, sock: socket.socket, inner: io.RawIOBase) -> None:
        self._sock, self._inner = sock, inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(remaining())
        return self._inner.readinto(buffer)

    def close(self) -> None:
        self._inner.close()
        super().close()


class _ClockedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *rest: Any, **options: Any) -> None:
        super().__init__(sock, *rest, **options)
        reader: Any = self.fp
        self.fp = io.BufferedReader(_ClockedReader(sock, reader.detach()))


class Clocked(HTTPConnection):
    response_class = _ClockedResponse

    def admitted(self, addresses: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Which of the host's addresses may be connected to: here, whatever the settings named."""
        return addresses

    def send(self, data: Any) -> None:
        if not isinstance(data, bytes):
            super().send(data)
            return
        view = memoryview(data)
        for start in range(0, len(view), SENT_AT_ONCE):
            if self.sock is not None:
                self.sock.settimeout(remaining())
            try:
                super().send(view[start : start + SENT_AT_ONCE])
            except ConnectionResetError as error:
                # Who refuses a body before its end may have answered already: as for a broken
                # pipe, urllib3 then looks for the answer.
                raise BrokenPipeError(*error.args) from error

    def _new_conn(self) -> socket.socket:
        try:
            addresses = _resolved(self._dns_host, self.port or self.default_port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        return self._connected(self.admitted(addresses))

    def _connected(self, addresses: list[tuple[str, int]]) -> socket.socket:
        failure: OSError = OSError("no address")
        for address in addresses:
            try:
                within = min(CONNECT_SECONDS, remaining())
                sock = create_connection(address, within, socket_options=self.socket_options)
                sock.settimeout(remaining())  # for the handshake that may follow
                return sock
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "no connection in time") from failure
        raise NewConnectionError(self, str(failure)) from failure


class _ClockedTls(Clocked, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = Clocked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _ClockedTls


class ClockedAdapter(HTTPAdapter):
    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"http": _Pool, "https": _TlsPool}

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        super().init_poolmanager(*sizes, **options)
        self.poolmanager.pool_classes_by_scheme = dict(self.pools)


def _resolved(host: str, port: int) -> list[tuple[str, int]]:
    """Numeric addresses. The system's resolver knows no time-out, so it runs beside us: one that
    hangs is left behind to end by itself."""
    answers: SimpleQueue[list[Any] | BaseException] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM))
        except BaseException as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True, name="name look-up").start()
    try:
        found = answers.get(timeout=min(CONNECT_SECONDS, remaining()))
    except Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "The name look-up took too long") from None
    if isinstance(found, BaseException):
        raise found
    return [(str(entry[4][0]), int(entry[4][1])) for entry in found]
