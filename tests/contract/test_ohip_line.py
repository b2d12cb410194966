"""The whole way: a charge in the books, OPERA Cloud at the other end, and everything that can go wrong in between."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from structlog.testing import capture_logs

from kiosk.books.desk import REGISTER
from kiosk.books.postings import WAITING
from kiosk.config.hotel import OhipSettings
from kiosk.hotel.rest.far_side import Fault, Server
from kiosk.hotel.rest.line import RestLine
from kiosk.hotel.rest.ohip import Ohip
from kiosk.hotel.rest.virtual_ohip import Stay, VirtualOhip
from kiosk.hotel.rest.virtual_ohip_gate import Gate
from kiosk.hotel.rest.web import Timeouts
from kiosk.monitor.status import read
from kiosk.outbox import DeliveryState, is_known
from tests.contract.published import Witness
from tests.contract.published_ohip import OHIP
from tests.contract.rest_kit import BRISK, RestStation, witnessed
from tests.contract.test_ohip import STAYS, settings
from tests.house import SHANGHAI, until

SENT_ONCE = [Decimal("1.50")]


@pytest.fixture
def opera() -> VirtualOhip:
    return VirtualOhip(SHANGHAI, *STAYS)


@pytest.fixture(scope="module")
def host() -> Iterator[Server]:
    with Server(Starlette()) as host:
        yield host


@pytest.fixture
def witness(host: Server, opera: VirtualOhip) -> Iterator[Witness]:
    with witnessed(host, opera.app, OHIP) as witness:
        yield witness


@pytest.fixture
def server(host: Server, witness: Witness) -> Server:
    return host


@pytest.fixture
def line(tmp_path: Path, server: Server) -> Callable[[], RestLine]:
    ready = settings(tmp_path, server.url)
    return lambda: RestLine(Ohip(ready, SHANGHAI, Timeouts(connect=1.0, answer=0.5)), BRISK)


@pytest.fixture
async def station(tmp_path: Path, line: Callable[[], RestLine]) -> AsyncIterator[RestStation]:
    async with RestStation(tmp_path, line) as station:
        yield station


async def test_a_charge_is_delivered_with_the_hotels_number_as_evidence(opera, station):
    done = await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
    (line,) = opera.folios["31001"]
    assert str(line.number) in done.remark
    assert done.attempts == 1


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ERROR_AFTER, Fault.SLOW])
async def test_a_charge_that_was_booked_unseen_is_found_on_the_folio_and_not_sent_again(opera, station, fault):
    opera.faults.next(fault)
    with capture_logs() as logs:
        charge = station.sell("31001")
        done = await station.becomes(charge, DeliveryState.DELIVERED)
    assert "posting.unknown" in [entry["event"] for entry in logs]
    assert (done.attempts, opera.amounts("31001")) == (1, SENT_ONCE)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.ERROR_BEFORE])
async def test_a_charge_that_never_arrived_goes_again_once_the_folio_was_read_twice_without_it(opera, station, fault):
    opera.faults.next(fault)
    done = await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
    assert (done.attempts, opera.amounts("31001")) == (2, SENT_ONCE)
    assert opera.count("/folios") == 2


async def test_a_charge_on_its_way_when_the_link_died_is_found_by_the_next_one(opera, station):
    opera.faults.next(Fault.SLOW)
    charge = station.sell("31001")
    await until(lambda: opera.amounts("31001"))
    await station.kill()
    station.start()
    done = await station.becomes(charge, DeliveryState.DELIVERED)
    assert (done.attempts, opera.amounts("31001")) == (1, SENT_ONCE)


async def test_of_a_guest_who_has_left_nobody_believes_that_the_charge_is_not_there(opera, station):
    charge = await doubted(opera, station, "31001")
    await until(lambda: opera.count("/folios") > 3)
    assert station.delivery(charge).state is DeliveryState.UNKNOWN


async def test_one_in_doubt_holds_nobody_up(opera, station):
    doubtful = await doubted(opera, station, "31002")
    await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
    assert station.delivery(doubtful).state is DeliveryState.UNKNOWN


async def doubted(opera: VirtualOhip, station: RestStation, reservation: str) -> str:
    """A charge that never arrived, of a guest who left before anybody looked for it."""
    opera.faults.next(Fault.CUT)
    charge = station.sell(reservation)
    await until(lambda: opera.count("/charges"))
    opera.check_out(reservation)
    await station.becomes(charge, DeliveryState.UNKNOWN)
    return charge


async def test_nothing_is_posted_to_a_guest_who_has_left_though_the_hotel_system_would_take_it(opera, station):
    opera.post_stay = True
    opera.check_out("31001")
    await until(lambda: station.status.guests == 4)
    refused = await station.becomes(station.sell("31001"), DeliveryState.REFUSED)
    assert refused.remark == "hotel.refused.ng"
    assert opera.count("/charges") == 0


async def test_a_guest_who_has_moved_is_charged_and_not_who_has_the_room_now(opera, station):
    opera.move("31001", "1606")
    opera.check_in(Stay("32001", "0808", "Newcomer-Example"))
    await station.becomes(station.sell("31001", room="0808"), DeliveryState.DELIVERED)
    assert (opera.amounts("31001"), opera.amounts("32001")) == (SENT_ONCE, [])


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNAVAILABLE])
async def test_a_hotel_system_that_wants_rest_gets_it_and_books_once(opera, station, fault):
    opera.faults.next(fault)
    charge = station.sell("31001")
    await until(lambda: station.status.phase == "resting")
    asked = len(opera.asked)
    await asyncio.sleep(0.3)
    assert len(opera.asked) == asked
    done = await station.becomes(charge, DeliveryState.DELIVERED)
    assert (done.attempts, opera.amounts("31001")) == (2, SENT_ONCE)


async def test_to_be_turned_away_for_a_while_is_no_try_however_often(opera, station, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.postman.LOOK_ANYWAY", 0.05)
    opera.faults.retry_seconds = 0
    opera.faults.next(*(Fault.BUSY, Fault.UNAVAILABLE) * 3)
    done = await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
    assert (done.attempts, opera.amounts("31001")) == (7, SENT_ONCE)


async def test_a_technicians_trial_that_is_turned_away_is_not_posted_when_nobody_waits_for_it(opera, station):
    opera.faults.next(Fault.BUSY)
    over = await station.becomes(station.try_out("31001"), DeliveryState.WITHDRAWN)
    assert (over.remark, over.attempts) == ("hotel.refused.unsent", 1)
    assert opera.folios == {}


async def test_not_to_be_let_in_is_no_try_however_often(opera, station, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.postman.LOOK_ANYWAY", 0.05)
    monkeypatch.setattr("kiosk.hotel.rest.web.UNTIL_MENDED", 0.0)
    opera.faults.next(*[Fault.NOT_LET_IN] * 10)
    done = await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
    assert (done.attempts, opera.amounts("31001")) == (6, SENT_ONCE)


def told(station: RestStation, charge: str) -> bool:
    with station.db.reading() as tx:
        return is_known(tx, REGISTER, f"{charge}:{WAITING}")


@pytest.mark.parametrize("how", ["token", "account"])
async def test_who_is_let_in_no_more_says_so_at_once_and_staff_hear_of_the_charge_that_waits(
    opera, station, monkeypatch, how
):
    monkeypatch.setattr("kiosk.hotel.rest.web.UNTIL_MENDED", 0.05)
    monkeypatch.setattr("kiosk.hotel.rest.line.BARRED_LONG", 0.2)
    with capture_logs() as logs:
        opera.access.withdrawn = how == "token"
        opera.gate.client = Gate.client if how == "token" else ("kiosk-client", "changed")
        opera.access.expire()
        charge = station.sell("31001")
        await until(lambda: station.status.phase == "barred")
        assert not station.status.alive
        await until(lambda: told(station, charge))
    assert [entry["log_level"] for entry in logs if entry["event"] == "link.barred"] == ["error"]
    assert opera.folios == {}
    opera.access.withdrawn, opera.gate.client = False, Gate.client
    await station.becomes(charge, DeliveryState.DELIVERED)
    await until(lambda: station.status.alive and station.status.phase == "alive")
    assert opera.amounts("31001") == SENT_ONCE


async def test_who_was_barred_and_is_not_answered_any_more_is_down(opera, station, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.rest.web.UNTIL_MENDED", 0.05)
    opera.access.withdrawn = True
    await until(lambda: station.status.phase == "barred")
    opera.silent = True
    await until(lambda: station.status.phase == "down")


async def test_charges_that_are_turned_away_again_and_again_keep_no_wake_up_from_being_set(opera, station):
    opera.faults.retry_seconds = 1
    opera.faults.next(*[Fault.BUSY] * 50)
    for _ in range(3):
        station.sell("31001")
    await until(lambda: station.status.phase == "resting")
    station.register.wake_ups.order("0808", "31001", int((datetime.now(SHANGHAI).timestamp() + 8 * 3600) * 1000))
    await until(lambda: opera.wake_ups.get("31001"))
    assert opera.amounts("31001") == []
    assert opera.count("/charges") < 4


async def test_an_answer_that_cannot_be_read_is_a_refusal_and_the_link_goes_on(opera, station, server):
    async def latin(scope, receive, send):
        if not scope["path"].endswith("/charges"):
            return await opera.app(scope, receive, send)
        return await Response(b'{"title":"R\xe9servation"}', 400, media_type="application/json")(scope, receive, send)

    server.app = latin
    refused = await station.becomes(station.sell("31001"), DeliveryState.REFUSED)
    assert refused.remark == "hotel.refused.ur"
    server.app = opera.app
    await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)


async def test_a_doubt_that_has_ended_is_not_remembered(tmp_path, opera, server):
    opera.faults.next(Fault.CUT, Fault.LOSE_ANSWER)
    line = RestLine(Ohip(settings(tmp_path, server.url), SHANGHAI, Timeouts(connect=1.0, answer=0.5)), BRISK)
    async with RestStation(tmp_path, lambda: line) as station:
        await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
        await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
        assert line._absent == {}


async def test_what_is_remembered_of_doubts_is_bounded(tmp_path, opera, server, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.rest.line.MOST_LOOKED_FOR", 2)
    line = RestLine(Ohip(settings(tmp_path, server.url), SHANGHAI), BRISK)
    assert not any(line._absent_again(number, absent=True) for number in range(9))
    assert len(line._absent) == 2
    assert line._absent_again(8, absent=True)


async def test_the_night_audit_is_waited_for_as_long_as_it_takes(opera, station):
    opera.night_audit = True
    charge = station.sell("31001")
    with capture_logs() as logs:
        await until(lambda: station.status.audit and opera.count("/charges") > 6)
    assert [entry["event"] for entry in logs].count("audit.began") == 1
    assert station.delivery(charge).state is not DeliveryState.REFUSED
    opera.night_audit = False
    await station.becomes(charge, DeliveryState.DELIVERED)
    await until(lambda: not station.status.audit)
    assert opera.amounts("31001") == SENT_ONCE


async def test_an_audit_costs_no_more_than_its_ticks(opera, tmp_path, server):
    opera.night_audit = True
    ready = settings(tmp_path, server.url)
    patient = replace(BRISK, audit=60.0, guests=60.0)
    async with RestStation(tmp_path, lambda: RestLine(Ohip(ready, SHANGHAI), patient)) as station:
        station.sell("31001")
        await until(lambda: station.status.audit)
        station.sell("31002")
        used = process_time()
        await asyncio.sleep(0.5)
        assert process_time() - used < 0.35


@pytest.mark.parametrize(("reservation", "reason"), [("31005", "np"), ("31006", "co"), ("39999", "ng")])
async def test_a_refusal_is_final_and_says_why(station, reservation, reason):
    refused = await station.becomes(station.sell(reservation, 250), DeliveryState.REFUSED)
    assert refused.remark == f"hotel.refused.{reason}"


async def test_a_token_withdrawn_in_the_middle_costs_no_charge(opera, station):
    for _ in range(3):
        opera.access.expire()
        await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
    assert opera.amounts("31001") == SENT_ONCE * 3


async def test_guests_come_move_and_leave(opera, station):
    await until(lambda: station.status.guests == 5)
    opera.check_in(Stay("32001", "1505", "Newcomer-Example", "Ada"))
    await until(lambda: station.status.guests == 6)
    assert await station.guests.identify("1505", "Ada Newcomer-Example")
    opera.move("32001", "1606")
    async with asyncio.timeout(10):
        while not await station.guests.identify("1606", "Ada Newcomer-Example"):
            await asyncio.sleep(0.02)
    assert await station.guests.identify("1505", "Ada Newcomer-Example") is None
    opera.check_out("32001")
    await until(lambda: station.status.guests == 5)
    assert await station.guests.identify("1606", "Ada Newcomer-Example") is None


async def test_a_hotel_system_fallen_silent_empties_no_room_and_is_found_again(opera, station):
    opera.silent = True
    await until(lambda: not station.status.alive)
    charge = station.sell("31001")
    assert station.status.guests == 5
    await asyncio.sleep(0.2)
    assert station.delivery(charge).attempts == 0
    opera.silent = False
    await station.becomes(charge, DeliveryState.DELIVERED)
    assert station.status.alive


async def test_the_watchdog_is_fed_while_an_answer_is_waited_for(opera, station):
    opera.faults.slow_seconds = 0.4
    opera.faults.next(Fault.SLOW)
    charge = station.sell("31001")
    await until(lambda: station.delivery(charge).state is DeliveryState.SENDING)
    before = station.ticks
    await station.becomes(charge, DeliveryState.DELIVERED)
    assert station.ticks - before > 5


async def test_stopping_waits_for_the_answer_that_is_under_way(opera, station):
    opera.faults.slow_seconds = 0.3
    opera.faults.next(Fault.SLOW)
    charge = station.sell("31001")
    await until(lambda: opera.amounts("31001"))
    await station.stop()
    assert station.delivery(charge).state is DeliveryState.DELIVERED


async def test_a_wake_up_is_registered_and_taken_back(opera, station):
    at = (datetime.now(SHANGHAI) + timedelta(hours=8)).replace(second=0, microsecond=0)
    number = station.register.wake_ups.order("0808", "31001", int(at.timestamp() * 1000))
    await until(lambda: opera.wake_ups.get("31001") == {f"{at:%Y-%m-%d %H:%M:%S}"})
    await until(lambda: station.register.wake_ups.of_guest("0808", "31001")[0].state.value == "registered")
    station.register.wake_ups.cancel(number, "0808", "31001")
    await until(lambda: opera.wake_ups["31001"] == set())


async def test_a_sharers_wake_up_is_the_sharers_own_and_outlasts_the_other_guest(opera, station):
    at = (datetime.now(SHANGHAI) + timedelta(hours=8)).replace(second=0, microsecond=0)
    number = station.register.wake_ups.order("1203", "31003", int(at.timestamp() * 1000))
    await until(lambda: opera.wake_ups == {"31003": {f"{at:%Y-%m-%d %H:%M:%S}"}})
    opera.check_out("31002")
    await until(lambda: station.status.guests == 4)
    station.register.wake_ups.cancel(number, "1203", "31003")
    await until(lambda: opera.wake_ups == {"31003": set()})


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.LOSE_ANSWER, Fault.BUSY])
async def test_an_errand_without_an_answer_is_carried_out_again(opera, station, fault):
    opera.errand_faults.next(fault)
    at = (datetime.now(SHANGHAI) + timedelta(hours=8)).replace(second=0, microsecond=0)
    station.register.wake_ups.order("0808", "31001", int(at.timestamp() * 1000))
    await until(lambda: station.register.wake_ups.of_guest("0808", "31001")[0].state.value == "registered")
    assert opera.wake_ups["31001"] == {f"{at:%Y-%m-%d %H:%M:%S}"}
    assert opera.count("POST /fof") == 2


async def test_neither_guests_nor_secrets_are_logged(opera, station):
    opera.faults.next(Fault.LOSE_ANSWER)
    with capture_logs() as logs:
        await station.becomes(station.sell("31001"), DeliveryState.DELIVERED)
        opera.silent = True
        await until(lambda: not station.status.alive)
    said = str(logs)
    for private in ("31001", "0808", "Lindqvist", Gate.client[1], "Bearer"):
        assert private not in said


@asynccontextmanager
async def link_process(folder: Path, ready: OhipSettings) -> AsyncIterator[asyncio.subprocess.Process]:
    file = folder / "kiosk.toml"
    file.write_text(f"""
        [paths]
        state = "{folder}"
        runtime = "{folder / "run"}"
        [hotel]
        adapter = "ohip"
        [hotel.ohip]
        url = "{ready.url}"
        hotel = "{ready.hotel}"
        enterprise = "{ready.enterprise}"
        app_key_file = "{ready.app_key_file}"
        client_id = "{ready.client_id}"
        client_secret_file = "{ready.client_secret_file}"
        transaction_code = "{ready.transaction_code}"
        cashier = {ready.cashier}
    """)
    link = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kiosk", "link", "--config", str(file)), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield link
    finally:
        if link.returncode is None:
            link.kill()
        await link.wait()


async def test_the_link_process_works_opera_cloud_by_its_configuration(tmp_path, opera, server):
    ready = settings(tmp_path, server.url)
    station = RestStation(tmp_path, lambda: RestLine(Ohip(ready, SHANGHAI), BRISK))
    charge = station.sell("31001")
    async with link_process(tmp_path, ready) as link:
        await station.becomes(charge, DeliveryState.DELIVERED)
        assert await station.guests.identify("0808", "Ingrid Lindqvist-Example")
        link.terminate()
        said, _ = await asyncio.wait_for(link.communicate(), 10)
    station.close()
    assert link.returncode == 0
    assert opera.amounts("31001") == SENT_ONCE
    assert b"31001" not in said
    assert b"Lindqvist" not in said


async def test_the_link_process_with_a_wrong_secret_says_that_it_is_barred(tmp_path, server):
    ready = settings(tmp_path, server.url, **{"client-secret": "another"})
    states = tmp_path / "run" / "status"

    def said() -> str | None:
        return next((each.link for each in read(states) if each.process == "kiosk-link"), None)

    async with link_process(tmp_path, ready):
        await until(lambda: said() == "barred")
