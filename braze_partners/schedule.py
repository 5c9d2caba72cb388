"""Every periodic job, in one table. Knows names and intervals only; the work is the apps'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    task: str  # dotted name of a Celery task
    every: timedelta
    why: str


SECONDS_5 = timedelta(seconds=5)
SECONDS_30 = timedelta(seconds=30)
MINUTELY = timedelta(minutes=1)
HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)

JOBS: tuple[Job, ...] = (
    Job(
        "people: find forgotten imports",
        "people.sweep_imports",
        SECONDS_30,
        "an import of people whose message was lost or whose worker was killed goes on",
    ),
    Job(
        "people: bring answers forward",
        "people.keep_answers_up",
        SECONDS_30,
        "what a filter on profiles counts is a minute old at most",
    ),
    Job(
        "people: count what is asked for the first time",
        "people.sweep_answers",
        SECONDS_5,
        "in a workspace of more than a million people somebody waits before a progress bar",
    ),
    Job(
        "people: forget unused answers",
        "people.forget_answers",
        HOURLY,
        "an answer that nobody reads any more costs work with every change",
    ),
    Job(
        "events: make the log's next days",
        "events.make_partitions",
        HOURLY,
        "a batch that finds no partition of its day falls into the default one",
    ),
    Job(
        "events: blank the deleted",
        "events.blank_deleted",
        SECONDS_30,
        "what the log knows of a person goes soon after the person",
    ),
    Job(
        "events: follow activity",
        "events.follow_activity",
        SECONDS_30,
        "a person's last-active time is at most a minute late",
    ),
    Job(
        "cohorts: fold runs",
        "cohorts.fold_cohorts",
        SECONDS_5,
        "eight runs that wait on a cohort cost a reader 5 ms; folded they cost nothing",
    ),
    Job(
        "cohorts: find forgotten re-applies",
        "cohorts.sweep_reapplications",
        SECONDS_30,
        "a re-apply whose message was lost, whose worker was killed or that was overtaken goes on",
    ),
    Job(
        "cohorts: retire old runs",
        "cohorts.retire_old_runs",
        DAILY,
        "skipped lists are kept 30 days, bitmaps of runs 400",
    ),
    Job(
        "syncing: start what is due",
        "syncing.sweep",
        SECONDS_5,
        "pulls begin at their minute, wait for Amplitude, and go on after a worker was killed",
    ),
    Job(
        "syncing: clear up",
        "syncing.clear_up",
        DAILY,
        "the target of a dry run is kept a week, a project's calls two months",
    ),
    Job(
        "replays: find what is due",
        "replays.sweep",
        SECONDS_5,
        "a replay that waited for its time, or whose worker was killed, goes on",
    ),
    Job(
        "currents: find forgotten connection tests",
        "currents.sweep_connection_tests",
        SECONDS_5,
        "a test whose message was lost or whose worker was killed runs, or ends without its key",
    ),
    Job(
        "partners: find forgotten project tests",
        "partners.sweep_project_checks",
        SECONDS_5,
        "a test whose message was lost or whose worker was killed runs, or ends",
    ),
    Job(
        "partners: end and forget questions about people",
        "partners.sweep_look_ups",
        SECONDS_5,
        "a person's page waits for Amplitude's answer; what is told of people is kept for minutes",
    ),
    Job(
        "segments: measure sizes",
        "cohorts.segments.tasks.measure_sizes",
        HOURLY,
        "a segment's size over time has a point a day, in the workspace's own day",
    ),
    Job(
        "segments: find forgotten exports",
        "segments.sweep_exports",
        SECONDS_30,
        "an export whose message was lost or whose worker was killed goes on; old files go",
    ),
    Job(
        "segments: forget old sizes",
        "cohorts.segments.tasks.forget_sizes",
        DAILY,
        "size histories end",
    ),
    Job(
        "currents: watch failures",
        "currents.watch_failures",
        SECONDS_5,
        "the letters of a refused key are due at shares of its window, and dropping at its end",
    ),
    Job(
        "currents: count what was received",
        "currents.count",
        SECONDS_30,
        "the ledger of a paused or stopped Current knows what waits, though nobody sends",
    ),
    Job(
        "currents: write down pacing",
        "currents.write_down_pacing",
        MINUTELY,
        "a Redis that lost its data knows again what busy ids have used of their day",
    ),
    Job(
        "currents: retire events",
        "currents.retire_events",
        HOURLY,
        "events leave the log when every Current has decided them, or their hard limit has come",
    ),
    Job(
        "currents: clear up",
        "currents.clear_up",
        HOURLY,
        "attempts are kept a week; the ledger keeps half hours from two hours on, then days",
    ),
    Job(
        "workspaces: forget what has expired",
        "braze_partners.workspaces.tasks.forget_expired",
        HOURLY,
        "sessions that ended, failed sign-ins that no longer count",
    ),
    Job(
        "keys: forget old uses",
        "keys.forget_old_uses",
        DAILY,
        "calls per hour of a key are kept for a month",
    ),
    Job(
        "webhooks: deliver what is due",
        "webhooks.sweep",
        SECONDS_5,
        "an event reaches its receivers in seconds; what failed is tried again when it is due",
    ),
    Job(
        "webhooks: forget old deliveries",
        "webhooks.forget_old",
        DAILY,
        "deliveries are kept for a month",
    ),
    Job(
        "cohorts: tell webhooks",
        "cohorts.tell_webhooks",
        SECONDS_30,
        "a group of pushes has finished when ten minutes have passed, which no request notices",
    ),
    Job(
        "syncing: tell webhooks",
        "syncing.tell_webhooks",
        SECONDS_5,
        "who waits for the end of a pull is told within seconds",
    ),
    Job(
        "dashboard: make demo events",
        "dashboard.make_demo_events",
        SECONDS_5,
        "while someone has switched the demo's flow of events on, a few a second are made",
    ),
    Job(
        "rest: forget old answers",
        "rest.forget_old_answers",
        HOURLY,
        "an Idempotency-Key holds for a day",
    ),
)
