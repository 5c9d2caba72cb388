"""Calls the Behavioral Cohorts API: list, request, status (wire/amplitude-cohorts.md). A cohort's
file is downloads.py's. Knows hosts, paths and HTTP Basic; keeps nothing and logs nothing.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote

from braze_partners.partners.amplitude import calling, cohort_answers
from braze_partners.partners.amplitude.cohort_answers import (
    JobState,
    Kind,
    NotAnswered,
    RemoteCohort,
)
from braze_partners.partners.amplitude.hosts import NoHost, analytics_url
from braze_partners.partners.amplitude.limits import MAX_COHORT_LIST_BYTES, MAX_SHORT_ANSWER_BYTES


@dataclass(frozen=True, slots=True)
class Access:
    """Where a project is and its two credentials in the clear: for a call, never to be kept."""

    region: str
    api_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that must not be readable in a text: the keys and what Basic makes of them."""
        return (self.api_key, self.secret_key, self._basic)

    @property
    def _basic(self) -> str:
        return b64encode(f"{self.api_key}:{self.secret_key}".encode()).decode()

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._basic}", "Accept": "application/json"}

    def address(self, path: str) -> str:
        """Raises NotAnswered where the region has no address now."""
        try:
            return analytics_url(self.region) + path
        except NoHost as error:
            raise NotAnswered(Kind.NO_HOST, str(error)) from error


def list_cohorts(access: Access, *, seconds: float) -> list[RemoteCohort]:
    """Every cohort of the project. Raises NotAnswered; `seconds` bound the whole call."""
    body = _ask(access, "/api/3/cohorts", seconds, MAX_COHORT_LIST_BYTES)
    return cohort_answers.cohorts(body, access.secrets)


def request_cohort(access: Access, cohort_id: str, *, seconds: float) -> str:
    """Has Amplitude compute the list of a cohort's users; the id of that request. This is the
    call with the narrow limits. Raises NotAnswered."""
    path = f"/api/5/cohorts/request/{quote(cohort_id, safe='')}?props=0"
    return cohort_answers.request_id(_short(access, path, seconds), access.secrets)


def request_status(access: Access, request_id: str, *, seconds: float) -> JobState:
    """Raises NotAnswered, of kind NOT_FOUND for a request that Amplitude no longer knows."""
    path = f"/api/5/cohorts/request-status/{quote(request_id, safe='')}"
    return cohort_answers.job_state(_short(access, path, seconds), access.secrets)


def file_path(request_id: str) -> str:
    return f"/api/5/cohorts/request/{quote(request_id, safe='')}/file"


def _short(access: Access, path: str, seconds: float) -> bytes:
    return _ask(access, path, seconds, MAX_SHORT_ANSWER_BYTES)


def _ask(access: Access, path: str, seconds: float, max_answer_bytes: int) -> bytes:
    came_back = calling.get(
        access.address(path),
        headers=access.headers(),
        seconds=seconds,
        max_answer_bytes=max_answer_bytes,
    )
    return cohort_answers.ok_body(came_back, access.secrets)
