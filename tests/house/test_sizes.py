"""No file too long to read, no function too long to hold in mind (house.md, "Style")."""

from __future__ import annotations

import ast
from statistics import median

from tests.house.sources import ALL, PRODUCT, length, sources

MAX_FILE_LINES = 400
MAX_TEST_FILE_LINES = 500  # a table of cases may be longer than a thought
MAX_FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 10  # the house's aim is about 8


def test_no_file_is_over_400_lines() -> None:
    too_long = {
        str(source.path): source.lines
        for source in sources(*ALL)
        if source.lines
        > (MAX_TEST_FILE_LINES if source.path.parts[0] == "tests" else MAX_FILE_LINES)
    }
    assert too_long == {}


def test_no_function_is_over_60_lines() -> None:
    too_long = {
        f"{source.path}:{function.lineno} {function.name}": length(function)
        for source in sources(*ALL)
        for function in source.functions()
        if length(function) > MAX_FUNCTION_LINES
    }
    assert too_long == {}


def test_the_median_function_is_small() -> None:
    lengths = [length(f) for source in sources(*PRODUCT) for f in source.functions()]
    assert median(lengths) <= MEDIAN_FUNCTION_LINES, f"of {len(lengths)}, longest {max(lengths)}"


def test_every_module_opens_with_what_it_knows() -> None:
    silent = [
        str(source.path)
        for source in sources(*PRODUCT)
        if source.text.strip() and source.path.name != "apps.py"
        if ast.get_docstring(source.tree) is None
    ]
    assert silent == []


def test_every_function_says_what_it_returns() -> None:
    untyped = [
        f"{source.path}:{function.lineno} {function.name}"
        for source in sources(*ALL)
        for function in source.functions()
        if function.returns is None
    ]
    assert untyped == []
