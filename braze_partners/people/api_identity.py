"""Who a person is, over /api/v1/: identifying and merging one. HTTP only: identifying does it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.people import identifying, values
from braze_partners.people.errors import PersonGone, ValueRefused
from braze_partners.people.limits import MAX_EXTERNAL_ID_BYTES
from braze_partners.people.models import Profile
from braze_partners.people.searching import BRAZE_ID_LENGTH
from braze_partners.rest.exceptions import INVALID
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import record_by


class IdentifyPersonBody(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=MAX_EXTERNAL_ID_BYTES)


class MergePersonBody(serializers.Serializer[Any]):
    into = serializers.CharField(
        max_length=BRAZE_ID_LENGTH, help_text="The Braze id of the person who stays."
    )


class PersonNow(serializers.Serializer[Any]):
    braze_id = serializers.CharField(help_text="Of the person as they are from now on.")
    merged = serializers.BooleanField(help_text="Whether they became part of somebody else.")


class IdentityView(ApiView):
    """Endpoints that change who somebody is, who is told by their Braze id."""

    def number(self, braze_id: str) -> int:
        found = Profile.objects.filter(workspace_id=self.workspace_id, braze_id=braze_id)
        number = found.values_list("number", flat=True).first()
        if number is None:
            raise NotFound("There is no such person")
        return number

    def told(self, form: serializers.Serializer[Any], name: str) -> str:
        form.is_valid(raise_exception=True)
        text: str = form.validated_data[name]
        return text

    def answer(self, number: int, before: int) -> Response:
        """Logs it and says who they are now."""
        rows = Profile.objects.filter(workspace_id=self.workspace_id, number=number)
        merged = number != before
        action = "person.merged" if merged else "person.identified"
        target = f"number {before} into {number}" if merged else f"number {number}"
        record_by(self.caller.actor, self.workspace, action, target)
        found = rows.values_list("braze_id", flat=True).first()
        if found is None:
            raise Conflict(str(PersonGone()))
        return Response(PersonNow({"braze_id": found, "merged": merged}).data)


class PersonIdentify(IdentityView):
    needs: ClassVar = {"POST": "people.write"}

    @extend_schema(operation_id="people_identify", request=IdentifyPersonBody, responses=PersonNow)
    def post(self, request: Request, braze_id: str) -> Response:
        """Gives somebody an external id, or makes them part of the person who has it."""
        before = self.number(braze_id)
        text = self.told(IdentifyPersonBody(data=request.data), "external_id")
        try:
            external_id = values.identifier("external_id", text)
        except ValueRefused as refused:
            raise BadRequest(INVALID, fields={refused.column: [str(refused)]}) from None
        try:
            number = identifying.identify_person(
                self.workspace_id, before, external_id, timezone.now()
            )
        except (PersonGone, ValueRefused) as refused:
            raise Conflict(str(refused)) from None
        return self.answer(number, before)


class PersonMerge(IdentityView):
    needs: ClassVar = {"POST": "people.write"}

    @extend_schema(operation_id="people_merge", request=MergePersonBody, responses=PersonNow)
    def post(self, request: Request, braze_id: str) -> Response:
        """Makes somebody without an external id part of another person, who keeps what they have
        and gets what is missing. Memberships follow."""
        gone = self.number(braze_id)
        kept = self.number(self.told(MergePersonBody(data=request.data), "into"))
        try:
            identifying.merge_into(self.workspace_id, gone, kept, timezone.now())
        except (PersonGone, ValueRefused) as refused:
            raise Conflict(str(refused)) from None
        return self.answer(kept, gone)
