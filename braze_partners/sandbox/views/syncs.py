"""Sync to…: the dialog's preview, the start, one sync with its requests, its end."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from braze_partners.sandbox import history, scheduler, syncing
from braze_partners.sandbox.models import Cadence, Cohort, SendAs, Sync


@require_safe
def preview(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    send_as = request.GET.get("send_as", "")
    if send_as not in SendAs.values:
        send_as = SendAs.USER_ID.value
    full = request.GET.get("full") == "on"
    try:
        found = syncing.preview(cohort, send_as, timezone.now(), full=full)
    except syncing.SyncRefused as refused:
        return render(request, "sandbox/sync_preview.html", {"refused": str(refused)})
    context = {
        "preview": found,
        "adds": len(found.delta.adds),
        "removes": len(found.delta.removes),
        "by_device": send_as == SendAs.DEVICE_ID,
    }
    return render(request, "sandbox/sync_preview.html", context)


@require_POST
def start(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    send_as = request.POST.get("send_as", SendAs.USER_ID)
    cadence = request.POST.get("cadence", Cadence.ONE_TIME)
    full = request.POST.get("full") == "on"
    try:
        syncing.ask(cohort, send_as, cadence, timezone.now(), full=full)
        scheduler.wake()
    except syncing.SyncRefused as refused:
        messages.error(request, str(refused))
    return redirect("cohort", cohort.pk)


@require_POST
def end_schedule(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    if syncing.end_schedule(cohort):
        messages.success(request, _("The schedule has ended. What was sent stays at Braze."))
    return redirect("cohort", cohort.pk)


@require_safe
def sync_page(request: HttpRequest, sync_id: int) -> HttpResponse:
    return render(request, "sandbox/sync.html", _context(sync_id))


@require_safe
def sync_progress(request: HttpRequest, sync_id: int) -> HttpResponse:
    return render(request, "sandbox/sync_progress.html", _context(sync_id))


@require_POST
def stop(request: HttpRequest, sync_id: int) -> HttpResponse:
    sync = get_object_or_404(Sync, pk=sync_id)
    syncing.ask_to_stop(sync)
    scheduler.wake()
    messages.success(request, _("No further request is sent. The next sync sends the rest."))
    return redirect("cohort", sync.cohort_id)


def _context(sync_id: int) -> dict[str, object]:
    sync = get_object_or_404(Sync.objects.select_related("cohort", "link"), pk=sync_id)
    return {
        "section": "cohorts",
        "sync": sync,
        "row": history.row(sync, timezone.now()),
        "requests": sync.requests.defer("adds", "removes").prefetch_related("answers"),
    }
