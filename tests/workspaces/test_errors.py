"""Every refusal of this room is one plain sentence for a person."""

from __future__ import annotations

import pytest

from braze_partners.workspaces import errors

REFUSALS = errors.RefusedError.__subclasses__()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_each_says_what_to_do_or_that_nothing_was_changed(
    refusal: type[errors.RefusedError],
) -> None:
    sentence = str(refusal())
    assert sentence.endswith(".") and "!" not in sentence and len(sentence) > 30
