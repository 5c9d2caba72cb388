"""The gate: what the sandbox may call at all. Pure, with invented name servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from braze_partners.sandbox.endpoint_gate import (
    EndpointNotFound,
    EndpointRefused,
    admitted_addresses,
    read_endpoint,
)


def known(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda host, port: list(addresses)


def admitted(text: str, *resolved: str, own: str = "", allowed: str = "") -> list[str]:
    return admitted_addresses(
        read_endpoint(text),
        own_endpoints=[own] if own else [],
        allowed_hosts=[allowed] if allowed else [],
        resolver=known(*resolved),
    )


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        (" https://REST.iad-01.Braze.com/ ", "https://rest.iad-01.braze.com"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://rest.example.:443", "https://rest.example"),
    ],
)
def test_an_endpoint_is_kept_as_its_origin(text: str, origin: str) -> None:
    assert read_endpoint(text).origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:8000",
        "ftp://localhost",
        "file:///etc/passwd",
        "http://",
        "http://a b",
        "http://localhost:99999",
        "http://localhost:0",
        "http://localhost/path",
        "http://localhost?q",
        "http://name:password@localhost",
        "http://localhost@other.example",
    ],
)
def test_what_is_no_plain_http_address_is_refused(text: str) -> None:
    with pytest.raises(EndpointRefused):
        read_endpoint(text)


def test_loopback_is_called_at_the_addresses_that_were_checked() -> None:
    assert admitted("http://localhost:8000", "::1", "127.0.0.1") == ["127.0.0.1", "::1"]
    assert admitted("http://127.0.0.1:8000", "127.0.0.1") == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("http://10.0.0.5", "10.0.0.5"),
        ("http://192.168.1.1", "192.168.1.1"),
        ("http://169.254.169.254", "169.254.169.254"),
        ("http://0.0.0.0:8000", "0.0.0.0"),
        ("http://8.8.8.8", "8.8.8.8"),
        ("https://rest.iad-01.braze.com", "151.101.1.1"),
        ("http://inner.example", "10.0.0.5"),
        ("http://[fe80::1]", "fe80::1"),
        ("http://2130706434", "127.0.0.2, or not"),
        ("http://[::ffff:10.0.0.5]", "::ffff:10.0.0.5"),
    ],
)
def test_private_and_other_hosts_are_refused(text: str, resolved: str) -> None:
    with pytest.raises(EndpointRefused, match="may not call"):
        admitted(text, resolved)


def test_a_name_that_is_loopback_and_something_else_is_refused() -> None:
    with pytest.raises(EndpointRefused, match="may not call"):
        admitted("http://two-faced.example", "127.0.0.1", "10.0.0.5")


def test_other_addresses_are_refused_without_asking_a_name_server() -> None:
    def asked(host: str, port: int) -> list[str]:
        raise AssertionError("asked")

    with pytest.raises(EndpointRefused):
        admitted_addresses(
            read_endpoint("http://10.0.0.5"), own_endpoints=[], allowed_hosts=[], resolver=asked
        )


def test_our_own_endpoint_and_listed_hosts_are_called_wherever_they_are() -> None:
    assert admitted("http://web:8000", "172.18.0.3", own="http://web:8000") == ["172.18.0.3"]
    assert admitted("https://b.example", "10.0.0.5", allowed="b.example") == ["10.0.0.5"]
    assert admitted("http://b.example:81", "10.0.0.5", allowed="b.example:81") == ["10.0.0.5"]
    with pytest.raises(EndpointRefused):
        admitted("http://b.example:82", "10.0.0.5", allowed="b.example:81")


def test_even_a_listed_host_is_not_called_at_a_metadata_address() -> None:
    with pytest.raises(EndpointRefused):
        admitted("http://b.example", "169.254.169.254", allowed="b.example")


def test_a_host_that_nobody_knows_may_be_known_later() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(EndpointNotFound):
        admitted_addresses(
            read_endpoint("http://b.example"),
            own_endpoints=[],
            allowed_hosts=["b.example"],
            resolver=unknown,
        )
