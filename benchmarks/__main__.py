"""`make bench`: every benchmark, or those named; figures as Markdown on standard output.

`--quick` measures less, to try a change: its figures are worth little.
"""

from __future__ import annotations

import importlib
import sys

from benchmarks import bed

# Modules with `run(bed) -> list[Report]`, in the order in which they run.
BENCHMARKS = (
    "import_over_http",
    "segment_size",
    "segment_filters",
    "segment_pages",
    "person_pages",
    "pull",
    "events_in",
    "export_end_to_end",
    "export_drain",
)


def main(arguments: list[str]) -> None:
    quick = "--quick" in arguments
    names = [name for name in arguments if name != "--quick"]
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        raise SystemExit(f"Unknown: {', '.join(sorted(unknown))}. There are: {BENCHMARKS}")
    with bed.made(quick=quick) as bench:
        for name in names or BENCHMARKS:
            module = importlib.import_module(f"benchmarks.{name}")
            for report in module.run(bench):
                sys.stdout.write(report.markdown() + "\n")
                sys.stdout.flush()


main(sys.argv[1:])
