"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from cohorts.syncing import api, api_runs

ONE = f"syncs/<{ROW}:pk>"
RUN = f"sync-runs/<{ROW}:pk>"

urlpatterns = [
    path("syncs", api.SyncList.as_view(), name="api-syncs"),
    path(ONE, api.SyncOne.as_view(), name="api-sync"),
    path(f"{ONE}/run", api.SyncNow.as_view(), name="api-sync-run-now"),
    path(f"{ONE}/dry-run", api.SyncDryRun.as_view(), name="api-sync-dry-run"),
    path(f"{ONE}/resync", api.SyncResync.as_view(), name="api-sync-resync"),
    path(f"{ONE}/pause", api.SyncPause.as_view(), name="api-sync-pause"),
    path(f"{ONE}/resume", api.SyncResume.as_view(), name="api-sync-resume"),
    path("sync-runs", api_runs.SyncRunList.as_view(), name="api-sync-runs"),
    path(RUN, api_runs.SyncRunOne.as_view(), name="api-sync-run"),
    path(f"{RUN}/changes", api_runs.SyncRunChanges.as_view(), name="api-sync-run-changes"),
    path(f"{RUN}/approve", api_runs.SyncRunApprove.as_view(), name="api-sync-run-approve"),
    path(f"{RUN}/reject", api_runs.SyncRunReject.as_view(), name="api-sync-run-reject"),
    path(f"{RUN}/cancel", api_runs.SyncRunCancel.as_view(), name="api-sync-run-cancel"),
    path(f"{RUN}/apply", api_runs.SyncRunApply.as_view(), name="api-sync-run-apply"),
    path(f"{RUN}/discard", api_runs.SyncRunDiscard.as_view(), name="api-sync-run-discard"),
    path(f"cohorts/<{ROW}:pk>/undo", api_runs.CohortUndo.as_view(), name="api-cohort-undo"),
]
