"""The client of programs that do other things while they wait (asyncio, trio)."""

from __future__ import annotations

import inspect
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Generic, Mapping, Optional, TypeVar, Union

import anyio
import httpx

from . import _names
from ._page import Page, Record
from ._query import raw_params, to_params
from ._wire import FEED_MARGIN_SECONDS, FEED_WAIT_SECONDS, PAGE_OF_ALL, Call, Lines, Wire, answer, mapping, one
from .errors import VeraxError

Query = TypeVar("Query")
New = TypeVar("New")
Change = TypeVar("Change")

Token = Union[str, Callable[[], Union[str, Awaitable[str]]]]


class AsyncVerax(_names.AsyncLists):
    """A client of one server, with one token.

    Args:
        base_url: where the server is: `https://verax.example.com`.
        token: a token, or what gives one, which is asked before each try; `None`: calls that need none.
        timeout_seconds: how long to wait for the connection, and then for each piece of the answer.
        retries: how often a request is tried again that may be.
        retry_after_max_seconds: a server that says `Retry-After` is not waited for longer than this.
        http: in the place of a client of its own; whoever brings one closes it.
    """

    def __init__(
        self,
        base_url: str,
        token: Optional[Token] = None,
        *,
        timeout_seconds: float = 30,
        retries: int = 2,
        retry_after_max_seconds: float = 60,
        http: Optional[httpx.AsyncClient] = None,
    ) -> None:
        self._wire = Wire(base_url, timeout_seconds, retries, retry_after_max_seconds)
        self._token = token
        self._owns_http = http is None
        self._http = httpx.AsyncClient() if http is None else http
        for name, path in _names.PATHS.items():
            setattr(self, name, AsyncRecords(self, path))

    def with_token(self, token: Optional[Token]) -> AsyncVerax:
        """The same server with another token, such as that of a registration, over the same connections."""
        wire = self._wire
        return AsyncVerax(
            wire.base_url,
            token,
            timeout_seconds=wire.timeout_seconds,
            retries=wire.retries,
            retry_after_max_seconds=wire.retry_after_max_seconds,
            http=self._http,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Any = None,
        idempotency_key: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout_seconds: Optional[float] = None,
    ) -> Any:
        """Any call. The answer's whole JSON.

        Raises:
            VeraxError: the server has answered, and not with a success.
            VeraxNetworkError: no answer came.
        """
        params = raw_params(query or {})
        return await self._json(Call(method, path, params, body, idempotency_key, headers, timeout_seconds))

    async def follow_events(self, after: int = 0) -> AsyncIterator[Dict[str, Any]]:
        """The feed of events after this number, without an end.

        Keep `number` of the last one that you have dealt with: the next call begins after it.
        """
        timeout_seconds = max(self._wire.timeout_seconds, FEED_WAIT_SECONDS + FEED_MARGIN_SECONDS)
        while True:
            query = {"after": after, "wait": FEED_WAIT_SECONDS}
            path = _names.PATHS["events"]
            page = await self.request("GET", path, query=query, timeout_seconds=timeout_seconds)
            for event in page["data"]:
                yield event
            after = page["pagination"]["nextAfter"]

    async def close(self) -> None:
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncVerax:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncVerax({self._wire.base_url!r})"

    async def _current_token(self) -> Optional[str]:
        token = self._token() if callable(self._token) else self._token
        return await token if inspect.isawaitable(token) else token

    async def _json(self, call: Call) -> Any:
        return answer(await self._send(call, stream=False))

    async def _lines(self, call: Call) -> AsyncIterator[Any]:
        response = await self._send(call, stream=True)
        lines = Lines(call.path)
        try:
            async for piece in response.aiter_bytes():
                for record in lines.add(piece):
                    yield record
        except httpx.RequestError as cause:
            raise call.network_error(cause) from None
        finally:
            await response.aclose()
        lines.end()

    async def _send(self, call: Call, stream: bool) -> httpx.Response:
        tries = 0
        while True:
            token = await self._current_token()
            request = self._wire.request(self._http, call, token)
            error: Exception
            try:
                response = await self._http.send(request, stream=stream, follow_redirects=False)
                if response.is_success:
                    return response
                await response.aread()
                await response.aclose()
                error = VeraxError.of(response.status_code, response.text, response.headers)
            except httpx.RequestError as cause:
                error = call.network_error(cause)
            wait = self._wire.wait_seconds(call, error, tries, self._token is not None)
            if wait is None:
                raise error from None
            await anyio.sleep(wait)
            tries += 1


class AsyncRecords(Generic[Record, Query, New, Change]):
    """One list: its pages, its records, and what is made and changed of them."""

    def __init__(self, verax: AsyncVerax, path: str) -> None:
        self._verax = verax
        self._path = path

    async def list(self, query: Optional[Query] = None) -> Page[Record]:
        """One page."""
        found = await self._verax._json(Call("GET", self._path, to_params(mapping(query))))
        return Page(found["data"], found["pagination"])

    async def pages(self, query: Optional[Query] = None) -> AsyncIterator[Page[Record]]:
        """All pages, by cursors: whatever comes in meanwhile, each record is shown once."""
        cursor: Optional[str] = "*"
        while cursor is not None:
            params = to_params({"perPage": PAGE_OF_ALL, **mapping(query), "skipTotal": True})
            found = await self._verax._json(Call("GET", self._path, [*params, ("cursor", cursor)]))
            yield Page(found["data"], found["pagination"])
            cursor = found["pagination"].get("nextCursor")

    async def iterate(self, query: Optional[Query] = None) -> AsyncIterator[Record]:
        """The records of all pages."""
        async for page in self.pages(query):
            for record in page.data:
                yield record

    def stream(self, query: Optional[Query] = None) -> AsyncIterator[Record]:
        """The whole list in one answer, as it comes (NDJSON). Sorted by `createdAt` alone."""
        headers = {"accept": "application/x-ndjson"}
        return self._verax._lines(Call("GET", self._path, to_params(mapping(query)), headers=headers))

    async def count(self, query: Optional[Query] = None) -> int:
        """How many records match."""
        params = to_params({**mapping(query), "count": True})
        found: int = (await self._verax._json(Call("GET", self._path, params)))["data"]
        return found

    async def get(self, id: str, query: Optional[Query] = None) -> Record:
        """One record. `columns`, `populates` and `with` of the query say what is shown."""
        path = one(self._path, id)
        found: Record = (await self._verax._json(Call("GET", path, to_params(mapping(query)))))["data"]
        return found

    async def create(self, body: New, *, idempotency_key: Optional[str] = None) -> Any:
        """Makes one, once: under an `Idempotency-Key` that all tries have."""
        call = Call("POST", self._path, body=body, idempotency_key=idempotency_key)
        return (await self._verax._json(call))["data"]

    async def change(self, id: str, body: Change) -> Record:
        """What is not said stays."""
        changed: Record = (await self._verax._json(Call("PUT", one(self._path, id), body=body)))["data"]
        return changed

    async def delete(self, id: str) -> None:
        await self._verax._json(Call("DELETE", one(self._path, id)))
