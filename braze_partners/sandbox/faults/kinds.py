"""The kinds of fault, what each of them does and what can be chosen for it. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Ids that one fault may name (own choice): more than anyone types, less than a slow request.
IDS_NAMED = 1_000


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
class Kind:
    name: str
    group: str
    label: str | Promise
    does: str | Promise
    options: tuple[Option, ...] = ()
    share_of_events: bool = False  # else the share is of requests

    def read_options(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every option of the kind, those that are not given at their default."""
        unknown = set(given) - {option.name for option in self.options}
        if unknown:
            name = sorted(unknown)[0]
            raise OptionRefused(name, str(_("This fault has no `%(name)s`.") % {"name": name}))
        return {
            option.name: option.read(given[option.name]) if option.name in given else option.default
            for option in self.options
        }


DEVICES = IdsOption("devices", _("Device IDs"), [], _("One a line; none means no device."))
USERS = IdsOption("users", _("User IDs"), [], _("One a line; none means no user."))
SECONDS = NumberOption("seconds", _("Seconds"), 5, least=0, most=600, whole=False)

REFUSALS = "refusals"
THROTTLES = "throttles"
ERRORS = "errors"
NETWORK = "network"

GROUPS: dict[str, str | Promise] = {
    REFUSALS: _("Refused for its key or its content"),
    THROTTLES: _("Too much at a time"),
    ERRORS: _("Failing servers"),
    NETWORK: _("A bad line"),
}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "expired_key",
            REFUSALS,
            _("Expired API key"),
            _("400 “Invalid API key”, whatever the key is."),
        ),
        Kind("unauthorized", REFUSALS, _("Unauthorized"), _("401, whatever the key is.")),
        Kind(
            "forbidden",
            REFUSALS,
            _("Forbidden"),
            _("403, as Amplitude’s firewall answers a sanctioned region."),
        ),
        Kind(
            "invalid_events",
            REFUSALS,
            _("Invalid events"),
            _("400 that names a share of the events: the same ones each time, one by one."),
            (
                ChoiceOption(
                    "field", _("Field"), "time", choices=("time", "event_properties", "price")
                ),
            ),
            share_of_events=True,
        ),
        Kind(
            "silenced",
            REFUSALS,
            _("Silenced devices"),
            _("400 “Events silenced for device_id” for events of these devices."),
            (DEVICES,),
        ),
        Kind(
            "too_large",
            REFUSALS,
            _("Payload too large"),
            _("413 for requests above a size."),
            (NumberOption("bytes", _("Bytes"), 65_536, least=0, most=100_000_000),),
        ),
        Kind(
            "throttled",
            THROTTLES,
            _("Throttled devices and users"),
            _("429 that names these devices and users when a request holds their events."),
            (DEVICES, USERS),
        ),
        Kind(
            "over_quota",
            THROTTLES,
            _("Devices and users over their daily quota"),
            _("429 that names these devices and users as over 500,000 events a day."),
            (DEVICES, USERS),
        ),
        Kind(
            "too_many_requests",
            THROTTLES,
            _("Throttled project"),
            _("429 that names nobody: the rate of the whole project."),
        ),
        Kind("http_500", ERRORS, _("Internal error (500)"), _("500; nothing is ingested.")),
        Kind("http_502", ERRORS, _("Bad gateway (502)"), _("502; nothing is ingested.")),
        Kind("http_503", ERRORS, _("Unavailable (503)"), _("503; nothing is ingested.")),
        Kind("http_504", ERRORS, _("Gateway time-out (504)"), _("504; nothing is ingested.")),
        Kind(
            "lost_answer",
            ERRORS,
            _("Ingested, answered with an error"),
            _("The events are ingested, and the sender is told that they failed."),
            (ChoiceOption("status", _("Status"), 502, choices=(500, 502, 504)),),
        ),
        Kind(
            "html",
            ERRORS,
            _("An HTML page"),
            _("An error page as a proxy sends it; nothing is ingested."),
            (ChoiceOption("status", _("Status"), 502, choices=(200, 403, 502, 503)),),
        ),
        Kind(
            "garbage",
            ERRORS,
            _("Garbage"),
            _("Bytes that are no JSON under a good status; nothing is ingested."),
            (ChoiceOption("status", _("Status"), 200, choices=(200, 400, 500)),),
        ),
        Kind(
            "slow",
            NETWORK,
            _("Slow answers"),
            _("The events are ingested at once, and the answer comes late."),
            (SECONDS,),
        ),
        Kind(
            "drip",
            NETWORK,
            _("Slow drip"),
            _("The events are ingested, and the answer comes byte by byte over so many seconds."),
            (SECONDS,),
        ),
        Kind(
            "dropped",
            NETWORK,
            _("Dropped before reading"),
            _("The connection is reset before the request is read; nothing is ingested."),
        ),
        Kind(
            "cut",
            NETWORK,
            _("Dropped in the middle of the answer"),
            _("The events are ingested, and the connection is reset halfway through the answer."),
        ),
        Kind(
            "outage",
            NETWORK,
            _("Full outage"),
            _("Every connection is reset before anything is read, as if nothing listened."),
        ),
    )
}
