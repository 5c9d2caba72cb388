"""Reads the body of an upload from the server's stream, and never more than is bearable."""

from __future__ import annotations

from typing import Protocol

from braze_partners.sandbox.upload import limits
from braze_partners.sandbox.upload.ingestion import Arrived
from braze_partners.sandbox.upload.wire import Endpoint

PART = 256 * 1024  # bytes read at a time of a body that is read in vain


class Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def read(stream: Stream, encoding: str, endpoint: Endpoint) -> Arrived:
    """The body up to the limit. The rest is read in vain, so that its sender sees the answer.

    The server ends the stream at Content-Length, or behind the last chunk.
    """
    most = limits.of(endpoint).request_bytes
    body = stream.read(most + 1)
    size = len(body)
    while size > most and size < limits.BYTES_READ_IN_VAIN and (part := stream.read(PART)):
        size += len(part)
    return Arrived(endpoint, body[:most], encoding, size)
