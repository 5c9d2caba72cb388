"""The form of a replay. Knows field names and choices; decides nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from currents import causes
from currents.kinds import kind_name
from currents.models import Current
from currents.replays.asking import Wanted
from currents.replays.models import Replay

Kind = Replay.Kind
# Each kind as the form says it.
KINDS = (
    (Kind.DEAD_LETTERS, _("Dead letters: what Amplitude refused as it was")),
    (Kind.DROPPED, _("Dropped events: what waited longer than the window")),
    (Kind.WINDOW, _("A window of time: everything that was received in it, once more")),
    (Kind.BACKFILL, _("Backfill: what was received before this Current’s launch")),
)
MOMENT = "%Y-%m-%dT%H:%M"


class Moment(forms.DateTimeInput):
    input_type = "datetime-local"


class ReplayForm(forms.Form):
    """Times are in the workspace's zone. `current` is whose replay it is."""

    kind = forms.ChoiceField(label=_("What to replay"), choices=KINDS, widget=forms.RadioSelect)
    cause = forms.ChoiceField(label=_("Cause"), required=False)
    event_type = forms.ChoiceField(label=_("Event type"), required=False)
    since = forms.DateTimeField(
        label=_("Received from"),
        required=False,
        widget=Moment(format=MOMENT),
        help_text=_("Of a window or a backfill; empty is from the beginning."),
    )
    until = forms.DateTimeField(
        label=_("Received before"),
        required=False,
        widget=Moment(format=MOMENT),
        help_text=_("Empty is up to now."),
    )

    def __init__(self, current: Current, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current
        groups = [(group.cause, group.cause) for group in causes.causes(current)]
        self.fields["cause"].choices = [("", _t("Every cause")), *groups]  # type: ignore[attr-defined]
        kinds = [(name, kind_name(name)) for name in current.event_types]
        chosen = [("", _t("Every chosen type")), *sorted(kinds, key=lambda pair: pair[1])]
        self.fields["event_type"].choices = chosen  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        kind = given["kind"]
        of_time = kind in (Kind.WINDOW, Kind.BACKFILL)
        name = given["event_type"] if kind != Kind.DROPPED else ""
        return Wanted(
            kind,
            cause=given["cause"] if kind == Kind.DEAD_LETTERS else "",
            event_types=(name,) if name else (),
            since=given["since"] if of_time else None,
            until=given["until"] if kind == Kind.WINDOW else None,
        )
