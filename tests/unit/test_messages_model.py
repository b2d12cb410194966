"""Whatever order things are told in: each guest reads his own messages, each once, wherever he sleeps by then."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kiosk.hotel.errands import AnyErrand, MessageLeft, MessageRead, MessagesAsked, decode
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, MessageGone, MessageHere, NoMoreMessages, RollBegan
from kiosk.hotel.protocol import Guest
from tests.register_kit import House, everything_in, house, rules

ROOMS = ("0101", "0102")


@dataclass
class Hotel:
    """A hotel system that keeps messages by guest, and takes nothing for a guest whose room is another."""

    at: House
    waiting: dict[str, dict[str, str]] = field(default_factory=dict)
    meant: dict[str, set[str]] = field(default_factory=dict)
    """Every text that was ever for a guest."""
    read_texts: set[str] = field(default_factory=set)
    gone_texts: set[str] = field(default_factory=set)
    """Of guests who have left: whoever left them may have been told, but no file remembers."""
    there: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)
    """Of messages left at the kiosk of which nobody knew whether they had arrived."""
    numbers: count = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.at.rooms = {}
        for stay, room in (("1", ROOMS[0]), ("2", ROOMS[0]), ("3", ROOMS[1])):
            self._comes(stay, room)

    def _comes(self, stay: str, room: str) -> None:
        self.at.rooms[stay] = room
        self.waiting[stay], self.meant[stay] = {}, set()

    def stay(self, index: int) -> str:
        return list(self.at.rooms)[index]

    def text(self, stay: str) -> str:
        text = f"words-{next(self.numbers)}-for-{stay}."
        self.meant[stay].add(text)
        return text

    def arrives(self, stay: str, text: str) -> None:
        """A message is in the hotel system."""
        if text in self.there:
            self.twice.add(text)
        self.there.add(text)
        self.waiting[stay][f"M{next(self.numbers)}"] = text

    def tell(self, index: int) -> None:
        """Each message that waits, perhaps not for the first time (XL, XT)."""
        self._tell(self.stay(index))

    def _tell(self, stay: str) -> None:
        room = self.at.rooms[stay]
        self.at.board.told([MessageHere(room, stay, id, text) for id, text in self.waiting[stay].items()])

    def at_reception(self, index: int, *, told: bool) -> None:
        self.arrives(stay := self.stay(index), self.text(stay))
        if told:
            self._tell(stay)

    def at_kiosk(self, index: int) -> None:
        stay = self.stay(index)
        found = (Guest(self.at.rooms[stay], stay, "Example"),)
        self.at.register.messages.leave(found, "Example", self.text(stay), "v1", "en")

    def delete(self, index: int) -> None:
        stay = self.stay(index)
        for id in list(self.waiting[stay])[:1]:
            del self.waiting[stay][id]
            self.at.board.told([MessageGone(self.at.rooms[stay], stay, id)])

    def read(self, which: int, *, in_old_room: bool) -> None:
        """Somebody reads one; ``in_old_room``: he was moved while reading."""
        messages = self.at.register.messages
        there = [
            (stay, room, message) for stay, room in self.at.rooms.items() for message in messages.waiting(room, stay)
        ]
        for stay, room, message in there[which : which + 1]:
            messages.read("0199" if in_old_room else room, stay, message.number)
            self.read_texts.add(message.text)

    def link(self, fate: str) -> None:
        errands = self.at.board.errands
        delivery = errands.next_due()
        if delivery is None:
            return
        errands.begin(delivery)
        if fate != "lost":
            self._take(decode(delivery.payload))
        if fate == "done":
            errands.delivered(delivery, "")
        else:
            errands.again(delivery, "timeout", 5)

    def _take(self, errand: AnyErrand) -> None:
        assert isinstance(errand, MessageLeft | MessageRead | MessagesAsked)
        stay = errand.reservation
        if self.at.rooms.get(stay) != errand.room:
            return
        match errand:
            case MessageLeft(text=text):
                self.arrives(stay, text)
            case MessageRead(id=id):
                if self.waiting[stay].pop(id, None) is not None:
                    self.at.board.told([MessageGone(errand.room, stay, id)])
            case MessagesAsked():
                self._tell(stay)
                self.at.board.told([NoMoreMessages(errand.room, stay)])

    def move(self, index: int, told: str) -> None:
        stay = self.stay(index)
        old = self.at.rooms[stay]
        room = ROOMS[old == ROOMS[0]]
        if told == "roll":
            del self.at.rooms[stay]
            alone = old not in self.at.rooms.values()
            self.at.board.told([RollBegan(), *[GuestOut(old)] * alone])
            self.at.register.sweep(self.at.room_of)
        self.at.rooms[stay] = room
        if told == "messages first":
            self._tell(stay)
        self.at.board.told([GuestIn(room, stay) if told == "roll" else GuestChanged(room, stay, {}, old)])

    def out(self, index: int) -> None:
        stay = self.stay(index)
        room = self.at.rooms.pop(stay)
        self._comes(f"new{next(self.numbers)}", room)
        del self.waiting[stay]
        self.gone_texts |= self.meant[stay]
        self.at.board.told([GuestOut(room, stay)])

    def clock(self, seconds: int) -> None:
        self.at.clock.move(seconds=seconds)

    def restart(self) -> None:
        self.at.restart()

    def seen(self, stay: str) -> list[str]:
        return sorted(one.text for one in self.at.register.messages.waiting(self.at.rooms[stay], stay))

    def each_reads_what_is_his_once(self) -> None:
        for stay in self.at.rooms:
            assert set(self.seen(stay)) <= self.meant[stay]
            assert (self.read_texts - self.twice).isdisjoint(self.seen(stay))

    def drain(self) -> None:
        while self.at.board.errands.next_due():
            self.link("done")


STAYS = st.integers(0, 2)
STEP = st.one_of(
    *(st.tuples(st.just(verb), STAYS) for verb in ("tell", "at_kiosk", "delete", "out")),
    st.tuples(st.just("at_reception"), STAYS, st.booleans()),
    st.tuples(st.just("read"), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("link"), st.sampled_from(["done", "done", "lost", "arrived"])),
    st.tuples(st.just("move"), STAYS, st.sampled_from(["moved", "messages first", "roll"])),
    st.tuples(st.just("clock"), st.sampled_from([-10, 6])),
    st.just(("restart",)),
)

TOLD = [("at_reception", 0, True)]
READ = [*TOLD, ("read", 0, False)]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
@example([*READ, ("move", 0, "moved")])
@example([*READ, ("move", 0, "messages first")])
@example([*READ, ("move", 0, "roll")])
@example([*READ, ("link", "arrived"), ("move", 0, "moved"), ("link", "lost"), ("restart",)])
@example([*TOLD, ("read", 0, True), ("out", 0)])
def test_each_guest_reads_his_own_messages_and_each_once(steps):
    with TemporaryDirectory() as folder, house(Path(folder), rules()) as at:
        hotel = Hotel(at)
        for verb, *given_with in steps:
            match verb:
                case "read":
                    hotel.read(given_with[0], in_old_room=given_with[1])
                case "at_reception":
                    hotel.at_reception(given_with[0], told=given_with[1])
                case _:
                    getattr(hotel, verb)(*given_with)
            hotel.each_reads_what_is_his_once()
        at.clock.move(minutes=1)
        for stay, room in at.rooms.items():
            at.register.messages.ask(room, stay)
        hotel.drain()
        hotel.each_reads_what_is_his_once()
        for stay in at.rooms:
            assert hotel.seen(stay) == sorted(hotel.waiting[stay].values()), "what waits is read here"
        at.register.db.cut_log()
        kept = everything_in(Path(folder))
        assert not [text for text in hotel.gone_texts if text.encode() in kept]
