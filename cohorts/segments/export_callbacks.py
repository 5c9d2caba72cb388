"""Tells whoever asked for a zip that it is there, at the address they gave: again after a pause
when it fails, and in the end not at all. Knows exports and the one gate outwards; knows no Celery.

The next try is booked before the call, so a worker that dies in it delays it, and two never make
the same one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
import structlog

from braze_partners import outbound
from braze_partners.outbound import OutboundRefused
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from cohorts.segments import export_links, limits
from cohorts.segments.models import SegmentExport

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]
HEADERS = {"Content-Type": "application/json"}


def due(now: datetime) -> list[str]:
    rows = SegmentExport.objects.filter(callback_due_at__lte=now)
    return [str(pk) for pk in rows.order_by("callback_due_at").values_list("pk", flat=True)]


def call(pk: str, clock: Clock) -> bool:
    """Whether it was told now."""
    export = _book(pk, clock())
    if export is None:
        return False
    error = _post(export, clock())
    changes: dict[str, object] = {"callback_error": error}
    if not error:
        changes["callback_due_at"] = None
    SegmentExport.objects.filter(pk=pk, callback_tries=export.callback_tries).update(**changes)
    log.info("export_callback", export=pk, tries=export.callback_tries, error=error)
    return not error


def _book(pk: str, now: datetime) -> SegmentExport | None:
    rows = SegmentExport.objects.defer("members")
    export = rows.filter(pk=pk, callback_due_at__lte=now).first()
    if export is None:
        return None
    tries = export.callback_tries
    last = tries == len(limits.CALLBACK_PAUSES)
    following = None if last else now + timedelta(seconds=limits.CALLBACK_PAUSES[tries])
    mine = SegmentExport.objects.filter(
        pk=pk, callback_tries=tries, callback_due_at=export.callback_due_at
    )
    if not mine.update(callback_tries=tries + 1, callback_due_at=following):
        return None
    export.callback_tries = tries + 1
    return export


def _post(export: SegmentExport, now: datetime) -> str:
    """What went wrong, or nothing."""
    try:
        came_back = outbound.post(
            export.callback_url,
            orjson.dumps(_body(export, now)),
            headers=HEADERS,
            seconds=limits.CALLBACK_SECONDS,
            max_answer_bytes=limits.CALLBACK_ANSWER_BYTES,
        )
    except OutboundRefused as refused:
        return str(refused)[:300]
    match came_back:
        case Answer(status=status) if 200 <= status < 300:
            return ""
        case Answer(status=status):
            return f"answered {status}"
        case NetworkFailure(words=words):
            return words[:300]


def _body(export: SegmentExport, now: datetime) -> dict[str, object]:
    told: dict[str, object] = {"object_prefix": str(export.pk)}
    if export.state == SegmentExport.State.COMPLETED:
        return told | {"success": True, "url": export_links.link(export, now)}
    return told | {"success": False, "message": export.error or "The export has ended"}
