"""Wake-up, messages and room wishes by a scripted guest: real register, real journeys, a link that carries out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hardware.protocols import Card
from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked, RoomWished, WakeUpClear, WakeUpSet, decode
from kiosk.hotel.news import MessageHere
from kiosk.hotel.protocol import Guest, GuestsUnavailable
from kiosk.hotel.switchboard import Switchboard
from kiosk.journeys import messages as messages_journey
from kiosk.journeys import wake_up as wake_up_journey
from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import (
    ChooseMessageWay,
    ConfirmMessage,
    ForWhom,
    MessageWay,
    Note,
    ReadMessages,
    WriteMessage,
    words_of,
)
from kiosk.journeys.paying import Identify, RoomAndName
from kiosk.journeys.room_wish import ends
from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish, Wished
from kiosk.journeys.service import discover
from kiosk.journeys.wake_up_questions import (
    STAGES,
    Caller,
    CallState,
    CancelCall,
    ChangeCall,
    ChooseWakeUp,
    ConfirmCancel,
    ConfirmWakeUp,
    OrderCall,
    WakeUps,
)
from kiosk.journeys.welcome import Apology, Attract, Home
from kiosk.lobby import Lobby
from kiosk.visit import BACK, Notice, Patience, Progress, Signal
from tests.register_kit import rules
from tests.scripted import SILENCE, ScriptedGuest
from tests.stations import CARD, PaperGuests, paper_station

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 1, 20, 0, tzinfo=SHANGHAI)
SIX = datetime(2026, 3, 2, 6, 0, tzinfo=SHANGHAI)
SEVEN = datetime(2026, 3, 2, 7, 0, tzinfo=SHANGHAI)
ROOM, STAY = "0808", "31001"
WHO = RoomAndName(ROOM, "Example")
ALL_STATES = "SELECT state FROM wake_ups ORDER BY number"


class Link:
    """Carries out the errands of a station as soon as they are there; ``mail`` is what the hotel system has to tell."""

    def __init__(self, station) -> None:
        self.board = Switchboard(station.register, lambda room, stay: None, lambda room: ())
        self.done: list[object] = []
        self.mail: list[MessageHere] = []

    async def run(self) -> None:
        changes = self.board.register.db.changes()
        while True:
            while delivery := self.board.errands.next_due():
                self.board.errands.begin(delivery)
                errand = decode(delivery.payload)
                if isinstance(errand, MessagesAsked):
                    self.board.told(self.mail)
                self.board.errands.delivered(delivery, "")
                self.done.append(errand)
            await changes.wait(1.0)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(wake_up_journey, "PATIENCE", 0.05)
    monkeypatch.setattr(messages_journey, "FETCH", 0.4)
    monkeypatch.setattr(messages_journey, "ACCEPT", 0.02)


@pytest.fixture
def house(tmp_path, documents, quick):
    return still(paper_station(tmp_path, documents))


def still(station):
    """On the evening of NOW, until the test moves its clock."""
    station.clock = lambda: NOW
    station.register.db.clock = lambda: NOW
    return station


@asynccontextmanager
async def served(station, guest, *, link=True):
    """One whole visit; yields what the hotel system was told."""
    far = Link(station)
    working = asyncio.ensure_future(far.run())
    if not link:
        working.cancel()
    lobby = Lobby(station, guest, discover())
    try:
        await lobby.serve_one()
        if link:
            async with asyncio.timeout(5):
                while far.board.errands.next_due():
                    await asyncio.sleep(0.01)
        yield far
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        station.books.db.close()
        station.register.db.close()


def script(service: str, **answers: object) -> ScriptedGuest:
    kinds = {
        kind.__name__: kind
        for kind in (
            *(Attract, Home, Identify, Apology, Done, ChooseWakeUp, ConfirmWakeUp, WakeUps, ConfirmCancel),
            *(ChooseMessageWay, ReadMessages, ForWhom, WriteMessage, ConfirmMessage, ChooseRoomWish),
        )
    }
    usual = {
        Attract: "en",
        Home: [service, SILENCE],
        Identify: WHO,
        Apology: None,
        Done: False,
        ConfirmWakeUp: True,
        ConfirmCancel: True,
        ConfirmMessage: True,
    }
    return ScriptedGuest(usual | {kinds[name]: answer for name, answer in answers.items()})


def states(station) -> list[str]:
    with station.register.db.reading() as tx:
        return [row[0] for row in tx._connection.execute(ALL_STATES)]


def requests(station) -> list[tuple[str, dict]]:
    return [(request.kind, dict(request.values)) for request in station.requests.list_open()]


async def test_a_wake_up_is_ordered_read_back_registered_and_listed(house):
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(house, guest) as link:
        assert guest.kinds() == [
            *("Attract", "Home", "Identify", "ChooseWakeUp", "ConfirmWakeUp", "WakeUps", "Done"),
        ]
        assert [type(errand) for errand in link.done] == [WakeUpSet]
        (asked,) = guest.asked(ConfirmWakeUp)
        assert (asked.at, asked.room, asked.today) == (SEVEN, ROOM, date(2026, 3, 1))
        (listed,) = guest.asked(WakeUps)
        assert [(call.at, call.state) for call in listed.calls] == [(SEVEN, CallState.CONFIRMED)]
        (done,) = guest.asked(Done)
        assert (done.key, done.more) == ("done.wake-up.ordered", "done.wake-up.by-watched")
        assert guest.asked(Identify)[0].purpose == "guest"


async def test_a_card_tells_no_room(house):
    def present(_question):
        asyncio.get_running_loop().call_soon(house.devices.card_reader.air.send, Card(CARD))
        return SILENCE

    guest = script("wake-up", Identify=present, ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(house, guest):
        assert guest.asked(ConfirmWakeUp)[0].room is None


async def test_the_times_on_offer(house):
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(house, guest):
        (question,) = guest.asked(ChooseWakeUp)
        assert question.suggested == SEVEN
        assert question.earliest == NOW + timedelta(minutes=5)
        assert (question.days[0], question.days[-1]) == (date(2026, 3, 1), date(2026, 3, 15))


async def test_a_guest_the_house_does_not_charge_is_woken_all_the_same(tmp_path, documents, quick):
    guests = PaperGuests(Guest(ROOM, STAY, "Example", no_post=True))
    station = still(paper_station(tmp_path, documents, guests=guests))
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(station, guest):
        assert states(station) == ["registered"]


async def test_a_wrong_identity_orders_nothing_and_three_send_the_guest_to_staff(house):
    guest = script("wake-up", Identify=RoomAndName(ROOM, "Somebody"))
    async with served(house, guest):
        assert [question.failed for question in guest.asked(Identify)] == [False, True, True]
        assert guest.asked(Apology)[0].key == "identify.to-staff"
        assert states(house) == []


async def test_several_services_in_one_visit_use_up_no_tries(house):
    guest = script("wake-up", Home=[*["room-wish"] * 4, SILENCE], ChooseRoomWish=Wished(RoomWish.MAKE_UP), Done=True)
    house.patience = Patience(quiet=0.01, warning=0)
    async with served(house, guest):
        assert [question.tries_left for question in guest.asked(Identify)] == [3] * 4


async def test_the_time_is_chosen_again_after_reading_it_back(house):
    guest = script("wake-up", ChooseWakeUp=[SIX, SEVEN, SEVEN], ConfirmWakeUp=[False, BACK, True], WakeUps=None)
    async with served(house, guest) as link:
        assert [question.suggested for question in guest.asked(ChooseWakeUp)] == [SEVEN, SIX, SEVEN]
        assert [errand.at for errand in link.done] == [int(SEVEN.timestamp() * 1000)]


async def test_going_back_before_anything_is_ordered_leaves_the_service(house):
    guest = script("wake-up", ChooseWakeUp=BACK)
    house.patience = Patience(quiet=0.01, warning=0)
    async with served(house, guest):
        assert guest.kinds()[-1] == "Home"
        assert states(house) == []


async def test_a_call_is_changed_in_the_right_order(house):
    guest = script("wake-up", ChooseWakeUp=[SIX, SEVEN], WakeUps=[lambda q: ChangeCall(q.calls[0].number), None])
    async with served(house, guest) as link:
        assert [type(errand) for errand in link.done] == [WakeUpSet, WakeUpClear, WakeUpSet]
        question = guest.asked(ChooseWakeUp)[1]
        assert (question.changing, question.suggested) == (SIX, SIX)
        assert guest.asked(ConfirmWakeUp)[1].instead_of == SIX
        assert [call.at for call in guest.asked(WakeUps)[1].calls] == [SEVEN]
        assert guest.asked(Done)[0].key == "done.wake-up.changed"


async def test_a_call_is_cancelled(house):
    guest = script("wake-up", ChooseWakeUp=SIX, WakeUps=[lambda q: CancelCall(q.calls[0].number), None])
    async with served(house, guest) as link:
        assert [type(errand) for errand in link.done] == [WakeUpSet, WakeUpClear]
        assert states(house) == ["cancelled"]
        assert guest.asked(Done)[0].key == "done.wake-up.cancelled"


async def test_a_call_is_not_cancelled_on_second_thoughts(house):
    guest = script(
        "wake-up",
        ChooseWakeUp=SIX,
        ConfirmCancel=[False, BACK],
        WakeUps=[*[lambda q: CancelCall(q.calls[0].number)] * 2, None],
    )
    async with served(house, guest):
        assert states(house) == ["registered"]


async def test_the_list_is_in_time_order_and_full_after_five(house):
    hours = [9, 6, 8, 7, 5]
    guest = script(
        "wake-up", ChooseWakeUp=[SIX.replace(hour=hour) for hour in hours], WakeUps=[*[OrderCall()] * 4, None]
    )
    async with served(house, guest):
        last = guest.asked(WakeUps)[-1]
        assert [call.at.hour for call in last.calls] == sorted(hours)
        assert [question.full for question in guest.asked(WakeUps)] == [False] * 4 + [True]


async def test_a_list_that_filled_up_meanwhile_says_so(house):
    def order(question):
        for minute in range(len(question.calls), 5):
            at = int(SIX.timestamp() * 1000) + minute * 60_000
            house.register.wake_ups.order(ROOM, STAY, at)
        return OrderCall()

    guest = script("wake-up", ChooseWakeUp=[SEVEN, SEVEN.replace(hour=8)], WakeUps=[order, None])
    async with served(house, guest):
        assert Notice("wake-up.full") in guest.seen
        assert guest.asked(WakeUps)[1].full


async def test_with_the_link_down_the_call_is_pending_and_kept(house):
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(house, guest, link=False):
        assert guest.asked(WakeUps)[0].calls[0].state is CallState.PENDING
        assert guest.asked(Done)[0].more == "done.wake-up.pending"
        assert states(house) == ["ordered"]


async def test_where_the_operator_calls_the_guest_is_told_so_and_staff_have_a_request(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(by="operator")))
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(station, guest) as link:
        assert guest.asked(Done)[0].more == "done.wake-up.by-person"
        assert guest.asked(ConfirmWakeUp)[0].caller is guest.asked(WakeUps)[0].caller is Caller.PERSON
        assert not [shown for shown in guest.seen if isinstance(shown, Progress)], "no hotel system is asked"
        assert link.done == []
        assert requests(station) == [("wake-up", {"call": 1, "room": ROOM, "at": "2026-03-02 07:00"})]


async def test_that_somebody_comes_is_promised_only_where_it_is_known_who_did_not_answer(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(results=False)))
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=None)
    async with served(station, guest):
        assert guest.asked(ConfirmWakeUp)[0].caller is guest.asked(WakeUps)[0].caller is Caller.SYSTEM
        assert guest.asked(Done)[0].more == "done.wake-up.by-system"


async def test_the_earliest_time_is_of_now_also_when_it_is_asked_for_again(house):
    now = [NOW]
    house.clock = lambda: now[0]

    def dawdle(question):
        now[0] += timedelta(minutes=9)
        return question.earliest

    guest = script("wake-up", ChooseWakeUp=[dawdle, SEVEN], WakeUps=None)
    async with served(house, guest):
        first, again = guest.asked(ChooseWakeUp)
        assert again.earliest == again.suggested == first.earliest + timedelta(minutes=9)


async def test_a_time_too_far_ahead_is_refused_with_words(house):
    guest = script("wake-up", ChooseWakeUp=[SEVEN + timedelta(days=14), SEVEN], WakeUps=None)
    async with served(house, guest):
        assert Notice("wake-up.too-far", (("day", "2026-03-15"),)) in guest.seen
        assert guest.asked(ChooseWakeUp)[1].suggested == SEVEN
        assert states(house) == ["registered"]


async def test_the_list_is_a_stage_of_an_order_only_once_something_was_done(house):
    trails = []

    def note(_question):
        trails.append(guest.situations[-1].trail)

    guest = script("wake-up", Home=["wake-up", "wake-up", SILENCE], ChooseWakeUp=SEVEN, WakeUps=note, Done=True)
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest):
        assert trails == [STAGES, ()]


async def test_a_time_that_passed_while_the_guest_was_thinking_is_asked_for_again(house):
    guest = script("wake-up", ChooseWakeUp=[NOW, SEVEN], WakeUps=None)
    async with served(house, guest):
        assert Notice("wake-up.too-soon") in guest.seen
        assert states(house) == ["registered"]


async def test_the_hour_that_spring_leaves_out_is_read_back_as_it_will_be(tmp_path, documents, quick):
    berlin = ZoneInfo("Europe/Berlin")
    plan = replace(rules(), zone=berlin)
    station = still(paper_station(tmp_path, documents, rules=plan))
    station.clock = lambda: datetime(2026, 3, 28, 22, 0, tzinfo=berlin)
    guest = script("wake-up", ChooseWakeUp=datetime(2026, 3, 29, 2, 30, tzinfo=berlin), WakeUps=None)
    async with served(station, guest):
        assert guest.asked(ConfirmWakeUp)[0].at.hour == 3


async def test_in_the_hour_that_autumn_has_twice_the_time_still_to_come_is_meant(tmp_path, documents, quick):
    berlin = ZoneInfo("Europe/Berlin")
    station = still(paper_station(tmp_path, documents, rules=replace(rules(), zone=berlin)))
    now = datetime(2026, 10, 25, 2, 10, tzinfo=berlin, fold=1)
    station.clock = station.register.db.clock = lambda: now
    guest = script("wake-up", ChooseWakeUp=datetime(2026, 10, 25, 2, 30, tzinfo=berlin), WakeUps=None)
    async with served(station, guest):
        (call,) = station.register.wake_ups.list_open()
        assert call.at == int(now.timestamp() * 1000) + 20 * 60_000
        assert guest.asked(ConfirmWakeUp)[0].at.fold == 1


@pytest.mark.parametrize("question", ["Identify", "ChooseWakeUp", "ConfirmWakeUp"])
@pytest.mark.parametrize("leaving", ["silence", "end"])
async def test_whoever_leaves_before_confirming_has_ordered_nothing(house, question, leaving):
    reply = SILENCE
    if leaving == "silence":
        house.patience = Patience(quiet=0.01, warning=0)
    else:

        def reply(_question):
            asyncio.get_running_loop().call_soon(lobby.hear, Signal.END)
            return SILENCE

    guest = script("wake-up", **({"ChooseWakeUp": SEVEN, "WakeUps": None} | {question: reply}))
    lobby = Lobby(house, guest, discover())
    await lobby.serve_one()
    assert states(house) == []


async def test_what_was_confirmed_stays_ordered_when_the_guest_walks_away(house):
    house.patience = Patience(quiet=0.01, warning=0)
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=SILENCE)
    async with served(house, guest):
        assert states(house) == ["registered"]


async def test_without_a_list_of_guests_the_services_say_why_they_cannot_be_had(house):
    house.know_guests(known=False)
    reasons = {service.name: service.tile(house).reason for service in discover()}
    assert reasons["wake-up"] == reasons["messages"] == reasons["room-wish"] == GuestsUnavailable.key


async def test_messages_are_fetched_shown_and_the_read_ones_are_done_with(house):
    guest = script("messages", ChooseMessageWay=MessageWay.READ, ReadMessages=lambda q: (q.messages[0].number,))
    async with served_with_mail(house, guest, "A parcel has come", "Dinner is at seven") as link:
        (shown,) = guest.asked(ReadMessages)
        assert [message.text for message in shown.messages] == ["A parcel has come", "Dinner is at seven"]
        assert shown.complete
        assert [type(errand) for errand in link.done] == [MessagesAsked, MessageRead]
        assert link.done[1].id == "M1"
        assert [m.text for m in house.register.messages.waiting(ROOM, STAY)] == ["Dinner is at seven"]
        assert guest.asked(Done)[0].key == "done.messages.read"


@asynccontextmanager
async def served_with_mail(station, guest, *texts):
    original = Link.__init__

    def with_mail(self, station):
        original(self, station)
        self.mail = [MessageHere(ROOM, STAY, f"M{n}", text, NOW) for n, text in enumerate(texts, 1)]

    Link.__init__ = with_mail
    try:
        async with served(station, guest) as link:
            yield link
    finally:
        Link.__init__ = original


async def test_with_the_link_down_there_may_be_more_messages_and_nobody_asks_on(house):
    guest = script("messages", ChooseMessageWay=MessageWay.READ, ReadMessages=(), Home=["messages", SILENCE])
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest, link=False) as link:
        assert guest.asked(ReadMessages)[0].complete is False
        assert link.board.errands.next_due() is None


NOTE = Note("call-me", "Sam 6021")


def leaving(name: str, **answers: object) -> ScriptedGuest:
    usual = {"ChooseMessageWay": MessageWay.LEAVE, "ForWhom": name, "WriteMessage": NOTE}
    return script("messages", **(usual | answers))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_message_goes_to_the_room_in_the_words_in_which_it_was_read_back(tmp_path, documents, quick, language):
    """Whatever language is on file for the guest."""
    guests = PaperGuests(Guest(ROOM, STAY, "Example", language="ZH" if language == "en" else "EN"))
    station = still(paper_station(tmp_path, documents, guests=guests))
    guest = leaving("Example", Attract=language)
    async with served(station, guest) as link:
        (errand,) = link.done
        assert errand == MessageLeft(ROOM, STAY, words_of(NOTE, language))
        assert guest.asked(ConfirmMessage)[0].note == NOTE
        assert requests(station) == []


async def test_a_message_for_nobody_in_house_goes_to_staff_and_the_guest_sees_no_difference(tmp_path, documents, quick):
    seen = []
    for folder, name in (("here", "Example"), ("not", "Elsewhere")):
        station = still(paper_station(tmp_path / folder, documents)) if (tmp_path / folder).mkdir() is None else None
        guest = leaving(name)
        async with served(station, guest):
            seen.append([one for one in guest.seen if isinstance(one, Done | Progress | Notice | Apology)])
            if name == "Elsewhere":
                assert [(kind, values["name"]) for kind, values in requests(station)] == [("message", name)]
            assert not [light for light in station.devices.panel.lit if light.name == "FAULT"]
    assert seen[0] == seen[1]


async def test_one_of_several_of_that_name_is_for_a_person_to_find_out(tmp_path, documents, quick):
    class Twins(PaperGuests):
        async def named(self, name):
            return (self.resident, replace(self.resident, room="0909"))

    station = still(paper_station(tmp_path, documents, guests=Twins()))
    async with served(station, leaving("Example")) as link:
        assert link.done == []
        assert [kind for kind, _ in requests(station)] == ["message"]


async def test_where_messages_are_not_enabled_staff_deliver(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(post=False)))
    async with served(station, leaving("Example")):
        assert [kind for kind, _ in requests(station)] == ["message"]


async def test_a_message_is_written_again_and_going_back_leads_to_the_name(house):
    notes = [NOTE, Note("own-words", "Sam", "Lunch?"), BACK, Note("in-the-lobby", "Sam")]
    guest = leaving("", ForWhom=["Example", "Another"], WriteMessage=notes, ConfirmMessage=[False, BACK, True])
    async with served(house, guest):
        assert [question.name for question in guest.asked(ForWhom)] == ["", "Example"]
        assert [question.note for question in guest.asked(ConfirmMessage)][1] == Note("own-words", "Sam", "Lunch?")
        assert [values["name"] for _, values in requests(house)] == ["Another"]


async def test_control_characters_do_not_leave_the_kiosk(house):
    guest = leaving("Exa\x00mple\n", WriteMessage=Note("own-words", "Sam\x02|RN1|", "one\x03two\n" + "x" * 300))
    async with served(house, guest):
        ((_, values),) = requests(house)
        assert values["name"] == "Exa mple"
        assert set("\x00\x02\x03") & set(str(values["text"])) == set()
        assert len(str(values["text"]).splitlines()[0]) == 160


async def test_one_message_a_minute_and_five_a_visit(house):
    now = [NOW]
    house.register.db.clock = lambda: now[0]
    waits = iter([0, 30, 61, 61, 61, 61, 61])

    def home(_question):
        now[0] += timedelta(seconds=next(waits))
        return "messages"

    guest = leaving("Example", Home=[*[home] * 7, SILENCE], Done=True)
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest) as link:
        assert [question.key for question in guest.asked(Apology)] == ["messages.later"] * 2
        assert len(link.done) == 5


@pytest.mark.parametrize("question", ["ForWhom", "WriteMessage", "ConfirmMessage"])
async def test_whoever_leaves_before_confirming_has_left_no_message(house, question):
    house.patience = Patience(quiet=0.01, warning=0)
    async with served(house, leaving("Example", **{question: SILENCE})) as link:
        assert (link.done, requests(house)) == ([], [])


async def test_do_not_disturb_for_a_time_is_shown_by_the_hotel_system(house):
    until = NOW.replace(hour=22)
    guest = script("room-wish", ChooseRoomWish=Wished(RoomWish.DO_NOT_DISTURB, until))
    async with served(house, guest) as link:
        assert link.done == [RoomWished(ROOM, STAY, "do-not-disturb")]
        held = house.register.wishes.of(ROOM)
        assert held is not None
        assert held.until == int(until.timestamp() * 1000)
        (done,) = guest.asked(Done)
        assert (done.key, done.values) == (
            "done.room-wish.do-not-disturb-until",
            (("until", until.isoformat()),),
        )


async def test_what_holds_is_shown_and_lifted(house):
    guest = script(
        "room-wish",
        Home=["room-wish", "room-wish", SILENCE],
        ChooseRoomWish=[Wished(RoomWish.DO_NOT_DISTURB), Wished(RoomWish.NONE)],
        Done=True,
    )
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest) as link:
        assert [question.now.wish for question in guest.asked(ChooseRoomWish)] == [
            RoomWish.NONE,
            RoomWish.DO_NOT_DISTURB,
        ]
        assert link.done[-1].wish == "none"
        assert house.register.wishes.of(ROOM) is None


async def test_where_the_hotel_system_shows_nothing_staff_are_asked(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(wishes=False)))
    async with served(station, script("room-wish", ChooseRoomWish=Wished(RoomWish.MAKE_UP))) as link:
        assert link.done == []
        assert requests(station) == [("room-wish", {"room": ROOM, "reservation": STAY, "wish": "make-up"})]


@pytest.mark.parametrize("reply", [SILENCE, BACK])
async def test_whoever_leaves_or_goes_back_wishes_nothing(house, reply):
    house.patience = Patience(quiet=0.01, warning=0)
    async with served(house, script("room-wish", ChooseRoomWish=reply)) as link:
        assert link.done == []
        assert house.register.wishes.of(ROOM) is None


async def test_the_ends_on_offer_are_ahead_and_in_order():
    for minute in (0, 1, 29, 30, 31, 59):
        now = NOW.replace(minute=minute)
        offered = ends(now)
        assert list(offered) == sorted(offered)
        assert offered[0] > now + timedelta(minutes=30)
        assert offered[-1] == datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("hour", "until"), [(0, [9, 12]), (8, [9, 12]), (9, [12]), (11, [12])])
async def test_after_midnight_the_morning_that_comes_is_on_offer(hour, until):
    today = [end.hour for end in ends(NOW.replace(hour=hour, minute=10)) if (end.date(), end.minute) == (NOW.date(), 0)]
    assert set(until) <= set(today)


async def test_messages_cannot_be_read_where_the_hotel_system_keeps_none(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(mail=False)))
    guest = leaving("Example")
    async with served(station, guest):
        assert guest.asked(ChooseMessageWay)[0].unread == "messages.not-here"
