"""Wake-up calls by a scripted guest: real register, real journeys, a link that carries out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hardware.protocols import Card
from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.hotel.protocol import Guest, GuestsUnavailable
from kiosk.journeys.paying import Identify, RoomAndName
from kiosk.journeys.room_wish_questions import RoomWish, Wished
from kiosk.journeys.service import discover
from kiosk.journeys.wake_up_questions import (
    STAGES,
    Caller,
    CallState,
    CancelCall,
    ChangeCall,
    ChooseWakeUp,
    ConfirmWakeUp,
    Just,
    OrderCall,
    WakeUps,
)
from kiosk.journeys.welcome import Apology
from kiosk.lobby import Lobby
from kiosk.visit import BACK, Notice, Patience, Progress, Signal
from tests.journey.services_kit import NOW, ROOM, SEVEN, SIX, STAY, requests, script, served, states, still
from tests.register_kit import rules
from tests.scripted import SILENCE
from tests.stations import CARD, PaperGuests, paper_station

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_wake_up_is_ordered_read_back_registered_and_listed(house):
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=False)
    async with served(house, guest) as link:
        assert guest.kinds() == [
            *("Attract", "Home", "Identify", "ChooseWakeUp", "ConfirmWakeUp", "WakeUps"),
        ]
        assert [type(errand) for errand in link.done] == [WakeUpSet]
        (asked,) = guest.asked(ConfirmWakeUp)
        assert (asked.at, asked.room, asked.today) == (SEVEN, ROOM, date(2026, 3, 1))
        (listed,) = guest.asked(WakeUps)
        assert [(call.at, call.state) for call in listed.calls] == [(SEVEN, CallState.CONFIRMED)]
        assert (listed.just, listed.caller) == (Just.ORDERED, Caller.WATCHED)
        assert guest.asked(Identify)[0].purpose == "guest"


async def test_a_card_tells_no_room(house):
    def present(_question):
        asyncio.get_running_loop().call_soon(house.devices.card_reader.air.send, Card(CARD))
        return SILENCE

    guest = script("wake-up", Identify=present, ChooseWakeUp=SEVEN, WakeUps=False)
    async with served(house, guest):
        assert guest.asked(ConfirmWakeUp)[0].room is None


async def test_the_times_on_offer(house):
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=False)
    async with served(house, guest):
        (question,) = guest.asked(ChooseWakeUp)
        assert question.suggested == SEVEN
        assert question.earliest == NOW + timedelta(minutes=5)
        assert (question.days[0], question.days[-1]) == (date(2026, 3, 1), date(2026, 3, 15))


async def test_a_guest_the_house_does_not_charge_is_woken_all_the_same(tmp_path, documents, quick):
    guests = PaperGuests(Guest(ROOM, STAY, "Example", no_post=True))
    station = still(paper_station(tmp_path, documents, guests=guests))
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=False)
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
    guest = script("wake-up", ChooseWakeUp=[SIX, SEVEN, SEVEN], ConfirmWakeUp=[False, BACK, True], WakeUps=False)
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
    guest = script("wake-up", ChooseWakeUp=[SIX, SEVEN], WakeUps=[lambda q: ChangeCall(q.calls[0].number), False])
    async with served(house, guest) as link:
        assert [type(errand) for errand in link.done] == [WakeUpSet, WakeUpClear, WakeUpSet]
        question = guest.asked(ChooseWakeUp)[1]
        assert (question.changing, question.suggested) == (SIX, SIX)
        assert guest.asked(ConfirmWakeUp)[1].instead_of == SIX
        assert [call.at for call in guest.asked(WakeUps)[1].calls] == [SEVEN]
        assert guest.asked(WakeUps)[1].just is Just.CHANGED


async def test_a_call_is_cancelled(house):
    guest = script("wake-up", ChooseWakeUp=SIX, WakeUps=[lambda q: CancelCall(q.calls[0].number), False])
    async with served(house, guest) as link:
        assert [type(errand) for errand in link.done] == [WakeUpSet, WakeUpClear]
        assert states(house) == ["cancelled"]
        assert guest.asked(WakeUps)[1].just is Just.CANCELLED


async def test_a_call_is_not_cancelled_on_second_thoughts(house):
    guest = script(
        "wake-up",
        ChooseWakeUp=SIX,
        ConfirmCancel=[False, BACK],
        WakeUps=[*[lambda q: CancelCall(q.calls[0].number)] * 2, False],
    )
    async with served(house, guest):
        assert states(house) == ["registered"]


async def test_the_list_is_in_time_order_and_full_after_five(house):
    hours = [9, 6, 8, 7, 5]
    guest = script(
        "wake-up", ChooseWakeUp=[SIX.replace(hour=hour) for hour in hours], WakeUps=[*[OrderCall()] * 4, False]
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

    guest = script("wake-up", ChooseWakeUp=[SEVEN, SEVEN.replace(hour=8)], WakeUps=[order, False])
    async with served(house, guest):
        assert Notice("wake-up.full") in guest.seen
        assert guest.asked(WakeUps)[1].full
        assert [question.just for question in guest.asked(WakeUps)] == [Just.ORDERED, None]


async def test_with_the_link_down_the_call_is_pending_and_kept(house):
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=False)
    async with served(house, guest, link=False):
        assert guest.asked(WakeUps)[0].calls[0].state is CallState.PENDING
        assert states(house) == ["ordered"]


async def test_where_the_operator_calls_the_guest_is_told_so_and_staff_have_a_request(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(by="operator")))
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=False)
    async with served(station, guest) as link:
        assert guest.asked(ConfirmWakeUp)[0].caller is guest.asked(WakeUps)[0].caller is Caller.PERSON
        assert not [shown for shown in guest.seen if isinstance(shown, Progress)], "no hotel system is asked"
        assert link.done == []
        assert requests(station) == [("wake-up", {"call": 1, "room": ROOM, "at": "2026-03-02 07:00"})]


async def test_that_somebody_comes_is_promised_only_where_it_is_known_who_did_not_answer(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(results=False)))
    guest = script("wake-up", ChooseWakeUp=SEVEN, WakeUps=False)
    async with served(station, guest):
        assert guest.asked(ConfirmWakeUp)[0].caller is guest.asked(WakeUps)[0].caller is Caller.SYSTEM


async def test_the_earliest_time_is_of_now_also_when_it_is_asked_for_again(house):
    now = [NOW]
    house.clock = lambda: now[0]

    def dawdle(question):
        now[0] += timedelta(minutes=9)
        return question.earliest

    guest = script("wake-up", ChooseWakeUp=[dawdle, SEVEN], WakeUps=False)
    async with served(house, guest):
        first, again = guest.asked(ChooseWakeUp)
        assert again.earliest == again.suggested == first.earliest + timedelta(minutes=9)


async def test_a_time_too_far_ahead_is_refused_with_words(house):
    guest = script("wake-up", ChooseWakeUp=[SEVEN + timedelta(days=14), SEVEN], WakeUps=False)
    async with served(house, guest):
        assert Notice("wake-up.too-far", (("day", "2026-03-15"),)) in guest.seen
        assert guest.asked(ChooseWakeUp)[1].suggested == SEVEN
        assert states(house) == ["registered"]


async def test_the_list_is_a_stage_of_an_order_only_once_something_was_done(house):
    trails = []

    def note(_question):
        trails.append(guest.situations[-1].trail)
        return True

    guest = script("wake-up", Home=["wake-up", "wake-up", SILENCE], ChooseWakeUp=SEVEN, WakeUps=note)
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest):
        assert trails == [STAGES, ()]


async def test_a_time_that_passed_while_the_guest_was_thinking_is_asked_for_again(house):
    guest = script("wake-up", ChooseWakeUp=[NOW, SEVEN], WakeUps=False)
    async with served(house, guest):
        assert Notice("wake-up.too-soon") in guest.seen
        assert states(house) == ["registered"]


async def test_the_hour_that_spring_leaves_out_is_read_back_as_it_will_be(tmp_path, documents, quick):
    berlin = ZoneInfo("Europe/Berlin")
    plan = replace(rules(), zone=berlin)
    station = still(paper_station(tmp_path, documents, rules=plan))
    station.clock = lambda: datetime(2026, 3, 28, 22, 0, tzinfo=berlin)
    guest = script("wake-up", ChooseWakeUp=datetime(2026, 3, 29, 2, 30, tzinfo=berlin), WakeUps=False)
    async with served(station, guest):
        assert guest.asked(ConfirmWakeUp)[0].at.hour == 3


async def test_in_the_hour_that_autumn_has_twice_the_time_still_to_come_is_meant(tmp_path, documents, quick):
    berlin = ZoneInfo("Europe/Berlin")
    station = still(paper_station(tmp_path, documents, rules=replace(rules(), zone=berlin)))
    now = datetime(2026, 10, 25, 2, 10, tzinfo=berlin, fold=1)
    station.clock = station.register.db.clock = lambda: now
    guest = script("wake-up", ChooseWakeUp=datetime(2026, 10, 25, 2, 30, tzinfo=berlin), WakeUps=False)
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

    guest = script("wake-up", **({"ChooseWakeUp": SEVEN, "WakeUps": False} | {question: reply}))
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
