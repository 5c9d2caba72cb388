"""manage.py import_people: what it prints, and when it fails."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from braze_partners.people import finding, numbers
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def run(path: Path, workspace: str = "demo") -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_people", str(path), workspace=workspace, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    WorkspaceFactory.create(slug="demo")
    return tmp_path / "people.csv"


def test_it_prints_refused_lines_and_a_summary(path: Path) -> None:
    path.write_text("external_id,age\nu1,31\nu2,7\nu1,32\n,5\n")
    out, err = run(path)
    assert out == "2 created, 1 updated, 1 refused.\n"
    assert err == "line 5, external_id: This line names nobody.\n"


def test_the_same_file_twice_creates_nobody_the_second_time(path: Path) -> None:
    path.write_text("external_id\nu1\nu2\n")
    run(path)
    assert run(path)[0] == "0 created, 2 updated, 0 refused.\n"


def test_anonymous_and_alias_only_people_come_in_too(path: Path) -> None:
    path.write_text("device_id,alias_label,alias_name\nd1,,\n,amplitude_id,77\n")
    run(path)
    workspace_id = WorkspaceFactory._meta.model.objects.get(slug="demo").pk
    people = finding.identifiers_of(workspace_id, [0, 1])
    assert [one.identifier for one in people] == ["device:d1", "alias:amplitude_id:77"]
    assert numbers.universe(workspace_id).size == 2


def test_a_refused_line_among_good_ones_is_no_failure_but_only_refused_ones_are(
    path: Path,
) -> None:
    path.write_text("external_id,email\nu1,nobody\n")
    with pytest.raises(CommandError, match="No line could be read"):
        run(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("name\nAnn\n", "external_id"), ("", "empty"), ("external_id,a,a\n", "twice")],
)
def test_a_file_that_cannot_be_used_fails_in_words(path: Path, content: str, sentence: str) -> None:
    path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        run(path)


def test_a_missing_file_or_workspace_fails_in_words(path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(path)
    path.write_text("external_id\nu1\n")
    with pytest.raises(CommandError, match="no workspace elsewhere"):
        run(path, workspace="elsewhere")
