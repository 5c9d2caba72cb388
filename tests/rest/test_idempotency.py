"""The same creating call twice creates once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from braze_partners.keys import issuing
from braze_partners.keys.models import DataImportKey
from braze_partners.rest import idempotency
from braze_partners.rest.models import RememberedAnswer
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory
from tests.rest.conftest import KeyClient
from tests.rest.factories import RememberedAnswerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
PATH = "/api/v1/import-keys"
BODY = {"partner": "amplitude", "label": "CI"}


def create(client: KeyClient, key: str, body: Any = None, path: str = PATH) -> Any:
    return client.call("POST", path, BODY if body is None else body, Idempotency_Key=key)


def test_a_repeat_answers_the_same_without_the_secret(full: KeyClient) -> None:
    first, second = create(full, "a"), create(full, "a")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json() == {**first.json(), "secret": None}
    assert DataImportKey.objects.count() == 1


def test_a_secret_is_never_stored(full: KeyClient) -> None:
    secret = create(full, "a").json()["secret"]

    assert secret not in str(RememberedAnswer.objects.values().get())


def test_the_order_of_the_bodys_fields_does_not_matter(full: KeyClient) -> None:
    create(full, "a")

    assert create(full, "a", {"label": "CI", "partner": "amplitude"}).status_code == 201
    assert DataImportKey.objects.count() == 1


def test_another_body_or_address_under_the_key_is_refused(full: KeyClient) -> None:
    create(full, "a")
    other_body = create(full, "a", {"partner": "heap"})
    other_path = create(full, "a", path="/api/v1/rest-keys")

    assert (other_body.status_code, other_path.status_code) == (422, 422)
    assert DataImportKey.objects.count() == 1


def test_callers_do_not_share_keys(cast: Cast, full: KeyClient) -> None:
    RestApiKeyFactory.create(
        workspace=cast.workspace, secret="brk_" + "o" * 43, permissions=["import_keys.write"]
    )
    create(full, "a")

    assert create(KeyClient("brk_" + "o" * 43), "a").json()["secret"]
    assert DataImportKey.objects.count() == 2


def test_a_call_in_progress_refuses_its_twin_until_it_is_taken_for_dead(
    cast: Cast, full: KeyClient
) -> None:
    create(full, "a")
    row = RememberedAnswer.objects.get()
    row.status, row.body = None, None
    row.save()
    assert create(full, "a").status_code == 409

    row.begun_at -= timedelta(minutes=10)
    row.save()
    assert create(full, "a").json()["secret"]


def test_a_refused_call_frees_its_key(full: KeyClient) -> None:
    assert create(full, "a", {"partner": "nobody"}).status_code == 400
    assert create(full, "a").status_code == 201


def test_a_crash_leaves_neither_the_key_nor_the_thing(
    full: KeyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.raise_request_exception = False

    def crash(*args: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(issuing, "_write_down", crash)
        assert create(full, "a").status_code == 500
    assert not DataImportKey.objects.exists()
    assert create(full, "a").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_no_key_is_named(full: KeyClient, key: str) -> None:
    response = create(full, key)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["Idempotency-Key"]


def test_answers_are_kept_for_a_day(cast: Cast) -> None:
    now = datetime.now(UTC)
    RememberedAnswerFactory.create(
        workspace=cast.workspace, status=201, begun_at=now - timedelta(hours=25)
    )
    RememberedAnswerFactory.create(
        workspace=cast.workspace, status=201, begun_at=now - timedelta(hours=23)
    )

    assert idempotency.forget_old(now) == 1
