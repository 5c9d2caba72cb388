"""The screens of members, workspace settings and the audit log. HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

import structlog
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from braze_partners.workspaces import (
    audit_log,
    audit_words,
    invitations,
    mail,
    members,
    workspace_settings,
)
from braze_partners.workspaces.audit import actor_of, record_for
from braze_partners.workspaces.csv_cells import csv_lines
from braze_partners.workspaces.errors import RefusedError
from braze_partners.workspaces.forms import (
    AuditFilterForm,
    InvitationForm,
    RoleForm,
    WorkspaceForm,
)
from braze_partners.workspaces.limits import MAX_EXPORTED_ENTRIES, MEMBERS_PER_PAGE
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.models import Invitation, Member, Role
from braze_partners.workspaces.roles import May, may

log = structlog.get_logger(__name__)


@may(May.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def member_list(request: WorkspaceRequest) -> HttpResponse:
    """A POST invites."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, token = invitations.invite(
                request.workspace,
                actor=actor_of(request),
                now=timezone.now(),
                **form.cleaned_data,
            )
        except RefusedError as refusal:
            form.add_error("email", str(refusal))
        else:
            return _mailed(request, made, token)
    status = 422 if form.is_bound else 200
    return render(request, "workspaces/members.html", _members(request, form), status=status)


def _members(request: WorkspaceRequest, form: InvitationForm) -> dict[str, Any]:
    found = members.members_of(request.workspace)
    now = timezone.now()
    return {
        "page": Paginator(found, MEMBERS_PER_PAGE).get_page(request.GET.get("page")),
        "admins": found.filter(role=Role.ADMIN).count(),
        "roles": Role.choices,
        "invited": [(row, row.expires_at <= now) for row in invitations.waiting(request.workspace)],
        "form": form,
    }


@may(May.ADMINISTER)
@require_POST
def change_role(request: WorkspaceRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(Member, workspace=request.workspace, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the three roles. Nothing was changed."))
        return redirect("workspaces:members", request.workspace.slug)
    role = form.cleaned_data["role"]

    def change() -> str:
        changed = members.change_role(request.workspace, member.pk, role, actor_of(request))
        words = {"name": changed.account.name, "role": changed.get_role_display()}
        return _("%(name)s is %(role)s now.") % words

    return _tried(request, change)


@may(May.ADMINISTER)
@require_POST
def remove_member(request: WorkspaceRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(Member, workspace=request.workspace, pk=pk)

    def remove() -> str:
        removed = members.remove(request.workspace, member.pk, actor_of(request))
        return _("%(name)s was removed.") % {"name": removed.account.name}

    return _tried(request, remove)


@may(May.ADMINISTER)
@require_POST
def resend_invitation(request: WorkspaceRequest, pk: int) -> HttpResponse:
    get_object_or_404(Invitation, workspace=request.workspace, pk=pk)
    actor = actor_of(request)
    try:
        made, token = invitations.resend(request.workspace, pk, actor, timezone.now())
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("workspaces:members", request.workspace.slug)
    return _mailed(request, made, token)


@may(May.ADMINISTER)
@require_POST
def revoke_invitation(request: WorkspaceRequest, pk: int) -> HttpResponse:
    get_object_or_404(Invitation, workspace=request.workspace, pk=pk)

    def revoke() -> str:
        gone = invitations.revoke(request.workspace, pk, actor_of(request), timezone.now())
        return _("The invitation to %(email)s was revoked.") % {"email": gone.email}

    return _tried(request, revoke)


def _tried(request: WorkspaceRequest, act: Callable[[], str]) -> HttpResponse:
    """Says what was done or why not. Who gave up their own Admin role is led home."""
    try:
        messages.success(request, act())
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    still_admin = Member.objects.filter(pk=request.member.pk, role=Role.ADMIN).exists()
    if not still_admin:
        return redirect("home")
    return redirect("workspaces:members", request.workspace.slug)


def _mailed(request: WorkspaceRequest, made: Invitation, token: str) -> HttpResponse:
    link = request.build_absolute_uri(reverse("invitation", kwargs={"token": token}))
    try:
        mail.send_invitation(made, invitations.account_of(made), link)
    except (OSError, SMTPException) as error:
        log.warning("invitation_not_mailed", invitation=made.pk, error=type(error).__name__)
        text = _(
            "The invitation to %(email)s is stored, but its e-mail could not be sent. Resend it."
        )
        messages.error(request, text % {"email": made.email})
    else:
        messages.success(request, _("The invitation to %(email)s is sent.") % {"email": made.email})
    return redirect("workspaces:members", request.workspace.slug)


@may(May.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: WorkspaceRequest) -> HttpResponse:
    stored = workspace_settings.current(request.workspace)
    initial = {name: getattr(stored, name) for name in stored.__slots__}
    form = WorkspaceForm(request.POST or None, workspace=request.workspace, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = workspace_settings.change(request.workspace, form.wanted(), actor_of(request))
        text = (
            _("The settings are saved.") if changed else _("Nothing differed from what is stored.")
        )
        messages.success(request, text)
        return redirect("workspaces:settings", request.workspace.slug)
    status = 422 if form.is_bound else 200
    return render(request, "workspaces/settings.html", {"form": form}, status=status)


@may(May.ADMINISTER)
@require_GET
def audit(request: WorkspaceRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    rows = audit_log.found(request.workspace, form.filters(), timezone.get_current_timezone())
    page = audit_log.page_after(rows, audit_log.read_cursor(request.GET.get("before", "")))
    shown = [
        (
            entry,
            audit_words.in_words(entry.action),
            audit_log.detail_lines(entry.detail),
        )
        for entry in page.entries
    ]
    context = {
        "form": form,
        "entries": shown,
        "older": page.older,
        "filtered": any(form.cleaned_data.values()),
        "query": _query(request),
        "export_limit": MAX_EXPORTED_ENTRIES,
    }
    return render(request, "workspaces/audit_log.html", context)


@may(May.ADMINISTER)
@require_POST
def export_audit(request: WorkspaceRequest) -> StreamingHttpResponse:
    """What the filters of the address let through, as CSV; the export is itself recorded."""
    filters = AuditFilterForm(request.GET).filters()
    record_for(
        request,
        "audit_log.exported",
        request.workspace.name,
        {"filters": _query(request)},
    )
    rows = audit_log.found(request.workspace, filters, timezone.get_current_timezone())
    lines = csv_lines(audit_log.exported(rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"audit-log-{request.workspace.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _query(request: WorkspaceRequest) -> str:
    """The filters of the address without the place of paging."""
    query = request.GET.copy()
    query.pop("before", None)
    return query.urlencode()
