"""Encrypts the destination's key at rest; it knows the key file and nothing of destinations."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken

from braze_partners.sandbox import state_files


class KeyUnreadable(Exception):
    """What is stored was encrypted with another key file."""


def encrypt(text: str) -> bytes:
    return _fernet().encrypt(text.encode())


def decrypt(stored: bytes) -> str:
    try:
        return _fernet().decrypt(stored).decode()
    except InvalidToken as refused:
        raise KeyUnreadable from refused


def _fernet() -> Fernet:
    return Fernet(state_files.own_secrets()["fernet_key"].encode())
