"""What the client that waits and the one that does not have alike: requests, tries, answers."""

from __future__ import annotations

import json
import random
import re
import secrets
from typing import Any, Dict, Iterator, Mapping, Optional
from urllib.parse import quote, urlsplit

import httpx

from ._query import Params
from ._values import to_json
from .errors import VeraxError, VeraxNetworkError, VeraxTimeoutError

PAGE_OF_ALL = 100
FEED_WAIT_SECONDS = 25
FEED_MARGIN_SECONDS = 10

_BACKOFF_SECONDS = 0.5
_BACKOFF_MAX_SECONDS = 8.0
_RETRIED_STATUSES = (429, 503)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOKEN = re.compile(r"[\x21-\x7e]+")


class Call:
    """One request, the same over all its tries."""

    def __init__(
        self,
        method: str,
        path: str,
        params: Optional[Params] = None,
        body: Any = None,
        idempotency_key: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout_seconds: Optional[float] = None,
    ) -> None:
        if not path.startswith("/"):
            raise ValueError("a path begins with /")
        self.method = method
        self.path = path
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in params or [])
        self.target = f"{path}?{query}" if query else path
        self.content = None if body is None else to_json(body)
        self.key = (idempotency_key or secrets.token_hex(16)) if method == "POST" else None
        self.timeout_seconds = timeout_seconds
        self._headers = dict(headers or {})

    def headers(self, token: Optional[str]) -> Dict[str, str]:
        # Names that nobody knows are mistakes: they are answered, not ignored.
        headers = {"accept": "application/json", "prefer": "handling=strict"}
        if self.content is not None:
            headers["content-type"] = "application/json"
        if self.key is not None:
            headers["idempotency-key"] = self.key
        if token is not None:
            if not _TOKEN.fullmatch(token):
                raise ValueError("the token is no token")
            headers["authorization"] = f"Bearer {token}"
        headers.update((name.lower(), value) for name, value in self._headers.items())
        return headers

    def network_error(self, cause: httpx.RequestError) -> VeraxNetworkError:
        """Without the cause's own text, which may name the whole address."""
        if isinstance(cause, httpx.TimeoutException):
            return VeraxTimeoutError(f"{self.method} {self.path}: no answer in time ({type(cause).__name__})")
        return VeraxNetworkError(f"{self.method} {self.path}: {type(cause).__name__}")


class Wire:
    """Where the server is, and how often and how long it is tried."""

    def __init__(
        self, base_url: str, timeout_seconds: float, retries: int, retry_after_max_seconds: float
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("the base URL begins with http:// or https:// and a host")
        if url.username is not None or url.query or url.fragment:
            raise ValueError("the base URL has neither credentials, nor a query, nor a fragment")
        self.base_url = base_url.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self.retries = retries
        self.retry_after_max_seconds = retry_after_max_seconds

    def request(self, http: Any, call: Call, token: Optional[str]) -> httpx.Request:
        """For an `httpx` client of either kind."""
        timeout = self.timeout_seconds if call.timeout_seconds is None else call.timeout_seconds
        request: httpx.Request = http.build_request(
            call.method,
            self.base_url + call.target,
            headers=call.headers(token),
            content=call.content,
            timeout=timeout,
        )
        return request

    def wait_seconds(self, call: Call, error: Exception, tries: int, has_token: bool) -> Optional[float]:
        """In how many seconds to try again; `None`: do not."""
        # Without a token there is nobody whose key it is: the server takes no notice of it.
        may_repeat = call.method == "GET" or (call.key is not None and has_token)
        if not may_repeat or tries >= self.retries:
            return None
        if isinstance(error, VeraxNetworkError):
            return random.random() * min(_BACKOFF_MAX_SECONDS, _BACKOFF_SECONDS * 2.0**tries)
        if not isinstance(error, VeraxError) or error.status not in _RETRIED_STATUSES:
            return None
        wait = error.retry_after
        return wait if wait is not None and wait <= self.retry_after_max_seconds else None


def answer(response: httpx.Response) -> Any:
    """The JSON of a success."""
    if response.is_success:
        try:
            return json.loads(response.content)
        except ValueError:
            pass
    raise VeraxError.of(response.status_code, response.text, response.headers)


class Lines:
    """The records of an NDJSON answer, piece by piece."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rest = b""

    def add(self, piece: bytes) -> Iterator[Any]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield self._parsed(line)

    def end(self) -> None:
        """A stream that is cut within a record is an error, not an end."""
        if self._rest:
            raise VeraxNetworkError(f"GET {self._path}: the stream ended within a record")

    def _parsed(self, line: bytes) -> Any:
        try:
            return json.loads(line)
        except ValueError:
            raise VeraxNetworkError(f"GET {self._path}: a line is no JSON") from None


def one(path: str, id: str) -> str:
    """The path of a record."""
    # An empty id would be the list, and `..` another path.
    if not _ID.fullmatch(id):
        raise ValueError("an id is 1 to 64 letters, digits, `_` and `-`")
    return f"{path}/{id}"


def mapping(query: Any) -> Mapping[str, Any]:
    return {} if query is None else query
