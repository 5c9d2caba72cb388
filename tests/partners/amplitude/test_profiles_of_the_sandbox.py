"""Our client of the User Profile API against the sandbox as it runs, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from braze_partners.partners.amplitude import user_profiles
from braze_partners.partners.amplitude.cohort_answers import Kind, NotAnswered
from braze_partners.partners.amplitude.hosts import Region
from tests.sandbox.conftest import shared
from tests.sandbox.running import Sandbox
from tests.sandbox.uploading import an_event, upload

__all__ = ["shared"]


def ask(secret: str, **who: str) -> user_profiles.UserProfile | None:
    return user_profiles.ask(Region.SANDBOX, secret, **who, seconds=5.0)


def test_the_sandbox_tells_what_our_client_reads(shared: Sandbox, settings: Any) -> None:
    settings.AMPLITUDE_SANDBOX_URL = shared.url
    secret = str(shared.call("GET", "project")["secret_key"])
    cohort_id = shared.cohort(["known é&x"])
    said = an_event(user_id="known é&x", device_id="tablet", user_properties={"plan": "pro"})
    upload(shared, [said])

    found = ask(secret, user_id="known é&x")

    assert found is not None and found.properties == {"plan": "pro"}
    assert found.cohort_ids == [cohort_id] and found.device_id == "tablet"
    assert ask(secret, device_id="tablet") == found
    assert ask(secret, user_id="a stranger") is None
    with pytest.raises(NotAnswered) as refused:
        ask("0" * 32, user_id="known é&x")
    assert refused.value.kind is Kind.UNAUTHORIZED and refused.value.status == 401
