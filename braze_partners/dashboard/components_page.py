"""The living page of components, to look at every piece in its states beside the pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from braze_partners.partners.directory import PARTNERS
from braze_partners.workspaces.roles import May, may
from currents.states import State
from currents.wording import Situation, Words, words

COHORTS = [
    ("1", "[Amplitude] High-intent shoppers: k3x9a7f2"),
    ("2", "[Amplitude] Cart abandoners 7d: p81mz0qd"),
    ("3", "[Amplitude] Power users EU: w20cc4sn"),
]


def _situations(now: datetime) -> Iterator[tuple[State, Words]]:
    """Each state of a Current with its one sentence and its one act."""
    facts = {
        "by": "Jonas Weber",
        "status": 503,
        "next_try": now + timedelta(seconds=40),
        "dropped": 12_410,
    }
    told: dict[State, tuple[str, ...]] = {
        State.PAUSED: ("by",),
        State.FAILING: ("status", "next_try"),
        State.DROPPING: ("dropped",),
        State.DELETED: ("by",),
    }
    for state in State:
        known: Any = {name: facts[name] for name in told.get(state, ())}
        yield state, words(Situation(state, now - timedelta(days=3), now, **known))


class ExampleForm(forms.Form):
    """One field of each kind, two of them wrong."""

    name = forms.CharField(help_text="Help stands under the field, always visible.")
    email = forms.EmailField(label="Contact Email")
    region = forms.ChoiceField(choices=[("us", "United States"), ("eu", "European Union")])
    description = forms.CharField(widget=forms.Textarea, required=False)
    anonymous = forms.BooleanField(label="Include events from anonymous users", required=False)


@require_GET
@may(May.SEE)
def components_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    points = [
        (
            now - timedelta(hours=12 * back),
            118_000 + int((120 - back) * 200 + 900 * math.sin(back)),
        )
        for back in range(120, -1, -1)
    ]
    context = {
        "form": ExampleForm({"name": "Message engagement", "email": "crm-alerts@lumen"}),
        "points": points,
        "marks": [(now - timedelta(days=24), "filters changed")],
        "wave": [10 + 4 * math.sin(step / 3) + step / 4 for step in range(24)],
        "partners": PARTNERS[:3],
        "cohort_chosen": COHORTS[:2],
        "cohort_options": COHORTS,
        "now": now,
        "earlier": now - timedelta(days=1, hours=2),
        "long_ago": now - timedelta(days=400),
        "situations": list(_situations(now)),
    }
    return render(request, "components/page.html", context)
