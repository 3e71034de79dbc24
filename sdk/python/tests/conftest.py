"""A server that answers what a test tells it, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import pathlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List

import pytest
from both import blocking_verax
from verax_client import Verax


class Fake:
    """Each answer is taken once: `{"status", "headers", "body"}`, `"cut"` (the connection is), `"silence"`."""

    def __init__(self) -> None:
        self.answers: List[Any] = []
        self.requests: List[Dict[str, Any]] = []
        self.released = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                fake.requests.append({"method": self.command, "url": self.path, "headers": headers, "body": body})
                self._answer(fake.answers.pop(0) if fake.answers else {"status": 500, "body": {}})

            do_POST = do_PUT = do_DELETE = do_GET

            def _answer(self, answer: Any) -> None:
                self.close_connection = answer == "cut" or answer == "silence"
                if answer == "silence":
                    fake.released.wait(20)
                if self.close_connection:
                    return
                body = answer.get("body", {"success": True, "data": {}})
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(answer.get("status", 200))
                for name, value in {"content-type": "application/json", **answer.get("headers", {})}.items():
                    self.send_header(name, value)
                # One byte more than there is: the connection is cut within the answer.
                missing = 1 if answer.get("cut") else 0
                self.send_header("content-length", str(len(content) + missing))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = bool(missing)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.stop()


def vectors(name: str) -> Any:
    """What all clients of Verax must say and believe alike."""
    return json.loads(pathlib.Path(os.environ["VERAX_VECTORS"], f"{name}.json").read_text())


@pytest.fixture(params=["sync", "async"])
def make(request: Any) -> Iterator[Any]:
    """Makes a client of either kind, with the calls of the one that waits."""
    made: List[Any] = []
    loop = asyncio.new_event_loop()

    def make_one(*words: Any, **named: Any) -> Any:
        kind = Verax if request.param == "sync" else functools.partial(blocking_verax, loop)
        made.append(kind(*words, **named))
        return made[-1]

    yield make_one
    for verax in made:
        verax.close()
    loop.close()
