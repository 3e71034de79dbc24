"""Which deliveries are believed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from conftest import vectors
from verax_client import WebhookVerificationError, verify_webhook

CASES = vectors("webhooks")


@pytest.mark.parametrize("case", CASES, ids=lambda it: it["what"])
def test_a_delivery_is_verified_or_rejected(case: Any) -> None:
    verify = lambda: verify_webhook(case["body"].encode(), case["headers"], case["keys"], at=case["at"])  # noqa: E731
    if case["valid"]:
        assert verify()["type"] == "biometric_validation.completed"
    else:
        with pytest.raises(WebhookVerificationError):
            verify()


def test_a_delivery_of_long_ago_is_rejected_by_the_clock() -> None:
    case = CASES[0]
    tolerance = abs(time.time() - case["at"]) - 60
    with pytest.raises(WebhookVerificationError):
        verify_webhook(case["body"], case["headers"], case["keys"], tolerance_seconds=tolerance)
    event = verify_webhook(case["body"], case["headers"], case["keys"][0], tolerance_seconds=tolerance + 120)
    assert event["type"] == "biometric_validation.completed"


@pytest.mark.parametrize("keys", [[], "secret", "whsec_", "whsec_***", "whpk_AQEB"])
def test_a_key_that_is_none_is_a_mistake_of_the_caller_and_is_not_shown(keys: Any) -> None:
    case = CASES[0]
    with pytest.raises(ValueError) as failed:
        verify_webhook(case["body"], case["headers"], keys, at=case["at"])
    assert not any(word in str(failed.value) for word in ("secret", "***", "AQEB"))
