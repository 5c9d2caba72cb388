"""Amplitude projects over /api/v1/: list, add, read, change, test, delete, and the cohorts that a
test found; HTTP only. No answer holds a key."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.partners import project_checks, project_words, projects, tasks
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.errors import ProjectInUse, ProjectRefused, TooManyChecks
from braze_partners.partners.limits import LISTED_COHORTS, MAX_PROJECT_NAME
from braze_partners.partners.models import AmplitudeProject, ProjectCheck
from braze_partners.partners.projects import Wanted
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page, sequence_page
from braze_partners.rest.views import ApiView

INVALID = "Some fields are not valid"


class ProjectSerializer(serializers.Serializer[AmplitudeProject]):
    """Never a key: their two ends."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    region = serializers.ChoiceField(choices=Region.choices)
    api_key_hint = serializers.CharField(help_text="The first four characters … the last four.")
    secret_key_hint = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.SerializerMethodField()
    changed_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(allow_null=True, help_text="When a test last ended.")
    check_verdict = serializers.CharField(help_text="Empty while these keys were never tested.")
    check_sentence = serializers.SerializerMethodField()
    cohorts_seen = serializers.IntegerField(allow_null=True)
    uses = serializers.IntegerField(help_text="Cohorts that are pulled from it.")

    def get_created_by(self, project: AmplitudeProject) -> str | None:
        return project.created_by.name if project.created_by else None

    def get_check_sentence(self, project: AmplitudeProject) -> str:
        return project_words.sentence(project.check_verdict, project.cohorts_seen)


KEY_HELP = "Written, never read; hidden characters of a paste are taken out."


class ProjectKeysSerializer(serializers.Serializer[Any]):
    region = serializers.ChoiceField(choices=Region.choices)
    api_key = serializers.CharField(max_length=1000, trim_whitespace=False, help_text=KEY_HELP)
    secret_key = serializers.CharField(max_length=1000, trim_whitespace=False, help_text=KEY_HELP)


class NewProjectSerializer(ProjectKeysSerializer):
    name = serializers.CharField(max_length=MAX_PROJECT_NAME)


class ProjectNameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=MAX_PROJECT_NAME)


class StoredProjectSerializer(ProjectSerializer):
    removed_characters = serializers.SerializerMethodField(
        help_text="Hidden characters that the keys had."
    )

    def get_removed_characters(self, project: AmplitudeProject) -> int:
        removed: int = self.context["removed"]
        return removed


class ProjectCheckSerializer(serializers.Serializer[ProjectCheck]):
    id = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(choices=ProjectCheck.State.choices)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    verdict = serializers.CharField(help_text="Empty until it is done.")
    sentence = serializers.SerializerMethodField()
    status = serializers.IntegerField(allow_null=True)
    took_ms = serializers.IntegerField(allow_null=True)
    words = serializers.CharField(help_text="Amplitude’s own, keys masked.")

    def get_sentence(self, check: ProjectCheck) -> str:
        return project_words.sentence(check.verdict, check.project.cohorts_seen)


class ListedCohortSerializer(serializers.Serializer[project_checks.ListedCohort]):
    id = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    archived = serializers.BooleanField()


def refusal(refused: ProjectRefused) -> BadRequest:
    return BadRequest(INVALID, fields={name: [text] for name, text in refused.problems.items()})


class ProjectView(ApiView):
    def project(self, pk: int) -> AmplitudeProject:
        found = projects.with_uses(self.workspace).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such project")
        return found

    def stored(self, pk: int, removed: int, status: int = 200) -> Response:
        shown = StoredProjectSerializer(self.project(pk), context={"removed": removed})
        return Response(shown.data, status)


