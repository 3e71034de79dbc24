"""What must have right types, and what must not: `mypy --strict` is the test, as it reports ignores that are not needed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Optional

from verax_client import AsyncVerax, Verax


def has_right_types(verax: Verax) -> Optional[str]:
    page = verax.biometric_validations.list(
        {
            "where": {"status": "validated", "requires2FA": False, "appRegistration.email": "jo@example.com"},
            "in": {"status": ["new", "pending"]},
            "atLeast": {"createdAt": datetime.now(timezone.utc), "livenessScore": 0.5},
            "like": {"identifier": "@example.com"},
            "anyOf": {"where": {"type": "login"}},
            "sort": ["status", "-createdAt"],
            "populates": ["client", "projectFlow.project"],
            "columns": ["_id", "status"],
        }
    )
    for check in verax.document_liveness.iterate({"where": {"status": "completed"}}):
        risk: float = check["riskScore"]
        print(risk)
    verax.document_liveness.create({"image": b"", "saveImage": True})
    return page.data[0]["identifier"]


async def has_right_types_too(verax: AsyncVerax) -> int:
    async for event in verax.events.iterate({"where": {"resource": "webhooks"}}):
        print(event["type"])
    return await verax.webhooks.count({"where": {"isActive": True}})


def has_wrong_types(verax: Verax) -> None:
    verax.biometric_validations.list({"where": {"statu": "completed"}})  # type: ignore[arg-type]
    verax.document_liveness.count({"where": {"identifier": "jo"}})  # type: ignore[arg-type]
    verax.biometric_validations.list({"where": {"status": "done"}})  # type: ignore[arg-type]
    verax.biometric_validations.list({"moreThan": {"status": "new"}})  # type: ignore[arg-type]
    verax.biometric_validations.list({"were": {"status": "new"}})  # type: ignore[arg-type]
    verax.biometric_validations.get("a", {"columns": ["statu"]})  # type: ignore[arg-type]
    verax.document_liveness.create({"image": "", "savImage": True})  # type: ignore[typeddict-unknown-key]
    verax.events.create({})  # type: ignore[arg-type]
    verax.biometrics.list()  # type: ignore[attr-defined]
