"""The station's own lights, staff button and door contact, on GPIO pins through gpiozero.

Debouncing is ours: a contact counts when it has been steady for a while, so neither bouncing nor a spike on a long
cable is an event, and the last position is always the one that counts.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from gpiozero import LED, DigitalInputDevice
from gpiozero.exc import GPIOZeroError
from gpiozero.pins import Factory

from hardware.broadcast import Broadcast
from hardware.protocols import Fitness, Health, Light, PanelEvent, TryLater

OFFLINE_KEY = "panel.offline"
DOOR_OPEN_KEY = "panel.door-open"
REASONS = (OFFLINE_KEY, DOOR_OPEN_KEY)

SETTLE = 0.03

_OFFLINE = Health(Fitness.OFFLINE, OFFLINE_KEY)


@dataclass(frozen=True)
class PanelPins:
    """BCM numbers. The button and the door contact pull their pin to ground: pressed, and door closed."""

    lights: Mapping[Light, int]
    staff_button: int
    door: int


def open_header() -> Factory:
    """The pins of the Pi's own header. Raises TryLater where there is none."""
    try:
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as missing:
        raise TryLater(OFFLINE_KEY) from missing
    try:
        return LGPIOFactory()
    except _pin_faults() as fault:
        raise TryLater(OFFLINE_KEY) from fault


class Debounce:
    """A contact's level, believed once it has been the same for ``settle`` seconds of ``clock``."""

    def __init__(self, clock: Callable[[], float], settle: float, *, level: bool) -> None:
        self.level = level
        self._raw = level
        self._since = clock()
        self._clock = clock
        self._settle = settle

    def edge(self, *, level: bool) -> None:
        """The contact moved, to ``level`` as far as one can tell."""
        self._raw = level
        self._since = self._clock()

    def remaining(self) -> float:
        """Seconds until the level may be believed, if nothing moves."""
        return max(0.0, self._since + self._settle - self._clock())

    def settled(self) -> bool:
        """True when the contact has come to rest at another level than before; ``level`` is then the new one."""
        if self.remaining() or self._raw == self.level:
            return False
        self.level = self._raw
        return True


class _Contact:
    """One input pin: its debounced changes are told to ``changed`` on the loop."""

    def __init__(self, device: DigitalInputDevice, settle: float, changed: Callable[[bool], None]) -> None:
        self._device = device
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._debounce = Debounce(time.monotonic, settle, level=bool(device.is_active))
        self._check: asyncio.TimerHandle | None = None
        # gpiozero calls from a thread of its own.
        device.when_activated = device.when_deactivated = lambda: self._loop.call_soon_threadsafe(self._edge)

    @property
    def closed(self) -> bool:
        """Pulled to ground."""
        return self._debounce.level

    def stop(self) -> None:
        self._device.when_activated = self._device.when_deactivated = None
        if self._check is not None:
            self._check.cancel()
        self._device.close()

    def _edge(self) -> None:
        if self._device.closed:
            return
        self._debounce.edge(level=bool(self._device.is_active))
        if self._check is None:
            self._settle()

    def _settle(self) -> None:
        self._check = None
        if remaining := self._debounce.remaining():
            self._check = self._loop.call_later(remaining, self._settle)
        elif self._debounce.settled():
            self._changed(self._debounce.level)


class GpioPanel:
    """``open_pins`` gives gpiozero's pin factory, the Pi's or a mock, or raises TryLater.

    ``settle``: seconds a contact must be steady.

    Lights keep what was last asked of them across a reconnect; ``close`` turns them off.
    """

    def __init__(self, name: str, pins: PanelPins, open_pins: Callable[[], Factory], *, settle: float = SETTLE) -> None:
        self.name = name
        self._pins = pins
        self._open_pins = open_pins
        self._settle = settle
        self._events: Broadcast[PanelEvent] = Broadcast()
        self._wanted = dict.fromkeys(Light, False)
        self._lights: dict[Light, LED] = {}
        self._door: _Contact | None = None
        self._open = ExitStack()

    async def connect(self) -> None:
        """Claim the pins. Raises TryLater when one is not there or taken."""
        await self.close()
        factory = self._open_pins()
        try:
            for light, pin in self._pins.lights.items():
                lamp = LED(pin, initial_value=self._wanted[light], pin_factory=factory)
                self._open.callback(lamp.close)
                self._open.callback(lamp.off)
                self._lights[light] = lamp
            self._contact(factory, self._pins.staff_button, self._button)
            self._door = self._contact(factory, self._pins.door, self._door_moved)
        except _pin_faults() as fault:
            raise TryLater(OFFLINE_KEY) from fault

    async def watch(self) -> None:
        """Pins have no plug to pull: serve until cancelled."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        self._open.close()
        self._lights.clear()
        self._door = None

    def health(self) -> Health:
        if self._door is None:
            return _OFFLINE
        if self._door.closed:
            return Health(Fitness.READY)
        return Health(Fitness.NEEDS_PERSON, DOOR_OPEN_KEY, "door")

    def light(self, light: Light, on: bool) -> None:
        self._wanted[light] = on
        if light in self._lights:
            self._lights[light].value = on

    def events(self) -> AsyncIterator[PanelEvent]:
        """Debounced presses and door changes from this call on, also across a reconnect."""
        return self._events.listen()

    def _contact(self, factory: Factory, pin: int, changed: Callable[[bool], None]) -> _Contact:
        contact = _Contact(DigitalInputDevice(pin, pull_up=True, pin_factory=factory), self._settle, changed)
        self._open.callback(contact.stop)
        return contact

    def _button(self, pressed: bool) -> None:
        if pressed:
            self._events.send(PanelEvent.STAFF_BUTTON)

    def _door_moved(self, closed: bool) -> None:
        self._events.send(PanelEvent.DOOR_CLOSED if closed else PanelEvent.DOOR_OPENED)


def _pin_faults() -> tuple[type[Exception], ...]:
    """What claiming a pin may raise. gpiozero lets the chip library's own error through; only the Pi has loaded it."""
    chip = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError, chip.error) if chip is not None else (GPIOZeroError, OSError)
