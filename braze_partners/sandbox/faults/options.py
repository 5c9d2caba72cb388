"""What can be chosen for a fault, and how a choice is read and written. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Ids that one fault may name (own choice): more than anyone types, less than a slow request.
IDS_NAMED = 1_000

# Ids written out before the rest is only counted (own choice).
IDS_SHOWN = 3

# Characters of a text, which is an address so far (own choice).
TEXT_LENGTH = 500


class OptionRefused(Exception):
    """An option cannot have this value; the text says what to enter."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    label: str | Promise
    default: Any = None
    hint: str | Promise = ""

    def read(self, value: Any) -> Any:
        raise NotImplementedError

    def written(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class NumberOption(Option):
    least: float = 0
    most: float = 0
    whole: bool = True

    def read(self, value: Any) -> Any:
        wanted = (int,) if self.whole else (int, float)
        if type(value) not in wanted or not self.least <= value <= self.most:
            raise OptionRefused(
                self.name,
                str(
                    _("`%(name)s` must be a number from %(least)g to %(most)g.")
                    % {"name": self.name, "least": self.least, "most": self.most}
                ),
            )
        return value


@dataclass(frozen=True, slots=True)
class IdsOption(Option):
    """Ids; none at all stands for every id."""

    def read(self, value: Any) -> Any:
        right = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        if not right or len(value) > IDS_NAMED:
            raise OptionRefused(
                self.name,
                str(
                    _("`%(name)s` must be an array of at most %(most)d strings.")
                    % {"name": self.name, "most": IDS_NAMED}
                ),
            )
        return list(dict.fromkeys(value))

    def written(self, value: Any) -> str:
        shown = ", ".join(value[:IDS_SHOWN])
        more = len(value) - IDS_SHOWN
        if more <= 0:
            return shown
        return str(_("%(ids)s and %(more)d more") % {"ids": shown, "more": more})


@dataclass(frozen=True, slots=True)
class ChoiceOption(Option):
    choices: Sequence[Any] = ()

    def read(self, value: Any) -> Any:
        if value not in self.choices:
            raise OptionRefused(
                self.name,
                str(
                    _("`%(name)s` must be one of: %(choices)s.")
                    % {"name": self.name, "choices": ", ".join(map(str, self.choices))}
                ),
            )
        return value


@dataclass(frozen=True, slots=True)
class TextOption(Option):
    def read(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LENGTH:
            raise OptionRefused(
                self.name,
                str(
                    _("`%(name)s` must be text of at most %(most)d characters.")
                    % {"name": self.name, "most": TEXT_LENGTH}
                ),
            )
        return value.strip()


@dataclass(frozen=True, slots=True)
class SeveralOption(Option):
    """At least one of the choices; their words are what pages show."""

    choices: Mapping[str, str | Promise] = field(default_factory=dict)

    def read(self, value: Any) -> Any:
        right = isinstance(value, list) and value and all(one in self.choices for one in value)
        if not right:
            raise OptionRefused(
                self.name,
                str(
                    _("`%(name)s` must be an array with some of: %(choices)s.")
                    % {"name": self.name, "choices": ", ".join(self.choices)}
                ),
            )
        return [one for one in self.choices if one in value]

    def written(self, value: Any) -> str:
        return ", ".join(str(self.choices[one]) for one in value if one in self.choices)
