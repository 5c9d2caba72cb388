"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from currents import api, api_delivery, lookup_api
from currents.replays import api as replay_api

ONE = f"currents/<{ROW}:pk>"

urlpatterns = [
    path("currents", api.CurrentList.as_view(), name="api-currents"),
    path(ONE, api.CurrentOne.as_view(), name="api-current"),
    path(f"{ONE}/launch", api.CurrentLaunch.as_view(), name="api-current-launch"),
    path(f"{ONE}/pause", api.CurrentPause.as_view(), name="api-current-pause"),
    path(f"{ONE}/resume", api.CurrentResume.as_view(), name="api-current-resume"),
    path(f"{ONE}/test", api.CurrentTest.as_view(), name="api-current-test"),
    path(f"{ONE}/test/<{ROW}:test>", api.CurrentTestOne.as_view(), name="api-current-test-one"),
    path(f"{ONE}/ledger", api_delivery.CurrentLedger.as_view(), name="api-current-ledger"),
    path(
        f"{ONE}/ledger/types",
        api_delivery.CurrentLedgerTypes.as_view(),
        name="api-current-ledger-types",
    ),
    path(f"{ONE}/latency", api_delivery.CurrentLatency.as_view(), name="api-current-latency"),
    path(f"{ONE}/attempts", api_delivery.CurrentAttempts.as_view(), name="api-current-attempts"),
    path(
        f"{ONE}/attempts/<{ROW}:attempt>",
        api_delivery.CurrentAttempt.as_view(),
        name="api-current-attempt",
    ),
    path(
        f"{ONE}/dead-letters",
        api_delivery.CurrentDeadLetters.as_view(),
        name="api-current-dead-letters",
    ),
    path(
        f"{ONE}/dead-letters/causes",
        api_delivery.CurrentDeadLetterCauses.as_view(),
        name="api-current-dead-letter-causes",
    ),
    path(f"{ONE}/replays", replay_api.ReplayList.as_view(), name="api-current-replays"),
    path(f"{ONE}/replays/count", replay_api.ReplayCount.as_view(), name="api-current-replay-count"),
    path(
        f"{ONE}/replays/<{ROW}:replay>",
        replay_api.ReplayOne.as_view(),
        name="api-current-replay",
    ),
    path(f"{ONE}/events", lookup_api.CurrentEvents.as_view(), name="api-current-events"),
    path(
        f"{ONE}/events/<{ROW}:sequence>",
        lookup_api.CurrentEvent.as_view(),
        name="api-current-event",
    ),
    path(f"{ONE}/hot-ids", api_delivery.CurrentHotIds.as_view(), name="api-current-hot-ids"),
]
