"""A client of Verax, a self-hosted server that verifies identities."""

from ._async_client import AsyncRecords, AsyncVerax
from ._client import Records, Verax
from ._names import ERROR_CODES, EVENT_TYPES, ErrorCode, EventType
from ._page import Page
from .errors import Problem, VeraxError, VeraxNetworkError, VeraxTimeoutError
from .webhooks import WebhookEvent, WebhookVerificationError, verify_webhook

__all__ = [
    "ERROR_CODES",
    "EVENT_TYPES",
    "AsyncRecords",
    "AsyncVerax",
    "ErrorCode",
    "EventType",
    "Page",
    "Problem",
    "Records",
    "Verax",
    "VeraxError",
    "VeraxNetworkError",
    "VeraxTimeoutError",
    "WebhookEvent",
    "WebhookVerificationError",
    "verify_webhook",
]
