"""The client of asyncio behind the calls of the one that waits, so that both take the same tests."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from verax_client import AsyncVerax


class Blocking:
    """Waits for whatever an object of asyncio gives."""

    def __init__(self, inner: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._inner, self._loop = inner, loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return Blocking(found, self._loop)

        def call(*words: Any, **named: Any) -> Any:
            given = found(*words, **named)
            if inspect.isawaitable(given):
                return self._loop.run_until_complete(given)
            if hasattr(given, "__anext__"):
                return self._values(given)
            return Blocking(given, self._loop)

        return call

    def _values(self, given: Any) -> Any:
        try:
            while True:
                try:
                    yield self._loop.run_until_complete(given.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run_until_complete(given.aclose())

    def __repr__(self) -> str:
        return repr(self._inner)


def blocking_verax(loop: asyncio.AbstractEventLoop, *words: Any, **named: Any) -> Any:
    return Blocking(AsyncVerax(*words, **named), loop)
