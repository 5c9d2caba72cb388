"""What became of a Current's events over /api/v1/: ledger, attempts, dead letters, hot ids.
HTTP only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest, NotFound
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page, sequence_page
from currents import causes, ledger
from currents.api import BODIES, CurrentView
from currents.filters import AttemptFilters, Filters, LetterFilters
from currents.hot import hot_rows
from currents.latency import latency
from currents.models import Attempt, DeadLetter
from currents.overview import count_fresh
from currents.serializers import (
    AttemptBodiesSerializer,
    AttemptSerializer,
    CauseSerializer,
    DeadLetterSerializer,
    HotIdSerializer,
    LatencySerializer,
    LedgerSerializer,
    TypeBalanceSerializer,
)
from currents.spans import DAY, SPANS

EVER = "all"
WINDOWS = (*SPANS, EVER)
DAY_PARAMETERS = [
    OpenApiParameter("first_day", OpenApiTypes.DATE, description="From this day on, in UTC."),
    OpenApiParameter("last_day", OpenApiTypes.DATE, description="Up to this day, in UTC."),
]
ATTEMPT_PARAMETERS = [
    OpenApiParameter("outcome", str, enum=Attempt.Outcome.values),
    OpenApiParameter("kind", str, enum=Attempt.Kind.values),
    OpenApiParameter("status", str, description="As 429; `none` where no answer came."),
]
WINDOW_PARAMETER = OpenApiParameter(
    "window",
    {"type": "string", "enum": list(WINDOWS), "default": DAY.key},
    description=f"By time of receipt; `{EVER}` is since launch.",
)


def since(request: Request, now: datetime) -> tuple[str, datetime | None]:
    """The window that was asked for and where it begins; None is the launch."""
    asked = request.query_params.get("window", DAY.key)
    if asked == EVER:
        return asked, None
    if asked not in SPANS:
        sentence = f"Must be one of {', '.join(WINDOWS)}."
        raise BadRequest("Some parameters are not valid", fields={"window": [sentence]})
    return asked, SPANS[asked].since(now)


def asked(form: Filters) -> dict[str, Any]:
    """What can be read of the filters. Raises BadRequest naming those that cannot."""
    given = form.given
    if form.errors:
        fields = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        raise BadRequest("Some parameters are not valid", fields=fields)
    return given


class CurrentLedger(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_ledger", parameters=[WINDOW_PARAMETER], responses=LedgerSerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        """What became of the events received in a window; counted up to this moment."""
        now = timezone.now()
        window, begin = since(request, now)
        current = self.current(pk)
        count_fresh(current)
        balance = ledger.balance(current.pk, begin)
        shown = {"window": window, "since": begin, "until": now, "balance": balance}
        return Response(LedgerSerializer(shown).data)


class CurrentLedgerTypes(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_ledger_types",
        parameters=[WINDOW_PARAMETER, *PAGE_PARAMETERS],
        responses=paged(TypeBalanceSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The same by event type, the most frequent first."""
        _window, begin = since(request, timezone.now())
        current = self.current(pk)
        count_fresh(current)
        rows = [
            {"event_type": name, "balance": balance}
            for name, balance in ledger.by_type(current.pk, begin).items()
        ]
        return sequence_page(request, rows).answer(TypeBalanceSerializer)


class CurrentLatency(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_latency", parameters=[WINDOW_PARAMETER], responses=LatencySerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        """Percentiles in milliseconds of the latest 1,000 attempts in a window."""
        window, begin = since(request, timezone.now())
        found = latency(self.current(pk).pk, begin)
        shown = {"window": window, "answers": found.answers, "delivery": found.delivery}
        return Response(LatencySerializer(shown).data)


class CurrentAttempts(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_attempts",
        parameters=[*PAGE_PARAMETERS, *ATTEMPT_PARAMETERS, *DAY_PARAMETERS],
        responses=paged(AttemptSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Calls to Amplitude, the latest first, without their bodies."""
        rows = Attempt.objects.filter(current=self.current(pk)).defer("request", "answer")
        form = AttemptFilters(request.query_params)
        asked(form)
        return query_page(request, form.of(rows, UTC)).answer(AttemptSerializer)


class CurrentAttempt(CurrentView):
    needs: ClassVar = {"GET": BODIES}

    @extend_schema(operation_id="currents_attempt", responses=AttemptBodiesSerializer)
    def get(self, request: Request, pk: int, attempt: int) -> Response:
        """A call to Amplitude with the beginnings of its request and its answer."""
        found = Attempt.objects.filter(current=self.current(pk), pk=attempt).first()
        if found is None:
            raise NotFound("There is no such attempt")
        return Response(AttemptBodiesSerializer(found).data)


class CurrentDeadLetters(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_dead_letters",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("cause", str, description="Of this cause only, word for word."),
            OpenApiParameter("event_type", str, description="Of this type only."),
            OpenApiParameter("identity", str, description="Of this user or device only."),
            *DAY_PARAMETERS,
        ],
        responses=paged(DeadLetterSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Events that Amplitude will never take as they are, the latest first."""
        rows = DeadLetter.objects.filter(current=self.current(pk))
        form = LetterFilters(request.query_params)
        asked(form)
        return query_page(request, form.of(rows, UTC)).answer(DeadLetterSerializer)


class CurrentDeadLetterCauses(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_dead_letter_causes",
        parameters=PAGE_PARAMETERS,
        responses=paged(CauseSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Dead letters grouped by Amplitude’s words, the largest group first."""
        return sequence_page(request, causes.causes(self.current(pk))).answer(CauseSerializer)


class CurrentHotIds(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_hot_ids",
        parameters=PAGE_PARAMETERS,
        responses=paged(HotIdSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The hottest devices and users of its Amplitude project, and what is held back."""
        rows = hot_rows(self.current(pk), timezone.now())
        return sequence_page(request, rows).answer(HotIdSerializer)
