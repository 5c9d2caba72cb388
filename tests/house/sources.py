"""Our own Python files, parsed, for the tests that read code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("braze_partners", "cohorts", "currents")
ALL = (*PRODUCT, "tests", "benchmarks")


@dataclass(frozen=True)
class Source:
    path: Path  # relative to the repository
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def sources(*roots: str) -> tuple[Source, ...]:
    """Every Python file below `roots`, migrations left out."""
    found = []
    for root in roots:
        for path in sorted((REPOSITORY / root).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            text = path.read_text()
            found.append(Source(path.relative_to(REPOSITORY), text, ast.parse(text)))
    return tuple(found)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to its end, with its docstring, without its decorators."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
