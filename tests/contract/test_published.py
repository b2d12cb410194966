"""That the comparison with what was published can fail, and that nothing of it stands there unused."""

from __future__ import annotations

import pytest

from tests.contract.published import Operation, Published, Witness, deviations

SHAPE = {
    "id!": "string<=3",
    "kind": ("A", "B"),
    "lines": [{"amount!": "number", "times": "integer", "open": "boolean"}],
}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"id": "abc", "kind": "B", "lines": [{"amount": 1.5, "times": 2, "open": True}, {"amount": 1}]}, []),
        ({"kind": "A"}, ["$.id is missing"]),
        ({"id": "abcd"}, ["$.id is longer than 3"]),
        ({"id": 7}, ["$.id is no string"]),
        ({"id": "a", "kind": "C"}, ["$.kind is none of A, B"]),
        ({"id": "a", "colour": "red"}, ["$.colour is unheard of"]),
        ({"id": "a", "lines": {}}, ["$.lines is no array"]),
        ({"id": "a", "lines": [[]]}, ["$.lines[0] is no object"]),
        ({"id": "a", "lines": [{"amount": "1"}]}, ["$.lines[0].amount is no number"]),
        ({"id": "a", "lines": [{"amount": True}]}, ["$.lines[0].amount is no number"]),
        ({"id": "a", "lines": [{"amount": 1, "times": 1.5}]}, ["$.lines[0].times is no integer"]),
        ({"id": "a", "lines": [{"amount": 1, "open": 1}]}, ["$.lines[0].open is no boolean"]),
    ],
)
def test_what_is_not_as_published_is_named_with_its_place(value, found):
    assert list(deviations(SHAPE, value)) == found


PUBLISHED = Published(
    (
        Operation(
            "look", "GET", "/a/{id}", {"page": "integer"}, frozenset({"x-key"}), answers={200: {"id!": "string"}}
        ),
        Operation("put", "PUT", "/a/{id}", body={"id!": "string"}, answers={204: None}),
    ),
    refusal={"title!": "string"},
)


async def seen(method: str, path: str, *, query: bytes = b"", sent: bytes = b"", status: int = 200, body: bytes = b""):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def receive():
        return {"type": "http.request", "body": sent}

    async def send(message):
        pass

    witness = Witness(app, PUBLISHED)
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": [(b"x-key", b"k")]}
    await witness(scope, receive, send)
    return witness.violations


@pytest.mark.parametrize(
    ("request_and_answer", "violations"),
    [
        ({"method": "GET", "path": "/a/1", "query": b"page=2", "body": b'{"id":"1"}'}, []),
        ({"method": "GET", "path": "/b", "body": b"{}"}, ["GET /b is no operation"]),
        (
            {"method": "GET", "path": "/a/1", "query": b"page=two", "body": b'{"id":"1"}'},
            ["look: ?.page is no integer"],
        ),
        ({"method": "GET", "path": "/a/1", "body": b"{}"}, ["look 200: $.id is missing"]),
        ({"method": "GET", "path": "/a/1", "status": 201}, ["look 201: is no answer to it"]),
        ({"method": "GET", "path": "/a/1", "status": 400, "body": b"{}"}, ["look 400: $.title is missing"]),
        ({"method": "GET", "path": "/a/1", "status": 500}, []),
        ({"method": "PUT", "path": "/a/1", "sent": b"{}", "status": 204}, ["put: $.id is missing"]),
    ],
)
async def test_requests_and_answers_are_both_looked_at(request_and_answer, violations):
    assert await seen(**request_and_answer) == violations


async def test_a_missing_header_is_told():
    witness = Witness(None, PUBLISHED)

    async def app(scope, receive, send):
        pass

    witness._app = app
    await witness({"method": "GET", "path": "/a/1", "query_string": b"", "headers": []}, None, None)
    assert witness.violations == ["look: header x-key is missing"]
