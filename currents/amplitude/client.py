"""Sends a request body to a region's event upload. Knows hosts and HTTP; reads no answer."""

from __future__ import annotations

from braze_partners.partners.amplitude.calling import post
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from braze_partners.partners.amplitude.hosts import NoHost, base_url
from currents.amplitude.limits import MAX_ANSWER_BYTES

UPLOAD_PATH = "/2/httpapi"
HEADERS = {"Content-Type": "application/json", "Accept": "*/*"}


def upload_url(region: str) -> str:
    """Raises NoHost."""
    return base_url(region) + UPLOAD_PATH


def send(url: str, body: bytes, *, deadline: float) -> Answer | NetworkFailure:
    """Never raises for network trouble. `deadline`: seconds for the whole call."""
    return post(url, body, headers=HEADERS, seconds=deadline, max_answer_bytes=MAX_ANSWER_BYTES)


def upload(region: str, body: bytes, *, deadline: float) -> Answer | NetworkFailure:
    """`send` to the address that the region has at this moment; without one it is unreachable."""
    try:
        url = upload_url(region)
    except NoHost as error:
        return NetworkFailure(Trouble.CONNECTION, str(error), 0.0, may_have_arrived=False)
    return send(url, body, deadline=deadline)
