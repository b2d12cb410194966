"""Whatever a hotel system tells, in whatever order: the cache ends like a model simple enough to be seen right."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hotel.guest_store import GuestStore
from kiosk.hotel.names import matches
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, KeyMade, KeyVoid, RollBegan, RollEnded

NAMES = ("EXAMPLE/ADA", "Two Bo", "张伟", "ZHANG WEI", "Three")
CARDS = ("04A1", "04B2")
UNTOLD = {"name": "", "vip": False, "shares": False}


@dataclass
class Model:
    """Guests with a number by number; the others by room and name. Each with the roll it was named in."""

    numbered: dict = field(default_factory=dict)
    others: dict = field(default_factory=dict)
    roll: int = 0
    called: bool = False
    cards: dict = field(default_factory=dict)
    """Those that may still lead to somebody: room and number by card."""
    gone: set = field(default_factory=set)
    """Numbers of those who were said to leave, and have not come back."""

    def restart(self):
        self.called = False

    def hear(self, news):
        before = {(guest[0], guest[1]) for guest in self.in_house()}
        self._hear(news)
        after = {(guest[0], guest[1]) for guest in self.in_house()}
        match news:
            case KeyMade(room, number, uid):
                self.cards[uid] = (room, number)
            case KeyVoid(room, number):
                self._end_cards(room, lambda owner: number in ("", owner))
            case GuestOut(_, number) if number or not self.called:
                self.gone |= {number for _, number in before - after} - {""}
        self.gone -= self.numbered.keys()
        for room, number in before - after:
            empty = room not in {other for other, _ in after}
            self._end_cards(room, lambda owner, number=number, empty=empty: empty or owner == number != "")

    def _end_cards(self, room, ended):
        self.cards = {
            uid: (where, owner) for uid, (where, owner) in self.cards.items() if where != room or not ended(owner)
        }

    def _hear(self, news):
        match news:
            case RollBegan():
                self.roll, self.called = self.roll + 1, True
            case RollEnded():
                if self.called:
                    self.called = False
                    for guests in (self.numbered, self.others):
                        for key in [key for key, guest in guests.items() if guest["roll"] < self.roll]:
                            del guests[key]
            case GuestIn(room, "", told):
                if (room, told.get("name", "")) not in self.others and not told.get("shares"):
                    self._empty(room)
                    self._end_cards(room, lambda owner: not owner)
                self._put(room, {**UNTOLD, **told})
            case GuestIn(room, number, told):
                self.numbered[number] = {**UNTOLD, **told, "room": room, "roll": self.roll}
            case GuestChanged(room, "", told, old_room):
                self._change(room, told, old_room or room)
            case GuestChanged(room, number, told):
                self.numbered[number] = {**self.numbered.get(number, UNTOLD), **told, "room": room, "roll": self.roll}
            case GuestOut(room, number):
                self.numbered = {
                    known: guest
                    for known, guest in self.numbered.items()
                    if guest["room"] != room or number not in ("", known)
                }
                if not number:
                    self._empty(room)

    def _change(self, room, told, old_room):
        there = [key for key in self.others if key[0] == old_room]
        if (old_room, told.get("name")) in there:
            meant = [(old_room, told["name"])]
        elif len(there) == 1 or "name" not in told:
            meant = there
        else:
            meant = []
        for guest in [self.others.pop(key) for key in meant]:
            self._put(room, {**guest, **told})
        if not meant:
            self._hear(GuestIn(room, "", told))

    def _put(self, room, guest):
        self.others[room, guest["name"]] = {**guest, "room": room, "roll": self.roll}

    def _empty(self, room):
        self.others = {key: guest for key, guest in self.others.items() if key[0] != room}

    def in_house(self):
        numbered = [(guest["room"], number, guest["name"], guest["vip"]) for number, guest in self.numbered.items()]
        return sorted(numbered + [(guest["room"], "", guest["name"], guest["vip"]) for guest in self.others.values()])


rooms = st.sampled_from(("1", "2", "03"))
numbers = st.sampled_from(("", "", "a", "b", "c"))
told = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from(NAMES), "vip": st.booleans(), "shares": st.booleans()}
)
news = st.one_of(
    st.builds(GuestIn, rooms, numbers, told),
    st.builds(GuestChanged, rooms, numbers, told, st.one_of(st.just(""), rooms)),
    st.builds(GuestOut, rooms, numbers),
    st.builds(KeyMade, rooms, numbers, st.sampled_from(CARDS), st.booleans()),
    st.builds(KeyVoid, rooms, numbers),
    st.builds(RollBegan),
    st.builds(RollEnded),
)
RESTART = "restart"
"""Of the process that writes, between two pieces of news."""


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.lists(news, max_size=6), st.just(RESTART)), max_size=6))
def test_any_interleaving_ends_in_the_same_house(told_in_pieces):
    model = Model()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "guests.db"
        with ExitStack() as life:
            store = life.enter_context(GuestStore(path))
            store.apply([RollBegan(), RollEnded()])
            for piece in told_in_pieces:
                if piece is RESTART:
                    store.close()
                    store = life.enter_context(GuestStore(path))
                    model.restart()
                    continue
                store.apply(piece)
                for one in piece:
                    model.hear(one)
            store.forget()
            everybody_is_where_the_model_has_them(store, model)
        names = {guest[2] for guest in model.in_house()}
        left = b"".join(file.read_bytes() for file in Path(folder).iterdir())
        assert not [name for name in NAMES if name not in names and name.encode() in left]


def everybody_is_where_the_model_has_them(store, model):
    expected = model.in_house()
    held = [(g.room, g.reservation, g.name, g.vip) for room in ("1", "2", "03") for g in store.by_room(room)]
    assert sorted(held) == expected
    assert store.count() == len(expected)
    for typed in ("Ada Example", "zhang wei", "张伟", "Bo Two", "Three"):
        found = sorted((g.room, g.reservation, g.name, g.vip) for g in store.named(typed))
        assert found == [guest for guest in expected if matches(typed, guest[2])]
        for room in ("1", "2", "03"):
            alike = [guest for guest in found if guest[0] == room]
            assert (store.find(room, typed) is not None) is bool(alike)
    for uid in CARDS:
        if found := store.by_card(uid):
            room, owner = model.cards[uid]
            assert found.room == room
            assert owner in ("", found.reservation)
    for number in "abc":
        where = store.room_of("1", number)
        if number in model.numbered:
            assert where == model.numbered[number]["room"]
        elif number in model.gone:
            assert where == ""
        else:
            assert not where
