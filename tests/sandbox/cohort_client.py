"""A client of the Behavioral Cohorts API that does what the wire document says, step by step."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.sandbox.running import PATIENCE, Sandbox


@dataclass
class CohortClient:
    sandbox: Sandbox
    api_key: str = ""
    secret_key: str = ""
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.api_key:
            project = self.sandbox.call("GET", "project")
            self.api_key, self.secret_key = project["api_key"], project["secret_key"]

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(
            f"{self.sandbox.url}/{path}",
            auth=(self.api_key, self.secret_key),
            allow_redirects=False,
            timeout=30,
            **options,
        )

    def listed(self, **query: str) -> list[dict[str, Any]]:
        answer = self.get("api/3/cohorts", params=query)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["cohorts"]
        return rows

    def ask(self, cohort_id: str, **query: Any) -> requests.Response:
        return self.get(f"api/5/cohorts/request/{cohort_id}", params=query)

    def status(self, request_id: str) -> requests.Response:
        return self.get(f"api/5/cohorts/request-status/{request_id}")

    def file(self, request_id: str, **options: Any) -> requests.Response:
        return self.get(f"api/5/cohorts/request/{request_id}/file", **options)

    def asked(self, cohort_id: str, **query: Any) -> str:
        """The request's id once the job has ended."""
        answer = self.ask(cohort_id, **query)
        assert answer.status_code == 202, answer.text
        request_id = str(answer.json()["request_id"])
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.status(request_id)
            self.statuses.append(answer.status_code)
            if answer.status_code == 200:
                return request_id
            assert (answer.status_code, answer.json()["async_status"]) == (202, "JOB INPROGRESS")
            time.sleep(0.05)
        raise AssertionError("the job does not end")

    def followed(self, answer: requests.Response, **options: Any) -> requests.Response:
        """The pre-signed URL, asked without the keys."""
        assert answer.status_code == 302, answer.text
        return requests.get(
            answer.headers["Location"], allow_redirects=False, timeout=60, **options
        )

    def rows(self, cohort_id: str, **query: Any) -> list[dict[str, str]]:
        answer = self.file(self.asked(cohort_id, **query))
        if answer.status_code == 302:
            answer = self.followed(answer)
        assert answer.status_code == 200, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode())))

    def upload(self, **fields: Any) -> requests.Response:
        project = self.sandbox.call("GET", "project")
        body = {
            "name": "Uploaded",
            "app_id": project["app_id"],
            "id_type": "BY_USER_ID",
            "owner": "ana@example.com",
            "published": True,
            **fields,
        }
        return requests.post(
            f"{self.sandbox.url}/api/3/cohorts/upload",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            auth=(self.api_key, self.secret_key),
            timeout=60,
        )
