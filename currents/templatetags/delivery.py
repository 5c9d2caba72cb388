"""Attempts and event types in words and colours, for templates. Knows words, no rows."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from currents import attempts, kinds
from currents.models import Attempt

register = template.Library()

register.filter("what_happened", attempts.what_happened)
register.filter("attempt_quote", attempts.quote)
register.filter("attempt_lanes", attempts.lanes)
register.filter("kind_name", kinds.kind_name)


@register.filter
def attempt_look(attempt: Attempt) -> tuple[str, str, str]:
    """Kind of a badge, icon, and the status that Amplitude answered."""
    kind, icon = attempts.LOOKS[attempt.outcome]
    return kind, icon, str(attempt.status) if attempt.status else _("No answer")
