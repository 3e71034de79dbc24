"""The client against the real server, with the records of its demo."""

from __future__ import annotations

import itertools
import os
import pathlib
import queue
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator

import pytest
from verax_client import VeraxError, WebhookVerificationError, verify_webhook
from verax_client._names import PATHS

COMPLETED = {"where": {"status": "completed"}}


@pytest.fixture
def verax(make: Any) -> Any:
    return make(os.environ["VERAX_URL"], os.environ["VERAX_TOKEN"])


def test_a_page_has_what_was_asked_for_and_relations_as_records(verax: Any) -> None:
    page = verax.biometric_validations.list(
        {**COMPLETED, "sort": "-createdAt", "perPage": 2, "populates": ["client", "project"]}
    )
    assert 0 < len(page.data) <= 2
    assert {it["status"] for it in page.data} == {"completed"}
    assert {it["client"]["name"] for it in page.data} == {"Example Client"}
    assert page.pagination["total"] == verax.biometric_validations.count(COMPLETED)


def test_pages_by_cursors_a_stream_and_a_count_tell_of_the_same_records(verax: Any) -> None:
    walked = [it["_id"] for it in verax.biometric_validations.iterate({"perPage": 7})]
    assert len(set(walked)) == verax.biometric_validations.count()
    assert [it["_id"] for it in verax.biometric_validations.stream()] == walked


def test_each_list_is_where_the_client_looks_for_it(verax: Any) -> None:
    closed = []
    for name in PATHS:
        try:
            assert getattr(verax, name).count() >= 0
        except VeraxError as error:
            assert error.status == 403, error
            closed.append(name)
    assert closed == ["project_members", "reviews", "accesses"]


def test_an_error_has_a_code_and_every_problem(verax: Any) -> None:
    with pytest.raises(VeraxError) as missing:
        verax.document_liveness.get("nobody")
    assert (missing.value.status, missing.value.code) == (404, "DOCUMENT_LIVENESS_NOT_FOUND")
    assert missing.value.request_id
    with pytest.raises(VeraxError) as wrong:
        verax.biometric_validations.list({"where": {"statu": "x"}, "perPage": 1000, "params": {"typo": 1}})
    assert wrong.value.code == "INVALID_PARAMETERS"
    assert {it.parameter for it in wrong.value.problems} == {"where_statu", "perPage", "typo"}
    with pytest.raises(VeraxError, match="^401 ") as strange:
        verax.with_token("nonsense").projects.list()
    assert "nonsense" not in str(strange.value)


def test_a_record_is_made_changed_and_deleted(verax: Any) -> None:
    made = verax.projects.create({"name": "Python"})
    assert verax.projects.change(made["_id"], {"name": "Python 3"})["name"] == "Python 3"
    assert verax.projects.get(made["_id"], {"columns": ["name"]}) == {"_id": made["_id"], "name": "Python 3"}
    verax.projects.delete(made["_id"])
    with pytest.raises(VeraxError, match="^404 "):
        verax.projects.get(made["_id"])


def test_what_is_sent_twice_under_one_key_is_done_once(verax: Any) -> None:
    key = f"python-{uuid.uuid4()}"
    first, second = [verax.projects.create({"name": "Once"}, idempotency_key=key) for _ in range(2)]
    assert first["_id"] == second["_id"]
    with pytest.raises(VeraxError, match="IDEMPOTENCY_KEY_REUSED"):
        verax.projects.create({"name": "Twice"}, idempotency_key=key)


def test_a_document_is_checked(verax: Any) -> None:
    check = verax.document_liveness.create({"image": pathlib.Path(os.environ["VERAX_CARD"]).read_bytes()})
    assert check["status"] == "completed"
    assert 0 <= check["validationResults"]["screenReplay"]["score"] <= 1


def test_any_other_call_can_be_made(verax: Any) -> None:
    assert verax.request("GET", "/v2/clients/me")["data"]["name"] == "Example Client"


def test_the_feed_gives_one_event_after_the_other(verax: Any) -> None:
    assert [it["number"] for it in itertools.islice(verax.follow_events(0), 3)] == [1, 2, 3]


@pytest.fixture
def deliveries() -> Iterator[Any]:
    came: queue.Queue[Any] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.put((dict(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", came
    server.shutdown()
    server.server_close()


def test_what_the_server_delivers_is_verified(verax: Any, deliveries: Any) -> None:
    url, came = deliveries
    hook = verax.webhooks.create({"url": url, "format": "standard", "eventTypes": ["project.created"]})
    try:
        project = verax.projects.create({"name": "Delivered"})
        headers, body = came.get(timeout=30)
        for key in (hook["secret"], hook["publicKey"]):
            event = verify_webhook(body, headers, key)
            assert (event["type"], event["data"]["id"]) == ("project.created", project["_id"])
        with pytest.raises(WebhookVerificationError):
            verify_webhook(body, headers, "whsec_" + "A" * 32)
        verax.request("POST", f"/v2/webhooks/{hook['_id']}/rotate", body={"overlapHours": 1})
        verax.projects.create({"name": "Delivered"})
        headers, body = came.get(timeout=30)
        assert verify_webhook(body, headers, hook["secret"])["type"] == "project.created"
    finally:
        verax.webhooks.delete(hook["_id"])
