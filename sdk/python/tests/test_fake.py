"""The client against a server that says no, says nothing, and goes away."""

from __future__ import annotations

import base64
import itertools
import json
import pickle
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import Fake, vectors
from verax_client import Verax, VeraxError, VeraxNetworkError, VeraxTimeoutError

TOKEN = "secret-token"
BUSY = {"status": 503, "headers": {"retry-after": "0"}, "body": {"code": "UNAVAILABLE", "error": "busy"}}
HOOK = {"url": "https://hooks.example.com"}


@pytest.fixture
def verax(make: Any, fake: Fake) -> Any:
    return make(fake.url, TOKEN)


def test_a_read_is_tried_again_when_the_server_is_busy(verax: Any, fake: Fake) -> None:
    fake.answers = [BUSY, BUSY, {}]
    verax.events.get("a")
    assert [it["headers"]["authorization"] for it in fake.requests] == [f"Bearer {TOKEN}"] * 3


def test_and_not_more_often_than_it_may_be(verax: Any, fake: Fake) -> None:
    fake.answers = [BUSY] * 4
    with pytest.raises(VeraxError, match="^503 UNAVAILABLE: busy$"):
        verax.events.get("a")
    assert len(fake.requests) == 3


def test_a_read_whose_connection_is_cut_is_tried_again(verax: Any, fake: Fake) -> None:
    fake.answers = ["cut", {"cut": True}, {}]
    verax.events.get("a")
    assert len(fake.requests) == 3


def test_a_503_that_does_not_say_when_is_not_tried_again(verax: Any, fake: Fake) -> None:
    fake.answers = [{**BUSY, "headers": {}}, {}]
    with pytest.raises(VeraxError) as failed:
        verax.events.get("a")
    assert failed.value.retry_after is None and len(fake.requests) == 1


def test_nobody_waits_for_an_hour(verax: Any, fake: Fake) -> None:
    fake.answers = [{"status": 429, "headers": {"retry-after": "3600"}, "body": {"code": "TOO_MANY_REQUESTS"}}, {}]
    with pytest.raises(VeraxError) as failed:
        verax.events.get("a")
    assert (failed.value.code, failed.value.retry_after) == ("TOO_MANY_REQUESTS", 3600)
    assert len(fake.requests) == 1


def test_a_post_keeps_its_key_over_all_tries(verax: Any, fake: Fake) -> None:
    fake.answers = ["cut", BUSY, {}, {}, {}]
    verax.webhooks.create(HOOK)
    verax.webhooks.create(HOOK)
    verax.webhooks.create(HOOK, idempotency_key="order-7")
    first, *again, other, given = [it["headers"]["idempotency-key"] for it in fake.requests]
    assert len(first) == 32 and again == [first, first] and other != first and given == "order-7"
    assert {it["body"] for it in fake.requests} == {json.dumps(HOOK)}


@pytest.mark.parametrize(
    "call",
    [
        lambda verax: verax.webhooks.change("a", {"name": "x"}),
        lambda verax: verax.webhooks.delete("a"),
        lambda verax: verax.with_token(None).request("POST", "/v2/email-validations", body={}),
    ],
    ids=["a change", "a deletion", "a POST without a token"],
)
def test_what_may_be_done_once_is_never_tried_again(verax: Any, fake: Fake, call: Any) -> None:
    fake.answers = [BUSY, {}]
    with pytest.raises(VeraxError):
        call(verax)
    assert len(fake.requests) == 1


def test_an_error_has_every_problem_and_its_print_no_person_and_no_token(verax: Any, fake: Fake) -> None:
    details = [
        {"parameter": "where_statu", "message": "unknown field `statu`"},
        {"parameter": "perPage", "message": "must be between 1 and 100"},
    ]
    body = {"error": "Invalid query parameters", "code": "INVALID_PARAMETERS", "details": details}
    body["data"] = {"name": "Jo Doe"}
    fake.answers = [{"status": 400, "headers": {"x-request-id": "r1"}, "body": body}]
    with pytest.raises(VeraxError) as failed:
        verax.events.list()
    error = failed.value
    assert (error.status, error.code, error.request_id) == (400, "INVALID_PARAMETERS", "r1")
    assert [it._asdict() for it in error.problems] == details
    assert str(error).startswith("400 INVALID_PARAMETERS: Invalid query parameters (where_statu: unknown field")
    assert error.body["data"]["name"] == "Jo Doe"
    assert "Jo Doe" not in repr(error) + str(error) and "secret" not in repr(error)
    assert pickle.loads(pickle.dumps(error)).code == "INVALID_PARAMETERS"


@pytest.mark.parametrize("status", [200, 307, 502])
def test_what_is_no_answer_of_the_api_is_an_error_without_a_code(verax: Any, fake: Fake, status: int) -> None:
    fake.answers = [{"status": status, "headers": {"location": "http://127.0.0.1:1"}, "body": "<html>"}]
    with pytest.raises(VeraxError) as failed:
        verax.events.list()
    assert (failed.value.status, failed.value.code) == (status, None)
    assert len(fake.requests) == 1


def test_silence_is_a_timeout(make: Any, fake: Fake) -> None:
    fake.answers = ["silence", "silence"]
    with pytest.raises(VeraxTimeoutError, match=r"^POST /v2/webhooks: no answer in time"):
        make(fake.url, TOKEN, timeout_seconds=0.2, retries=1).webhooks.create(HOOK)
    assert len(fake.requests) == 2


