"""A call to Amplitude ends in time, says what happened, and takes no way nobody configured."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from braze_partners.partners.amplitude.calling import post
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from tests.partners.amplitude.hosts import drip, host, read_request, reset, silent

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LIMIT = 1_000  # bytes of an answer, in these tests


def call(url: str, body: bytes = b"{}", seconds: float = 5.0) -> Answer | NetworkFailure:
    headers = {"Content-Type": "application/json"}
    return post(url, body, headers=headers, seconds=seconds, max_answer_bytes=LIMIT)


def failed(url: str, body: bytes = b"{}", seconds: float = 5.0) -> NetworkFailure:
    """Calls, and sees to it that the call ends when it has to."""
    began = monotonic()
    came_back = call(url, body, seconds)
    assert isinstance(came_back, NetworkFailure), came_back
    assert monotonic() - began < seconds + 0.5
    return came_back


def answered(url: str, body: bytes = b"{}") -> Answer:
    came_back = call(url, body)
    assert isinstance(came_back, Answer), came_back
    return came_back


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set when the test is over, for behaviours that wait."""
    event = threading.Event()
    yield event
    event.set()


def test_it_posts_the_body_as_it_is(httpserver: HTTPServer) -> None:
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        request.get_data()
        seen.append(request)
        return Response("done", 202)

    httpserver.expect_request("/2/httpapi", method="POST").respond_with_handler(handler)
    answer = answered(httpserver.url_for("/2/httpapi"), b'{"a":1}')
    assert (answer.status, answer.body, answer.cut) == (202, b"done", False)
    assert seen[0].data == b'{"a":1}'
    assert seen[0].headers["Content-Type"] == "application/json"
    assert seen[0].headers["Accept-Encoding"] == "identity"


def test_a_thread_keeps_its_connection_alive() -> None:
    def behaviour(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            connection.sendall(OK)

    with host(behaviour) as destination:
        for _ in range(3):
            assert answered(destination.url).status == 200
        other = threading.Thread(target=call, args=(destination.url,))
        other.start()
        other.join()
        assert len(destination.connections) == 2


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)

    with host(behaviour) as destination:
        for _ in range(3):
            assert answered(destination.url).status == 200
            destination.connections[-1].close()
        assert len(destination.connections) == 3


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 500)

    with host(behaviour) as destination:
        assert answered(destination.url).body == b"x" * 500


def test_it_follows_no_redirect(httpserver: HTTPServer) -> None:
    elsewhere = Response(status=307, headers={"Location": httpserver.url_for("/elsewhere")})
    httpserver.expect_request("/here").respond_with_response(elsewhere)
    assert answered(httpserver.url_for("/here")).status == 307
    assert len(httpserver.log) == 1


def test_it_takes_no_proxy_and_no_password_from_the_environment(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {httpserver.host} login one password two\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    httpserver.expect_request("/").respond_with_data("{}")
    assert answered(httpserver.url_for("/")).status == 200
    assert "Authorization" not in httpserver.log[0][0].headers


def test_a_cookie_is_not_carried_to_the_next_call(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("{}", headers={"Set-Cookie": "a=b"})
    for _ in range(2):
        answered(httpserver.url_for("/"))
    assert "Cookie" not in httpserver.log[1][0].headers


def test_no_more_of_an_answer_is_read_than_allowed() -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: 10000000\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with host(behaviour) as destination:
        answer = answered(destination.url)
    assert (answer.status, len(answer.body), answer.cut) == (400, LIMIT, True)


def test_a_compressed_answer_is_not_unfolded(httpserver: HTTPServer) -> None:
    headers = {"Content-Encoding": "gzip"}
    httpserver.expect_request("/").respond_with_data(b"\x1f\x8b rubbish", headers=headers)
    assert answered(httpserver.url_for("/")).body == b"\x1f\x8b rubbish"


def test_nobody_answers_in_time(over: threading.Event) -> None:
    with host(silent(over)) as destination:
        failure = failed(destination.url, seconds=0.3)
    assert (failure.kind, failure.may_have_arrived) == (Trouble.TIMEOUT, True)
    assert failure.words == "No whole answer in time"


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Another: one\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["within a header", "headers", "body", "chunks", "interim answers"],
)
def test_a_slow_drip_ends_with_the_clock(over: threading.Event, first: bytes, drop: bytes) -> None:
    """Each byte comes well within any read time-out."""

    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        drip(connection, first, drop, over)

    with host(behaviour) as destination:
        assert failed(destination.url, seconds=0.4).kind is Trouble.TIMEOUT


def test_a_destination_that_takes_the_body_a_sip_at_a_time_ends_with_the_clock(
    over: threading.Event,
) -> None:
    def behaviour(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while not over.wait(0.05):
            connection.recv(1024)

    with host(behaviour) as destination:
        failure = failed(destination.url, body=b"x" * 20_000_000, seconds=0.4)
    assert failure.kind is Trouble.TIMEOUT


def test_a_reset_in_the_middle_of_a_body_is_a_failed_connection() -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        threading.Event().wait(0.1)
        reset(connection)

    with host(behaviour) as destination:
        failure = failed(destination.url)
    assert (failure.kind, failure.status) == (Trouble.CONNECTION, 200)
    assert failure.may_have_arrived


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nothing", "half a body", "half a chunk", "no last chunk", "a chunk of no size"],
)
def test_an_early_end_is_a_failed_connection(answer: bytes) -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    with host(behaviour) as destination:
        failure = failed(destination.url)
    assert failure.kind is Trouble.CONNECTION
    assert failure.may_have_arrived


def test_a_reset_at_once_is_a_failed_connection() -> None:
    with host(reset) as destination:
        assert failed(destination.url, body=b"x" * 2_000_000).kind is Trouble.CONNECTION


def test_an_answer_given_before_the_body_was_read_is_heard() -> None:
    """As a proxy refuses what is too large, and closes with the rest unread."""

    def behaviour(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")

    with host(behaviour) as destination:
        assert answered(destination.url, body=b"x" * 20_000_000).status == 413


def test_a_refused_connection_says_so_and_that_nothing_arrived() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    failure = failed(f"http://127.0.0.1:{port}")
    assert (failure.kind, failure.may_have_arrived) == (Trouble.CONNECTION, False)
    assert "refused" in failure.words


def test_an_unknown_name_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failed("http://api2.amplitude.test/2/httpapi")
    assert (failure.kind, failure.may_have_arrived) == (Trouble.DNS, False)
    assert failure.words == "Name or service not known"


def test_a_name_look_up_that_hangs_ends_with_the_clock(
    monkeypatch: pytest.MonkeyPatch, over: threading.Event
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(10))
    failure = failed("http://api2.amplitude.test/2/httpapi", seconds=0.3)
    assert (failure.kind, failure.may_have_arrived) == (Trouble.DNS, False)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x16\x03\x01\x02\x00 no HTTP\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 hello\r\n\r\n",
    ],
)
def test_what_is_not_http_is_garbage(answer: bytes) -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    with host(behaviour) as destination:
        failure = failed(destination.url)
    assert (failure.kind, failure.words) == (Trouble.GARBAGE, "What came back is not HTTP")


@pytest.mark.parametrize("url", ["", "no address", "http://", "ftp://127.0.0.1/", "http://[::1"])
def test_an_address_that_is_none_fails_like_a_connection(url: str) -> None:
    failure = failed(url)
    assert failure.kind is Trouble.CONNECTION
    assert failure.may_have_arrived is False
    assert failure.words == "The address is not one that can be called"
