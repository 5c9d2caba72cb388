"""What can go wrong with pull syncs, in the domain's words."""

from __future__ import annotations

from collections.abc import Mapping


class ScheduleRefused(Exception):
    """One sentence for each field that is not as it must be."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class SyncRefused(Exception):
    """Not now, or not with this run; its text is the sentence for people."""


class LeaseLost(Exception):
    """Another worker took the run over, or somebody cancelled it, or its cohort is gone."""


class BadFile(Exception):
    """What Amplitude gave is no list of a cohort's users. `code` names the reason, the text is
    the sentence for people; `passing` says that a second download may be whole."""

    def __init__(self, code: str, words: str, *, passing: bool = False) -> None:
        super().__init__(words)
        self.code, self.words, self.passing = code, words, passing
