"""Braze's own endpoints for who people are: identify, new aliases, delete. HTTP only: bodies are
read by identity_bodies, the work is identifying's, naming's and deleting's.

201 means done and on disk. An entry that is refused stops no other and stands in `errors`; where
none can even be read, the answer is 400.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.people import deleting, identifying, identity_bodies, naming
from braze_partners.people.api_shapes import (
    AliasesProcessed,
    IdentifyBody,
    NewAliasesBody,
    PeopleDeleted,
    UsersDeleteBody,
)
from braze_partners.people.identity_bodies import Fields, Objects
from braze_partners.rest.braze_lists import SUCCESS
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import record_by

ALL_REFUSED = "Every entry of the request is refused; `errors` says why"


def _body(request: Request) -> Fields:
    """An object, as the parser has checked."""
    return cast(Fields, request.data)


def _answer(objects: Objects[Any], **counted: int) -> Response:
    answer: dict[str, Any] = {**counted, "message": SUCCESS}
    if objects.refused:
        answer["errors"] = objects.errors()
    return Response(answer, 201)


def _nothing_to_read(objects: Objects[Any]) -> Response:
    return Response({"message": ALL_REFUSED, "errors": objects.errors()}, 400)


class UsersIdentify(ApiView):
    needs: ClassVar = {"POST": "users.identify"}

    @extend_schema(
        operation_id="users_identify", request=IdentifyBody, responses={201: AliasesProcessed}
    )
    def post(self, request: Request) -> Response:
        """Gives people who are known by an alias only an external id, or makes them part of the
        person who has it."""
        objects, data = identity_bodies.to_identify(_body(request))
        if objects.nothing:
            return _nothing_to_read(objects)
        told = list(objects.read.values())
        objects.refuse(identifying.identify(self.workspace_id, told, timezone.now(), data=data))
        return _answer(objects, aliases_processed=len(objects.read))


class UsersAliasNew(ApiView):
    needs: ClassVar = {"POST": "users.alias.new"}

    @extend_schema(
        operation_id="users_alias_new", request=NewAliasesBody, responses={201: AliasesProcessed}
    )
    def post(self, request: Request) -> Response:
        """Gives people aliases; without an external id somebody new is made, known by the alias."""
        objects = identity_bodies.new_aliases(_body(request))
        if objects.nothing:
            return _nothing_to_read(objects)
        told = list(objects.read.values())
        objects.refuse(naming.add_aliases(self.workspace_id, told, timezone.now()))
        return _answer(objects, aliases_processed=len(objects.read))


class UsersDelete(ApiView):
    needs: ClassVar = {"POST": "users.delete"}

    @extend_schema(
        operation_id="users_delete", request=UsersDeleteBody, responses={201: PeopleDeleted}
    )
    def post(self, request: Request) -> Response:
        """Deletes people: out of every cohort, and what waits to be exported of them stops. Whoever
        is not there counts as none."""
        objects = identity_bodies.to_delete(_body(request))
        if objects.nothing:
            return _nothing_to_read(objects)
        gone = deleting.delete(self.workspace_id, list(objects.read.values()), timezone.now())
        for number in gone:
            record_by(self.caller.actor, self.workspace, "person.deleted", f"number {number}")
        return _answer(objects, deleted=len(gone))
