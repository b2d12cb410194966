"""Holds what goes over the wire against what a maker has published: an adapter's requests, and a far side's answers.

The facts are in tables of our own (``published_ohip``, ``published_apaleo``), of the operations and members that are
used. What is not in a table has not been looked up, and counts as a violation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Shape = Any
"""A scalar's name: "string" (with "<=20" of so many characters), "number", "integer" or "boolean"; a tuple: one of
these strings; a list of one shape: any number of those; a dict: an object with these members, "!" after those it must
have.
"""
UNREAD: Shape = object()
"""Whatever it is."""

_STRING = re.compile(r"string(?:<=(\d+))?")
_KINDS: dict[str, tuple[type, ...]] = {"number": (int, float), "integer": (int,), "boolean": (bool,)}


def deviations(shape: Shape, value: object, where: str = "$") -> Iterator[str]:
    """What of ``value`` is not as ``shape`` says, each with its place."""
    match shape:
        case dict():
            yield from _members(shape, value, where)
        case tuple():
            if value not in shape:
                yield f"{where} is none of {', '.join(shape)}"
        case [element]:
            if not isinstance(value, list):
                yield f"{where} is no array"
                return
            for number, each in enumerate(value):
                yield from deviations(element, each, f"{where}[{number}]")
        case str():
            yield from _scalar(shape, value, where)


def _members(shape: Mapping[str, Shape], value: object, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    known = {name.removesuffix("!"): inner for name, inner in shape.items()}
    yield from (f"{where}.{name} is missing" for name in known if f"{name}!" in shape and name not in value)
    for name, inner in value.items():
        if name in known:
            yield from deviations(known[name], inner, f"{where}.{name}")
        else:
            yield f"{where}.{name} is unheard of"


def _scalar(shape: str, value: object, where: str) -> Iterator[str]:
    if text := _STRING.fullmatch(shape):
        if not isinstance(value, str):
            yield f"{where} is no string"
        elif text[1] and len(value) > int(text[1]):
            yield f"{where} is longer than {text[1]}"
    elif not isinstance(value, _KINDS[shape]) or (isinstance(value, bool) and shape != "boolean"):
        yield f"{where} is no {shape}"


@dataclass(frozen=True)
class Operation:
    """``path`` with {names}; ``query``, ``form`` like an object's members; ``answers`` by status, None for no body."""

    id: str
    method: str
    path: str
    query: Mapping[str, Shape] = field(default_factory=dict)
    headers: frozenset[str] = frozenset()
    body: Shape = None
    form: Mapping[str, Shape] | None = None
    answers: Mapping[int, Shape] = field(default_factory=dict)

    def serves(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


@dataclass(frozen=True)
class Published:
    """``refusal`` is the body of a 4xx, where it has one."""

    operations: tuple[Operation, ...]
    refusal: Shape

    def operation(self, method: str, path: str) -> Operation | None:
        return next((each for each in self.operations if each.serves(method, path)), None)


class Witness:
    """Stands before ``app``: ``violations`` are collected, ``seen`` are the operations that were used."""

    def __init__(self, app: ASGIApp, published: Published) -> None:
        self._app = app
        self._published = published
        self.violations: list[str] = []
        self.seen: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._published.operation(scope["method"], scope["path"])
        if operation is None:
            self.violations.append(f"{scope['method']} {scope['path']} is no operation")
            await self._app(scope, receive, send)
            return
        self.seen.add(operation.id)
        self._note(operation.id, _asked_wrongly(operation, scope))
        asked, answered = bytearray(), bytearray()
        status = 0

        async def reading() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                asked.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self._note(operation.id, _sent_wrongly(operation, bytes(asked)))
            return message

        async def writing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                answered.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self._note(f"{operation.id} {status}", self._answered_wrongly(operation, status, bytes(answered)))
            await send(message)

        await self._app(scope, reading, writing)

    def _note(self, where: str, found: Iterator[str]) -> None:
        self.violations.extend(f"{where}: {each}" for each in found)

    def _answered_wrongly(self, operation: Operation, status: int, body: bytes) -> Iterator[str]:
        if status >= 400:
            if body:
                yield from deviations(self._published.refusal, json.loads(body))
        elif status not in operation.answers:
            yield "is no answer to it"
        elif operation.answers[status] is not None:
            yield from deviations(operation.answers[status], json.loads(body))


def _asked_wrongly(operation: Operation, scope: Scope) -> Iterator[str]:
    headers = {name.decode() for name, _ in scope["headers"]}
    yield from (f"header {name} is missing" for name in sorted(operation.headers - headers))
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    shapes = {name.removesuffix("!"): shape for name, shape in operation.query.items()}
    yield from deviations(operation.query, {name: _read(shapes.get(name), said) for name, said in query.items()}, "?")


def _sent_wrongly(operation: Operation, body: bytes) -> Iterator[str]:
    if operation.form is not None:
        yield from deviations(operation.form, dict(parse_qsl(body.decode())))
    elif operation.body is not None:
        yield from deviations(operation.body, json.loads(body))
    elif body:
        yield "takes no body"


def _read(shape: Shape, said: str) -> object:
    """Of a query, where all is text."""
    match shape:
        case "boolean" if said in ("true", "false"):
            return said == "true"
        case "integer" if said.isdecimal():
            return int(said)
    return said
