"""A small IPP client (encoding: RFC 8010, operations: RFC 8011): asks a printer itself what no spooler can answer.

``encode`` and ``decode`` do no I/O. A decoded group is a mapping of attribute names to the list of their values:
integers and enums are ``int``, booleans ``bool``, ranges and resolutions tuples, collections nested mappings,
octetStrings and texts ``str``, out-of-band values ("unknown", "no-value") ``None``.
"""

from __future__ import annotations

import http.client
import itertools
import ssl
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

Value = bool | int | str | tuple[int, ...] | None | Mapping[str, list["Value"]]
Attributes = Mapping[str, list[Value]]

ANSWER_MOST = 8 * 1024 * 1024
_DEEPEST_COLLECTION = 16


class Operation(IntEnum):
    PRINT_JOB = 0x02
    CANCEL_JOB = 0x08
    GET_JOB_ATTRIBUTES = 0x09
    GET_JOBS = 0x0A
    GET_PRINTER_ATTRIBUTES = 0x0B


class Tag(IntEnum):
    """Delimiter and value tags, RFC 8010 §3.5."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    LAST_DELIMITER = 0x0F
    LAST_OUT_OF_BAND = 0x1F
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    DATE_TIME = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_LANGUAGE = 0x35
    NAME_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER_NAME = 0x4A


class IppError(Exception):
    """The printer could not be asked, or what it said is of no use."""


class Unreachable(IppError):
    """No answer: nobody there, or silent for too long."""


class Malformed(IppError):
    """The answer is not IPP."""


class Refused(IppError):
    """The printer answered with an error ``status`` (RFC 8011 §B)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"IPP status 0x{status:04x}")
        self.status = status


NOT_FOUND = 0x0406
NOT_POSSIBLE = 0x0404
_FIRST_ERROR = 0x0400


@dataclass(frozen=True)
class Field:
    """One attribute of a request."""

    tag: Tag
    name: str
    values: Sequence[str | int | bool]


@dataclass(frozen=True)
class Message:
    """A decoded message: ``code`` is an answer's status or a request's operation; groups as (tag, content)."""

    code: int
    request_id: int
    groups: tuple[tuple[int, Attributes], ...]

    def group(self, tag: Tag) -> list[Attributes]:
        return [content for found, content in self.groups if found == tag]


def encode(code: int, request_id: int, groups: Sequence[tuple[Tag, Sequence[Field]]]) -> bytes:
    """A message of IPP/1.1 without document data."""
    message = bytearray(struct.pack(">BBHI", 1, 1, code, request_id))
    for tag, fields in groups:
        message.append(tag)
        for field in fields:
            for position, value in enumerate(field.values):
                name = b"" if position else field.name.encode()
                raw = _raw(field.tag, value)
                message += struct.pack(">BH", field.tag, len(name)) + name + struct.pack(">H", len(raw)) + raw
    message.append(Tag.END)
    return bytes(message)


def _raw(tag: Tag, value: str | int | bool) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return struct.pack(">?", value) if tag == Tag.BOOLEAN else struct.pack(">i", value)


def decode(data: bytes) -> Message:
    """Raises Malformed, and nothing else, for anything that is not a whole message."""
    try:
        major, _, code, request_id = struct.unpack_from(">BBHI", data)
        if major not in (1, 2):
            raise Malformed(f"version {major}")
        return Message(code, request_id, tuple(_Reader(data, 8).groups()))
    except (struct.error, UnicodeDecodeError, IndexError) as broken:
        raise Malformed(str(broken)) from broken


