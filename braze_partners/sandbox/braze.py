"""Speaks to the Braze side over HTTP, as Amplitude does; it knows no models and no schedule."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _

from braze_partners.sandbox import endpoint_gate, limits, state_files
from braze_partners.sandbox.endpoint_gate import Endpoint, EndpointNotFound, EndpointRefused
from braze_partners.sandbox.retrying import Answer

NAME_PATH = "/partners/amplitude/cohorts"
USERS_PATH = "/partners/amplitude/cohorts/users"


@dataclass(frozen=True, slots=True)
class Call:
    rest_endpoint: str
    key: str
    path: str
    body: dict[str, object]


def test_key(rest_endpoint: str, key: str) -> Answer:
    """A call that changes nothing: an empty list of changes is accepted with a valid key only."""
    body: dict[str, object] = {"cohort_id": "connection_test", "cohort_changes": []}
    timeouts = (limits.CONNECT_TIMEOUT, limits.TEST_TIMEOUT)
    return send(Call(rest_endpoint, key, USERS_PATH, body), timeouts)


def send(call: Call, timeouts: tuple[float, float]) -> Answer:
    """One POST; nothing is followed or repeated, and no answer is an answer too."""
    began = time.monotonic()
    not_allowed = False
    try:
        endpoint, addresses = admitted(call.rest_endpoint)
        status, message = _post(endpoint, addresses, call, timeouts)
    except EndpointNotFound as unknown:
        status, message = None, str(unknown)
    except EndpointRefused as refused:
        status, message, not_allowed = None, str(refused), True
    except urllib3.exceptions.NewConnectionError:  # a kind of ConnectTimeoutError to urllib3
        status, message = None, _("Connection refused")
    except urllib3.exceptions.SSLError:
        status, message = None, _("The certificate of the host is not accepted")
    except urllib3.exceptions.ConnectTimeoutError:
        status, message = None, _("No connection within %(s)g s") % {"s": timeouts[0]}
    except (urllib3.exceptions.TimeoutError, TimeoutError):
        status, message = None, _("No answer within %(s)g s") % {"s": timeouts[1]}
    except (urllib3.exceptions.HTTPError, OSError) as failed:
        status, message = None, _("Connection broken: %(kind)s") % {"kind": type(failed).__name__}
    took_ms = round((time.monotonic() - began) * 1000)
    shown = message.replace(call.key, masked(call.key))[:500]
    return Answer(status, shown, took_ms, not_allowed)


def masked(key: str) -> str:
    """The last four characters, and none of a key so short that they would tell too much."""
    return f"…{key[-4:]}" if len(key) >= 12 else "…"


def admitted(rest_endpoint: str) -> tuple[Endpoint, list[str]]:
    """The endpoint and the addresses it may be called at, or EndpointRefused."""
    endpoint = endpoint_gate.read_endpoint(rest_endpoint)
    own = [settings.REST_ENDPOINT.rstrip("/"), state_files.dashboard_address() or ""]
    addresses = endpoint_gate.admitted_addresses(
        endpoint,
        own_endpoints=[origin for origin in own if origin],
        allowed_hosts=[host.strip() for host in settings.ALLOWED_ENDPOINTS],
    )
    return endpoint, addresses


def _post(
    endpoint: Endpoint, addresses: Sequence[str], call: Call, timeouts: tuple[float, float]
) -> tuple[int, str]:
    secrets = {"partner_api_key": settings.PARTNER_API_KEY, "client_secret": call.key}
    payload = json.dumps({**secrets, **call.body}).encode()
    for address in addresses[:-1]:
        try:
            return _post_to(address, endpoint, call.path, payload, timeouts)
        except urllib3.exceptions.NewConnectionError:
            continue  # nothing was sent yet: localhost may listen on one of its addresses only
    return _post_to(addresses[-1], endpoint, call.path, payload, timeouts)


def _post_to(
    address: str, endpoint: Endpoint, path: str, payload: bytes, timeouts: tuple[float, float]
) -> tuple[int, str]:
    deadline = time.monotonic() + sum(timeouts)
    with _pool(address, endpoint, timeouts) as pool:
        response = pool.urlopen(
            "POST",
            path,
            body=payload,
            headers={
                "Host": endpoint.origin.split("://")[1],
                "Content-Type": "application/json",
                "User-Agent": "Amplitude-sandbox",
            },
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return response.status, _words(response, deadline)
        finally:
            response.close()


def _pool(
    address: str, endpoint: Endpoint, timeouts: tuple[float, float]
) -> urllib3.HTTPConnectionPool:
    """A pool for one call to the address that was checked, under the host's own name."""
    timeout = urllib3.Timeout(connect=timeouts[0], read=timeouts[1])
    if endpoint.scheme == "http":
        return urllib3.HTTPConnectionPool(address, endpoint.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        endpoint.port,
        timeout=timeout,
        maxsize=1,
        server_hostname=endpoint.host,
        assert_hostname=endpoint.host,
    )


def _words(response: urllib3.BaseHTTPResponse, deadline: float) -> str:
    """What the answer says, from at most 16 kB read until the deadline."""
    if 300 <= response.status < 400:
        return _("Redirects are not followed")
    raw = b""
    while len(raw) < limits.ANSWER_BYTES and time.monotonic() < deadline:
        part = response.read1(limits.ANSWER_BYTES - len(raw))
        if not part:
            break
        raw += part
    try:
        message = json.loads(raw).get("message")
    except (ValueError, AttributeError):
        message = None
    return str(message) if message else raw.decode(errors="replace").strip()[:200]
