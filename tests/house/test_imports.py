"""Rooms open in one direction, domain modules know no edges (pyproject.toml, house.md "Rooms")."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PRODUCT, REPOSITORY, Source, sources

# The thin edges of an app: HTTP, screens, commands, tasks. All else is domain.
EDGE = re.compile(
    r"^(views(_\w+)?|api(_\w+)?|forms(_\w+)?|tasks|urls(_\w+)?|\w+_urls|\w+_views|\w+_pages?|\w+_api|apps|middleware"
    r"|authentication|endpoint|permissions|throttles|serializers|context|templatetags|management|views)$"
)
JOBS = ("cohorts", "currents")
APPS = ("workspaces", "keys", "partners", "people", "events", "messaging", "dashboard")
EDGE_LIBRARIES = ("rest_framework", "celery", "kombu", "drf_spectacular")


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def is_domain(source: Source) -> bool:
    parts = source.module.split(".")
    in_app = parts[0] in JOBS or (len(parts) > 1 and parts[1] in APPS)
    return in_app and not any(EDGE.match(part) for part in parts[1:])


def imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_edge(name: str) -> bool:
    parts = name.split(".")
    if parts[0] in EDGE_LIBRARIES or name.startswith("braze_partners.celery"):
        return True
    ours = parts[0] in PRODUCT and (parts[0] in JOBS or parts[1] in APPS)
    return ours and any(EDGE.match(part) for part in parts[1:])


def test_domain_modules_know_no_edges() -> None:
    found = [
        f"{source.path} imports {name}"
        for source in sources(*PRODUCT)
        if is_domain(source)
        for name in imported(source)
        if is_edge(name)
    ]
    assert found == []


def test_tests_count_queries_only_around_code() -> None:
    """`assertNumQueries` without `with` asserts nothing."""
    calls = re.compile(r"assert_?num_?queries", re.IGNORECASE)
    bare = [
        f"{source.path}:{node.lineno}"
        for source in sources("tests")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and calls.search(ast.unparse(node.value.func))
        and len(node.value.args) < 2
    ]
    assert bare == []
