"""The OpenAPI document of /api/v1/ and its browsable docs, without inline script or style."""

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


def add_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: each operation of /api/v1/ names its problem answers."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in result["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for method, operation in operations.items():
            for status, text in PROBLEM_STATUSES.items():
                if status in ("413", "415", "422") and method not in (
                    "post",
                    "put",
                    "patch",
                ):
                    continue
                answer = {"description": text, "content": content}
                operation["responses"].setdefault(status, answer)
    return result


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
