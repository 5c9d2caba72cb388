"""Links to finished zips, which hold for some hours and need no key: who has one may have the file.
Pure but for the server's secret: knows no database and no HTTP."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer

from cohorts.segments import limits
from cohorts.segments.models import SegmentExport

SALT = "cohorts.segments.export_links"
PATH = "/users/export/segment/files/"


def link(export: SegmentExport, now: datetime) -> str:
    expires = int((now + timedelta(hours=limits.EXPORT_LINK_HOURS)).timestamp())
    query = {"expires": expires, "signature": _signature(export.pk, str(expires))}
    return f"{export.address}{PATH}{export.pk}?{urlencode(query)}"


def holds(pk: uuid.UUID, expires: str, signature: str, now: datetime) -> bool:
    try:
        Signer(salt=SALT).unsign(f"{_told(pk, expires)}:{signature}")
    except BadSignature:
        return False
    return now.timestamp() <= int(expires)


def _signature(pk: uuid.UUID, expires: str) -> str:
    return Signer(salt=SALT).sign(_told(pk, expires)).rpartition(":")[2]


def _told(pk: uuid.UUID, expires: str) -> str:
    return f"{pk}.{expires}"
