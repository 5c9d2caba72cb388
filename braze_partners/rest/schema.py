"""The OpenAPI document of /api/v1/ and of Braze's own endpoints, and its browsable docs, without
inline script or style."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "braze_partners.keys.authentication.BearerKey"
    name = "restApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A REST API key."}


PROBLEM_STATUSES = {
    "400": "A parameter or a field is not valid",
    "401": "No valid REST API key",
    "403": "The key lacks the permission",
    "404": "Nothing here, or not in this workspace",
    "405": "Not with this method",
    "409": "In conflict with the present state",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "The Idempotency-Key was used with another body",
    "429": "Too many requests in this hour",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "request_id": {"type": "string"},
    },
}


BRAZE_STATUSES = ("400", "401", "403", "404", "405", "413", "415", "429", "503")
BRAZE_SCHEMA = {
    "type": "object",
    "description": "A fatal error, in Braze's shape",
    "required": ["message"],
    "properties": {
        "message": {"type": "string"},
        "errors": {"type": "array", "items": {"type": ["string", "object"]}},
        "request_id": {"type": "string"},
    },
}
BUSY = "Busy; retry in a moment"
WITH_BODY = ("413", "415", "422")


def add_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: each operation names its error answers, in the shape of its path."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {"Problem": PROBLEM_SCHEMA, "BrazeError": BRAZE_SCHEMA}
    for path, operations in result["paths"].items():
        answers = _problems() if path.startswith("/api/v1/") else _braze_errors()
        for method, operation in operations.items():
            bodiless = () if method in ("post", "put", "patch") else WITH_BODY
            for status, answer in answers.items():
                if status not in bodiless:
                    operation["responses"].setdefault(status, answer)
    return result


def _problems() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": text, "content": content}
        for status, text in PROBLEM_STATUSES.items()
    }


def _braze_errors() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/BrazeError"}}}
    return {
        status: {"description": PROBLEM_STATUSES.get(status, BUSY), "content": content}
        for status in BRAZE_STATUSES
    }


class SchemaView(SpectacularAPIView):
    """For anyone: it describes the API and holds nothing of a workspace."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
    ]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI with its own script as a file of its own."""

    authentication_classes = ()
    permission_classes = ()
    template_name = "rest/docs.html"
    url_name = "api-schema"
