"""Receives a CSV straight into var/uploads, never into memory. An edge: knows forms and bodies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework.parsers import BaseParser

from braze_partners.people.importing import uploads_folder
from braze_partners.people.limits import MAX_UPLOAD_BYTES
from braze_partners.rest.bodies import too_large


class UploadToDisk(FileUploadHandler):
    """Writes the parts as they come; what is not kept vanishes with the request."""

    chunk_size = 1024 * 1024

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = NamedTemporaryFile(dir=uploads_folder(), suffix=".part")  # noqa: SIM115

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.flush()
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size)

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            with suppress(FileNotFoundError):
                self.file.close()


def keep(upload: UploadedFile) -> str:
    """Gives the uploaded file a name that lasts; the name, without its folder."""
    ending = ".csv.gz" if (upload.name or "").lower().endswith(".gz") else ".csv"
    kept: Path = uploads_folder() / f"{token_hex(16)}{ending}"
    os.link(upload.file.name, kept)  # type: ignore[union-attr]
    return kept.name


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
