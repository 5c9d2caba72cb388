"""Where a fault can strike: the APIs and their steps, by the names of requests. Pure data."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UPLOAD = "upload"
COHORT_REQUEST = "cohort_request"
COHORT_FILE = "cohort_file"
COHORT_DOWNLOAD = "cohort_download"

PLACES: dict[str, str | Promise] = {
    UPLOAD: _("HTTP V2 and Batch"),
    "cohorts": _("List of cohorts"),
    COHORT_REQUEST: _("Request of a cohort"),
    "cohort_status": _("Status of a request"),
    COHORT_FILE: _("File of a request"),
    COHORT_DOWNLOAD: _("Pre-signed URL"),
    "cohort_upload": _("Upload of a cohort"),
    "profile": _("User profile"),
}
