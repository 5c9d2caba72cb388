"""Keys are made, shown once and taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from braze_partners.keys import issuing, secrets
from braze_partners.keys.issuing import By
from braze_partners.keys.models import DataImportKey, RestApiKey
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOW = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)


def test_a_key_has_256_random_bits_in_43_digits() -> None:
    made = {secrets.new_secret(secrets.Prefix.DATA_IMPORT) for _ in range(50)}

    assert len(made) == 50
    assert all(len(secret) == 47 and secret.startswith("bpi_") for secret in made)
    assert 62**43 > 2**256 > 62**42


def test_a_generated_key_is_stored_as_a_hash_and_its_two_ends(cast: Cast) -> None:
    by = By(cast.alice, "10.20.4.17")
    issued = issuing.generate_import_key(cast.workspace, "amplitude", " Production ", by, NOW)

    key = DataImportKey.objects.get()
    assert bytes(key.digest) == secrets.digest(issued.secret)
    assert key.masked == f"{issued.secret[:8]}…{issued.secret[-4:]}"
    assert (key.label, key.partner, key.created_by) == (
        "Production",
        "amplitude",
        cast.alice,
    )
    assert issued.secret not in str(DataImportKey.objects.values().get())


def test_what_is_done_with_keys_is_in_the_audit_log_without_the_key(cast: Cast) -> None:
    by = By(cast.alice, "10.20.4.17")
    issued = issuing.generate_import_key(cast.workspace, "amplitude", "Production", by, NOW)
    issuing.invalidate(issued.key, by, NOW)

    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in entries] == [
        "data_import_key.generated",
        "data_import_key.invalidated",
    ]
    assert all(entry.target == f"{issued.key.masked} Production" for entry in entries)
    assert all(entry.actor == cast.alice and entry.address == "10.20.4.17" for entry in entries)
    assert not any(issued.secret[8:-4] in str(entry.__dict__) for entry in entries)


def test_a_key_is_invalidated_once_and_for_good(cast: Cast) -> None:
    by = By(cast.alice)
    issued = issuing.generate_rest_key(
        cast.workspace, ["segments.list", "segments.list"], "", by, NOW
    )

    assert issued.key.permissions == ["segments.list"]
    assert issuing.invalidate(issued.key, by, NOW)
    assert not issuing.invalidate(issued.key, By(cast.bob), NOW)
    stored = RestApiKey.objects.get()
    assert (stored.invalidated_at, stored.invalidated_by) == (NOW, cast.alice)


def test_another_installations_secret_makes_another_hash(settings: object) -> None:
    before = secrets.digest("bpi_x")
    settings.KEY_HASH_SECRET = "another"  # type: ignore[attr-defined]

    assert secrets.digest("bpi_x") != before
    assert secrets.digest("\ud800")  # a lone surrogate is only an unknown key


def test_of_something_short_nothing_is_shown() -> None:
    assert secrets.masked("hunter2") == "…"
