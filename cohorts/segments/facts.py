"""What a person's profile holds of what a filter asks, in the reader's language.

Knows portraits of people; knows nothing of sets or of how the filter was answered.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, ngettext

from braze_partners import formatting
from braze_partners.people.finding import Portrait
from cohorts.segments import wording
from cohorts.segments.explained import Fact
from cohorts.segments.filter_types import FilterType, Given
from cohorts.segments.profile_filters import ProfileFilter

LONGEST = 120  # characters of a value that are told


def fact_of(condition: ProfileFilter, portrait: Portrait) -> Fact:
    profile = portrait.profile
    return Fact(_text(condition, portrait)[:LONGEST], profile.updated_at or profile.created_at)


def _text(condition: ProfileFilter, portrait: Portrait) -> str:
    profile = portrait.profile
    match condition.type:
        case FilterType.EMAIL:
            return profile.email
        case FilterType.PUSH_ENABLED:
            return _devices(portrait)
        case FilterType.COUNTRY:
            return wording.value_name(profile.country, Given.COUNTRIES) if profile.country else ""
        case FilterType.LANGUAGE:
            return wording.value_name(profile.language, Given.LANGUAGES) if profile.language else ""
        case FilterType.CREATED:
            return _moment(profile.created_at)
        case FilterType.LAST_ACTIVE:
            return _moment(profile.last_active_at)
    values = {name: value for name, _type, value in portrait.attributes}
    return _value(values.get(condition.attribute))


def _devices(portrait: Portrait) -> str:
    count = sum(device.push_enabled for device in portrait.devices)
    text = ngettext("%(count)s device with push", "%(count)s devices with push", count)
    return text % {"count": count}


def _value(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return wording.value_name(value, Given.FLAG)
        case float() | int():
            return wording.value_name(value, Given.NUMBER)
        case datetime():
            return _moment(value)
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def _moment(moment: datetime | None) -> str:
    """In the time zone of the page."""
    if moment is None:
        return ""
    locale = formatting.locale_of(get_language())
    local = timezone.localtime(moment)
    return f"{formatting.whole_day(local.date(), locale)}, {local:%H:%M}"
