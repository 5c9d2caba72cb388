"""What the bodies of /api/v1/ mean as drafts, and what is refused as their fields. Knows no
request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from braze_partners.errors import BadRequest, Conflict
from braze_partners.messaging.drafts import Draft, Step, Target, Variant
from braze_partners.messaging.errors import (
    EditedMeanwhile,
    FieldRefused,
    Incomplete,
    OutreachRefused,
    TargetRefused,
)
from cohorts.segments.definition import parse
from cohorts.segments.errors import DefinitionRefused, Problem

INVALID = "Some fields are not valid"


def refusal(refused: OutreachRefused) -> BadRequest | Conflict:
    match refused:
        case EditedMeanwhile():
            return Conflict(f"It is at version {refused.version} by now")
        case FieldRefused():
            return BadRequest(INVALID, fields={refused.field: [refused.text]})
        case TargetRefused():
            return BadRequest(INVALID, fields=_by_field(refused.problems))
        case Incomplete():
            return BadRequest(INVALID, fields={"state": refused.sentences})
        case _:
            return BadRequest(str(refused))


def _by_field(problems: list[Problem]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for problem in problems:
        inside, _dot, _rest = problem.path.partition(".")
        own = not problem.path or inside.startswith("segments[")
        path = f"target.{inside or 'segments'}" if own else f"target.filters.{problem.path}"
        fields.setdefault(path, []).append(problem.text)
    return fields


def target_of_body(given: Mapping[str, Any]) -> Target:
    """Raises BadRequest with every place of the filters that is wrong."""
    try:
        filters = parse(given.get("filters", {}))
    except DefinitionRefused as refused:
        fields: dict[str, list[str]] = {}
        for problem in refused.problems:
            path = f"target.filters.{problem.path}".rstrip(".")
            fields.setdefault(path, []).append(problem.text)
        raise BadRequest(INVALID, fields=fields) from refused
    return Target(tuple(dict.fromkeys(given.get("segments", ()))), filters)


def changed_draft(draft: Draft, given: Mapping[str, Any]) -> Draft:
    """What is absent stays."""
    changes: dict[str, Any] = {
        name: given[name] for name in ("name", "description", "control_share") if name in given
    }
    changes |= {name: tuple(given[name]) for name in ("tags", "channels") if name in given}
    if "target" in given:
        changes["target"] = target_of_body(given["target"])
    if "steps" in given:
        changes["steps"] = tuple(
            Step(each["name"], each["channel"], each.get("id"), each.get("variant") or "")
            for each in given["steps"]
        )
    if "variants" in given:
        changes["variants"] = tuple(
            Variant(each["name"], each["share"], each.get("id")) for each in given["variants"]
        )
        if "steps" not in given:
            changes["steps"] = _following(draft, changes["variants"])
    return replace(draft, **changes)


def _following(draft: Draft, variants: tuple[Variant, ...]) -> tuple[Step, ...]:
    """The steps as they are, each with its variant's new name."""
    now: dict[uuid.UUID | None, str] = {each.id: each.name for each in variants if each.id}
    renamed = {each.name: now.get(each.id, each.name) for each in draft.variants}
    return tuple(
        replace(step, variant=renamed.get(step.variant, step.variant)) for step in draft.steps
    )
