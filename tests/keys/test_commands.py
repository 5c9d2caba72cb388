"""`issue_api_key` and `issue_import_key` print the key as their last line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from braze_partners.keys import verifying
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue().splitlines()[-1]


def test_an_import_key_is_the_last_line(cast: Cast) -> None:
    secret = run(
        "issue_import_key", "--workspace", "lumen", "--partner", "amplitude", "--label", "CI"
    )

    assert verifying.data_import_key(secret, "amplitude").workspace_slug == "lumen"
    assert AuditEntry.objects.get().actor_text == "command line"


def test_an_api_key_is_the_last_line_and_may_be_ahead_of_its_endpoint(cast: Cast) -> None:
    options = ["--workspace", "lumen", "--permission", "users.track"]
    secret = run("issue_api_key", *options, "--permission", "segments.list")

    allowed = verifying.rest_key(secret, None).permissions
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