def test_nobody_there_is_a_network_error_without_an_address_or_a_token(make: Any, fake: Fake) -> None:
    verax = make("http://127.0.0.1:1", TOKEN, retries=0)
    with pytest.raises(VeraxNetworkError) as failed:
        verax.app_registrations.list({"where": {"email": "jo@example.com"}})
    assert str(failed.value) == "GET /v2/app-registrations: ConnectError"
    assert failed.value.__cause__ is None and failed.value.__suppress_context__


def test_a_token_that_is_made_anew_is_asked_for_before_each_try(make: Any, fake: Fake) -> None:
    fake.answers = [BUSY, {}]
    numbers = itertools.count(1)
    make(fake.url, lambda: f"token-{next(numbers)}").events.get("a")
    assert [it["headers"]["authorization"] for it in fake.requests] == ["Bearer token-1", "Bearer token-2"]


def test_a_print_of_the_client_does_not_show_the_token(verax: Any, make: Any, fake: Fake) -> None:
    assert "secret" not in repr(verax) + str(verax) + repr(verax.events)
    with pytest.raises(ValueError) as failed:
        make(fake.url, "secret\ntoken").events.list()
    assert "secret" not in str(failed.value)


def test_cursors_are_followed_to_the_end(verax: Any, fake: Fake) -> None:
    page = lambda data, cursor: {"body": {"data": data, "pagination": {"nextCursor": cursor}}}  # noqa: E731
    fake.answers = [page([1, 2], "c2"), page([3], None), page([4], "c")]
    assert list(verax.events.iterate({"where": {"type": "webhook.created"}})) == [1, 2, 3]
    first = "/v2/events?perPage=100&where_type=webhook.created&skipTotal=true&cursor="
    assert [it["url"] for it in fake.requests] == [first + "%2A", first + "c2"]
    assert next(iter(verax.events.iterate())) == 4
    assert len(fake.requests) == 3


def test_a_stream_gives_each_line_and_a_cut_one_is_no_end(verax: Any, fake: Fake) -> None:
    lines = '{"_id":"a","name":"é"}\n{"_id":"b"}\n'
    fake.answers = [BUSY, {"body": lines}, {"body": lines, "cut": True}]
    assert [it["_id"] for it in verax.events.stream()] == ["a", "b"]
    assert fake.requests[1]["headers"]["accept"] == "application/x-ndjson"
    records = []
    with pytest.raises(VeraxNetworkError):
        for record in verax.events.stream():
            records.append(record["_id"])
    assert records == ["a", "b"]


def test_bytes_become_base64_wherever_they_are(verax: Any, fake: Fake) -> None:
    fake.answers = [{}]
    content = bytes(range(256)) * 400
    verax.persons.create({"name": "José", "images": [content, "text"], "date_of_birth": date(2000, 1, 31)})
    text = base64.b64encode(content).decode()
    sent = json.loads(fake.requests[0]["body"])
    assert sent == {"name": "José", "images": [text, "text"], "date_of_birth": "2000-01-31"}


def test_what_is_no_id_no_path_and_no_base_url_goes_nowhere(verax: Any, make: Any, fake: Fake) -> None:
    for id in ["", "..", "a/b", "a?b", "a\n", "a" * 65]:
        with pytest.raises(ValueError):
            verax.events.get(id)
    with pytest.raises(ValueError):
        verax.request("GET", "@example.com")
    for url in ["http://user:secret@example.com", "example.com", "file:///etc/passwd"]:
        with pytest.raises(ValueError) as failed:
            Verax(url)
        assert "secret" not in str(failed.value)
    assert fake.requests == []


def test_a_base_url_may_have_a_path(make: Any, fake: Fake) -> None:
    fake.answers = [{}]
    make(fake.url + "/verax/", TOKEN).request("GET", "/v2/clients/me", query={"a": [1, 2], "b": None})
    assert fake.requests[0]["url"] == "/verax/v2/clients/me?a=1&a=2"


@pytest.mark.parametrize("case", vectors("queries"), ids=lambda it: ",".join(it["query"]) or "nothing")
def test_each_query_is_written_as_it_must_be(verax: Any, fake: Fake, case: Any) -> None:
    from urllib.parse import parse_qsl, urlsplit

    fake.answers = [{"body": {"data": [], "pagination": {}}}]
    verax.biometric_validations.list(case["query"])
    asked = parse_qsl(urlsplit(fake.requests[0]["url"]).query, keep_blank_values=True)
    assert [list(it) for it in asked] == case["params"]


def test_a_moment_needs_a_time_zone(verax: Any, fake: Fake) -> None:
    fake.answers = [{"body": {"data": [], "pagination": {}}}]
    zone = timezone(timedelta(hours=-5))
    verax.events.list({"atLeast": {"createdAt": datetime(2026, 12, 1, 5, 30, tzinfo=zone)}})
    assert fake.requests[0]["url"] == "/v2/events?whereGTE_createdAt=2026-12-01T10%3A30%3A00Z"
    with pytest.raises(ValueError):
        verax.events.list({"atLeast": {"createdAt": datetime(2026, 12, 1)}})
