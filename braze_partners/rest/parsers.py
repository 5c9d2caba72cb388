"""JSON bodies for REST framework, as strict as everywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from braze_partners.errors import BadRequest
from braze_partners.rest.bodies import parse_json, too_large
from braze_partners.rest.limits import MAX_API_BODY_BYTES


class StrictJsonParser(BaseParser):
    """A body is a JSON object of at most MAX_API_BODY_BYTES."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        body = stream.read(MAX_API_BODY_BYTES + 1)
        if len(body) > MAX_API_BODY_BYTES:
            raise too_large(MAX_API_BODY_BYTES)
        parsed = parse_json(body)
        if not isinstance(parsed, dict):
            raise BadRequest("The request body must be a JSON object")
        return parsed
