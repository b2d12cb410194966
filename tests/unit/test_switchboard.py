"""The link's side: real errands in a real file, the runner that works them, and the rules that a hotel agreed to."""

from __future__ import annotations

import msgspec
import pytest

from kiosk import stores
from kiosk.cli.requests import WORDS
from kiosk.config.hotel import HotelSettings
from kiosk.config.load import load
from kiosk.hotel.guest_store import GuestStore
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.news import GuestIn, GuestOut, MessageHere, RollBegan, RollEnded, RoomTold, WakeUpOrdered
from kiosk.hotel.runner import Runner
from kiosk.hotel.status import LinkStatus, link_is_alive, write_status
from kiosk.outbox import DeliveryState
from kiosk.register.rules import Rules
from kiosk.store.database import StoreError
from tests.register_kit import everything_in, house

ROOM, STAY = "0808", "31001"


def hotel(**changes: object) -> HotelSettings:
    return msgspec.structs.replace(load(None).hotel, **changes)


def agreed(**fields: tuple[str, ...]) -> Rules:
    settings = load(None)
    return Rules.of("Lobby", "Asia/Shanghai", hotel(fields=settings.hotel.fields | fields), settings.wake_up)


def test_what_the_packaged_configuration_leaves_to_people():
    rules = agreed()
    assert (rules.results, rules.wishes, rules.mail, rules.post) == (False, False, False, False)


@pytest.mark.parametrize(
    ("fields", "enabled"),
    [
        ({"WA": ("RN", "DA", "TI", "AS")}, "results"),
        ({"RE": ("RN", "RS")}, "wishes"),
        ({"XM": ("G#", "RN"), "XT": ("G#", "RN", "MI", "MT")}, "mail"),
        ({"XL": ("G#", "RN", "$J", "MT")}, "post"),
    ],
)
def test_what_the_hotel_enabled_it_does(fields, enabled):
    assert getattr(agreed(**fields), enabled)


@pytest.mark.parametrize(
    ("change", "moves"),
    [(("RN", "G#", "GS", "RO"), True), (("RN", "G#", "GS"), False), ((), False)],
    ids=["GC with RO", "GC without", "none"],
)
def test_whether_a_check_out_may_be_half_a_move_is_known_from_the_record_of_changes(change, moves):
    assert agreed(GC=change).moves is moves


@pytest.mark.parametrize("fields", [{"XL": ("G#", "RN", "MI", "MT")}, {"RE": ("RN", "ML")}, {"XM": ()}, {"WA": ()}])
def test_a_record_without_what_it_takes_enables_nothing(fields):
    rules = agreed(**fields)
    assert not any((rules.results, rules.wishes, rules.mail, rules.post))


async def test_the_runner_carries_errands_out_with_their_effects(tmp_path):
    with house(tmp_path) as at:
        number = at.register.wake_ups.order(ROOM, STAY, at.minutes(60))
        runner = Runner(at.board)
        try:
            errand = await runner.take()
            assert errand is not None
            assert errand.number == number
            await runner.done()
            assert at.states() == ["registered"]
            assert await runner.take() is None
        finally:
            await runner.close()


async def test_an_errand_under_way_when_the_link_died_is_sent_again_and_never_in_doubt(tmp_path):
    with house(tmp_path) as at:
        at.register.wake_ups.order(ROOM, STAY, at.minutes(60))
        at.board.errands.begin(at.board.errands.next_due())
        runner = Runner(at.board)
        try:
            assert await runner.take() is not None
            await runner.refused("hotel.refused.ur")
        finally:
            await runner.close()
        assert at.board.errands.in_state(DeliveryState.UNKNOWN) == []
        assert at.asked() == ["wake-up"]


def test_an_unknown_errand_is_queued_again(tmp_path):
    with house(tmp_path) as at:
        at.register.wake_ups.order(ROOM, STAY, at.minutes(60))
        at.board.errands.begin(at.board.errands.next_due())
        at.board.errands.recover()
        assert len(at.queued()) == 1