class ProjectList(ProjectView):
    needs: ClassVar = {"GET": "amplitude_projects.read", "POST": "amplitude_projects.write"}

    @extend_schema(
        operation_id="amplitude_projects_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(ProjectSerializer),
    )
    def get(self, request: Request) -> Response:
        """Amplitude projects, newest first."""
        return query_page(request, projects.with_uses(self.workspace)).answer(ProjectSerializer)

    @extend_schema(
        operation_id="amplitude_projects_create",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=NewProjectSerializer,
        responses={201: StoredProjectSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Adds a project. It is not tested by that."""
        asked = NewProjectSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = Wanted(**asked.validated_data)
        try:
            made = projects.create(self.workspace, wanted, self.caller.actor, timezone.now())
        except ProjectRefused as refused:
            raise refusal(refused) from refused
        return self.stored(made.project.pk, made.removed, 201)


class ProjectOne(ProjectView):
    needs: ClassVar = {
        "GET": "amplitude_projects.read",
        "PATCH": "amplitude_projects.write",
        "DELETE": "amplitude_projects.write",
    }

    @extend_schema(operation_id="amplitude_projects_read", responses=ProjectSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """An Amplitude project."""
        return Response(ProjectSerializer(self.project(pk)).data)

    @extend_schema(
        operation_id="amplitude_projects_rename",
        request=ProjectNameSerializer,
        responses=ProjectSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Gives it another name."""
        project = self.project(pk)
        asked = ProjectNameSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        name = asked.validated_data["name"]
        try:
            projects.rename(project, name, self.caller.actor, timezone.now())
        except ProjectRefused as refused:
            raise refusal(refused) from refused
        return Response(ProjectSerializer(self.project(pk)).data)

    @extend_schema(operation_id="amplitude_projects_delete", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Deletes it with its keys; refused while cohorts are pulled from it."""
        try:
            projects.delete(self.project(pk), self.caller.actor)
        except ProjectInUse as error:
            raise Conflict("Cohorts are pulled from this project; end their syncs first") from error
        return Response(status=204)


class ProjectKeys(ProjectView):
    needs: ClassVar = {"PUT": "amplitude_projects.write"}

    @extend_schema(
        operation_id="amplitude_projects_change_keys",
        request=ProjectKeysSerializer,
        responses=StoredProjectSerializer,
    )
    def put(self, request: Request, pk: int) -> Response:
        """Stores other keys; syncs use them from their next call on."""
        project = self.project(pk)
        asked = ProjectKeysSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = Wanted(**asked.validated_data)
        try:
            stored = projects.change_keys(project, wanted, self.caller.actor, timezone.now())
        except ProjectRefused as refused:
            raise refusal(refused) from refused
        return self.stored(pk, stored.removed)


class ProjectTest(ProjectView):
    needs: ClassVar = {"GET": "amplitude_projects.read", "POST": "amplitude_projects.write"}

    @extend_schema(operation_id="amplitude_projects_latest_test", responses=ProjectCheckSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The latest test."""
        check = project_checks.latest(self.project(pk))
        if check is None:
            raise NotFound("There is no test yet")
        return Response(ProjectCheckSerializer(check).data)

    @extend_schema(
        operation_id="amplitude_projects_test",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={202: ProjectCheckSerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Queues a test; a worker asks Amplitude for the project's cohorts within five seconds."""
        try:
            check = project_checks.ask(self.project(pk), self.caller.actor, timezone.now())
        except TooManyChecks as error:
            raise Conflict("Several tests are still under way; wait for one to end") from error
        transaction.on_commit(lambda: wake(tasks.run_project_check, check.pk))
        return Response(ProjectCheckSerializer(check).data, 202)


class ProjectCohorts(ProjectView):
    needs: ClassVar = {"GET": "amplitude_projects.read"}

    @extend_schema(
        operation_id="amplitude_projects_cohorts",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("q", str, description="Part of a name or of an id."),
        ],
        responses=paged(ListedCohortSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The project's cohorts as the latest accepted test listed them; test it to ask anew."""
        search = request.query_params.get("q", "")
        found = project_checks.listed(self.project(pk), search, LISTED_COHORTS)
        page = sequence_page(request, found.cohorts if found else [])
        return page.answer(ListedCohortSerializer)
