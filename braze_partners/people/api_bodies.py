"""A CSV as the body of a call, written straight to var/uploads, never into memory. HTTP only."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from secrets import token_hex
from typing import IO, Any

from rest_framework.parsers import BaseParser

from braze_partners.people.importing import uploads_folder
from braze_partners.people.limits import MAX_UPLOAD_BYTES
from braze_partners.people.uploads import UploadToDisk
from braze_partners.rest.bodies import too_large


class ReceivedCsv(dict[str, Any]):
    """A CSV that came as the body of a call: its size and digest, and its name in var/uploads.

    The digest makes the same call with the same Idempotency-Key recognisable.
    """

    path: str


class PlainCsvParser(BaseParser):
    """Writes the body to var/uploads as it comes."""

    media_type = "text/csv"
    ending = ".csv"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> ReceivedCsv:
        path = uploads_folder() / f"{token_hex(16)}{self.ending}"
        digest, size = sha256(), 0
        try:
            with path.open("wb") as file:
                while part := stream.read(UploadToDisk.chunk_size):
                    size += len(part)
                    if size > MAX_UPLOAD_BYTES:
                        raise too_large(MAX_UPLOAD_BYTES)
                    digest.update(part)
                    file.write(part)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        received = ReceivedCsv(size=size, sha256=digest.hexdigest())
        received.path = path.name
        return received


class GzipCsvParser(PlainCsvParser):
    media_type = "application/gzip"
    ending = ".csv.gz"
