"""Over TLS the same clock holds, and nobody is spoken to whose certificate is not trusted."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from braze_partners.partners.amplitude.calling import post
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from braze_partners.partners.amplitude.sessions import session
from tests.partners.amplitude.hosts import Behaviour, drip, host, read_request, silent


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate for the loopback address, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session(), "verify", str(certificate))


@pytest.fixture
def over() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def over_tls(certificate: Path, behaviour: Behaviour) -> Behaviour:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            behaviour(secured)

    return wrapped


def call(http_url: str, body: bytes = b"{}") -> Answer | NetworkFailure:
    url = http_url.replace("http:", "https:")
    return post(url, body, headers={}, seconds=0.6, max_answer_bytes=10_000)


@pytest.mark.usefixtures("trusted")
def test_it_posts_and_keeps_the_connection(certificate: Path) -> None:
    def behaviour(connection: socket.socket) -> None:
        while True:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with host(over_tls(certificate, behaviour)) as destination:
        for _ in range(2):
            answer = call(destination.url, b"x" * 300_000)
            assert isinstance(answer, Answer)
            assert answer.body == b"{}"
        assert len(destination.connections) == 1


@pytest.mark.usefixtures("trusted")
def test_a_slow_drip_ends_with_the_clock(certificate: Path, over: threading.Event) -> None:
    def behaviour(connection: socket.socket) -> None:
        read_request(connection)
        drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x", over)

    with host(over_tls(certificate, behaviour)) as destination:
        failure = call(destination.url)
    assert isinstance(failure, NetworkFailure)
    assert failure.kind is Trouble.TIMEOUT
    assert failure.seconds < 1.0


def test_a_certificate_of_nobody_is_refused_before_anything_is_said(certificate: Path) -> None:
    heard: list[bytes] = []
    with host(over_tls(certificate, lambda it: heard.append(it.recv(10)))) as destination:
        failure = call(destination.url)
    assert isinstance(failure, NetworkFailure)
    assert (failure.kind, failure.may_have_arrived) == (Trouble.CONNECTION, False)
    assert "certificate verify failed" in failure.words
    assert heard == []


def test_a_handshake_that_hangs_ends_with_the_clock(over: threading.Event) -> None:
    with host(silent(over)) as destination:
        failure = call(destination.url)
    assert isinstance(failure, NetworkFailure)
    assert failure.kind is Trouble.TIMEOUT
    assert failure.seconds < 1.0
