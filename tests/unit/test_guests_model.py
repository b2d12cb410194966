"""Whatever a hotel system tells, in whatever order: the cache ends like a model simple enough to be seen right."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hotel.guest_store import GuestStore
from kiosk.hotel.names import matches
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, RollBegan, RollEnded

NAMES = ("EXAMPLE/ADA", "Two Bo", "张伟", "ZHANG WEI", "Three")
UNTOLD = {"name": "", "vip": False, "shares": False}


@dataclass
class Model:
    """Guests with a number by number; the others by room and name. Each with the roll it was named in."""

    numbered: dict = field(default_factory=dict)
    others: dict = field(default_factory=dict)
    roll: int = 0
    called: bool = False

    def hear(self, news):
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
            self.hear(GuestIn(room, "", told))

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
    st.builds(RollBegan),
    st.builds(RollEnded),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with GuestStore(tmp_path_factory.mktemp("guests") / "guests.db") as store:
        yield store


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(news, max_size=6), max_size=5))
def test_any_interleaving_ends_in_the_same_house(store, told_in_pieces):
    store.apply([RollBegan(), RollEnded()])
    model = Model()
    for piece in told_in_pieces:
        store.apply(piece)
        for one in piece:
            model.hear(one)
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
