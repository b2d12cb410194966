"""The panel on gpiozero's mock pins, whose contacts bounce and whose factory does not debounce."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import pytest
from gpiozero.pins.mock import MockFactory

from hardware.gpio_panel import SETTLE, Debounce, GpioPanel, PanelPins
from hardware.protocols import Fitness, Health, Light, PanelEvent, TryLater
from hardware.virtual.panel import VirtualPanel

PINS = PanelPins(
    {Light.READY: 5, Light.BUSY: 6, Light.FAULT: 13, Light.CARD_SLOT: 19},
    staff_button=20,
    door=21,
)
SOON = 10.0
QUIET = 0.25


@pytest.fixture
def far_side() -> Iterator[VirtualPanel]:
    station = VirtualPanel(PINS)
    yield station
    station.stop()


@pytest.fixture
async def panel(far_side: VirtualPanel) -> AsyncIterator[GpioPanel]:
    panel = GpioPanel("panel", PINS, lambda: far_side.factory)
    await panel.connect()
    yield panel
    await panel.close()


async def heard(events: AsyncIterator[PanelEvent]) -> list[PanelEvent]:
    """The first event and all that follow until it has been quiet for a while."""
    async with asyncio.timeout(SOON):
        found = [await anext(events)]
    while True:
        try:
            async with asyncio.timeout(QUIET):
                found.append(await anext(events))
        except TimeoutError:
            return found


@pytest.mark.parametrize("light", Light)
async def test_each_light_is_its_own(panel: GpioPanel, far_side: VirtualPanel, light: Light) -> None:
    panel.light(light, on=True)
    assert [other for other in Light if far_side.lit(other)] == [light]
    panel.light(light, on=False)
    assert far_side.history(light)[-2:] == [True, False]


async def test_a_light_asked_for_before_connecting_comes_on_then(far_side: VirtualPanel) -> None:
    panel = GpioPanel("panel", PINS, lambda: far_side.factory)
    panel.light(Light.FAULT, on=True)
    await panel.connect()
    assert far_side.lit(Light.FAULT)
    await panel.close()


async def test_a_light_set_again_does_not_flicker(panel: GpioPanel, far_side: VirtualPanel) -> None:
    panel.light(Light.READY, on=True)
    before = far_side.history(Light.READY)
    panel.light(Light.READY, on=True)
    assert far_side.history(Light.READY) == before


@pytest.mark.parametrize("bounces", [0, 1, 5, 20])
async def test_a_bouncing_press_is_one_press(panel: GpioPanel, far_side: VirtualPanel, bounces: int) -> None:
    events = panel.events()
    far_side.press_staff_button(bounces)
    assert await heard(events) == [PanelEvent.STAFF_BUTTON]


async def test_two_presses_are_two(panel: GpioPanel, far_side: VirtualPanel) -> None:
    events = panel.events()
    far_side.press_staff_button()
    first = await heard(events)
    far_side.press_staff_button()
    assert first + await heard(events) == [PanelEvent.STAFF_BUTTON] * 2


async def test_a_spike_on_the_cable_is_no_press(panel: GpioPanel, far_side: VirtualPanel) -> None:
    events = panel.events()
    far_side.spike()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(QUIET):
            await anext(events)


async def test_the_door_opens_and_closes_once_each(panel: GpioPanel, far_side: VirtualPanel) -> None:
    events = panel.events()
    assert panel.health() == Health(Fitness.READY)
    far_side.open_door()
    assert await heard(events) == [PanelEvent.DOOR_OPENED]
    assert panel.health() == Health(Fitness.NEEDS_PERSON, "panel.door-open", "door")
    far_side.close_door()
    assert await heard(events) == [PanelEvent.DOOR_CLOSED]
    assert panel.health() == Health(Fitness.READY)


async def test_a_door_closed_from_the_start_is_ready(panel: GpioPanel) -> None:
    assert panel.health() == Health(Fitness.READY)


async def test_a_door_open_from_the_start_is_a_health_and_no_event(far_side: VirtualPanel) -> None:
    far_side.open_door()
    panel = GpioPanel("panel", PINS, lambda: far_side.factory)
    await panel.connect()
    assert panel.health().reason == "panel.door-open"
    await panel.close()


async def test_every_listener_hears_an_event(panel: GpioPanel, far_side: VirtualPanel) -> None:
    journey, log = panel.events(), panel.events()
    far_side.open_door()
    assert await heard(journey) == await heard(log) == [PanelEvent.DOOR_OPENED]


async def test_closed_it_is_dark_and_offline_and_connects_again(panel: GpioPanel, far_side: VirtualPanel) -> None:
    events = panel.events()
    panel.light(Light.BUSY, on=True)
    await panel.close()
    assert panel.health() == Health(Fitness.OFFLINE, "panel.offline")
    assert not far_side.lit(Light.BUSY)
    await panel.connect()
    assert far_side.lit(Light.BUSY)
    far_side.press_staff_button()
    assert await heard(events) == [PanelEvent.STAFF_BUTTON]


async def test_a_pin_that_is_taken_is_offline(panel: GpioPanel, far_side: VirtualPanel) -> None:
    rival = GpioPanel("rival", PINS, lambda: far_side.factory)
    with pytest.raises(TryLater) as refused:
        await rival.connect()
    await rival.close()
    assert refused.value.key == "panel.offline"


async def test_the_chip_librarys_own_error_is_offline_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """lgpio, which only the Pi has, raises an error of its own for a line another process holds."""

    class ChipError(Exception):
        pass

    class BusyFactory(MockFactory):
        def pin(self, name: int) -> None:
            raise ChipError("GPIO busy")

    monkeypatch.setitem(sys.modules, "lgpio", SimpleNamespace(error=ChipError))
    panel = GpioPanel("panel", PINS, BusyFactory)
    with pytest.raises(TryLater) as refused:
        await panel.connect()
    await panel.close()
    assert refused.value.key == "panel.offline"


# The rule itself, by a clock turned by hand


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_level_is_believed_when_it_was_steady_for_the_whole_time() -> None:
    clock = Clock()
    contact = Debounce(clock, SETTLE, level=False)
    contact.edge(level=True)
    clock.now += SETTLE * 0.9
    assert not contact.settled()
    clock.now += SETTLE * 0.2
    assert contact.settled()
    assert contact.level
    assert not contact.settled()


def test_every_bounce_begins_the_wait_anew() -> None:
    clock = Clock()
    contact = Debounce(clock, SETTLE, level=False)
    for level in (True, False) * 5:
        contact.edge(level=level)
        clock.now += SETTLE * 0.9
        assert not contact.settled()
    contact.edge(level=True)
    clock.now += SETTLE
    assert contact.settled()


def test_bouncing_that_ends_where_it_began_is_nothing() -> None:
    clock = Clock()
    contact = Debounce(clock, SETTLE, level=True)
    for level in (False, True) * 5:
        contact.edge(level=level)
    clock.now += SETTLE
    assert not contact.settled()
    assert contact.level
