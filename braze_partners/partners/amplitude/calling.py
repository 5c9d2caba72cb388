"""One call to Amplitude that always ends in time and never raises for network trouble.

Knows HTTP and the clock; knows no path, no key and no meaning of an answer. Logs nothing: bodies
hold keys.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from time import monotonic

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from braze_partners.partners.amplitude.sessions import ends_within, session

NO_ADDRESS = (InvalidURL, InvalidSchema, MissingSchema, LocationParseError)
# What a call can end with instead of an answer.
FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)
# After these nothing of the request can have arrived.
BEFORE_SENDING = (
    *NO_ADDRESS,
    NameResolutionError,
    NewConnectionError,
    ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)
WORDS = {
    Trouble.TIMEOUT: "No whole answer in time",
    Trouble.CONNECTION: "The connection ended before the whole answer",
    Trouble.DNS: "The name of the host is not known",
    Trouble.GARBAGE: "What came back is not HTTP",
}


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    seconds: float,
    max_answer_bytes: int,
    through: Callable[[], requests.Session] = session,
) -> Answer | NetworkFailure:
    """`seconds` bound the whole call, from the name look-up to the answer's last byte. Redirects
    are not followed: they would take the key to a host that nobody configured. `through` gives
    this thread's session."""
    return _call("POST", url, body, headers, seconds, max_answer_bytes, through)


def get(
    url: str, *, headers: Mapping[str, str], seconds: float, max_answer_bytes: int
) -> Answer | NetworkFailure:
    """As `post`."""
    return _call("GET", url, None, headers, seconds, max_answer_bytes, session)


def _call(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    seconds: float,
    max_answer_bytes: int,
    through: Callable[[], requests.Session],
) -> Answer | NetworkFailure:
    began = monotonic()
    status: int | None = None
    retry_after = ""
    with ends_within(seconds):
        try:
            response = through().request(
                method,
                url,
                data=body,
                headers=dict(headers),
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            )
            status = response.status_code
            retry_after = response.headers.get("Retry-After", "")
            with response:
                content = _read(response, max_answer_bytes + 1)
        except FAILURES as error:
            return failure(error, began, seconds, status)
    cut = len(content) > max_answer_bytes
    return Answer(status, content[:max_answer_bytes], monotonic() - began, cut, retry_after)


def _read(response: requests.Response, at_most: int) -> bytes:
    """Up to its end, since only a read beyond it tells an end from a broken connection."""
    content = b""
    while len(content) < at_most:
        more = response.raw.read(at_most - len(content), decode_content=False)
        if not more:
            break
        content += more
    return content


def failure(
    error: BaseException, began: float, allowed: float, status: int | None
) -> NetworkFailure:
    took = monotonic() - began
    causes = _causes(error)
    kind = _kind(causes, out_of_time=took >= allowed)
    unsent = any(isinstance(cause, BEFORE_SENDING) for cause in causes)
    return NetworkFailure(kind, _words(causes, kind), took, not unsent, status)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that stand behind it: libraries wrap them in one another, by cause, by
    attribute, or as the last argument."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        one = waiting.pop(0)
        if one in found:
            continue
        found.append(one)
        behind = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting.extend(other for other in behind if isinstance(other, BaseException))
    return found


def _kind(causes: list[BaseException], *, out_of_time: bool) -> Trouble:
    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if among(NameResolutionError, socket.gaierror):
        return Trouble.DNS
    if out_of_time or among(TimeoutError, requests.Timeout):
        return Trouble.TIMEOUT
    if among(http.client.RemoteDisconnected, ConnectionError):
        return Trouble.CONNECTION
    if among(http.client.BadStatusLine, http.client.LineTooLong, http.client.UnknownProtocol):
        return Trouble.GARBAGE
    return Trouble.CONNECTION


def _words(causes: list[BaseException], kind: Trouble) -> str:
    """The system's own where there are any; libraries' sentences hold addresses of objects."""
    if any(isinstance(cause, NO_ADDRESS) for cause in causes):
        return "The address is not one that can be called"
    if kind is not Trouble.TIMEOUT:
        for cause in reversed(causes):
            if isinstance(cause, OSError) and cause.strerror:
                return cause.strerror
    return WORDS[kind]
