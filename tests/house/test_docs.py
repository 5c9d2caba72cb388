"""What is configured, depended on or scheduled is written down, and what is written down exists."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.house.sources import PRODUCT, REPOSITORY, sources

OPERATING = REPOSITORY / "docs" / "operating.md"
ENVIRONMENT_READ = re.compile(
    r"""(?:env\.\w+|env|environ\.get|getenv|_secret)\(\s*["']([A-Z][A-Z0-9_]+)["']"""
    r"""|environ\[["']([A-Z][A-Z0-9_]+)["']\](?!\s*=[^=])"""
)
# Set by us for our own children, or by the system.
NOT_SETTINGS = {"BRAZE_PARTNERS_SUPERVISED", "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR"}


def environment_names() -> set[str]:
    found: set[str] = set()
    for source in sources(*PRODUCT):
        for one, other in ENVIRONMENT_READ.findall(source.text):
            found.add(one or other)
    return found - NOT_SETTINGS


def test_every_environment_variable_is_described() -> None:
    described = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", OPERATING.read_text()))
    assert environment_names() - described == set()


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *sum(project["optional-dependencies"].values(), [])]
    names = {re.match(r"[A-Za-z0-9_.-]+", line).group().lower() for line in wanted}  # type: ignore[union-attr]
    lines = (REPOSITORY / "docs" / "dependencies.md").read_text()
    described = {name.lower() for name in re.findall(r"^\| ([A-Za-z0-9_.-]+) \|", lines, re.M)}
    assert names - described == set()
    assert described - names - {"package", "file", "htmx", "uplot", "lucide"} == set()


def test_every_check_id_is_described() -> None:
    ids = {
        found
        for source in sources("braze_partners")
        for found in re.findall(r"braze_partners\.([EW]\d{3})", source.text)
    }
    described = OPERATING.read_text()
    assert [found for found in sorted(ids) if found not in described] == []


def test_every_periodic_job_is_a_task_and_says_why() -> None:
    from braze_partners.celery import app
    from braze_partners.schedule import JOBS

    app.loader.import_default_modules()
    for job in JOBS:
        assert job.task in app.tasks, job.task
        assert job.why
    assert len({job.name for job in JOBS}) == len(JOBS)


def test_the_documents_link_to_files_that_exist() -> None:
    broken = []
    for document in [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")
    assert broken == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_have_hashes_and_name_no_registry(lock: str) -> None:
    text = (REPOSITORY / lock).read_text()
    pinned = re.findall(r"^[a-z0-9._-]+==", text, re.M | re.I)
    assert len(pinned) > 20
    assert "://" not in text
    assert not re.findall(r"^--(index|extra|find)", text, re.M)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in entry, entry
