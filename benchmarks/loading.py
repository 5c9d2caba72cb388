"""A client that does nothing but send ready-made bodies over kept connections."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection


@dataclass(frozen=True, slots=True)
class Sent:
    """How long it took over all, and each request, in seconds."""

    seconds: float
    each: list[float]


JSON = {"Content-Type": "application/json"}


def send(
    port: int,
    path: str,
    bodies: Sequence[bytes],
    connections: int,
    headers: Mapping[str, str] = JSON,
) -> Sent:
    """Every body once, spread over the connections. Raises on any answer but 201."""
    shares = [bodies[start::connections] for start in range(connections)]
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda share: _send_all(port, path, share, headers), shares))
    return Sent(time.perf_counter() - began, [one for part in parts for one in part])


def _send_all(
    port: int, path: str, bodies: Sequence[bytes], headers: Mapping[str, str]
) -> list[float]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    each = []
    for body in bodies:
        began = time.perf_counter()
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {text[:300]!r}")
        each.append(time.perf_counter() - began)
    connection.close()
    return each
