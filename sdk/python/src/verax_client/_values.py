"""Values of requests: what stands for a moment or an image, in a query and in JSON."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, timezone
from typing import Any, Union

# A moment, or a day: RFC 3339 in a text (`2026-12-01T10:30:00Z`, `2026-12-01`), or a value of `datetime`.
Moment = Union[str, date, datetime]

Value = Union[str, int, float, bool, date, datetime]


def to_text(value: Any) -> str:
    """The value as a query says it.

    Raises:
        ValueError: it is a `datetime` of no time zone.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime needs a time zone: which moment it is depends on it")
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def to_json(body: Any) -> bytes:
    """The body as JSON: bytes become base64."""
    return json.dumps(body, default=_member, allow_nan=False, ensure_ascii=False).encode()


def _member(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, date):
        return to_text(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON can say")
