"""What the Apaleo adapter keeps, against a far side that takes an Idempotency-Key at its word, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from kiosk.books.postings import Posting
from kiosk.config.hotel import ApaleoSettings
from kiosk.hotel import errands
from kiosk.hotel.news import Answer, GuestIn
from kiosk.hotel.rest.apaleo import Apaleo
from kiosk.hotel.rest.far_side import Fault, Server
from kiosk.hotel.rest.line import Absent, Declined, Found, RestLine, Unclear
from kiosk.hotel.rest.roll import Roll
from kiosk.hotel.rest.virtual_apaleo import Stay, VirtualApaleo
from kiosk.hotel.rest.web import Barred, Lost, NothingDone, Timeouts
from kiosk.outbox import DeliveryState
from tests.contract.published import Witness
from tests.contract.published_apaleo import APALEO
from tests.contract.rest_kit import BRISK, RestStation, witnessed
from tests.house import until

STAYS = (
    Stay("XPGMSXGF-1", "0808", "Lindqvist-Example", "Ingrid", language="sv"),
    Stay("YQWERTYU-1", "1203", "样例", "小路", language="zh-CN", title="Ms"),
    Stay("ZASDFGHJ-1", "1203", "Yangli", "Xiaoqiao"),
)
GUEST = STAYS[0].id
CHARGE = "01JZZZZZZZZZZZZZZZZZZZZZ01"


@pytest.fixture
def house() -> VirtualApaleo:
    return VirtualApaleo(*STAYS)


@pytest.fixture(scope="module")
def host() -> Iterator[Server]:
    with Server(Starlette()) as host:
        yield host


@pytest.fixture
def witness(host: Server, house: VirtualApaleo) -> Iterator[Witness]:
    with witnessed(host, house.app, APALEO) as witness:
        yield witness


@pytest.fixture
def server(host: Server, witness: Witness) -> Server:
    return host


def ready(folder: Path, url: str) -> ApaleoSettings:
    (folder / "client-secret").write_text(VirtualApaleo.client[1] + "\n")
    return ApaleoSettings(
        property=VirtualApaleo.property,
        client_id=VirtualApaleo.client[0],
        client_secret_file=folder / "client-secret",
        url=url,
        identity_url=url,
    )


@pytest.fixture
def settings(tmp_path: Path, server: Server) -> ApaleoSettings:
    return ready(tmp_path, server.url)


@pytest.fixture
async def system(settings: ApaleoSettings) -> AsyncIterator[Apaleo]:
    system = Apaleo(settings, Timeouts(connect=2.0, answer=0.5))
    yield system
    await system.close()


@pytest.fixture
async def station(tmp_path: Path, settings: ApaleoSettings) -> AsyncIterator[RestStation]:
    async with RestStation(tmp_path, lambda: RestLine(Apaleo(settings, Timeouts(1.0, 0.5)), BRISK)) as station:
        yield station


def posting(reservation: str = GUEST, minor: int = 150, charge: str = CHARGE) -> Posting:
    return Posting(7, charge, "copy", minor, 10, "EUR", "Copy A4 x3", 0, room="0808", reservation=reservation)


async def test_a_charge_stands_on_the_folio_with_its_receipt(house, system):
    answer = await system.post(11, posting())
    (line,) = house.folios[GUEST]
    assert (line.amount, line.name, line.mark) == (Decimal("1.50"), "Copy A4 x3", f"{CHARGE}-11")
    assert answer == Answer(11, "OK", line.id)


async def test_a_charge_taken_back_is_an_allowance(house, system):
    assert (await system.post(11, posting(minor=-150))).status == "OK"
    (line,) = house.folios[GUEST]
    assert line.amount == Decimal("-1.50")
    assert await system.look(11, posting(minor=-150)) == Found(11, line.id)


async def test_a_guest_who_is_not_there_is_not_charged(house, system):
    house.check_out(GUEST)
    assert await system.post(11, posting()) == Answer(11, "NG")
    assert await system.post(11, posting("UNHEARD-1")) == Answer(11, "NG")
    assert await system.post(11, posting("")) == Answer(11, "NG")


async def test_a_folio_that_takes_nothing_more_is_denied(house, system):
    house.stays[GUEST] = Stay(GUEST, "0808", "Lindqvist-Example", open=False)
    assert await system.post(11, posting()) == Answer(11, "DN")


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.CUT, Fault.ERROR_AFTER, Fault.ERROR_BEFORE])
async def test_a_lost_answer_is_asked_for_again_by_its_key_and_booked_once(house, system, fault):
    house.faults.next(fault)
    assert (await system.post(11, posting())).status == "OK"
    assert house.amounts(GUEST) == [Decimal("1.50")]
    assert house.count("/charges") == 2


async def test_answers_lost_again_and_again_leave_a_doubt(house, system):
    house.faults.next(Fault.CUT, Fault.CUT, Fault.CUT)
    with pytest.raises(Lost):
        await system.post(11, posting())
    assert await system.look(11, posting()) == Absent()
    assert await system.look(11, posting("UNHEARD-1")) == Unclear()


@pytest.mark.parametrize(
    "repeat",
    [(Fault.BUSY,), (Fault.UNAVAILABLE,), (Fault.REJECTED,), (Fault.NOT_LET_IN, Fault.NOT_LET_IN)],
    ids=["busy", "unavailable", "rejected", "not-let-in"],
)
async def test_a_repeat_that_is_turned_away_says_nothing_of_what_was_lost_before(house, system, repeat):
    house.faults.next(Fault.LOSE_ANSWER, *repeat)
    with pytest.raises(Lost):
        await system.post(11, posting())
    assert house.amounts(GUEST) == [Decimal("1.50")]
    assert isinstance(await system.look(11, posting()), Found)


async def test_a_repeat_without_a_token_says_nothing_of_what_was_lost_before(house, system):
    house.faults.next(Fault.LOSE_ANSWER, Fault.NOT_LET_IN)
    await system.in_house()
    house.client = ("KIOSK-AC", "another")
    with pytest.raises(Lost, match="no-token"):
        await system.post(11, posting())


async def test_the_rest_that_a_repeat_is_asked_for_is_told(house, system):
    house.faults.retry_seconds = 17
    house.faults.next(Fault.CUT, Fault.BUSY)
    with pytest.raises(Lost) as lost:
        await system.post(11, posting())
    assert lost.value.pause == 17


async def test_who_is_not_let_in_with_a_fresh_token_has_done_nothing(house, system):
    house.faults.next(Fault.NOT_LET_IN, Fault.NOT_LET_IN)
    with pytest.raises(Barred, match="not-let-in"):
        await system.post(11, posting())
    assert house.folios == {}


async def test_a_server_that_asks_for_rest_has_booked_nothing(house, system):
    house.faults.retry_seconds = 17
    house.faults.next(Fault.BUSY)
    with pytest.raises(NothingDone) as turned_away:
        await system.post(11, posting())
    assert turned_away.value.pause == 17
    assert house.folios == {}


async def test_everybody_in_house_is_read_page_by_page(house, system, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.rest.apaleo.PAGE", 2)
    guests = await system.in_house()
    told = {"name": "Lindqvist-Example", "given": "Ingrid", "title": "", "language": "SV", "shares": False}
    assert [guest.told["title"] for guest in guests] == ["", "Ms", ""]
    assert guests[0] == GuestIn("0808", GUEST, told)
    assert [guest.told["shares"] for guest in guests] == [False, False, True]
    house.stays.clear()
    assert await system.in_house() == []


async def test_four_hundred_and_fifty_guests_are_all_read(house, system):
    house.stays = {f"A{number}-1": Stay(f"A{number}-1", f"{number:04}", "Example") for number in range(450)}
    assert {guest.reservation for guest in await system.in_house()} == set(house.stays)
    assert house.count("GET /booking") == 5


async def test_a_charge_that_was_routed_on_is_found_on_the_folio_of_the_booking(house, system):
    house.stays[GUEST] = Stay(GUEST, "0808", "Lindqvist-Example", routed=True)
    house.faults.next(*[Fault.LOSE_ANSWER] * 3)
    with pytest.raises(Lost):
        await system.post(11, posting())
    assert house.amounts(GUEST) == []
    assert isinstance(await system.look(11, posting()), Found)


async def test_folios_of_which_not_all_were_shown_say_nothing(house, system):
    house.kept_back = 1
    assert await system.look(11, posting()) == Unclear()
    house.kept_back = 0
    assert await system.look(11, posting()) == Absent()


async def test_whatever_is_asked_of_apaleo_is_asked_as_it_was_published(system, witness):
    await system.in_house()
    await system.post(11, posting())
    await system.post(12, posting(minor=-150))
    await system.look(12, posting(minor=-150))
    assert witness.violations == []
    assert witness.seen == {operation.id for operation in APALEO.operations}


async def test_what_apaleo_does_not_have_is_not_offered(system):
    with pytest.raises(Declined, match=r"hotel\.not-offered"):
        await system.run(errands.WakeUpSet(1, "0808", 0), Roll())


async def test_a_token_that_was_withdrawn_is_replaced_once(house, system):
    await system.in_house()
    house.access.expire()
    assert (await system.post(11, posting())).status == "OK"
    assert house.access.granted == 2
    assert len(house.amounts(GUEST)) == 1


async def test_the_far_side_tells_keys_apart(house, server, system):
    await system.in_house()
    server.app = house.app
    (token,) = house.access._until
    body = {"serviceType": "Other", "vatType": "Normal", "name": "x", "amount": {"amount": 1, "currency": "EUR"}}
    async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {token}"}) as client:
        path = f"/finance/v1/folio-actions/{GUEST}-1/charges"
        first = await client.post(path, json=body, headers={"idempotency-key": "k"})
        again = await client.post(path, json=body, headers={"idempotency-key": "k"})
        other = await client.post(path, json={**body, "name": "y"}, headers={"idempotency-key": "k"})
        assert (first.json(), other.status_code) == (again.json(), 422)
        assert len(house.folios[GUEST]) == 1
        await client.post(path, json=body)
        assert len(house.folios[GUEST]) == 2


# The whole way


async def test_a_charge_that_was_booked_unseen_three_times_over_is_found_on_the_folio(house, station):
    house.faults.next(Fault.LOSE_ANSWER)
    charge = station.sell(GUEST)
    await station.becomes(charge, DeliveryState.DELIVERED)
    house.faults.next(Fault.CUT, Fault.CUT, Fault.LOSE_ANSWER)
    done = await station.becomes(station.sell(GUEST), DeliveryState.DELIVERED)
    assert done.attempts == 1
    assert house.amounts(GUEST) == [Decimal("1.50")] * 2


async def test_a_charge_that_never_arrived_goes_again_once_the_folio_was_read_twice_without_it(house, station):
    house.faults.next(Fault.CUT, Fault.CUT, Fault.CUT)
    done = await station.becomes(station.sell(GUEST), DeliveryState.DELIVERED)
    assert done.attempts == 2
    assert house.amounts(GUEST) == [Decimal("1.50")]


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNAVAILABLE, Fault.REJECTED])
async def test_a_charge_that_was_booked_unseen_is_booked_once_whatever_befalls_its_repeat(house, station, fault):
    house.faults.retry_seconds = 0
    house.faults.next(Fault.LOSE_ANSWER, fault)
    done = await station.becomes(station.sell(GUEST), DeliveryState.DELIVERED)
    assert (done.attempts, house.amounts(GUEST)) == (1, [Decimal("1.50")])


async def test_guests_are_known_and_forgotten(house, station):
    await until(lambda: station.status.guests == 3)
    assert await station.guests.identify("0808", "Ingrid Lindqvist-Example")
    house.check_out(GUEST)
    await until(lambda: station.status.guests == 2)
    assert await station.guests.identify("0808", "Ingrid Lindqvist-Example") is None
