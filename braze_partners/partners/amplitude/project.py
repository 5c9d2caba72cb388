"""The Amplitude project that a region and an API key belong to, as a name that gives neither away.

Currents with one key share a project and with it Amplitude's limits (product.md 5.4).
"""

from __future__ import annotations

from braze_partners.keys import credentials


def project_of(region: str, api_key: str) -> str:
    """64 hex digits: equal for equal region and key, and nothing else."""
    return credentials.fingerprint(f"{region}:{api_key}")
