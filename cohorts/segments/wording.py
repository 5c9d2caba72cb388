"""Filters said in words, in the reader's language.

Knows definitions and the names that planning has looked up; knows neither HTML nor sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.partners import directory
from cohorts.models import Cohort
from cohorts.segments.definition import (
    CohortFilter,
    Definition,
    ExternalIdFilter,
    Filter,
    Inclusion,
    Presence,
    Row,
    SegmentFilter,
)
from cohorts.segments.filter_types import FilterType, Given, Operator
from cohorts.segments.planning import Known
from cohorts.segments.profile_filters import ProfileFilter

# Names told of one filter, and rows told of one definition, before "and 4 more" in a list.
NAMES_TOLD = 2
ROWS_TOLD = 3


# Lazily: a list says a hundred of them, and each is looked up only when it is said.
_PROFILE_FILTERS = {
    FilterType.EMAIL: gettext_lazy("E-mail Address"),
    FilterType.PUSH_ENABLED: gettext_lazy("Push Enabled"),
    FilterType.COUNTRY: gettext_lazy("Country"),
    FilterType.LANGUAGE: gettext_lazy("Language"),
    FilterType.CREATED: gettext_lazy("Profile Created"),
    FilterType.LAST_ACTIVE: gettext_lazy("Last Active"),
    FilterType.ATTRIBUTE: gettext_lazy("Custom Attribute"),
}
_OPERATORS = {
    Inclusion.INCLUDES.value: gettext_lazy("includes"),
    Inclusion.DOES_NOT_INCLUDE.value: gettext_lazy("does not include"),
    Presence.IS_SET.value: gettext_lazy("is set"),
    Presence.IS_NOT_SET.value: gettext_lazy("is not set"),
    Presence.IS_ANY_OF.value: gettext_lazy("is any of"),
    Operator.IS_NOT_ANY_OF.value: gettext_lazy("is not any of"),
    Operator.CONTAINS.value: gettext_lazy("contains"),
    Operator.STARTS_WITH.value: gettext_lazy("starts with"),
    Operator.IS.value: gettext_lazy("is"),
    Operator.IS_NOT.value: gettext_lazy("is not"),
    Operator.MORE_THAN.value: gettext_lazy("is more than"),
    Operator.AT_LEAST.value: gettext_lazy("is at least"),
    Operator.LESS_THAN.value: gettext_lazy("is less than"),
    Operator.AT_MOST.value: gettext_lazy("is at most"),
    Operator.BEFORE.value: gettext_lazy("is before"),
    Operator.AFTER.value: gettext_lazy("is after"),
    Operator.ON.value: gettext_lazy("is on"),
    Operator.BETWEEN.value: gettext_lazy("is between"),
}


def filter_name(condition: Filter) -> str:
    """What the filter is called in front of its row."""
    match condition:
        case CohortFilter(partner):
            return cohort_filter_name(partner)
        case SegmentFilter():
            return _("Segment Membership")
        case ExternalIdFilter():
            return _("External User ID")
        case ProfileFilter():
            return condition.attribute or profile_filter_name(condition.type)


def profile_filter_name(kind: str) -> str:
    return str(_PROFILE_FILTERS[FilterType(kind)])


def cohort_filter_name(partner: str) -> str:
    return _("%(partner)s Cohorts") % {"partner": directory.display_name(partner)}


def operator_name(operator: Inclusion | Presence | Operator) -> str:
    return str(_OPERATORS[operator])


def operator_words(value: str) -> str:
    """As operator_name, by the operator's value in a definition."""
    for kind in (Inclusion, Presence, Operator):
        if value in list(kind):
            return operator_name(kind(value))
    return value


def value_names(condition: Filter, known: Known) -> list[str]:
    """The chosen cohorts, segments or ids by the names that people know them by."""
    match condition:
        case CohortFilter(partner, _operator, cohorts):
            found = [known.cohorts.get((partner, each)) for each in cohorts]
            return [
                cohort.name if cohort else each for cohort, each in zip(found, cohorts, strict=True)
            ]
        case SegmentFilter(_operator, segments):
            nested = [known.segments.get(each) for each in segments]
            return [
                each.name if each else str(pk) for each, pk in zip(nested, segments, strict=True)
            ]
        case ExternalIdFilter(_operator, values):
            return list(values)
        case ProfileFilter():
            return [value_name(each, condition.given) for each in condition.values]


def value_name(value: object, given: Given) -> str:
    """A value of a filter on profiles as people read it; what is no such value stays."""
    locale = formatting.locale_of(get_language())
    match given, value:
        case Given.COUNTRIES, str():
            return formatting.country(value, locale)
        case Given.LANGUAGES, str():
            return formatting.language(value, locale)
        case Given.FLAG, bool():
            return _("true") if value else _("false")
        case Given.NUMBER, float() | int():
            return formatting.plain(value, locale)
        case ((Given.DAY | Given.DAYS), str()):
            day = _day(value)
            return formatting.whole_day(day, locale) if day else value
    return str(value)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def say_filter(condition: Filter, known: Known, told: int | None = None) -> str:
    """“Amplitude Cohorts includes High-intent shoppers or Cart abandoners 7d”."""
    names = value_names(condition, known)
    return " ".join(
        each
        for each in (
            filter_name(condition),
            operator_name(condition.operator),
            _joined(names, told if told is not None else len(names), _word_between(condition)),
        )
        if each
    )


def _word_between(condition: Filter) -> str:
    """Between the last two values: the first and the last day are both meant."""
    both = isinstance(condition, ProfileFilter) and condition.given is Given.DAYS
    return _("%(names)s and %(last)s") if both else _("%(names)s or %(last)s")


def _joined(names: Sequence[str], told: int, between: str) -> str:
    shown, more = names[:told], len(names) - told
    if more > 0:
        words = {"names": ", ".join(shown), "count": more}
        return _("%(names)s and %(count)s more") % words
    if len(shown) < 2:
        return "".join(shown)
    return between % {"names": ", ".join(shown[:-1]), "last": shown[-1]}


def _between(word: str) -> str:
    return f" {word} "


def say_row(row: Row, known: Known, told: int | None = None) -> str:
    return _between(_("or")).join(say_filter(each, known, told) for each in row.any)


def say_rows(definition: Definition, known: Known, told: int | None = None) -> list[str]:
    """Every row as one sentence part; exclusion rows begin with “exclude”."""
    excluded = (
        _("exclude %(row)s") % {"row": say_row(row, known, told)} for row in definition.exclude
    )
    return [*(say_row(row, known, told) for row in definition.all), *excluded]


def say_briefly(definition: Definition, known: Known) -> str:
    """The definition for a list: a few names, a few rows, then how many more."""
    rows = say_rows(definition, known, NAMES_TOLD)
    if not rows:
        return _("Everyone")
    said = _between(_("and")).join(rows[:ROWS_TOLD])
    if len(rows) > ROWS_TOLD:
        return _("%(filters)s, and %(count)s more") % {
            "filters": said,
            "count": len(rows) - ROWS_TOLD,
        }
    return said


def say_whole(definition: Definition, known: Known) -> str:
    return _between(_("and")).join(say_rows(definition, known)) or _("Everyone")


def cohort_label(cohort: Cohort | None, partner: str, cohort_id: str) -> str:
    """The exact label of the wire, also for a cohort that isn't there."""
    if cohort is not None:
        return cohort.label
    return f"[{directory.display_name(partner)}] {cohort_id}"
