"""Reading a request's body: never more than the limit, and only JSON that is what it says.

Knows bytes and JSON; knows nothing of what the body means.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from braze_partners.errors import BadRequest, BodyTooLarge, UnsupportedMediaType
from braze_partners.rest.limits import MAX_BODY_BYTES, MAX_JSON_DEPTH


def too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The request body is larger than {limit_bytes:,} bytes")


def _encoding(request: HttpRequest) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower() or "identity"


def refuse_compressed(request: HttpRequest) -> None:
    """Compressed bytes would only be called invalid JSON, which tells a client nothing."""
    if _encoding(request) != "identity":
        raise UnsupportedMediaType(
            "The request body must be sent without Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )


def declared_length(request: HttpRequest) -> int:
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def accept_chunks(request: HttpRequest, limit_bytes: int = MAX_BODY_BYTES) -> None:
    """Django reads nothing of a body without Content-Length; a chunked one is read here, as far
    as the limit allows, and then looks like any other."""
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    source = request.META.get("wsgi.input")
    if source is None or not request.META.get("wsgi.input_terminated"):
        return
    try:
        body = source.read(limit_bytes + 1)
    except Exception as error:  # of the web server's own kinds, which are not ours to name
        raise BadRequest("The request body could not be read") from error
    if len(body) > limit_bytes:
        raise too_large(limit_bytes)
    request.META.pop("HTTP_TRANSFER_ENCODING")
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)  # type: ignore[attr-defined]


def read_body(request: HttpRequest, limit_bytes: int = MAX_BODY_BYTES) -> bytes:
    """The whole body; BodyTooLarge before a byte of it is read when it says so itself."""
    declared = declared_length(request)
    if declared > limit_bytes:
        raise too_large(limit_bytes)
    try:
        body = request.read()
    except (OSError, UnreadablePostError, RawPostDataException) as error:
        raise BadRequest("The request body could not be read") from error
    if len(body) < declared:
        raise BadRequest("The request body ended before its Content-Length")
    return body


def read_packed_body(request: HttpRequest, limit_bytes: int) -> bytes:
    """As read_body, of a body that may be gzipped; the limit holds packed and unpacked."""
    encoding = _encoding(request)
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType(
            "The request body may be sent with Content-Encoding gzip, or without",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    body = read_body(request, limit_bytes)
    return body if encoding == "identity" else gunzip(body, limit_bytes)


def gunzip(packed: bytes, limit_bytes: int) -> bytes:
    """Never more than the limit in memory, whatever the body pretends. Gzip may be several
    members one after the other."""
    unpacked = bytearray()
    while packed:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            unpacked += member.decompress(packed, limit_bytes + 1 - len(unpacked))
        except zlib.error as error:
            raise BadRequest("The request body is not valid gzip") from error
        if len(unpacked) > limit_bytes:
            raise too_large(limit_bytes)
        if not member.eof:
            raise BadRequest("The gzipped request body ended too soon")
        packed = member.unused_data
    return bytes(unpacked)


def deeper_than(value: object, levels: int) -> bool:
    layer: list[Any] = [value]
    for _ in range(levels + 1):
        inner: list[Any] = []
        for item in layer:
            children = item.values() if type(item) is dict else item
            inner.extend(child for child in children if type(child) in (dict, list))
        if not inner:
            return False
        layer = inner
    return True


def parse_json(body: bytes) -> object:
    """BadRequest for anything that is not JSON: truncated, NaN, invalid UTF-8, too deep."""
    if not body:
        raise BadRequest("The request body is empty; it must be JSON")
    try:
        parsed: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The request body is not valid JSON: {error}") from error
    openings = body.count(b"[") + body.count(b"{")
    if openings > MAX_JSON_DEPTH and deeper_than([parsed], MAX_JSON_DEPTH):
        raise BadRequest(f"The request body nests deeper than {MAX_JSON_DEPTH} levels")
    return parsed


def read_json_body(request: HttpRequest, limit_bytes: int = MAX_BODY_BYTES) -> object:
    """The body as plain Python values. Whether it is an object is for the caller to say."""
    return parse_json(read_body(request, limit_bytes))
