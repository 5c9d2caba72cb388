"""What the OpenAPI document says of the two ways in for events, which are no REST framework views.
Shapes only: bodies are read by track_body and currents_body, entry by entry.
"""

from __future__ import annotations

from typing import Any

from braze_partners.events.limits import (
    MAX_EVENT_NAME,
    MAX_EVENTS_PER_REQUEST,
    MAX_QUANTITY,
    MAX_TRACKED,
)
from braze_partners.people.limits import MAX_NAME_LENGTH

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_EVENT_NAME}
IDENTIFIER: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}


def _object(properties: Schema, required: list[str], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": required, **more}


def _list(item: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": item} | ({} if most is None else {"maxItems": most})


def _component(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


WHO: Schema = {
    "external_id": IDENTIFIER,
    "user_alias": _object(
        {"alias_name": IDENTIFIER, "alias_label": IDENTIFIER}, ["alias_name", "alias_label"]
    ),
    "device_id": IDENTIFIER,
    "braze_id": IDENTIFIER,
    "email": IDENTIFIER,
    "phone": IDENTIFIER,
    "_update_existing_only": {"type": "boolean"},
}
ONE_IDENTIFIER = "Exactly one of external_id, user_alias, device_id, braze_id, email and phone."
PROPERTIES: Schema = {"type": ["object", "null"], "additionalProperties": True}
HAPPENED: Schema = {"time": MOMENT, "app_id": NAME, "properties": PROPERTIES}

SCHEMAS: dict[str, Schema] = {
    "TrackedAttributes": {
        **_object(dict(WHO), [], additionalProperties=True),
        "description": f"{ONE_IDENTIFIER} Every other key is a reserved or a custom attribute.",
    },
    "TrackedEvent": {
        **_object({**WHO, "name": NAME, **HAPPENED}, ["name", "time"]),
        "description": ONE_IDENTIFIER,
    },
    "TrackedPurchase": {
        **_object(
            {
                **WHO,
                "product_id": NAME,
                "currency": {"type": "string", "minLength": 3, "maxLength": 3},
                "price": {"type": "number"},
                "quantity": {"type": "integer", "minimum": 1, "maximum": MAX_QUANTITY},
                **HAPPENED,
            },
            ["product_id", "currency", "price", "time"],
        ),
        "description": ONE_IDENTIFIER,
    },
    "TrackBody": _object(
        {
            "attributes": _list(_component("TrackedAttributes"), MAX_TRACKED),
            "events": _list(_component("TrackedEvent"), MAX_TRACKED),
            "purchases": _list(_component("TrackedPurchase"), MAX_TRACKED),
        },
        [],
    ),
    "Tracked": _object(
        {
            "message": TEXT,
            "attributes_processed": COUNT,
            "events_processed": COUNT,
            "purchases_processed": COUNT,
            "errors": _list(_component("RefusedEntry")),
        },
        ["message"],
    ),
    "CurrentsEvent": _object(
        {
            "event_type": NAME,
            "id": NAME,
            "time": {"type": "number", "description": "Seconds since the epoch."},
            "user": {
                "type": ["object", "null"],
                "properties": {
                    name: {"type": ["string", "null"]}
                    for name in ("external_user_id", "device_id", "user_id")
                },
            },
            "properties": PROPERTIES,
        },
        ["event_type", "id", "time"],
    ),
    "CurrentsBody": _object(
        {"events": _list(_component("CurrentsEvent"), MAX_EVENTS_PER_REQUEST)}, ["events"]
    ),
    "CurrentsAccepted": _object(
        {
            "message": TEXT,
            "accepted": COUNT,
            "rejected": _list(
                _object({"index": COUNT, "id": {"type": ["string", "null"]}, "error": TEXT}, [])
            ),
        },
        ["message", "accepted", "rejected"],
    ),
}


def _operation(name: str, body: str, answer: str, text: str) -> Schema:
    def content(component: str) -> Schema:
        return {"application/json": {"schema": _component(component)}}

    return {
        "operationId": name,
        "description": text,
        "tags": [name.split("_")[0]],
        "requestBody": {"content": content(body), "required": True},
        "security": [{"restApiKey": []}],
        "responses": {"201": {"description": "On disk.", "content": content(answer)}},
    }


OPERATIONS: dict[str, Schema] = {
    "/users/track": _operation(
        "users_track",
        "TrackBody",
        "Tracked",
        "Tells of people and of what they did: attributes, then events, then purchases. An object "
        "that is refused stops no other and stands in `errors`; where all are refused: 400.",
    ),
    "/currents/events": _operation(
        "currents_intake",
        "CurrentsBody",
        "CurrentsAccepted",
        "Takes events in the Custom HTTP Currents format, gzipped or not. An event that is refused "
        "stops no other and stands in `rejected`.",
    ),
}


def add_intake(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook of the document."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(SCHEMAS)
    for path, operation in OPERATIONS.items():
        result["paths"][path] = {"post": operation}
    return result
