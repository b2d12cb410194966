"""What is wired to the panel's pins: a hand for the button and the door, eyes for the lights.

gpiozero's mock pins stand where the chip's would; the contacts bounce as metal does.
"""

from __future__ import annotations

import threading
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from hardware.gpio_panel import PanelPins
from hardware.protocols import Light

PRESS = 0.12
BOUNCES = 5


class _WiredPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin with a contact to ground on it, stronger than the pull-up; gpiozero's own mock pin obeys its pull."""

    grounded = False

    def ground(self, grounded: bool) -> None:
        self.grounded = grounded
        if grounded:
            self.drive_low()
        else:
            self.drive_high()

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        if self.grounded:
            self.drive_low()


class VirtualPanel:
    """``factory`` goes to ``GpioPanel``. The door starts closed. Lights can be seen once the panel is connected."""

    def __init__(self, pins: PanelPins) -> None:
        self.factory = MockFactory(pin_class=_WiredPin)
        self._pins = pins
        self._release: threading.Timer | None = None
        self._contact(pins.door, closed=True, bounces=0)

    def press_staff_button(self, bounces: int = BOUNCES) -> None:
        """Press, hold for 0.12 s and let go, bouncing both ways; returns when the button is down.

        While it is held, pressing it again is the same press.
        """
        if self._release is not None and self._release.is_alive():
            return
        self._contact(self._pins.staff_button, closed=True, bounces=bounces)
        self._release = threading.Timer(PRESS, self._contact, (self._pins.staff_button, False, bounces))
        self._release.daemon = True
        self._release.start()

    def open_door(self, bounces: int = BOUNCES) -> None:
        self._contact(self._pins.door, closed=False, bounces=bounces)

    def close_door(self, bounces: int = BOUNCES) -> None:
        self._contact(self._pins.door, closed=True, bounces=bounces)

    def spike(self) -> None:
        """A disturbance on the button's cable: closed and open again in no time."""
        self._contact(self._pins.staff_button, closed=False, bounces=1)

    def lit(self, light: Light) -> bool:
        return bool(self._pin(self._pins.lights[light]).state)

    def history(self, light: Light) -> list[bool]:
        """Every state the light went through since its pin was first used."""
        return [bool(entry.state) for entry in self._pin(self._pins.lights[light]).states]

    def stop(self) -> None:
        """Wait until the hand is off the button."""
        if self._release is not None:
            self._release.join()

    def _contact(self, number: int, closed: bool, bounces: int) -> None:
        """Move a contact to ground or away from it, ``bounces`` times back and forth on the way."""
        pin = self._pin(number)
        for state in (True, False) * bounces:
            pin.ground(state)
        pin.ground(closed)

    def _pin(self, number: int) -> Any:
        return self.factory.pin(number)
