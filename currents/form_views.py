"""The form of a Current: create, edit, save a draft, launch, test, preview. HTTP only: what may be
stored is drafts.py's to say, storing editing.py's, what is shown showing.py's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from braze_partners import formatting
from braze_partners.events import catalogue
from braze_partners.keys import carrying, credentials
from braze_partners.keys.pasting import without_hidden
from braze_partners.workspaces.audit import actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import connection_views, editing, forms, showing
from currents.drafts import Checked, Stage, checked
from currents.errors import DraftRefused, EditedMeanwhile, MoveRefused
from currents.forms import Typed
from currents.models import Current
from currents.plan import credentials_window
from currents.prefilled import sandbox_draft
from currents.states import State

STAGES = {forms.SAVE: Stage.DRAFT, forms.LAUNCH: Stage.LAUNCH}


@may(May.EDIT_CURRENTS)
@require_http_methods(["GET", "POST"])
def create(request: WorkspaceRequest) -> HttpResponse:
    if request.method == "GET":
        into_sandbox = request.GET.get("into") == "sandbox"
        draft = sandbox_draft(request.member.account.email) if into_sandbox else None
        return _page(request, Typed(draft or forms.Draft()))
    typed = forms.read(request.workspace.pk, request.POST)
    if typed.act == forms.TEST:
        return _test(request, typed)
    if typed.act not in STAGES:
        return _page(request, forms.acted(typed))
    actor, now = actor_of(request), timezone.now()
    try:
        wanted = checked(typed.draft, STAGES[typed.act])
    except DraftRefused as refused:
        return _page(request, typed, errors=refused.problems, status=422)
    with transaction.atomic():
        current = editing.create(request.workspace, wanted, actor, now)
        if typed.act == forms.LAUNCH:
            editing.launch(current, actor, now)
    return _saved(request, current, wanted, typed)


@may(May.EDIT_CURRENTS)
@require_http_methods(["GET", "POST"])
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    current = connection_views.current_or_404(request, pk)
    if request.method == "GET":
        return _opened(request, current)
    typed = forms.read(request.workspace.pk, request.POST)
    if typed.act == forms.TEST:
        return _test(request, typed, current)
    if typed.act not in STAGES:
        return _page(request, forms.acted(typed), current)
    try:
        return _save(request, current, typed)
    except DraftRefused as refused:
        return _page(request, typed, current, errors=refused.problems, status=422)
    except EditedMeanwhile as met:
        if met.current.state == State.DELETED:
            raise Http404 from met
        return _page(request, typed, met.current, met=met, status=409)
    except MoveRefused:
        messages.error(request, _("Somebody else has launched this Current meanwhile."))
        return redirect("currents:detail", request.workspace.slug, pk)


def _opened(request: WorkspaceRequest, current: Current) -> HttpResponse:
    """With what a launch still asks for, where the Current's page led here for it."""
    typed = Typed(editing.draft_of(current), version=editing.version_of(current))
    errors: Mapping[str, str] = {}
    if current.state == State.DRAFT and request.GET.get("missing") == "1":
        try:
            checked(typed.draft, Stage.LAUNCH, stored_key=current.api_key is not None)
        except DraftRefused as refused:
            errors = refused.problems
    return _page(request, typed, current, errors=errors)


def _save(request: WorkspaceRequest, current: Current, typed: Typed) -> HttpResponse:
    launching = typed.act == forms.LAUNCH
    stage = STAGES[typed.act] if current.state == State.DRAFT else Stage.LAUNCHED
    wanted = checked(
        typed.draft,
        stage,
        stored_key=current.api_key is not None,
        stored_region=current.region,
    )
    actor, now = actor_of(request), timezone.now()
    with transaction.atomic():
        saved = editing.update(current, wanted, actor, now, version=typed.version)
        if launching:
            editing.launch(saved, actor, now)
    return _saved(request, saved, wanted, typed)


def _saved(
    request: WorkspaceRequest, current: Current, wanted: Checked, typed: Typed
) -> HttpResponse:
    """To the Current's page; a draft goes on being edited."""
    launched = typed.act == forms.LAUNCH
    still_draft = current.state == State.DRAFT and not launched
    if launched:
        said = _("“%(name)s” is launched: events received from now on are sent.")
    elif still_draft:
        said = _("The draft “%(name)s” is saved. Nothing is sent before it is launched.")
    else:
        said = _("“%(name)s” is updated.")
    messages.success(
        request, " ".join([said % {"name": wanted.name}, removed_words(typed.removed)])
    )
    if not still_draft and not wanted.event_types:
        messages.warning(request, empty_words())
    page = "currents:edit" if still_draft else "currents:detail"
    return redirect(page, request.workspace.slug, current.pk)


def empty_words() -> str:
    return _(
        "No event type is selected: from now on every event is filtered as not selected. "
        "What was decided before stays as it is."
    )


def removed_words(count: int) -> str:
    """Empty where nothing was removed."""
    if not count:
        return ""
    return ngettext(
        "%(count)s hidden character was removed from the key.",
        "%(count)s hidden characters were removed from the key.",
        count,
    ) % {"count": count}


def _test(request: WorkspaceRequest, typed: Typed, current: Current | None = None) -> HttpResponse:
    """A fragment where a script asked, else the whole form with the test in it."""
    asked = connection_views.ask(
        request,
        region=typed.draft.region,
        key=typed.draft.api_key,
        name=typed.draft.name,
        current=current,
    )
    if request.htmx:
        said = removed_words(typed.removed)
        return connection_views.fragment(request, asked, key_note=said)
    return _page(request, typed, current, errors=asked.problems, asked=asked)


def _page(
    request: WorkspaceRequest,
    typed: Typed,
    current: Current | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    met: EditedMeanwhile | None = None,
    asked: connection_views.Asked | None = None,
    status: int = 200,
) -> HttpResponse:
    draft = typed.draft
    key = without_hidden(draft.api_key).text
    previewed = typed.previewed if catalogue.is_known(typed.previewed) else ""
    shown = showing.ShownForm(
        draft=draft,
        regions=showing.shown_regions(draft.region, current.region if current else ""),
        categories=showing.categories(draft.event_types),
        preview=showing.preview(
            previewed or forms.default_preview(draft.event_types), draft.event_types
        ),
        errors=errors or {},
        key_hint=credentials.hint(key) if key else current.api_key_hint if current else "",
        kept_key=carrying.kept(request.workspace.pk, key),
        removed=typed.removed,
        current=current,
    )
    context: dict[str, Any] = {
        "shown": shown,
        "current": current,
        "version": editing.version_of(met.current) if met else typed.version,
        "removed_words": removed_words(typed.removed),
        "conflict": _conflict(met) if met else None,
        "window": formatting.span(credentials_window(), formatting.locale_of(get_language())),
    }
    context |= connection_views.context(request, asked, typed.tested)
    return render(request, "currents/form.html", context, status=status)


def _conflict(met: EditedMeanwhile) -> dict[str, Any]:
    """Who was faster, when, and what differs."""
    return {
        "latest": editing.latest_edit(met.current),
        "at": met.current.changed_at,
        "rows": [showing.difference(each) for each in met.differences],
    }


@may(May.SEE)
@require_GET
def preview(request: WorkspaceRequest) -> HttpResponse:
    """What Amplitude would get for an event of the type that the address names."""
    name = request.GET.get("type") or forms.default_preview(())
    if not catalogue.is_known(name):
        raise Http404
    chosen = [name] if request.GET.get("chosen") == "1" else []
    return render(request, "currents/preview.html", {"preview": showing.preview(name, chosen)})
