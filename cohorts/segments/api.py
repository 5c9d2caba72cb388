"""Segments over /api/v1/: list, create, read, change, size, members, look-up. HTTP only."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, Conflict, NotFound, Refusal, Unavailable
from braze_partners.people.errors import StillCounting
from braze_partners.people.finding import find_person, identifiers_of
from braze_partners.rest.creation_paging import creation_page
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, Page, next_link, page_request, paged
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import record
from braze_partners.workspaces.models import Member
from cohorts.segments import evaluation, explanation, limits, saving, sizing, tagging
from cohorts.segments.definition import Definition, parse
from cohorts.segments.errors import (
    DefinitionRefused,
    EditedMeanwhile,
    FieldRefused,
    SegmentGone,
    SegmentInUse,
    SegmentRefused,
)
from cohorts.segments.models import Segment, Star
from cohorts.segments.planning import learn, stored, wrong_references
from cohorts.segments.serializers import (
    AskedDefinitionSerializer,
    FunnelSerializer,
    LookUpSerializer,
    MemberSerializer,
    NewSegmentSerializer,
    SegmentChangeSerializer,
    SegmentSerializer,
)

INVALID = "Some fields are not valid"
INVALID_PARAMETERS = "Some parameters are not valid"


def refusal(refused: SegmentRefused) -> Refusal:
    match refused:
        case SegmentGone():
            return NotFound()
        case SegmentInUse():
            return Conflict("This segment is in use")
        case EditedMeanwhile():
            return Conflict(f"The segment is at version {refused.version} by now")
        case FieldRefused():
            return BadRequest(INVALID, fields={refused.field: [refused.text]})
        case DefinitionRefused():
            fields: dict[str, list[str]] = {}
            for problem in refused.problems:
                path = f"definition.{problem.path}".rstrip(".")
                fields.setdefault(path, []).append(problem.text)
            return BadRequest(INVALID, fields=fields)
        case _:
            return BadRequest(str(refused))


def _definition(data: object) -> Definition:
    try:
        return parse(data)
    except DefinitionRefused as refused:
        raise refusal(refused) from refused


class CountingView(ApiView):
    """Asks to come again while a filter on profiles is counted for the first time."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, StillCounting):
            headers = {"Retry-After": str(limits.COUNTING_RETRY_SECONDS)}
            exc = Unavailable(str(exc), headers=headers)
        return super().handle_exception(exc)


class SegmentView(CountingView):
    """What the endpoints share: one segment of the key's workspace, and the audit log."""

    def segment(self, pk: uuid.UUID) -> Segment:
        rows = Segment.objects.select_related("workspace").prefetch_related("tags")
        found = rows.filter(workspace_id=self.workspace_id, pk=pk).first()
        if found is None:
            raise NotFound
        return found

    def note(self, action: str, segment: Segment) -> None:
        record(
            self.workspace,
            None,
            action,
            segment.name,
            address=self.caller.address,
            detail={"segment": str(segment.pk), "version": segment.version},
            actor_text=self.caller.text,
        )


