"""A person as other rooms know them over /api/v1/: cohorts, segments, events with each Current's
verdict, what Amplitude says. HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.dashboard import person
from braze_partners.dashboard import person_amplitude as amplitude
from braze_partners.errors import NotFound
from braze_partners.partners.models import ProfileLookUp
from braze_partners.partners.tasks import run_look_up
from braze_partners.people.models import Profile
from braze_partners.rest.paging import (
    PAGE_PARAMETERS,
    Page,
    next_link,
    page_request,
    paged,
    sequence_page,
)
from braze_partners.rest.views import ApiView
from cohorts.segments import personal
from cohorts.segments.models import Segment
from currents.verdicts import Outcome


class PersonCohortSerializer(serializers.Serializer[person.PersonCohort]):
    id = serializers.IntegerField(source="cohort.pk")
    partner = serializers.CharField(source="cohort.partner")
    cohort_id = serializers.CharField(source="cohort.cohort_id")
    name = serializers.CharField(source="cohort.name")
    run = serializers.IntegerField(
        source="run.pk",
        default=None,
        allow_null=True,
        help_text="The run that put the person there; null where its sets are kept no more.",
    )
    request_id = serializers.CharField(source="run.request_id", default=None, allow_null=True)
    at = serializers.DateTimeField(source="run.at", default=None, allow_null=True)


class PersonSegmentSerializer(serializers.Serializer[Segment]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class CurrentVerdictSerializer(serializers.Serializer[person.AtCurrent]):
    current = serializers.IntegerField(source="current.pk")
    name = serializers.CharField(source="current.name")
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    sentence = serializers.CharField(source="told.sentence")
    quote = serializers.CharField(source="told.quote", help_text="Amplitude's own words.")


class PersonEventSerializer(serializers.Serializer[person.PersonEvent]):
    sequence = serializers.IntegerField(help_text="Its place in the log.")
    id = serializers.CharField()
    event_type = serializers.CharField(source="type")
    received_at = serializers.DateTimeField()
    time_ms = serializers.IntegerField(help_text="When it happened; milliseconds since 1970.")
    device_id = serializers.CharField(
        source="device", help_text="Of what was done anonymously, else empty."
    )
    properties = serializers.DictField(allow_null=True)
    currents = CurrentVerdictSerializer(source="verdicts", many=True)


class AmplitudeAnswerSerializer(serializers.Serializer[amplitude.AtAmplitude]):
    project = serializers.IntegerField(source="project.pk")
    state = serializers.ChoiceField(
        source="look_up.state",
        choices=ProfileLookUp.State.values,
        default=None,
        allow_null=True,
        help_text="Null where it was not asked for in the last minutes.",
    )
    verdict = serializers.CharField(source="look_up.verdict", default=None, allow_null=True)
    sentence = serializers.CharField()
    asked_at = serializers.DateTimeField(source="look_up.created_at", default=None, allow_null=True)
    properties = serializers.DictField(source="look_up.properties", default=None, allow_null=True)
    cohort_ids = serializers.ListField(
        source="look_up.cohort_ids", child=serializers.CharField(), default=None, allow_null=True
    )


class PersonView(ApiView):
    def profile(self, braze_id: str) -> Profile:
        rows = Profile.objects.filter(workspace_id=self.workspace_id, braze_id=braze_id)
        found = rows.first()
        if found is None:
            raise NotFound("There is no such person")
        return found


class PersonCohorts(PersonView):
    needs: ClassVar = {"GET": "people.read"}

    @extend_schema(
        operation_id="people_cohorts",
        parameters=PAGE_PARAMETERS,
        responses=paged(PersonCohortSerializer),
    )
    def get(self, request: Request, braze_id: str) -> Response:
        """The cohorts that a person is in, the latest changed first, with the run behind each."""
        number = self.profile(braze_id).number
        page = sequence_page(request, person.standings_of(self.workspace, number))
        rows = person.with_runs(self.workspace, number, page.rows)
        return Page(rows, page.next_url).answer(PersonCohortSerializer)


class PersonSegments(PersonView):
    needs: ClassVar = {"GET": "people.read"}

    @extend_schema(
        operation_id="people_segments",
        parameters=PAGE_PARAMETERS,
        responses=paged(PersonSegmentSerializer),
    )
    def get(self, request: Request, braze_id: str) -> Response:
        """The active segments that a person is in as of now, by name."""
        belonging = personal.segments_of(self.profile(braze_id))
        return sequence_page(request, belonging.segments).answer(PersonSegmentSerializer)


class PersonEvents(PersonView):
    needs: ClassVar = {"GET": "people.read"}

    @extend_schema(
        operation_id="people_events",
        parameters=PAGE_PARAMETERS,
        responses=paged(PersonEventSerializer),
    )
    def get(self, request: Request, braze_id: str) -> Response:
        """A person's events that the log still holds, newest first, with each Current's verdict."""
        asked = page_request(request)
        found = person.events_of_person(
            self.workspace, self.profile(braze_id), asked.after, timezone.now(), asked.size
        )
        link = next_link(request, found.older) if found.older else None
        return Page(found.events, link).answer(PersonEventSerializer)


class PersonAmplitude(PersonView):
    needs: ClassVar = {"GET": "people.read", "POST": "people.read"}

    @extend_schema(operation_id="people_amplitude", responses=AmplitudeAnswerSerializer(many=True))
    def get(self, request: Request, braze_id: str) -> Response:
        """What Amplitude has said of a person in the last minutes, by project."""
        return Response(self._told(self.profile(braze_id)))

    @extend_schema(
        operation_id="people_amplitude_ask",
        request=None,
        responses={202: AmplitudeAnswerSerializer(many=True)},
    )
    def post(self, request: Request, braze_id: str) -> Response:
        """Asks each project's User Profile API about a person, in the background."""
        profile = self.profile(braze_id)
        for look_up in amplitude.ask(self.workspace, profile, timezone.now()):
            wake(run_look_up, look_up.pk)
        return Response(self._told(profile), 202)

    def _told(self, profile: Profile) -> Any:
        told: Any = amplitude.told(self.workspace, profile)
        return AmplitudeAnswerSerializer(told, many=True).data
