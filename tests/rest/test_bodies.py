"""Bodies: never more than the limit, and only JSON."""

from __future__ import annotations

import gzip
from io import BytesIO

import orjson
import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from braze_partners.errors import BadRequest, BodyTooLarge, UnsupportedMediaType
from braze_partners.rest.bodies import (
    accept_chunks,
    read_body,
    read_json_body,
    read_packed_body,
)
from braze_partners.rest.limits import MAX_JSON_DEPTH


def built(body: bytes, **meta: object) -> WSGIRequest:
    environ = RequestFactory().post("/partners/x").environ
    return WSGIRequest(environ | {"wsgi.input": BytesIO(body)} | meta)


def posted(body: bytes, length: int | None = None) -> WSGIRequest:
    return built(body, CONTENT_LENGTH=str(len(body) if length is None else length))


def chunked(body: bytes) -> WSGIRequest:
    return built(body, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True})


def test_it_reads_json() -> None:
    assert read_json_body(posted(b'{"a": [1, "\xc3\xa9"]}')) == {"a": [1, "é"]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"a": [1, 2', id="truncated"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": Infinity}', id="Infinity"),
        pytest.param(b'"\xff\xfe"', id="invalid UTF-8"),
        pytest.param(b'{"a": "\\ud800"}', id="a lone surrogate"),
        pytest.param(b"[" * 1_000 + b"]" * 1_000, id="1,000 levels"),
        pytest.param(b"[" * 100_000, id="100,000 levels"),
        pytest.param(b'{"a":' * 1_000 + b"1" + b"}" * 1_000, id="1,000 objects deep"),
        pytest.param(b"a=1&b=2", id="a form"),
        pytest.param(b"{} {}", id="two documents"),
    ],
)
def test_it_refuses_what_is_not_json(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read_json_body(posted(body))


def test_it_takes_the_deepest_and_the_widest_that_is_allowed() -> None:
    deepest = b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH
    widest = orjson.dumps([{"alias_name": "a", "alias_label": "b"}] * 1_000)

    assert read_json_body(posted(deepest))
    assert read_json_body(posted(widest))
    with pytest.raises(BadRequest, match="deeper than 64"):
        read_json_body(posted(b"[" + deepest + b"]"))


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    request = posted(b"x" * 10, length=11)

    with pytest.raises(BodyTooLarge, match="larger than 10 bytes"):
        read_body(request, 10)
    assert request.read() == b"x" * 10


def test_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(BadRequest, match="before its Content-Length"):
        read_body(posted(b'{"a"', length=200))


def test_a_chunked_body_is_read_like_any_other() -> None:
    request = chunked(b'{"a": 1}')
    accept_chunks(request)
    accept_chunks(request)  # an endpoint may ask again

    assert read_json_body(request) == {"a": 1}


def test_a_chunked_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        accept_chunks(chunked(b"x" * 101), 100)


class BrokenStream:
    """What the web server raises for chunks that are none: an exception of its own."""

    def read(self, size: int) -> bytes:
        raise ValueError("Invalid chunk size: b'ZZ'")


def test_a_body_of_broken_chunks_is_refused() -> None:
    request = chunked(b"")
    request.META["wsgi.input"] = BrokenStream()

    with pytest.raises(BadRequest, match="could not be read"):
        accept_chunks(request)


def packed(body: bytes, encoding: str = "gzip") -> WSGIRequest:
    return built(body, CONTENT_LENGTH=str(len(body)), HTTP_CONTENT_ENCODING=encoding)


def test_gzip_is_unpacked_up_to_the_limit() -> None:
    assert read_packed_body(packed(gzip.compress(b"x" * 100)), 100) == b"x" * 100
    assert read_packed_body(packed(gzip.compress(b"ab") + gzip.compress(b"cd")), 100) == b"abcd"
    assert read_packed_body(packed(b"plain", "identity"), 100) == b"plain"


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(b"x" * 100_000)
    with pytest.raises(BodyTooLarge):
        read_packed_body(packed(bomb), 10_000)
    with pytest.raises(BodyTooLarge):
        read_packed_body(packed(gzip.compress(b"x" * 60) * 2), 100)


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"x" * 100, mtime=0)[:-5], b"\x1f\x8b"])
def test_broken_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read_packed_body(packed(body), 1_000)


def test_other_encodings_are_refused_by_their_name() -> None:
    with pytest.raises(UnsupportedMediaType):
        read_packed_body(packed(b"x", "br"), 1_000)
