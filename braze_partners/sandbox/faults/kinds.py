"""The kinds of fault, what each of them does and what can be chosen for it. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.sandbox.faults.options import (
    ChoiceOption,
    IdsOption,
    NumberOption,
    Option,
    OptionRefused,
    SeveralOption,
    TextOption,
)
from braze_partners.sandbox.faults.places import (
    COHORT_DOWNLOAD,
    COHORT_FILE,
    COHORT_REQUEST,
    PLACES,
    UPLOAD,
)


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    group: str
    label: str | Promise
    does: str | Promise
    options: tuple[Option, ...] = ()
    share_of_events: bool = False  # else the share is of requests
    places: tuple[str, ...] = (UPLOAD,)  # where it strikes when that cannot be chosen

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

    def strikes_at(self, place: str, options: dict[str, Any]) -> bool:
        return place in options.get(AT.name, self.places)


DEVICES = IdsOption("devices", _("Device IDs"), [], _("One a line; none means no device."))
USERS = IdsOption("users", _("User IDs"), [], _("One a line; none means no user."))
SECONDS = NumberOption("seconds", _("Seconds"), 5, least=0, most=600, whole=False)

AT = SeveralOption("at", _("Strikes at"), [UPLOAD], choices=PLACES)
FILE_PLACES = (COHORT_FILE, COHORT_DOWNLOAD)

REFUSALS = "refusals"
THROTTLES = "throttles"
ERRORS = "errors"
NETWORK = "network"
COHORT_FILES = "cohort_files"

GROUPS: dict[str, str | Promise] = {
    REFUSALS: _("Refused for its key or its content"),
    THROTTLES: _("Too much at a time"),
    ERRORS: _("Failing servers"),
    NETWORK: _("A bad line"),
    COHORT_FILES: _("Files of cohorts"),
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
        Kind("unauthorized", REFUSALS, _("Unauthorized"), _("401, whatever the key is."), (AT,)),
        Kind(
            "forbidden",
            REFUSALS,
            _("Forbidden"),
            _("403, as Amplitude’s firewall answers a sanctioned region."),
            (AT,),
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
            (AT,),
        ),
        *(
            Kind(f"http_{status}", ERRORS, label, does, (AT,))
            for status, label, does in (
                (500, _("Internal error (500)"), _("500; nothing is ingested.")),
                (502, _("Bad gateway (502)"), _("502; nothing is ingested.")),
                (503, _("Unavailable (503)"), _("503; nothing is ingested.")),
                (504, _("Gateway time-out (504)"), _("504; nothing is ingested.")),
            )
        ),
        Kind(
            "http_504", ERRORS, _("Gateway time-out (504)"), _("504; nothing is ingested."), (AT,)
        ),
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
            (ChoiceOption("status", _("Status"), 502, choices=(200, 403, 502, 503)), AT),
        ),
        Kind(
            "garbage",
            ERRORS,
            _("Garbage"),
            _("Bytes that are no JSON under a good status; nothing is ingested."),
            (ChoiceOption("status", _("Status"), 200, choices=(200, 400, 500)), AT),
        ),
        Kind(
            "slow",
            NETWORK,
            _("Slow answers"),
            _("The events are ingested at once, and the answer comes late."),
            (SECONDS, AT),
        ),
        Kind(
            "drip",
            NETWORK,
            _("Slow drip"),
            _("The events are ingested, and the answer comes byte by byte over so many seconds."),
            (SECONDS, AT),
        ),
        Kind(
            "dropped",
            NETWORK,
            _("Dropped before reading"),
            _("The connection is reset before the request is read; nothing is ingested."),
            (AT,),
        ),
        Kind(
            "cut",
            NETWORK,
            _("Dropped in the middle of the answer"),
            _("The events are ingested, and the connection is reset halfway through the answer."),
            (AT,),
        ),
        Kind(
            "outage",
            NETWORK,
            _("Full outage"),
            _("Every connection is reset before anything is read, as if nothing listened."),
            (AT,),
        ),
        Kind(
            "job_failed",
            COHORT_FILES,
            _("Failed job"),
            _("The request is taken, and its job ends in JOB FAILED."),
            places=(COHORT_REQUEST,),
        ),
        Kind(
            "slow_job",
            COHORT_FILES,
            _("Slow job"),
            _("The job of a request is in progress for so long."),
            (NumberOption("seconds", _("Seconds"), 60, least=0, most=86_400, whole=False),),
            places=(COHORT_REQUEST,),
        ),
        Kind(
            "expired_url",
            COHORT_FILES,
            _("Expired URL"),
            _("The file is a redirect to a pre-signed URL that is over its minute already."),
            places=(COHORT_FILE,),
        ),
        Kind(
            "other_host",
            COHORT_FILES,
            _("Redirect to another host"),
            _("The file is a redirect to this address instead of a pre-signed URL."),
            (TextOption("location", _("Address"), "https://files.example.com/cohort.csv"),),
            places=(COHORT_FILE,),
        ),
        Kind(
            "second_redirect",
            COHORT_FILES,
            _("Second redirect"),
            _("The file is a redirect to a pre-signed URL that redirects once more."),
            places=(COHORT_FILE,),
        ),
        Kind(
            "html_file",
            COHORT_FILES,
            _("HTML instead of CSV"),
            _("200 with a page where the data should be."),
            places=FILE_PLACES,
        ),
        Kind(
            "truncated_file",
            COHORT_FILES,
            _("Truncated file"),
            _("The data ends halfway in the middle of a row."),
            (
                ChoiceOption(
                    "how",
                    _("How"),
                    "line",
                    _("line: the connection is cut; file: the answer ends as if that were all."),
                    choices=("line", "file"),
                ),
            ),
            places=FILE_PLACES,
        ),
        Kind(
            "no_user_id_column",
            COHORT_FILES,
            _("No user-id column"),
            _("The second column of the file has another name."),
            (TextOption("name", _("Name of the column"), "device_id"),),
            places=FILE_PLACES,
        ),
        Kind(
            "column_names",
            COHORT_FILES,
            _("Other names of the columns"),
            _("The columns of both ids are spelled in another way."),
            (
                ChoiceOption(
                    "spelling",
                    _("Spelling"),
                    "Amplitude ID, User ID",
                    choices=("Amplitude ID, User ID", "AMPLITUDE_ID, USER_ID"),
                ),
            ),
            places=FILE_PLACES,
        ),
        Kind(
            "empty_file",
            COHORT_FILES,
            _("Empty file"),
            _("200 without a single row."),
            (ChoiceOption("what", _("What is left"), "nothing", choices=("nothing", "header")),),
            places=FILE_PLACES,
        ),
        Kind(
            "too_many_rows",
            COHORT_FILES,
            _("Too many rows"),
            _("The file goes on with invented users up to so many rows."),
            (NumberOption("rows", _("Rows"), 3_000_000, least=1, most=10_000_000),),
            places=FILE_PLACES,
        ),
    )
}
