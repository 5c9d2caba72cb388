"""How a key looks and how it is hashed; knows no database.

A key is its kind's prefix and 256 random bits in base 62; what is kept is a keyed hash of it.
"""

from __future__ import annotations

import hmac
import secrets
import string
from enum import StrEnum

from django.conf import settings

from braze_partners.keys.limits import KEY_BITS, SHOWN_END, SHOWN_START

ALPHABET = string.digits + string.ascii_letters
WIDTH = 43  # digits in base 62 that hold 256 bits


class Prefix(StrEnum):
    DATA_IMPORT = "bpi_"
    REST = "brk_"


def new_secret(prefix: Prefix) -> str:
    number = secrets.randbits(KEY_BITS)
    digits = []
    for _ in range(WIDTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return prefix + "".join(digits)


def digest(secret: str) -> bytes:
    """HMAC-SHA256 under the installation's own secret: a copy of the table is of no use alone."""
    text = secret.encode("utf-8", "surrogatepass")
    return hmac.digest(settings.KEY_HASH_SECRET.encode(), text, "sha256")


def start_of(secret: str) -> str:
    return secret[:SHOWN_START]


def end_of(secret: str) -> str:
    return secret[-SHOWN_END:]


def masked(secret: str) -> str:
    """`bpi_8Yw2…k4Tz`; of something short nothing but dots."""
    if len(secret) <= 2 * (SHOWN_START + SHOWN_END):
        return "…"
    return f"{start_of(secret)}…{end_of(secret)}"
