"""Webhooks: whether a delivery comes from your server (Standard Webhooks: `v1` HMAC-SHA-256, `v1a` Ed25519)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Mapping, NamedTuple, Optional, Sequence, TypedDict, Union

_SECRET = "whsec_"
_PUBLIC_KEY = "whpk_"
_ED25519_KEY_BYTES = 32


class WebhookVerificationError(Exception):
    """A delivery that must not be believed: answer 4xx and do nothing."""


WebhookEvent = TypedDict(
    "WebhookEvent",
    {
        # In the standard format one of `EVENT_TYPES`.
        "type": str,
        # The standard format: when it happened, and to which record.
        "timestamp": str,
        "data": Any,
        # Verifik's format: the record.
        "object": Any,
    },
    total=False,
)


def verify_webhook(
    body: Union[bytes, str],
    headers: Mapping[str, str],
    keys: Union[str, Sequence[str]],
    *,
    tolerance_seconds: float = 300,
    at: Optional[float] = None,
) -> WebhookEvent:
    """Verifies a delivery, and gives what it says.

    Args:
        body: the bytes as they came, before anything has parsed them.
        headers: of the request; the case of their names does not matter.
        keys: secrets (`whsec_…`) and public keys (`whpk_…`); one that fits is enough, so that after a
            rotation the old and the new secret both stand here. Public keys need the extra `ed25519`.
        tolerance_seconds: how far the clocks may be apart, and how old a delivery may be.
        at: when it came, in seconds since 1970; `None`: now.

    Raises:
        WebhookVerificationError: no key fits, or it is too old or too new.
        ValueError: a key is none.
    """
    parsed = [_Key.parse(text) for text in ([keys] if isinstance(keys, str) else keys)]
    if not parsed:
        raise ValueError("there is no key to verify with")
    names = {name.lower(): value for name, value in headers.items()}
    id, timestamp = _header(names, "webhook-id"), _header(names, "webhook-timestamp")
    signatures = _header(names, "webhook-signature").split(" ")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise WebhookVerificationError("webhook-timestamp is no time")
    if not abs((time.time() if at is None else at) - int(timestamp)) <= tolerance_seconds:
        raise WebhookVerificationError("the delivery is too old, or too new")
    content = body.encode() if isinstance(body, str) else bytes(body)
    signed = f"{id}.{timestamp}.".encode() + content
    if not any(key.fits(signature, signed) for key in parsed for signature in signatures):
        raise WebhookVerificationError("no signature fits")
    event: WebhookEvent = json.loads(content)
    return event


class _Key(NamedTuple):
    version: str
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> _Key:
        version = "v1" if text.startswith(_SECRET) else "v1a" if text.startswith(_PUBLIC_KEY) else ""
        decoded = _decoded(text.partition("_")[2]) if version else None
        if not decoded or (version == "v1a" and len(decoded) != _ED25519_KEY_BYTES):
            raise ValueError(f"a key is {_SECRET} or {_PUBLIC_KEY}, and base64")
        return cls(version, decoded)

    def fits(self, signature: str, signed: bytes) -> bool:
        version, _, encoded = signature.partition(",")
        came = _decoded(encoded) if version == self.version else None
        if not came:
            return False
        if self.version == "v1":
            # In constant time.
            return hmac.compare_digest(hmac.new(self.secret, signed, hashlib.sha256).digest(), came)
        return _fits_ed25519(self.secret, came, signed)

    def __repr__(self) -> str:
        return f"_Key({self.version})"


def _fits_ed25519(key: bytes, came: bytes, signed: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise ImportError("public keys of webhooks need: pip install 'verax-client[ed25519]'") from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(came, signed)
    except InvalidSignature:
        return False
    return True


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise WebhookVerificationError(f"there is no {name}")
    return value


def _decoded(text: str) -> Optional[bytes]:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None