def test_of_an_errand_that_is_over_nothing_personal_is_kept(tmp_path):
    with house(tmp_path) as at:
        at.register.wake_ups.order("0808-secret", STAY, at.minutes(60))
        at.carry_out()
        at.register.wake_ups.order("0808-secret", STAY, at.minutes(90))
        at.board.told([GuestOut("0808-secret", STAY)])
        at.carry_out()
        at.register.db.cut_log()
        assert b"0808-secret" not in everything_in(tmp_path)


def test_news_that_cannot_be_written_leaves_nothing_half_done(tmp_path):
    with house(tmp_path) as at:
        at.register.wake_ups.order(ROOM, STAY, at.minutes(60))
        at.register.db.transaction = _refusing
        with pytest.raises(StoreError):
            at.board.told([RoomTold(ROOM, do_not_disturb=True), GuestOut(ROOM, STAY)])
        del at.register.db.transaction
        assert at.states() == ["ordered"]
        assert at.register.wishes.of(ROOM) is None


def _refusing():
    raise StoreError


def test_news_of_guests_alone_and_of_nothing_change_nothing(tmp_path):
    with house(tmp_path) as at:
        at.board.told([])
        at.board.told([RollBegan(), GuestIn(ROOM, STAY), RollEnded()])
        assert at.register.wake_ups.list_open() == []


def test_the_cache_says_where_a_guest_is(tmp_path):
    path = tmp_path / "guests.db"
    guests = CachedGuests(path)
    assert guests.room_of(ROOM, STAY) is None
    store = GuestStore(path)
    store.apply([GuestIn(ROOM, STAY, {"name": "Example"})])
    assert guests.room_of(ROOM, STAY) == ROOM
    assert guests.room_of(ROOM, "31002") is None
    store.apply([RollBegan(), GuestIn("0909", STAY, {"name": "Example"}), RollEnded()])
    assert guests.room_of(ROOM, STAY) == "0909"
    assert guests.room_of(ROOM, "31002") == ""
    assert guests.room_of("0909", "") == "0909"
    assert guests.room_of(ROOM, "") == ""
    store.close()


def test_a_link_is_alive_while_it_says_so_and_has_lately(tmp_path):
    path = tmp_path / "link.json"
    assert not link_is_alive(path, 0)
    said = LinkStatus(
        alive=True, phase="alive", since=0, seen_at=100_000, audit=False, open_postings=0, guests=0, pid=1
    )
    write_status(path, said)
    assert link_is_alive(path, 110_000)
    assert not link_is_alive(path, 200_000)
    write_status(path, msgspec.structs.replace(said, alive=False))
    assert not link_is_alive(path, 100_000)


def test_every_request_of_the_switchboard_is_worded_for_staff(tmp_path):
    with house(tmp_path) as at:
        at.board.told([WakeUpOrdered(ROOM, at.register.rules.local(at.minutes(60)))])
        at.register.messages.leave((), "Example", "Call Sam", "v1", "en")
        for request in at.register.requests.list_open():
            assert WORDS[request.details_key].format_map(request.values)
    kinds = ("wake-up", "wake-up-cancelled", "wake-up-missed", "wake-up-unanswered", "wake-up-unconfirmed")
    values = {"call": 1, "room": ROOM, "at": "2026-03-01 07:00"}
    assert all(ROOM in WORDS[f"request.{kind}"].format_map(values) for kind in kinds)


def test_the_station_opens_one_register_for_all_of_it(tmp_path):
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[paths]\nstate = "{tmp_path}"\n')
    settings = load(config)
    board = stores.open_switchboard(settings)
    register = stores.open_register(settings)
    try:
        board.told([MessageHere(ROOM, STAY, "M1", "Hello")])
        assert [message.text for message in register.messages.waiting(ROOM, STAY)] == ["Hello"]
    finally:
        board.register.db.close()
        register.db.close()
