"""What goes wrong: an answer that says no, and an answer that does not come."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, List, Mapping, NamedTuple, Optional


class Problem(NamedTuple):
    """One mistake of a request: the parameter of the query, or the member of the body."""

    parameter: str
    message: str


class VeraxError(Exception):
    """The server has answered, and not with a success."""

    status: int
    """The status of HTTP."""
    code: Optional[str]
    """What a program compares; `None` where something in between has answered."""
    reason: Optional[str]
    """The word that some codes have beside them: `session_used`."""
    problems: List[Problem]
    """Every mistake, not the first alone."""
    request_id: Optional[str]
    """Finds the request in the server's log."""
    retry_after: Optional[float]
    """In how many seconds to try again, where the answer says so."""
    body: Any
    """The whole answer. It may tell of persons, so that no print of the error shows it."""

    def __init__(self, message: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = self.reason = self.request_id = self.retry_after = self.body = None
        self.problems = []

    @classmethod
    def of(cls, status: int, text: str, headers: Mapping[str, str]) -> VeraxError:
        """The error that this answer is."""
        body = _parsed(text)
        code = _text(body.get("code"))
        problems = _problems(body.get("details"))
        told = "; ".join(f"{it.parameter}: {it.message}" for it in problems)
        message = str(status) + (f" {code}" if code else "") + ": "
        message += _text(body.get("error")) or _text(body.get("message")) or "the answer is no JSON of the API"
        error = cls(message + (f" ({told})" if told else ""), status)
        reason = _text(body.get("message"))
        error.code, error.reason = code, None if reason == code else reason
        error.problems, error.body = problems, body
        error.request_id = headers.get("x-request-id")
        error.retry_after = _seconds(headers.get("retry-after"))
        return error


class VeraxNetworkError(Exception):
    """No answer came: the connection was not made, or was cut. Whether the request was done is not known."""


class VeraxTimeoutError(VeraxNetworkError):
    """No answer came in time. Whether the request was done is not known."""


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _problems(details: Any) -> List[Problem]:
    problems = []
    for it in details if isinstance(details, list) else []:
        if isinstance(it, dict) and isinstance(it.get("message"), str):
            problems.append(Problem(_text(it.get("parameter")) or "", it["message"]))
    return problems


def _text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) else None


def _seconds(header: Optional[str]) -> Optional[float]:
    """`Retry-After` is seconds, or a date."""
    if header is None:
        return None
    if header.isascii() and header.isdigit() and len(header) < 10:
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - datetime.now(timezone.utc)).total_seconds())