class SegmentList(SegmentView):
    needs: ClassVar = {"GET": "segments.read", "POST": "segments.write"}

    @extend_schema(
        operation_id="segments_list",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("archived", bool, description="Archived ones as well."),
            OpenApiParameter("search", str, description="Part of the name or description."),
            OpenApiParameter("tag", str, description="Only those that wear it."),
            OpenApiParameter("starred_by", int, description="A member's id: only their stars."),
        ],
        responses=paged(SegmentSerializer),
    )
    def get(self, request: Request) -> Response:
        """Segments, newest first."""
        rows = Segment.objects.filter(workspace_id=self.workspace_id).prefetch_related("tags")
        asked = request.query_params
        if asked.get("archived", "") not in ("1", "true"):
            rows = rows.filter(archived_at=None)
        if text := asked.get("search", "").strip():
            rows = rows.filter(Q(name__icontains=text) | Q(description__icontains=text))
        if tag := asked.get("tag", ""):
            rows = rows.filter(tags__name=tag)
        if member := asked.get("starred_by", ""):
            rows = rows.filter(pk__in=self._starred_by(member))
        return creation_page(request, rows).answer(SegmentSerializer)

    def _starred_by(self, member: str) -> QuerySet[Star, Any]:
        if not (member.isascii() and member.isdigit() and len(member) < 19):
            raise BadRequest(INVALID_PARAMETERS, fields={"starred_by": ["A member's id."]})
        members = Member.objects.filter(workspace_id=self.workspace_id, pk=int(member))
        return Star.objects.filter(account__in=members.values("account")).values_list("segment")

    @extend_schema(
        operation_id="segments_create",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=NewSegmentSerializer,
        responses={201: SegmentSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Creates a segment."""
        asked = NewSegmentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        definition = _definition(given["definition"])
        draft = saving.Draft(given["name"], given["description"], tuple(given["tags"]), definition)
        now = timezone.now()
        try:
            segment = saving.create(self.workspace, draft, by=None, now=now)
        except SegmentRefused as refused:
            raise refusal(refused) from refused
        sizing.measure(self.workspace, [segment], now)
        self.note("segment.created", segment)
        return Response(SegmentSerializer(self.segment(segment.pk)).data, 201)


class SegmentOne(SegmentView):
    needs: ClassVar = {
        "GET": "segments.read",
        "PATCH": "segments.write",
        "DELETE": "segments.write",
    }

    @extend_schema(operation_id="segments_read", responses=SegmentSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """A segment."""
        return Response(SegmentSerializer(self.segment(pk)).data)

    @extend_schema(
        operation_id="segments_change",
        request=SegmentChangeSerializer,
        responses=SegmentSerializer,
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Edits a segment, archives it or takes it back."""
        asked = SegmentChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        archived = given.pop("archived", None)
        version = given.pop("version", None)
        segment = self.segment(pk)
        if version not in (None, segment.version):
            raise Conflict(f"The segment is at version {segment.version} by now")
        if given:
            self._edit(segment, given)
        if archived is not None:
            self._archive(segment, archived)
        return Response(SegmentSerializer(self.segment(pk)).data)

    @extend_schema(operation_id="segments_delete", responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Deletes a segment with its history; refused (409) while anything uses it."""
        segment = self.segment(pk)
        try:
            saving.delete(segment)
        except SegmentRefused as refused:
            raise refusal(refused) from refused
        self.note("segment.deleted", segment)
        return Response(status=204)

    def _edit(self, segment: Segment, given: dict[str, Any]) -> None:
        tags = given.get("tags", tagging.names(segment))
        asked = given.get("definition")
        draft = saving.Draft(
            given.get("name", segment.name),
            given.get("description", segment.description),
            tuple(tags),
            stored(segment) if asked is None else _definition(asked),
        )
        now = timezone.now()
        try:
            saved = saving.update(segment, draft, version=segment.version, by=None, now=now)
        except SegmentRefused as refused:
            raise refusal(refused) from refused
        sizing.measure(self.workspace, [saved], now)
        self.note("segment.edited", saved)

    def _archive(self, segment: Segment, archived: bool) -> None:
        for changed in saving.set_archived([segment], archived, by=None, now=timezone.now()):
            self.note("segment.archived" if archived else "segment.unarchived", changed)


class UnsavedSize(SegmentView):
    needs: ClassVar = {"POST": "segments.read"}

    @extend_schema(
        operation_id="segments_size_unsaved",
        request=AskedDefinitionSerializer,
        responses=FunnelSerializer,
    )
    def post(self, request: Request) -> Response:
        """The exact size and funnel of a definition, without saving it."""
        asked = AskedDefinitionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        definition = _definition(asked.validated_data["definition"])
        known = learn(self.workspace_id, [definition])
        if problems := wrong_references(definition, known):
            raise refusal(DefinitionRefused(problems))
        counted = evaluation.funnel(self.workspace_id, definition, known)
        return Response(FunnelSerializer(counted).data)


class SegmentSize(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(operation_id="segments_size", responses=FunnelSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The exact size and funnel of a segment."""
        counted = evaluation.funnel(self.workspace_id, stored(self.segment(pk)))
        return Response(FunnelSerializer(counted).data)


class SegmentMembers(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(
        operation_id="segments_members",
        parameters=PAGE_PARAMETERS,
        responses=paged(MemberSerializer),
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Who is in it, a page at a time, in the order in which they became known."""
        definition = stored(self.segment(pk))
        asked = page_request(request)
        after = -1 if asked.after is None else asked.after
        found = evaluation.members(self.workspace_id, definition, after, asked.size + 1)
        shown = found[: asked.size]
        more = len(found) > len(shown)
        people = identifiers_of(self.workspace_id, shown)
        return Page(people, next_link(request, shown[-1]) if more else None).answer(
            MemberSerializer
        )


class SegmentLookUp(SegmentView):
    needs: ClassVar = {"GET": "segments.read"}

    @extend_schema(
        operation_id="segments_look_up",
        parameters=[
            OpenApiParameter(
                "person", str, required=True, description="External id, alias, device or e-mail."
            )
        ],
        responses=LookUpSerializer,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Whether a person is in it, and what each filter says of them."""
        segment = self.segment(pk)
        sought = request.query_params.get("person", "").strip()
        if not sought:
            raise BadRequest(INVALID_PARAMETERS, fields={"person": ["Required."]})
        person = find_person(self.workspace_id, sought)
        if person is None:
            raise NotFound("Nobody is known by that")
        explained = explanation.explain(self.workspace_id, stored(segment), person.number)
        answer = {"member": explained.member, "person": person, "filters": explained.steps}
        return Response(LookUpSerializer(answer).data)
