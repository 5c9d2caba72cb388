"""The shared parts of every machine endpoint: bodies, limits, paging, idempotency, permissions.

Imports no room of ours: each room brings its own endpoints (`api.py`, `api_urls.py`) and builds
them on this. A Bearer key is recognised by `braze_partners.keys.authentication`, which the
settings name, so that this room need not know keys.
"""
