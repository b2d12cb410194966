"""Whatever befalls the requests, and whenever the link dies: each charge is on the folio once, or was not posted and
somebody has been asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from kiosk.hotel.rest.apaleo import Apaleo
from kiosk.hotel.rest.far_side import Fault, Menu, Server
from kiosk.hotel.rest.line import Pace, RestLine, System
from kiosk.hotel.rest.ohip import Ohip
from kiosk.hotel.rest.virtual_apaleo import VirtualApaleo
from kiosk.hotel.rest.virtual_ohip import VirtualOhip
from kiosk.hotel.rest.web import Timeouts
from kiosk.outbox import DeliveryState
from tests.contract import test_apaleo, test_ohip
from tests.contract.rest_kit import RestStation
from tests.house import SHANGHAI, until

PACE = Pace(guests=0.1, settle=0.1, audit=0.05, tick=0.01, first_pause=0.02, longest_pause=0.05)
TIMEOUTS = Timeouts(connect=1.0, answer=0.2)
LONG = 60.0
CHARGES = 3
OVER = frozenset({DeliveryState.DELIVERED, DeliveryState.REFUSED})


@dataclass
class Far:
    """A far side with the one guest who is charged, and what is on the folio: a mark for each line."""

    menu: Menu
    guest: str
    marks: Callable[[], list[str]]
    system: Callable[[], System]


def opera(folder: Path, host: Server) -> Far:
    house = VirtualOhip(SHANGHAI, *test_ohip.STAYS)
    host.app = house.app
    ready = test_ohip.settings(folder, host.url)
    guest = test_ohip.STAYS[0].id
    return Far(
        house.faults,
        guest,
        lambda: [line.reference for line in house.folios.get(guest, [])],
        lambda: Ohip(ready, SHANGHAI, TIMEOUTS),
    )


def apaleo(folder: Path, host: Server) -> Far:
    house = VirtualApaleo(*test_apaleo.STAYS)
    host.app = house.app
    ready = test_apaleo.ready(folder, host.url)
    return Far(
        house.faults,
        test_apaleo.GUEST,
        lambda: [line.mark for line in house.folios.get(test_apaleo.GUEST, [])],
        lambda: Apaleo(ready, TIMEOUTS),
    )


@pytest.fixture(scope="module")
def host() -> Iterator[Server]:
    with Server(Starlette()) as host:
        yield host


@pytest.fixture(scope="module", autouse=True)
def brisk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kiosk.hotel.rest.web.UNTIL_MENDED", 0.02)
        patch.setattr("kiosk.hotel.postman.LOOK_ANYWAY", 0.02)
        yield


async def worked(station: RestStation, far: Far, kills: set[int]) -> dict[str, DeliveryState]:
    """Sell, and kill the link as soon as some of the charges are on their way; what became of each."""
    async with station:
        charges = []
        for number in range(CHARGES):
            charges.append(station.sell(far.guest))
            if number in kills:
                await until(lambda: station.delivery(charges[-1]).state is not DeliveryState.QUEUED, LONG)
                await station.kill()
                station.start()
        await until(lambda: all(station.delivery(charge).state in OVER for charge in charges), LONG)
        await asyncio.sleep(TIMEOUTS.answer)  # for what may still be on its way
        return {charge: station.delivery(charge).state for charge in charges}


@pytest.mark.parametrize("house", [opera, apaleo], ids=["opera", "apaleo"])
@settings(max_examples=10, deadline=None)
@given(faults=st.lists(st.sampled_from(Fault), max_size=6), kills=st.sets(st.integers(0, CHARGES - 1)))
def test_each_charge_is_on_the_folio_once_or_refused(host, house, faults, kills):
    with TemporaryDirectory() as folder:
        far = house(Path(folder), host)
        far.menu.slow_seconds = 2 * TIMEOUTS.answer
        far.menu.retry_seconds = 0
        far.menu.next(*faults)
        station = RestStation(Path(folder), lambda: RestLine(far.system(), PACE))
        became = asyncio.run(worked(station, far, kills))
        booked = [mark.rpartition(" ")[2].rpartition("-")[0] for mark in far.marks()]
        assert sorted(booked) == sorted(charge for charge, state in became.items() if state is DeliveryState.DELIVERED)
