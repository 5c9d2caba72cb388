"""Campaigns and Canvases over /api/v1/: list, create, read, change, copy, archive, audience. HTTP
only; api_urls says once for both kinds what each endpoint is called and answers.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from braze_partners.errors import Conflict, NotFound
from braze_partners.messaging import audience, listing, saving
from braze_partners.messaging.api_bodies import changed_draft, refusal, target_of_body
from braze_partners.messaging.drafts import Draft, Target, one_variant, stored, target_of
from braze_partners.messaging.errors import OutreachRefused
from braze_partners.messaging.models import Outreach
from braze_partners.messaging.serializers import (
    AudienceSerializer,
    TargetSerializer,
)
from braze_partners.rest.creation_paging import creation_page
from braze_partners.rest.idempotency import idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, Page
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import record
from cohorts.segments.acts_api import ArchivedSerializer, ArchivingSerializer, CopySerializer
from cohorts.segments.api import CountingView

LIST_PARAMETERS = [
    *PAGE_PARAMETERS,
    OpenApiParameter("archived", bool, description="Archived ones as well."),
    OpenApiParameter("search", str, description="Part of the name or description."),
    OpenApiParameter("tag", str, description="Only those that wear it."),
    OpenApiParameter("state", str, enum=Outreach.State.values),
]


@dataclass(frozen=True, slots=True)
class Told:
    """A campaign or a Canvas as it is answered."""

    outreach: Outreach
    draft: Draft
    size: int | None


class OutreachView(ApiView):
    """What the endpoints share: one of the key's workspace, and the audit log."""

    kind: ClassVar[str]
    answer: ClassVar[type[BaseSerializer[Any]]]
    asked: ClassVar[type[BaseSerializer[Any]]]

    def found(self, pk: uuid.UUID) -> Outreach:
        outreach = listing.whole(self.workspace, self.kind).filter(pk=pk).first()
        if outreach is None:
            raise NotFound
        return outreach

    def told(self, outreaches: Sequence[Outreach]) -> list[Told]:
        sizes = audience.sizes_of(self.workspace_id, outreaches)
        return [Told(each, stored(each), sizes[each.pk]) for each in outreaches]

    def one(self, pk: uuid.UUID, status: int = 200) -> Response:
        (told,) = self.told([self.found(pk)])
        return Response(self.answer(told).data, status)

    def note(self, act: str, outreach: Outreach) -> None:
        record(
            self.workspace,
            None,
            f"{self.kind}.{act}",
            outreach.name,
            address=self.caller.address,
            detail={self.kind: str(outreach.pk), "version": outreach.version},
            actor_text=self.caller.text,
        )


class OutreachList(OutreachView):
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, asked = listing.whole(self.workspace, self.kind), request.query_params
        if asked.get("archived", "") not in ("1", "true"):
            rows = rows.filter(archived_at=None)
        if text := asked.get("search", "").strip():
            rows = rows.filter(Q(name__icontains=text) | Q(description__icontains=text))
        if tag := asked.get("tag", ""):
            rows = rows.filter(tags__name=tag)
        if state := asked.get("state", ""):
            rows = rows.filter(state=state)
        page = creation_page(request, rows)
        return Page(self.told(page.rows), page.next_url).answer(self.answer)

    @idempotent()
    def post(self, request: Request) -> Response:
        """Creates a draft."""
        asked = self.asked(data=request.data)
        asked.is_valid(raise_exception=True)
        empty = Draft("")
        if self.kind == Outreach.Kind.CANVAS:
            empty = replace(empty, variants=one_variant(_("Variant 1")))
        draft = changed_draft(empty, asked.validated_data)
        try:
            made = saving.create(self.workspace, self.kind, draft, by=None, now=timezone.now())
        except OutreachRefused as refused:
            raise refusal(refused) from refused
        self.note("created", made)
        return self.one(made.pk, 201)


class OutreachOne(OutreachView):
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """All of it, with the size of its audience."""
        return self.one(pk)

    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Edits it, makes it active or a draft again, archives it or takes it back."""
        asked = self.asked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        archived, state = given.pop("archived", None), given.pop("state", None)
        version = given.pop("version", None)
        outreach = self.found(pk)
        if version not in (None, outreach.version):
            raise Conflict(f"It is at version {outreach.version} by now")
        try:
            with transaction.atomic():  # all of it or nothing
                self._change(outreach, given, state, archived)
        except OutreachRefused as refused:
            raise refusal(refused) from refused
        return self.one(pk)

    def _change(
        self, outreach: Outreach, given: dict[str, Any], state: str | None, archived: bool | None
    ) -> None:
        now = timezone.now()
        if given:
            draft = changed_draft(stored(outreach), given)
            done = saving.update(outreach, draft, version=outreach.version, by=None, now=now)
            self.note("edited", done)
        active = state == Outreach.State.ACTIVE
        if state is not None and (moved := saving.set_active(outreach, active, by=None, now=now)):
            self.note("activated" if active else "deactivated", moved)
        if archived is not None:
            for done in saving.set_archived([outreach], archived, by=None, now=now):
                self.note("archived" if archived else "unarchived", done)


class OutreachDuplicate(OutreachView):
    @idempotent()
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Creates a draft with everything that is saved."""
        asked = CopySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        name, now = asked.validated_data.get("name", ""), timezone.now()
        try:
            copy = saving.duplicate(self.found(pk), name, by=None, now=now)
        except OutreachRefused as refused:
            raise refusal(refused) from refused
        self.note("created", copy)
        return self.one(copy.pk, 201)


class OutreachArchiving(OutreachView):
    def post(self, request: Request) -> Response:
        """Archives some or takes them back; all of them are there, or nothing is done."""
        asked = ArchivingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted, archived = set(asked.validated_data["ids"]), asked.validated_data["archived"]
        found = list(listing.whole(self.workspace, self.kind).filter(pk__in=wanted))
        if len(found) != len(wanted):
            raise NotFound
        changed = saving.set_archived(found, archived, by=None, now=timezone.now())
        for outreach in changed:
            self.note("archived" if archived else "unarchived", outreach)
        return Response(ArchivedSerializer({"changed": [each.pk for each in changed]}).data)


class OutreachAudience(CountingView, OutreachView):
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The exact size and funnel of its audience."""
        return audience_answer(self.workspace_id, target_of(self.found(pk)))


class UnsavedAudience(CountingView):
    needs: ClassVar = {"POST": "segments.read"}

    @extend_schema(
        operation_id="audiences_size_unsaved",
        request=TargetSerializer,
        responses=AudienceSerializer,
    )
    def post(self, request: Request) -> Response:
        """The exact size and funnel of an audience, without saving it."""
        asked = TargetSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        target = target_of_body(asked.validated_data)
        try:
            saving.check_target(self.workspace_id, target)
        except OutreachRefused as refused:
            raise refusal(refused) from refused
        return audience_answer(self.workspace_id, target)


def audience_answer(workspace_id: int, target: Target) -> Response:
    counted = audience.count(workspace_id, target)
    chosen = len(target.segments)
    answer = {
        "size": counted.size,
        "everyone": counted.everyone,
        "segments": counted.rows[:chosen],
        "rows": counted.rows[chosen:],
        "exclusions": counted.exclusions,
        "anonymous": counted.anonymous,
        "milliseconds": counted.milliseconds,
        "as_of": counted.as_of,
        "reach": counted.reach,
    }
    return Response(AudienceSerializer(answer).data)
