"""Opens the file of a cohort: the API's link, then at most one redirect to a pre-signed address
(wire/amplitude-cohorts.md). Knows hosts and HTTP; what the bytes say is the caller's.

The redirect goes over https to a host of AMPLITUDE_DOWNLOAD_HOSTS, to public addresses only, by a
session that has never seen the credentials. The sandbox's own origin is the one exception, and only
for projects of that region. Bytes are handed on as they come: nothing is kept or unfolded here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from django.conf import settings
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from braze_partners import outbound
from braze_partners.partners.amplitude import cohort_answers
from braze_partners.partners.amplitude.behavioral_cohorts import Access, file_path
from braze_partners.partners.amplitude.calling import FAILURES, failure
from braze_partners.partners.amplitude.cohort_answers import Kind, NotAnswered
from braze_partners.partners.amplitude.exchange import Answer
from braze_partners.partners.amplitude.hosts import SANDBOX, NoHost, analytics_url
from braze_partners.partners.amplitude.limits import (
    ASKED_ANEW,
    MAX_SHORT_ANSWER_BYTES,
    READ_AT_ONCE,
    URL_LASTS_SECONDS,
)
from braze_partners.partners.amplitude.sessions import (
    Clocked,
    ClockedAdapter,
    ends_within,
    new_session,
    session,
)

REDIRECTS = (301, 302, 303, 307, 308)
# What storage answers for a pre-signed address whose minute is over.
EXPIRED = (400, 401, 403)
_local = threading.local()


@dataclass(slots=True)
class Opened:
    """A file that begins to arrive. `tells_its_end`: HTTP itself says where it ends, so that a
    connection that breaks is no end."""

    content_type: str
    tells_its_end: bool
    _response: requests.Response
    _began: float
    _seconds: float

    def chunks(self) -> Iterator[bytes]:
        """Raises NotAnswered where it breaks off."""
        while True:
            try:
                chunk = self._response.raw.read(READ_AT_ONCE, decode_content=False)
            except FAILURES as error:
                raise _not_answered(error, self._began, self._seconds) from error
            if not chunk:
                return
            yield chunk


@contextmanager
def opened(access: Access, request_id: str, *, seconds: float) -> Iterator[Opened]:
    """`seconds` bound everything within, to the last byte. Raises NotAnswered, of kind REDIRECT
    for a way that must not be taken; its words name the host."""
    began = monotonic()
    with ExitStack() as open_until_the_end:
        open_until_the_end.enter_context(ends_within(seconds))
        response = _response(access, request_id, began, seconds)
        open_until_the_end.enter_context(response)
        yield Opened(
            response.headers.get("Content-Type", ""),
            "Content-Length" in response.headers or "Transfer-Encoding" in response.headers,
            response,
            began,
            seconds,
        )


def _response(access: Access, request_id: str, began: float, seconds: float) -> requests.Response:
    link = access.address(file_path(request_id))
    headers = access.headers() | {"Accept": "*/*"}
    for _ in range(ASKED_ANEW):
        asked = monotonic()
        first = _get(session(), link, headers, began, seconds)
        if first.status_code not in REDIRECTS:
            return _good(first, access)
        with first:
            target = urljoin(link, first.headers.get("Location", ""))
        through = _way(target, access.region)
        if monotonic() - asked > URL_LASTS_SECONDS:
            continue
        second = _get(through, target, {"Accept": "*/*"}, began, seconds)
        if second.status_code in EXPIRED:
            second.close()
            continue
        if second.status_code in REDIRECTS:
            onwards = urlsplit(urljoin(target, second.headers.get("Location", ""))).hostname
            second.close()
            text = f"{_host(target)} redirects again, to {onwards or 'nowhere'}"
            raise NotAnswered(Kind.REDIRECT, text, second.status_code)
        return _good(second, access)
    text = f"Its address at {_host(target)} had expired each of {ASKED_ANEW} times"
    raise NotAnswered(Kind.UNEXPECTED, text)


def _get(
    through: requests.Session, url: str, headers: Mapping[str, str], began: float, seconds: float
) -> requests.Response:
    try:
        return through.get(
            url, headers=dict(headers), timeout=seconds, allow_redirects=False, stream=True
        )
    except FAILURES as error:
        raise _not_answered(error, began, seconds) from error


def _good(response: requests.Response, access: Access) -> requests.Response:
    if response.status_code == 200:
        return response
    with response:
        try:
            body = response.raw.read(MAX_SHORT_ANSWER_BYTES, decode_content=False)
        except FAILURES:
            body = b""
    retry_after = response.headers.get("Retry-After", "")
    answer = Answer(response.status_code, body, 0.0, retry_after=retry_after)
    raise cohort_answers.refusal(answer, access.secrets)


def _not_answered(error: BaseException, began: float, seconds: float) -> NotAnswered:
    found = failure(error, began, seconds, None)
    return NotAnswered(Kind(found.kind.value), found.words)


def _way(url: str, region: str) -> requests.Session:
    """The session that may be taken there. Raises NotAnswered."""
    parts = urlsplit(url)
    if region == SANDBOX and _origin(parts) == _sandbox_origin():
        return _sandbox_session()
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme != "https":
        raise NotAnswered(Kind.REDIRECT, f"It redirects to {_host(url)} without https")
    if parts.username is not None or not any(_ends(host, end) for end in _allowed()):
        raise NotAnswered(Kind.REDIRECT, f"It redirects to {_host(url)}, which is not allowed")
    return _public_session()


def _allowed() -> list[str]:
    return [end.strip().lower() for end in settings.AMPLITUDE_DOWNLOAD_HOSTS if end.strip()]


def _ends(host: str, end: str) -> bool:
    """`.amazonaws.com` stands for what is below it, `files.example.com` also for itself."""
    return host == end or host.endswith(end if end.startswith(".") else f".{end}")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "nowhere"
    except ValueError:
        return "nowhere"


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port


def _sandbox_origin() -> tuple[str, str, int | None] | None:
    try:
        return _origin(urlsplit(analytics_url(SANDBOX)))
    except NoHost:
        return None


class _Public(Clocked, HTTPSConnection):
    def admitted(self, addresses: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """All of them or none: a name that also leads inside is refused whole."""
        for address, _port in addresses:
            if not outbound.is_public(address):
                text = f"{self.host} leads to {address}, which is no public address"
                raise NotAnswered(Kind.REDIRECT, text)
        return addresses


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _Public


class _PublicAdapter(ClockedAdapter):
    pools = {"https": _PublicPool}


def _public_session() -> requests.Session:
    return _kept("public", _PublicAdapter)


def _sandbox_session() -> requests.Session:
    return _kept("sandbox", ClockedAdapter)


def _kept(name: str, adapter: type[ClockedAdapter]) -> requests.Session:
    """This thread's own, as calls to Amplitude have theirs."""
    found = getattr(_local, name, None)
    if found is None or found[0] != os.getpid():
        found = (os.getpid(), new_session(adapter()))
        setattr(_local, name, found)
    made: requests.Session = found[1]
    return made
