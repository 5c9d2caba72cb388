"""What one copies from a partner's page runs, and does what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from braze_partners.partners.snippets import KEY_VARIABLE, snippets
from cohorts.models import Cohort
from tests.cast import Cast
from tests.keys.factories import DataImportKeyFactory
from tests.people.factories import ProfileFactory

COMMANDS = {
    "curl": ["bash"],
    "python": [sys.executable],
    "javascript": ["node"],
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", list(COMMANDS))
def test_a_snippet_runs_as_it_is(
    cast: Cast, live_server: LiveServer, tmp_path: Path, slug: str
) -> None:
    needed = "curl" if slug == "curl" else COMMANDS[slug][0]
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not on this machine")
    secret = "bpi_" + "s" * 43
    DataImportKeyFactory.create(workspace=cast.workspace, partner="heap", secret=secret)
    ProfileFactory.create(workspace=cast.workspace, external_id="user-1")
    made = {one.slug: one for one in snippets(f"{live_server.url}/partners/heap/cohorts", "any")}
    script = tmp_path / f"try.{slug}"
    script.write_text(made[slug].code.replace(f"export {KEY_VARIABLE}=…", ""))
    environment = {"PATH": os.environ["PATH"], KEY_VARIABLE: secret}
    ran = subprocess.run(
        [*COMMANDS[slug], str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )

    assert ran.stdout.count('{"message":"success"}') == 2, ran
    cohort = Cohort.objects.get()
    assert (cohort.partner, cohort.name, cohort.size) == ("heap", "Try it", 1)


@pytest.mark.django_db
def test_the_pages_show_them_with_the_endpoint_of_the_workspace(cast: Cast) -> None:
    client = cast.client(cast.charlie)
    for path in ("/w/lumen/partners/heap/", "/w/lumen/partners/heap/guide/"):
        with override_settings(REST_ENDPOINT="https://partners.lumen.example"):
            page = client.get(path).content.decode()
        for slug in COMMANDS:
            assert f'data-copy="#code-{slug}"' in page
        assert page.count("https://partners.lumen.example/partners/heap/cohorts") >= 3
        assert "PARTNER_API_KEY" not in page


@pytest.mark.django_db
def test_where_a_partner_has_keys_of_its_own_a_place_is_left_for_it(cast: Cast) -> None:
    with override_settings(PARTNER_API_KEYS={"heap": ["not to be shown"]}):
        page = cast.client(cast.alice).get("/w/lumen/partners/heap/").content.decode()

    assert "PARTNER_API_KEY" in page and "not to be shown" not in page
