"""Webhooks over /api/v1/: the secret is in the answers of creating and rotating only; HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, NotFound
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from braze_partners.rest.views import ApiView
from braze_partners.webhooks import endpoints, noting
from braze_partners.webhooks.endpoints import Wanted
from braze_partners.webhooks.errors import WebhookRefused
from braze_partners.webhooks.kinds import Kind
from braze_partners.webhooks.limits import MAX_DESCRIPTION
from braze_partners.webhooks.models import Delivery, Webhook

SECRET_HELP = "In this answer only. Null when the answer is replayed by its Idempotency-Key."


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    events = serializers.ListField(child=serializers.ChoiceField(choices=Kind.choices))
    is_paused = serializers.BooleanField()

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = (
            *("id", "url", "description", "events", "secret_hint", "is_paused", "pause_reason"),
            *("created_at", "paused_at", "failing_since", "last_delivered_at", "previous_until"),
        )


class WantedWebhookSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=Kind.choices), allow_empty=False
    )
    description = serializers.CharField(
        max_length=MAX_DESCRIPTION, required=False, allow_blank=True, default=""
    )


class SecretSerializer(WebhookSerializer):
    secret = serializers.CharField(allow_null=True, help_text=SECRET_HELP)  # type: ignore[assignment]

    class Meta(WebhookSerializer.Meta):
        fields: tuple[str, ...] = (*WebhookSerializer.Meta.fields, "secret")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = (
            *("id", "message_id", "kind", "state", "created_at", "attempts", "attempted_at"),
            *("due_at", "status", "took_ms", "error", "answer", "body", "resent_of"),
        )


class WebhookView(ApiView):
    def webhook(self, pk: int) -> Webhook:
        found = Webhook.objects.filter(workspace_id=self.workspace_id, pk=pk)
        webhook = found.select_related("workspace").first()
        if webhook is None:
            raise NotFound("There is no such webhook")
        return webhook

    def wanted(self, request: Request) -> Wanted:
        asked = WantedWebhookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            return endpoints.check(Wanted(**asked.validated_data))
        except WebhookRefused as refused:
            raise BadRequest(refused.text, fields={refused.field: [refused.text]}) from refused


def with_secret(made: endpoints.Secret) -> dict[str, Any]:
    return {**WebhookSerializer(made.webhook).data, "secret": made.secret}


class WebhookList(WebhookView):
    needs: ClassVar = {"GET": "webhooks.read", "POST": "webhooks.write"}

    @extend_schema(
        operation_id="webhooks_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(WebhookSerializer),
    )
    def get(self, request: Request) -> Response:
        """Webhooks, newest first."""
        page = query_page(request, Webhook.objects.filter(workspace_id=self.workspace_id))
        return page.answer(WebhookSerializer)

    @extend_schema(
        operation_id="webhooks_create",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=WantedWebhookSerializer,
        responses={201: SecretSerializer},
    )
    @idempotent("secret")
    def post(self, request: Request) -> Response:
        """Creates a webhook; its secret is in this answer."""
        wanted = self.wanted(request)
        made = endpoints.create(self.workspace, wanted, self.caller.actor, timezone.now())
        return Response(with_secret(made), 201)


class WebhookOne(WebhookView):
    needs: ClassVar = {
        "GET": "webhooks.read",
        "PUT": "webhooks.write",
        "DELETE": "webhooks.write",
    }

    @extend_schema(operation_id="webhooks_read", responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A webhook."""
        return Response(WebhookSerializer(self.webhook(pk)).data)

    @extend_schema(
        operation_id="webhooks_edit", request=WantedWebhookSerializer, responses=WebhookSerializer
    )
    def put(self, request: Request, pk: int) -> Response:
        """Changes its URL, events and description; what waits goes to the new URL."""
        webhook = self.webhook(pk)
        endpoints.edit(webhook, self.wanted(request), self.caller.actor)
        return Response(WebhookSerializer(webhook).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Deletes it with its deliveries."""
        endpoints.delete(self.webhook(pk), self.caller.actor)
        return Response(status=204)


class WebhookPause(WebhookView):
    needs: ClassVar = {"POST": "webhooks.write"}

    @extend_schema(operation_id="webhooks_pause", request=None, responses=WebhookSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Nothing is sent and nothing new is kept until it is resumed."""
        endpoints.pause(self.webhook(pk), self.caller.actor, timezone.now())
        return Response(WebhookSerializer(self.webhook(pk)).data)


class WebhookResume(WebhookView):
    needs: ClassVar = {"POST": "webhooks.write"}

    @extend_schema(operation_id="webhooks_resume", request=None, responses=WebhookSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """What waited is sent."""
        endpoints.resume(self.webhook(pk), self.caller.actor)
        return Response(WebhookSerializer(self.webhook(pk)).data)


class WebhookSecret(WebhookView):
    needs: ClassVar = {"POST": "webhooks.write"}

    @extend_schema(
        operation_id="webhooks_rotate_secret",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={201: SecretSerializer},
    )
    @idempotent("secret")
    def post(self, request: Request, pk: int) -> Response:
        """A new secret, in this answer; the old one signs beside it for 24 hours."""
        made = endpoints.rotate(self.webhook(pk), self.caller.actor, timezone.now())
        return Response(with_secret(made), 201)


class WebhookTest(WebhookView):
    needs: ClassVar = {"POST": "webhooks.write"}

    @extend_schema(
        operation_id="webhooks_test",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={201: DeliverySerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Sends an event of type `webhook.test`; the delivery tells what came of it."""
        delivery = noting.test(self.webhook(pk), timezone.now())
        return Response(DeliverySerializer(delivery).data, 201)


class DeliveryList(WebhookView):
    needs: ClassVar = {"GET": "webhooks.read"}

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=PAGE_PARAMETERS,
        responses=paged(DeliverySerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """What was and is to be delivered to it, newest first."""
        page = query_page(request, Delivery.objects.filter(webhook=self.webhook(pk)))
        return page.answer(DeliverySerializer)


class DeliveryResend(WebhookView):
    needs: ClassVar = {"POST": "webhooks.write"}

    @extend_schema(
        operation_id="webhooks_resend",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={201: DeliverySerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int, delivery: int) -> Response:
        """The same message once more, as a delivery of its own."""
        found = Delivery.objects.filter(webhook=self.webhook(pk), pk=delivery)
        before = found.select_related("webhook").first()
        if before is None:
            raise NotFound("There is no such delivery")
        return Response(DeliverySerializer(noting.resend(before, timezone.now())).data, 201)
