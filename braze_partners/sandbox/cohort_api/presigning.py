"""URLs that open one file for a minute without a key, signed as those of Amplitude's storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.crypto import constant_time_compare, salted_hmac

from braze_partners.sandbox.cohort_api.limits import URL_SECONDS

DATE_FORMAT = "%Y%m%dT%H%M%SZ"


class UrlRefused(Exception):
    """The URL does not open the file; `code` is the storage's own word."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def url(request: HttpRequest, file_id: str, now: datetime, **marks: str) -> str:
    """On the origin that the request came to: the sandbox is its own storage."""
    date = now.astimezone(UTC).strftime(DATE_FORMAT)
    query = {"X-Amz-Date": date, "X-Amz-Expires": str(URL_SECONDS), **marks}
    signed = urlencode({**query, "X-Amz-Signature": _signature(file_id, query)})
    return request.build_absolute_uri(f"/cohort-files/{file_id}.csv?{signed}")


def check(file_id: str, given: QueryDict, now: datetime) -> None:
    query = {name: str(given[name]) for name in given if name != "X-Amz-Signature"}
    right = _signature(file_id, query)
    if not constant_time_compare(given.get("X-Amz-Signature", ""), right):
        raise UrlRefused(
            "SignatureDoesNotMatch", "The request signature we calculated does not match"
        )
    signed_at = datetime.strptime(query["X-Amz-Date"], DATE_FORMAT).replace(tzinfo=UTC)
    if now > signed_at + timedelta(seconds=int(query["X-Amz-Expires"])):
        raise UrlRefused("AccessDenied", "Request has expired")


def _signature(file_id: str, query: dict[str, str]) -> str:
    text = f"{file_id}?{urlencode(sorted(query.items()))}"
    return salted_hmac("sandbox.presigning", text, algorithm="sha256").hexdigest()
