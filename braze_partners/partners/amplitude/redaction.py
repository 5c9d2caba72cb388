"""Takes secrets out of texts that are kept or shown. Pure."""

from __future__ import annotations

import json
from functools import lru_cache
from urllib.parse import quote

# A longer secret keeps its last four characters, so that a person can tell two keys apart.
TELLING = 12
MASK = "••••"


def mask(secret: str) -> str:
    return MASK + secret[-4:] if len(secret) >= TELLING else MASK


@lru_cache(maxsize=64)
def _spellings(secret: str) -> tuple[str, ...]:
    """As itself, inside JSON, and inside an address; the longest first."""
    found = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return tuple(sorted(found | {quote(secret, safe="")}, key=len, reverse=True))


def without(secret: str, text: str) -> str:
    """`text` with the secret masked wherever it stands, however it is spelled."""
    if secret:
        for spelling in _spellings(secret):
            text = text.replace(spelling, mask(secret))
    return text


def head(content: bytes, secret: str, characters: int) -> str:
    """The beginning of a body as text, the secret masked, `…` where more follows.

    Masking looks beyond the cut and then gives up as much as a secret is long, so that no half of
    one is left at the end.
    """
    longest = max(map(len, _spellings(secret)), default=0)
    reach = 4 * (characters + longest)
    text = without(secret, _text(content[:reach]))
    more = len(content) > reach
    if more and longest:
        text = text[:-longest]
    return text[:characters] + "…" if more or len(text) > characters else text


def _text(content: bytes) -> str:
    """Without NUL, which PostgreSQL keeps in no text."""
    return content.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
