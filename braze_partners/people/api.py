"""People and their imports over /api/v1/. HTTP only; finding and importing are the screens' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.people import finding, importing, profiles, searching, tasks
from braze_partners.people.api_bodies import GzipCsvParser, PlainCsvParser, ReceivedCsv
from braze_partners.people.errors import PeopleError
from braze_partners.people.models import PeopleImport, Profile
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import (
    PAGE_PARAMETERS,
    Page,
    bad_cursor,
    cursor_link,
    next_link,
    page_request,
    page_size,
    paged,
    query_page,
)
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import record

KINDS = [kind.value for kind in finding.Kind]


class PersonSerializer(serializers.Serializer[finding.Person]):
    braze_id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    identifier = serializers.CharField(
        help_text="The external id, else `alias:LABEL:NAME`, else `device:ID`."
    )
    kind = serializers.ChoiceField(choices=KINDS)
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_active_at = serializers.DateTimeField(allow_null=True)


class MatchSerializer(serializers.Serializer[searching.Match]):
    by = serializers.ChoiceField(choices=[by.value for by in searching.By])
    text = serializers.CharField(help_text="The identifier as it was given.")


class FoundPersonSerializer(PersonSerializer):
    match = serializers.SerializerMethodField(help_text="By what a search found them, else null.")

    @extend_schema_field(MatchSerializer(allow_null=True))
    def get_match(self, person: finding.Person) -> dict[str, Any] | None:
        found: Mapping[int, searching.Match] = self.context.get("matches", {})
        match = found.get(person.number)
        return MatchSerializer(match).data if match else None


PortraitSerializer = inline_serializer(
    "PersonPortrait",
    {
        **PersonSerializer().get_fields(),
        "fields": serializers.DictField(child=serializers.CharField(allow_null=True)),
        "aliases": serializers.ListField(child=serializers.DictField()),
        "devices": serializers.ListField(child=serializers.DictField()),
        "attributes": serializers.DictField(help_text="Custom attributes by name."),
    },
)

_FIELDS = (
    *("first_name", "last_name", "phone", "language", "gender", "home_city", "time_zone"),
    *("date_of_birth", "email_subscribe", "push_subscribe"),
    *("first_session_at", "last_session_at", "updated_at"),
)


def _portrait(found: finding.Portrait) -> dict[str, Any]:
    return {
        **PersonSerializer(found.person).data,
        "fields": {name: getattr(found.profile, name) for name in _FIELDS},
        "aliases": [{"alias_label": a.label, "alias_name": a.name} for a in found.aliases],
        "devices": [
            {"device_id": d.device_id, "push_enabled": d.push_enabled} for d in found.devices
        ],
        "attributes": {name: value for name, _type, value in found.attributes},
    }


class PeopleList(ApiView):
    needs: ClassVar = {"GET": "people.read"}

    @extend_schema(
        operation_id="people_list",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter(
                "search",
                str,
                description="An external id, alias (as `label:name` or its name), device id, Braze "
                "id, e-mail address or phone number, or how one begins. Whole matches come first.",
            ),
            OpenApiParameter(
                "by",
                {"type": "string", "enum": list(searching.By)},
                description="Search identifiers of this kind only.",
            ),
        ],
        responses=paged(FoundPersonSerializer),
    )
    def get(self, request: Request) -> Response:
        """People in the order in which they came, or those known by an identifier."""
        if "search" in request.query_params:
            return self._search(request)
        asked = page_request(request)
        people, following = finding.page_of(self.workspace_id, asked.after, asked.size)
        link = None if following is None else next_link(request, following)
        return Page(people, link).answer(FoundPersonSerializer)

    def _search(self, request: Request) -> Response:
        text, cursor = request.query_params["search"], request.query_params.get("cursor", "")
        try:
            found, following = finding.search(
                self.workspace_id, text, page_size(request), _kind(request), cursor
            )
        except searching.BadCursor:
            raise bad_cursor() from None
        link = None if following is None else cursor_link(request, following)
        matches = {one.person.number: one.match for one in found if one.match}
        people = [one.person for one in found]
        return Page(people, link).answer(FoundPersonSerializer, context={"matches": matches})


def _kind(request: Request) -> searching.By | None:
    text = request.query_params.get("by", "")
    if text and text not in list(searching.By):
        sentence = f"Must be one of {', '.join(searching.By)}."
        raise BadRequest("Some parameters are not valid", fields={"by": [sentence]})
    return searching.By(text) if text else None


class PersonOne(ApiView):
    needs: ClassVar = {"GET": "people.read", "DELETE": "people.write"}

    def _number(self, braze_id: str) -> int:
        found = Profile.objects.filter(workspace_id=self.workspace_id, braze_id=braze_id)
        number = found.values_list("number", flat=True).first()
        if number is None:
            raise NotFound("There is no such person")
        return number

    @extend_schema(operation_id="people_read", responses=PortraitSerializer)
    def get(self, request: Request, braze_id: str) -> Response:
        """Everything known of a person."""
        found = finding.portrait_of(self.workspace_id, self._number(braze_id))
        if found is None:
            raise NotFound("There is no such person")
        return Response(_portrait(found))

    @extend_schema(operation_id="people_delete", responses={204: None})
    def delete(self, request: Request, braze_id: str) -> Response:
        """Deletes the person with everything known of them, out of every cohort."""
        number = self._number(braze_id)
        profiles.delete_profiles(self.workspace_id, [number], timezone.now())
        self.caller_did("person.deleted", f"number {number}")
        return Response(status=204)

    def caller_did(self, action: str, target: str) -> None:
        caller = self.caller
        record(
            self.workspace,
            None,
            action,
            target,
            address=caller.address,
            actor_text=caller.text,
        )


class PeopleImportSerializer(serializers.ModelSerializer[PeopleImport]):
    state = serializers.ChoiceField(choices=PeopleImport.State.choices)

    class Meta:
        model = PeopleImport
        fields = (
            *("id", "file_name", "size", "state", "read_share", "lines", "rows", "created"),
            *("updated", "refused", "error", "created_at", "started_at", "finished_at"),
        )
        read_only_fields = fields


class RefusedLineSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    column = serializers.CharField(allow_blank=True)
    text = serializers.CharField()


class ImportList(ApiView):
    needs: ClassVar = {"GET": "people.read", "POST": "people.write"}
    parser_classes = [PlainCsvParser, GzipCsvParser]

    @extend_schema(
        operation_id="people_imports_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(PeopleImportSerializer),
    )
    def get(self, request: Request) -> Response:
        """Imports of people, newest first."""
        found = PeopleImport.objects.filter(workspace_id=self.workspace_id)
        return query_page(request, found).answer(PeopleImportSerializer)

    @extend_schema(
        operation_id="people_imports_create",
        parameters=[
            IDEMPOTENCY_PARAMETER,
            OpenApiParameter("file_name", str, description="How the import is called."),
        ],
        request={"text/csv": OpenApiTypes.BINARY, "application/gzip": OpenApiTypes.BINARY},
        responses={201: PeopleImportSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Takes a CSV of people (text/csv, or packed as application/gzip) and starts its import."""
        received = request.data
        if not isinstance(received, ReceivedCsv):
            raise BadRequest("The request body must be a CSV file")
        now = timezone.now()
        made = PeopleImport.objects.create(
            workspace_id=self.workspace_id,
            file_name=request.query_params.get("file_name", received.path)[:255],
            path=received.path,
            size=received["size"],
            created_at=now,
        )
        try:
            importing.start(made, now)
        except PeopleError as refused:
            made.delete()
            importing.file_of(made).unlink(missing_ok=True)
            raise BadRequest(str(refused)) from None
        wake(tasks.run_import, made.pk)
        made.refresh_from_db()
        return Response(PeopleImportSerializer(made).data, 201)


class ImportView(ApiView):
    def _found(self, pk: int) -> PeopleImport:
        found = PeopleImport.objects.filter(workspace_id=self.workspace_id, pk=pk).first()
        if found is None:
            raise NotFound("There is no such import")
        return found


class ImportOne(ImportView):
    needs: ClassVar = {"GET": "people.read", "DELETE": "people.write"}

    @extend_schema(operation_id="people_imports_read", responses=PeopleImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """An import with its counts so far."""
        return Response(PeopleImportSerializer(self._found(pk)).data)

    @extend_schema(operation_id="people_imports_cancel", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Cancels an import; what was applied stays."""
        try:
            importing.cancel(self._found(pk), timezone.now())
        except importing.MoveRefused as refused:
            raise Conflict(str(refused)) from None
        return Response(status=204)


class ImportProblems(ImportView):
    needs: ClassVar = {"GET": "people.read"}

    @extend_schema(
        operation_id="people_imports_refused",
        parameters=PAGE_PARAMETERS,
        responses=paged(RefusedLineSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The refused lines that are kept, the last first."""
        return query_page(request, self._found(pk).problems.all()).answer(RefusedLineSerializer)
