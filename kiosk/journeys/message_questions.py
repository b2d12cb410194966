"""What the message journey asks and shows. The journey itself is in messages.py.

Nobody learns whether somebody stays in the house: every message is accepted in the same words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import ClassVar

from kiosk.texts import texts
from kiosk.visit import Question

TEMPLATES = ("call-me", "in-the-lobby", "front-desk", "own-words")
"""Ready messages, worded by ``message.template.<name>``; "own-words" is what the guest types and nothing else."""
OWN_WORDS = "own-words"
LONGEST_NAME, LONGEST_SENDER, LONGEST_TEXT = 40, 40, 160
READING = ("identify", "read")
LEAVING = ("whom", "write", "confirm", "done")


class MessageWay(Enum):
    READ = "read"
    LEAVE = "leave"


@dataclass(frozen=True)
class ChooseMessageWay(Question[MessageWay]):
    """Read one's own messages, or leave one for somebody. ``unread`` is why none can be read here, a message key."""

    unread: str | None = None


@dataclass(frozen=True)
class MessageView:
    """``number`` is the station's; ``at`` local time, None where the hotel system does not say."""

    number: int
    text: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True)
class ReadMessages(Question[tuple[int, ...]]):
    """The guest's messages, newest last. The answer: numbers of those that were read and are done with.

    ``complete`` is False where the hotel system has not told them all just now: there may be more.
    """

    stage: ClassVar[str | None] = "read"
    messages: tuple[MessageView, ...]
    complete: bool = True


@dataclass(frozen=True)
class ForWhom(Question[str]):
    """The name of the guest the message is for; at most LONGEST_NAME characters."""

    stage: ClassVar[str | None] = "whom"
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Note:
    """A message as it was put together: a ready one or own words, and who it is from (a name, a telephone number)."""

    template: str
    sender: str = field(repr=False)
    text: str = field(default="", repr=False)


def words_of(note: Note, language: str) -> str:
    """The whole text as it is handed over in ``language``."""
    return texts(language)(f"message.template.{note.template}", sender=note.sender, text=note.text).strip()


@dataclass(frozen=True)
class WriteMessage(Question[Note]):
    """Choose a ready message or write one, and say who it is from. ``note`` is what was written before."""

    stage: ClassVar[str | None] = "write"
    note: Note | None = None


@dataclass(frozen=True)
class ConfirmMessage(Question[bool]):
    """Read ``note`` back. False: write again.

    It is handed over in the language in which it is confirmed, so the screen words it in its own.
    """

    stage: ClassVar[str | None] = "confirm"
    name: str = field(repr=False)
    note: Note
