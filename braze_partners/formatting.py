"""How numbers, shares and times are written in English and French. Pure: knows no request.

The rules are those of docs/components.md, "Words": narrow no-break spaces in French thousands,
U+2212 for minus, units after a no-break space, 24 hours, words for today.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, get_timezone_name
from babel.numbers import format_decimal
from django.utils.translation import gettext as _

NBSP = "\u00a0"
MINUS = "\u2212"
NONE = "—"
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000  # milliseconds
BYTE_STEPS = (
    ("GB", 10**9),
    ("MB", 10**6),
    ("kB", 10**3),
)  # decimal units, as design.md writes
FRENCH_UNITS = {"d": "j", "B": "o", "kB": "ko", "MB": "Mo", "GB": "Go"}


def locale_of(language: str | None) -> str:
    """English here is day-month, so British; French is that of France."""
    return "fr_FR" if (language or "").startswith("fr") else "en_GB"


def _unit(unit: str, locale: str) -> str:
    return FRENCH_UNITS.get(unit, unit) if locale.startswith("fr") else unit


def number(value: float | None, locale: str, *, decimals: int = 0) -> str:
    """1,284,930 or 1 284 930."""
    if value is None:
        return NONE
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, pattern, locale=locale).replace("-", MINUS)


def plain(value: float, locale: str) -> str:
    """Every digit there is: 2.5 or 2,5."""
    return format_decimal(value, "#,##0.##############", locale=locale).replace("-", MINUS)


@cache
def countries(locale: str) -> dict[str, str]:
    """Names by the two letters of ISO 3166-1, in the alphabet of the language."""
    return _two_letters(Locale.parse(locale).territories.items(), str.isupper)


@cache
def languages(locale: str) -> dict[str, str]:
    """Names by the two letters of ISO 639-1, with a capital, since they stand alone."""
    return _two_letters(Locale.parse(locale).languages.items(), str.islower)


def _two_letters(names: Iterable[tuple[str, str]], fits: Callable[[str], bool]) -> dict[str, str]:
    kept = {code: _capital(name, True) for code, name in names if len(code) == 2 and fits(code)}
    folded = {code: unicodedata.normalize("NFD", name).casefold() for code, name in kept.items()}
    return dict(sorted(kept.items(), key=lambda named: folded[named[0]]))


def country(code: str, locale: str) -> str:
    """France; a code that no country has stays as it is."""
    return countries(locale).get(code, code)


def language(code: str, locale: str) -> str:
    return languages(locale).get(code, code)


def whole_day(day: date, locale: str) -> str:
    """12 May 2026, always with its year."""
    return format_date(day, "d MMM y", locale=locale)


def signed(value: float | None, locale: str) -> str:
    """+312, −287, 0."""
    if value is None:
        return NONE
    written = number(abs(value), locale)
    if value == 0:
        return written
    return ("+" if value > 0 else MINUS) + written


def percent(share: float | None, locale: str) -> str:
    """38.1%; a share that is there but below 0.1% is not written as nothing."""
    if share is None:
        return NONE
    sign = f"{NBSP}%" if locale.startswith("fr") else "%"
    if share in (0, 1):
        return f"{int(share * 100)}{sign}"
    if 0 < share < 0.001:
        return f"<{number(0.1, locale, decimals=1)}{sign}"
    if 0.9995 <= share < 1:
        return f">{number(99.9, locale, decimals=1)}{sign}"
    return f"{number(share * 100, locale, decimals=1)}{sign}"


def _capital(text: str, start: bool) -> str:
    return text[:1].upper() + text[1:] if start else text


def day(moment: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """11 May, with the year when it is not this one."""
    local = moment.astimezone(zone)
    pattern = "d MMM" if local.year == now.astimezone(zone).year else "d MMM y"
    return format_date(local.date(), pattern, locale=locale)


def when(
    moment: datetime | None,
    now: datetime,
    zone: tzinfo,
    locale: str,
    *,
    start: bool = False,
) -> str:
    """today 14:32, yesterday 17:40, else 11 May, 03:18. `start` begins with a capital."""
    if moment is None:
        return _("Never")
    local = moment.astimezone(zone)
    clock_text = format_time(local, "HH:mm", tzinfo=zone, locale=locale)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0:
        return _capital(_("today %(time)s") % {"time": clock_text}, start)
    if days == -1:
        return _capital(_("yesterday %(time)s") % {"time": clock_text}, start)
    return f"{day(moment, now, zone, locale)}, {clock_text}"


def hour(moment: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """15:18 of today, else 12 May, 03:18: where there is little room."""
    local = moment.astimezone(zone)
    text = format_time(local, "HH:mm", tzinfo=zone, locale=locale)
    if local.date() == now.astimezone(zone).date():
        return text
    return f"{day(moment, now, zone, locale)}, {text}"


def clock(moment: datetime | None, now: datetime, zone: tzinfo, locale: str) -> str:
    """14:30:12 for logs; another day is named before it."""
    if moment is None:
        return NONE
    local = moment.astimezone(zone)
    text = format_time(local, "HH:mm:ss", tzinfo=zone, locale=locale)
    if local.date() == now.astimezone(zone).date():
        return text
    return f"{day(moment, now, zone, locale)}, {text}"


def exact(moment: datetime, zone: tzinfo, locale: str) -> str:
    """Tuesday 12 May 2026, 14:32:08 Central European Summer Time: for titles."""
    local = moment.astimezone(zone)
    written = format_datetime(local, "EEEE d MMMM y, HH:mm:ss", tzinfo=zone, locale=locale)
    return f"{written} {get_timezone_name(local, locale=locale)}"


def today_in_words(now: datetime, zone: tzinfo, locale: str) -> str:
    """Tuesday 12 May 2026, 14:32: the head of the home page."""
    text = format_datetime(now.astimezone(zone), "EEEE d MMMM y, HH:mm", tzinfo=zone, locale=locale)
    return _capital(text, start=True)


def ago(moment: datetime | None, now: datetime, zone: tzinfo, locale: str) -> str:
    """4 s ago under a minute, else as `when`."""
    if moment is None:
        return _("Never")
    passed = now - moment
    if timedelta(0) <= passed < timedelta(minutes=1):
        return _("%(duration)s ago") % {"duration": f"{int(passed.total_seconds())}{NBSP}s"}
    return when(moment, now, zone, locale)


def duration(milliseconds: float | None, locale: str) -> str:
    """<1 ms, 184 ms, 3.8 s, 4 min 12 s, 12 h 46 min, 3 d 4 h."""
    if milliseconds is None:
        return NONE
    if milliseconds < 1:
        return f"<1{NBSP}ms"
    if milliseconds < SECOND:
        return f"{number(round(milliseconds), locale)}{NBSP}ms"
    if milliseconds < MINUTE:
        return f"{number(milliseconds / SECOND, locale, decimals=1)}{NBSP}s"
    for big, small, size, part in (
        ("min", "s", MINUTE, SECOND),
        ("h", "min", HOUR, MINUTE),
        ("d", "h", DAY, HOUR),
    ):
        if size == DAY or milliseconds < size * (60 if size == MINUTE else 24):
            whole, rest = divmod(milliseconds, size)
            text = f"{number(int(whole), locale)}{NBSP}{_unit(big, locale)}"
            tail = int(rest // part)
            return f"{text} {tail}{NBSP}{_unit(small, locale)}" if tail else text
    raise AssertionError("a day is the largest step")


def span(length: timedelta | None, locale: str) -> str:
    """41 s, 1 min 40 s, 12 h 46 min, 35 h 14 min, 5 d 3 h: what one waits for, in whole steps;
    hours until a hundred of them, since the window of refused keys is told in hours."""
    if length is None:
        return NONE
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    big, small, size, part = ("min", "s", 60, 1)
    if seconds >= 360_000:
        big, small, size, part = ("d", "h", 86_400, 3_600)
    elif seconds >= 3_600:
        big, small, size, part = ("h", "min", 3_600, 60)
    whole, rest = divmod(seconds, size)
    text = f"{number(whole, locale)}{NBSP}{_unit(big, locale)}"
    tail = rest // part
    return f"{text} {tail}{NBSP}{_unit(small, locale)}" if tail else text


def size(count: int | None, locale: str) -> str:
    """694 kB, 1.2 MB."""
    if count is None:
        return NONE
    for unit, step in BYTE_STEPS:
        if count >= step:
            value = count / step
            decimals = 1 if value < 10 and value != int(value) else 0
            return f"{number(value, locale, decimals=decimals)}{NBSP}{_unit(unit, locale)}"
    return f"{number(count, locale)}{NBSP}{_unit('B', locale)}"


def initials(name: str) -> str:
    """AR of Amélie Roy; two letters of a single word."""
    words = [word for word in name.replace(".", " ").replace("@", " ").split() if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper()


def json_text(value: Any, *, lines: bool = False) -> str:
    """{"colour": "red"}; in lines, one value each."""
    return json.dumps(value, ensure_ascii=False, indent=2 if lines else None)