class _Reader:
    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._at = start

    def groups(self) -> list[tuple[int, Attributes]]:
        found: list[tuple[int, Attributes]] = []
        content: dict[str, list[Value]] | None = None
        values: list[Value] | None = None
        while (tag := self._byte()) != Tag.END:
            if tag <= Tag.LAST_DELIMITER:
                content, values = {}, None
                found.append((tag, content))
                continue
            if content is None:
                raise Malformed("a value outside any group")
            name = self._chunk().decode()
            if name:
                values = content.setdefault(name, [])
            if values is None:
                raise Malformed("a value without a name")
            values.append(self._value(tag, self._chunk(), 0))
        return found

    def _collection(self, depth: int) -> Mapping[str, list[Value]]:
        if depth > _DEEPEST_COLLECTION:
            raise Malformed("collections nested too deep")
        members: dict[str, list[Value]] = {}
        values: list[Value] | None = None
        while True:
            tag, _, raw = self._byte(), self._chunk(), self._chunk()
            if tag == Tag.END_COLLECTION:
                return members
            if tag <= Tag.LAST_DELIMITER:
                raise Malformed("a collection without an end")
            if tag == Tag.MEMBER_NAME:
                values = members.setdefault(raw.decode(), [])
            elif values is None:
                raise Malformed("a member without a name")
            else:
                values.append(self._value(tag, raw, depth + 1))

    def _value(self, tag: int, raw: bytes, depth: int) -> Value:
        if tag <= Tag.LAST_OUT_OF_BAND:
            return None
        match tag:
            case Tag.INTEGER | Tag.ENUM:
                return int(struct.unpack(">i", raw)[0])
            case Tag.BOOLEAN:
                return bool(struct.unpack(">?", raw)[0])
            case Tag.RANGE:
                return tuple(struct.unpack(">ii", raw))
            case Tag.RESOLUTION:
                return tuple(struct.unpack(">iib", raw))
            case Tag.DATE_TIME:
                return raw.hex()
            case Tag.TEXT_LANGUAGE | Tag.NAME_LANGUAGE:
                inner = _Reader(raw, 0)
                inner._chunk()
                return inner._chunk().decode("utf-8", "replace")
            case Tag.BEGIN_COLLECTION:
                return self._collection(depth)
            case _:
                return raw.decode("utf-8", "replace")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _chunk(self) -> bytes:
        (length,) = struct.unpack_from(">H", self._data, self._at)
        chunk = self._data[self._at + 2 : self._at + 2 + length]
        if len(chunk) < length:
            raise Malformed("cut off")
        self._at += 2 + length
        return chunk


class IppPrinter:
    """Asks the printer at ``uri`` (ipp:// or ipps://). Every call blocks for at most about ``timeout`` seconds.

    All calls raise Unreachable, Malformed or Refused. Not for use by two threads at once.
    """

    def __init__(self, uri: str, timeout: float, user: str = "kiosk") -> None:
        self.uri = uri
        self._timeout = timeout
        self._user = user
        self._ids = itertools.count(1)

    def attributes(self, *names: str) -> Attributes:
        """Get-Printer-Attributes; all of them without ``names``."""
        answer = self.ask(
            Operation.GET_PRINTER_ATTRIBUTES, Field(Tag.KEYWORD, "requested-attributes", names or ("all",))
        )
        return next(iter(answer.group(Tag.PRINTER)), {})

    def jobs(self, *names: str) -> list[Attributes]:
        """Get-Jobs, active and ended ones, as far back as the printer remembers."""
        answer = self.ask(
            Operation.GET_JOBS,
            Field(Tag.KEYWORD, "which-jobs", ("all",)),
            Field(Tag.KEYWORD, "requested-attributes", names or ("all",)),
        )
        return [job for job in answer.group(Tag.JOB) if job]

    def cancel(self, job_id: int) -> None:
        """Cancel-Job. A job that has ended already is no error."""
        try:
            self.ask(Operation.CANCEL_JOB, Field(Tag.INTEGER, "job-id", (job_id,)))
        except Refused as refusal:
            if refusal.status not in (NOT_FOUND, NOT_POSSIBLE):
                raise

    def ask(self, operation: Operation, *fields: Field, document: bytes = b"") -> Message:
        """One request and its answer. Raises IppError: Refused for a status that is an error."""
        which = [field for field in fields if field.name == "job-id"]
        common = [
            Field(Tag.CHARSET, "attributes-charset", ("utf-8",)),
            Field(Tag.LANGUAGE, "attributes-natural-language", ("en",)),
            Field(Tag.URI, "printer-uri", (self.uri,)),
            *which,
            Field(Tag.NAME, "requesting-user-name", (self._user,)),
        ]
        rest = [field for field in fields if field not in which]
        answer = decode(self._post(encode(operation, next(self._ids), [(Tag.OPERATION, common + rest)]) + document))
        if answer.code >= _FIRST_ERROR:
            raise Refused(answer.code)
        return answer

    def _post(self, body: bytes) -> bytes:
        connection = self._connection()
        try:
            connection.request("POST", urlsplit(self.uri).path or "/", body, {"Content-Type": "application/ipp"})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise Malformed(f"HTTP status {answer.status}")
            return answer.read(ANSWER_MOST)
        except (OSError, http.client.HTTPException) as lost:
            raise Unreachable(str(lost)) from lost
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.uri)
        host, port = parts.hostname or "", parts.port or 631
        if parts.scheme == "ipps":
            # Printers sign their own certificates; the line is a cable inside the kiosk or a closed network.
            return http.client.HTTPSConnection(
                host,
                port,
                timeout=self._timeout,
                context=ssl._create_unverified_context(),  # noqa: S323
            )
        return http.client.HTTPConnection(host, port, timeout=self._timeout)
