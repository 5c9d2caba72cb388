"""Settings > Webhooks: the list, one webhook with its deliveries, one delivery; HTTP only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from braze_partners.celery import wake
from braze_partners.webhooks import endpoints, noting, tasks
from braze_partners.webhooks.endpoints import Secret
from braze_partners.webhooks.errors import TooManyWebhooks
from braze_partners.webhooks.forms import WebhookForm
from braze_partners.webhooks.limits import MAX_ATTEMPTS, MAX_WEBHOOKS, PAUSED_AFTER
from braze_partners.webhooks.models import Delivery, Webhook
from braze_partners.workspaces.audit import actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may

DELIVERIES_A_PAGE = 25


def _webhook(request: WorkspaceRequest, pk: int) -> Webhook:
    found = Webhook.objects.filter(workspace=request.workspace, pk=pk)
    webhook = found.select_related("workspace", "created_by").first()
    if webhook is None:
        raise Http404
    return webhook


def _delivery(request: WorkspaceRequest, pk: int, delivery: int) -> Delivery:
    found = Delivery.objects.filter(
        webhook__workspace=request.workspace, webhook=pk, pk=delivery
    ).select_related("webhook", "resent_of")
    one = found.first()
    if one is None:
        raise Http404
    return one


def _to_detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return redirect("webhooks:detail", request.workspace.slug, pk)


@may(May.ADMINISTER)
def webhook_list(request: WorkspaceRequest) -> HttpResponse:
    found = Webhook.objects.filter(workspace=request.workspace).order_by("-pk")
    context = {"webhooks": list(found), "most": MAX_WEBHOOKS}
    return render(request, "webhooks/list.html", context)


@may(May.ADMINISTER)
def create(request: WorkspaceRequest) -> HttpResponse:
    """A POST creates; its answer shows the secret, this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            now = timezone.now()
            made = endpoints.create(request.workspace, form.wanted, actor_of(request), now)
        except TooManyWebhooks:
            form.add_error(None, _("A workspace has at most 20 webhooks."))
        else:
            return _detail(request, made.webhook, made)
    return render(request, "webhooks/form.html", {"form": form})


@may(May.ADMINISTER)
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    as_it_is = {
        "url": webhook.url,
        "description": webhook.description,
        "events": webhook.events,
    }
    form = WebhookForm(request.POST or None, initial=as_it_is)
    if request.method == "POST" and form.is_valid():
        endpoints.edit(webhook, form.wanted, actor_of(request))
        messages.success(request, _("The webhook is saved."))
        return _to_detail(request, pk)
    return render(request, "webhooks/form.html", {"form": form, "webhook": webhook})


def _context(request: WorkspaceRequest, webhook: Webhook) -> dict[str, Any]:
    deliveries = Delivery.objects.filter(webhook=webhook).order_by("-pk")
    paginator = Paginator(deliveries.defer("body", "answer"), DELIVERIES_A_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    return {
        "webhook": webhook,
        "page": page,
        "max_attempts": MAX_ATTEMPTS,
        "paused_after": PAUSED_AFTER,
        "now": timezone.now(),
    }


def _detail(
    request: WorkspaceRequest, webhook: Webhook, made: Secret | None = None
) -> HttpResponse:
    context = _context(request, webhook) | {"made": made}
    response = render(request, "webhooks/detail.html", context)
    if made is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


@may(May.ADMINISTER)
def detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _detail(request, _webhook(request, pk))


@may(May.ADMINISTER)
def live(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """What the page asks for while it is looked at."""
    return render(request, "webhooks/live.html", _context(request, _webhook(request, pk)))


@may(May.ADMINISTER)
def test(request: WorkspaceRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    if request.method == "POST":
        noting.test(webhook, timezone.now())
        wake(tasks.deliver, webhook.pk)
        messages.success(request, _("A test event is on its way; what came of it stands below."))
    return _to_detail(request, pk)


@may(May.ADMINISTER)
def pause(request: WorkspaceRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    if request.method == "POST" and endpoints.pause(webhook, actor_of(request), timezone.now()):
        messages.success(request, _("The webhook is paused."))
    return _to_detail(request, pk)


@may(May.ADMINISTER)
def resume(request: WorkspaceRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    if request.method == "POST" and endpoints.resume(webhook, actor_of(request)):
        wake(tasks.deliver, webhook.pk)
        messages.success(request, _("The webhook is active again; what waited is sent."))
    return _to_detail(request, pk)


@may(May.ADMINISTER)
def rotate(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The answer itself shows the secret, this once."""
    webhook = _webhook(request, pk)
    if request.method != "POST":
        return _to_detail(request, pk)
    made = endpoints.rotate(webhook, actor_of(request), timezone.now())
    return _detail(request, _webhook(request, pk), made)


@may(May.ADMINISTER)
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    if request.method != "POST":
        return _to_detail(request, pk)
    endpoints.delete(webhook, actor_of(request))
    messages.success(request, _("The webhook is deleted."))
    return redirect("webhooks:list", request.workspace.slug)


@may(May.ADMINISTER)
def delivery(request: WorkspaceRequest, pk: int, delivery: int) -> HttpResponse:
    one = _delivery(request, pk, delivery)
    context = {"webhook": one.webhook, "delivery": one, "max_attempts": MAX_ATTEMPTS}
    return render(request, "webhooks/delivery.html", context)


@may(May.ADMINISTER)
def resend(request: WorkspaceRequest, pk: int, delivery: int) -> HttpResponse:
    one = _delivery(request, pk, delivery)
    if request.method == "POST":
        noting.resend(one, timezone.now())
        wake(tasks.deliver, pk)
        messages.success(request, _("It is sent once more; what came of it stands on top."))
    return _to_detail(request, pk)
