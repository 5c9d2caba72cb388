"""No database transaction is open during an HTTP call: read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import REPOSITORY

PACKAGES = ("currents", "cohorts", "braze_partners")
# Names under which the code calls out, bare or on one of these objects.
CALLS = {"send", "upload", "deliver", "post"}
OBJECTS = {"client", "requests", "calling", "outbound", "http"}
# Within a transaction of settling; none of them may know how to call out.
SETTLING = ("settling", "hold_rows", "outcomes", "failures", "ledger", "moving", "claiming")
CALLERS = (
    "currents.amplitude.client",
    "braze_partners.outbound",
    "braze_partners.partners.amplitude.calling",
    "requests",
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def opens_a_transaction(node: ast.With) -> bool:
    return any("atomic" in ast.unparse(item.context_expr) for item in node.items)


def calls_out(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    called = node.func
    if isinstance(called, ast.Name) and called.id in CALLS:
        return called.id
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return called.attr if called.value.id in OBJECTS else ""
    return ""


def test_no_block_with_a_transaction_calls_out() -> None:
    """Every `with transaction.atomic()` of the product: no call to another host stands in it."""
    seen, found = 0, []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.With) and opens_a_transaction(node):
                seen += 1
                found += [
                    f"{path}:{node.lineno} {name}"
                    for one in ast.walk(node)
                    if (name := calls_out(one))
                ]
    assert seen > 30
    assert found == []


@pytest.mark.parametrize("module", SETTLING)
def test_what_runs_in_a_transaction_cannot_call_out(module: str) -> None:
    """The modules that settle import nothing that could call another host."""
    tree = ast.parse((REPOSITORY / "currents" / f"{module}.py").read_text())
    imported = {
        f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not [name for name in imported if name.startswith(CALLERS)]


def test_the_engine_calls_out_between_reading_and_settling() -> None:
    """prepare, deliver, settle: three steps of one function, none within another."""
    tree = ast.parse((REPOSITORY / "currents" / "engine.py").read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    work = next(function for function in functions if function.name == "_send_and_settle")
    called = [
        node.func.id
        for node in ast.walk(work)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    order = [name for name in called if name in ("prepare", "deliver", "settle")]
    assert order == ["prepare", "deliver", "settle"]
    assert not any(isinstance(node, ast.With) for node in ast.walk(work))
