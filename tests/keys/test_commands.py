"""`issue_api_key` and `issue_import_key` print the key as their last line."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from braze_partners.keys import secrets, verifying
from braze_partners.keys.errors import AddressNotAllowed
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast

NOW = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def every_line(*args: str) -> list[str]:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue().splitlines()


def run(*args: str) -> str:
    return every_line(*args)[-1]


def test_an_import_key_is_the_last_line(cast: Cast) -> None:
    secret = run(
        "issue_import_key", "--workspace", "lumen", "--partner", "amplitude", "--label", "CI"
    )

    assert verifying.data_import_key(secret, "amplitude", NOW).workspace_slug == "lumen"
    assert AuditEntry.objects.get().actor_text == "command line"


def test_an_api_key_is_the_last_line_and_may_be_ahead_of_its_endpoint(cast: Cast) -> None:
    options = ["--workspace", "lumen", "--permission", "users.track"]
    secret = run("issue_api_key", *options, "--permission", "segments.list")

    allowed = verifying.rest_key(secret, None, NOW).permissions
    assert allowed == {"users.track", "segments.list"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["issue_import_key", "--workspace", "x", "--partner", "amplitude"], "no workspace x"),
        (["issue_import_key", "--workspace", "lumen", "--partner", "x"], "no partner x"),
        (
            ["issue_import_key", "--workspace", "lumen", "--partner", "heap", "--label", "x" * 81],
            "80",
        ),
        (["issue_api_key", "--workspace", "x", "--permission", "audit.read"], "no workspace x"),
        (["issue_api_key", "--workspace", "lumen", "--permission", "x"], "no permission x"),
        (
            [
                *("issue_api_key", "--workspace", "lumen", "--permission", "audit.read"),
                *("--label", "x" * 81),
            ],
            "80",
        ),
    ],
)
def test_they_say_what_they_do_not_know(cast: Cast, args: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*args)


def test_a_key_is_listed_rotated_and_invalidated_by_what_is_shown_of_it(cast: Cast) -> None:
    secret = run("issue_import_key", "--workspace", "lumen", "--partner", "heap", "--label", "CI")
    shown = secrets.masked(secret)
    made = run("rotate_key", "--workspace", "lumen", shown, "--grace", "1h")

    assert verifying.data_import_key(secret, "heap", timezone.now())
    assert verifying.data_import_key(made, "heap", timezone.now())
    listed = every_line("list_keys", "--workspace", "lumen")
    assert [line.split("\t")[0] for line in listed] == ["key", shown, secrets.masked(made)]
    assert "ending" in listed[1] and "successor_unused" in listed[1]
    assert run("invalidate_key", "--workspace", "lumen", shown).endswith("is invalidated.")
    for act in ("rotate_key", "invalidate_key"):
        with pytest.raises(CommandError):
            run(act, "--workspace", "lumen", shown)
        with pytest.raises(CommandError, match="no one key"):
            run(act, "--workspace", "other", shown)


def test_an_api_key_is_bound_to_addresses(cast: Cast) -> None:
    options = ["--workspace", "lumen", "--permission", "users.track", "--address", "10.0.0.0/8"]
    secret = run("issue_api_key", *options)

    assert verifying.rest_key(secret, "10.1.1.1", NOW)
    with pytest.raises(AddressNotAllowed):
        verifying.rest_key(secret, "11.1.1.1", NOW)
    with pytest.raises(CommandError, match="no address"):
        run("issue_api_key", *options, "--address", "nowhere")
