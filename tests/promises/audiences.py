"""A workspace's people and cohorts in plain Python: dictionaries and sets, nothing clever. What the
product says after each step is compared with it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class People:
    """Whose each identifier is, by number. Whoever is in `ids` is identified."""

    ids: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    devices: dict[str, int] = field(default_factory=dict)
    became: dict[int, int] = field(default_factory=dict)

    @property
    def alive(self) -> set[int]:
        return {*self.ids.values(), *self.aliases.values(), *self.devices.values()}

    def is_identified(self, number: int) -> bool:
        return number in self.ids.values()

    def anonymous_device(self, device: str) -> int | None:
        number = self.devices.get(device)
        return None if number is None or self.is_identified(number) else number

    def whose(self, kind: str, name: str) -> int | None:
        """As a partner may name people: devices are those of anonymous ones."""
        if kind == "devices":
            return self.anonymous_device(name)
        return (self.ids if kind == "ids" else self.aliases).get(name)

    def named_by(self, identifiers: set[tuple[str, str]]) -> set[int]:
        found = {self.whose(*one) for one in identifiers}
        return {number for number in found if number is not None}

    def now_is(self, number: int) -> int | None:
        """As whom somebody lives on who had this number once."""
        while number in self.became:
            number = self.became[number]
        return number if number in self.alive else None

    def forget(self, number: int) -> None:
        for known in (self.ids, self.aliases, self.devices):
            for name in [name for name, whose in known.items() if whose == number]:
                del known[name]

    def merge(self, gone: int, kept: int) -> None:
        for known in (self.ids, self.aliases, self.devices):
            for name, whose in known.items():
                if whose == gone:
                    known[name] = kept
        self.became[gone] = kept


@dataclass
class Said:
    """One push: identifiers that nobody had who were to be added and to be removed, and people who
    were to be removed, in or not."""

    skipped: set[tuple[str, str]] = field(default_factory=set)
    skipped_removals: set[tuple[str, str]] = field(default_factory=set)
    out: set[int] = field(default_factory=set)


@dataclass
class Audience:
    """The cohorts' members, what was last said of each person in each, and what pushes said."""

    members: dict[str, set[int]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    latest: dict[tuple[str, int], bool] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    pushes: dict[str, list[Said]] = field(default_factory=dict)
    before: dict[str, list[set[int]]] = field(default_factory=dict)  # each change of a cohort

    def begin(self, cohort: str) -> None:
        self.members.setdefault(cohort, set())
        self.names.setdefault(cohort, cohort)
        self.runs.setdefault(cohort, 0)
        self.pushes.setdefault(cohort, [])
        self.before.setdefault(cohort, [])

    def become(self, cohort: str, after: set[int]) -> tuple[int, int]:
        """Gives how many entered and left."""
        before = self.members[cohort]
        self.members[cohort] = after
        if before != after:
            self.runs[cohort] += 1
            self.before[cohort].append(before)
        for number in before ^ after:
            self.latest[cohort, number] = number in after
        return len(after - before), len(before - after)

    def leave(self, gone: set[int]) -> None:
        for cohort, members in self.members.items():
            self.become(cohort, members - gone)

    def follow(self, gone: int, kept: int) -> set[str]:
        """One change in each cohort that held who goes; gives those cohorts."""
        concerned = {cohort for cohort, members in self.members.items() if gone in members}
        for cohort in concerned:
            self.become(cohort, (self.members[cohort] - {gone}) | {kept})
        return concerned

    def known_since(self, cohort: str, people: People) -> set[int]:
        """Whom skipped identifiers name by now, and nothing took away later."""
        wanted: set[int] = set()
        for said in self.pushes[cohort]:
            wanted |= people.named_by(said.skipped)
            wanted -= people.named_by(said.skipped_removals)
            wanted -= {now for number in said.out if (now := people.now_is(number)) is not None}
        return wanted

    def drop(self, cohort: str) -> None:
        for known in (self.members, self.names, self.runs, self.pushes, self.before):
            known.pop(cohort, None)
        self.archived.discard(cohort)
        self.latest = {key: value for key, value in self.latest.items() if key[0] != cohort}
