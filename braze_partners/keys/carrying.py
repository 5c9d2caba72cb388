"""A key that was typed but not stored yet, as a form carries it on: encrypted, so that it need not
be pasted again after an error elsewhere and stands in no page. Knows no form.
"""

from __future__ import annotations

from braze_partners.keys import credentials


def kept(workspace_id: int, key: str) -> str:
    """Of no use in another workspace."""
    return credentials.encrypt(f"{workspace_id}:{key}").decode() if key else ""


def opened(workspace_id: int, token: str) -> str:
    """Empty for what no form of ours made."""
    try:
        owner, _colon, key = credentials.decrypt(token.encode()).partition(":")
    except (credentials.CredentialUnreadable, UnicodeEncodeError):
        return ""
    return key if owner == str(workspace_id) else ""
