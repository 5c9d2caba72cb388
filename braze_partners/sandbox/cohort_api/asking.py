"""Files of cohorts from being asked for to their end: the only writer of their rows; no HTTP."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Sum

from braze_partners.sandbox.cohort_api import limits, writing_files
from braze_partners.sandbox.models import Cohort, CohortFile

ID_CHARACTERS = string.ascii_letters + string.digits
ID_LENGTH = 12

# The error that a file has from the start when a fault lets it fail.
FAULT = "Failed by a fault"

_one_at_a_time = threading.Lock()


class TooMany(Exception):
    """The project asked for more files than its plan allows; the text says which limit."""


def ask(
    cohort: Cohort,
    now: datetime,
    *,
    names: Sequence[str] | None,
    seconds: float,
    fails: bool = False,
) -> CohortFile:
    """A new request; `names` are the properties wanted, none of them named means every one."""
    with _one_at_a_time:
        _admit(now)
        return CohortFile.objects.create(
            id="".join(secrets.choice(ID_CHARACTERS) for _place in range(ID_LENGTH)),
            cohort=cohort,
            with_properties=names is not None,
            property_names=list(names or ()),
            asked_at=now,
            due_at=now + timedelta(seconds=seconds),
            error=FAULT if fails else "",
        )


def _admit(now: datetime) -> None:
    since = now - timedelta(seconds=limits.REQUESTS_WINDOW_SECONDS)
    if CohortFile.objects.filter(asked_at__gt=since).count() >= limits.requests_in_window():
        raise TooMany(f"Exceeded {limits.requests_in_window()} requests per 10 minutes")
    in_progress = CohortFile.objects.filter(state=CohortFile.State.ASKED).count()
    if in_progress >= limits.REQUESTS_AT_ONCE:
        raise TooMany(f"Exceeded {limits.REQUESTS_AT_ONCE} concurrent requests")


def found(file_id: str, now: datetime) -> CohortFile | None:
    """The file while its link works."""
    since = now - timedelta(days=limits.LINK_DAYS)
    return CohortFile.objects.filter(pk=file_id, asked_at__gt=since).first()


def next_due(now: datetime) -> CohortFile | None:
    waiting = CohortFile.objects.filter(state=CohortFile.State.ASKED, due_at__lte=now)
    return waiting.select_related("cohort").order_by("due_at").first()


def completed(file: CohortFile, written: writing_files.Written, now: datetime) -> None:
    _end(
        file,
        state=CohortFile.State.COMPLETED,
        rows=written.rows,
        bytes=written.bytes,
        stored_bytes=written.stored_bytes,
        finished_at=now,
    )


def failed(file: CohortFile, error: str, now: datetime) -> None:
    _end(file, state=CohortFile.State.FAILED, error=error[:300], finished_at=now)


def _end(file: CohortFile, **values: object) -> None:
    CohortFile.objects.filter(pk=file.pk, state=CohortFile.State.ASKED).update(**values)


def count_download(file: CohortFile) -> None:
    CohortFile.objects.filter(pk=file.pk).update(downloads=F("downloads") + 1)


def forget_old(now: datetime) -> int:
    """Ends the links that are too old, and the oldest files when all take too much room.

    Files of cohorts that were deleted, or begun and never finished, go with them.
    """
    since = now - timedelta(days=limits.LINK_DAYS)
    gone = list(CohortFile.objects.filter(asked_at__lte=since).values_list("pk", flat=True))
    room = limits.STORED_BYTES
    kept = CohortFile.objects.filter(asked_at__gt=since)
    if (kept.aggregate(all=Sum("stored_bytes"))["all"] or 0) > room:
        for file_id, stored in kept.values_list("pk", "stored_bytes"):
            room -= stored
            if room < 0:
                gone.append(file_id)
    CohortFile.objects.filter(pk__in=gone).delete()
    known = set(CohortFile.objects.values_list("pk", flat=True))
    return writing_files.remove_all_but(known)
