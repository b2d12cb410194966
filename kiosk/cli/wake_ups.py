"""``kiosk wake-ups``: the calls that are not over, in time order, and how one ended by staff's word."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kiosk import stores
from kiosk.cli import Failed
from kiosk.config.load import load
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.register.wake_up_states import IllegalWakeUp, WakeUpEvent
from kiosk.register.wake_up_table import NoWakeUp, Origin, WakeUp
from kiosk.register.wake_ups import WakeUps
from kiosk.store.database import StoreError

WORDS = {
    "answered": WakeUpEvent.ANSWER,
    "unanswered": WakeUpEvent.NO_ANSWER,
    "attended": WakeUpEvent.ATTEND,
}
"""How a call may end, as staff say it; attended: somebody went to the room."""


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    result = actions.add_parser("result", help="how a call ended")
    result.add_argument("number", type=int, help="of the call, as `kiosk wake-ups` prints it")
    result.add_argument("outcome", choices=WORDS)
    result.add_argument("--by", required=True, metavar="INITIALS", help="who says so")
    # Also after the action, where one thinks of it.
    result.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """0 when the list was printed or the result written, 1 when there is no such call, or it cannot end so."""
    settings = load(options.config)
    try:
        register = stores.open_register(settings)
        try:
            return _tell(register.wake_ups, options) if options.action == "result" else _list(register)
        finally:
            register.db.close()
    except StoreError as fault:
        raise Failed(f"the register cannot be opened: {fault.key} {dict(fault.values)}") from fault


def _list(register: Register) -> int:
    for call in register.wake_ups.list_open():
        sys.stdout.write(_line(register.rules, call) + "\n")
    return 0


def _tell(wake_ups: WakeUps, options: argparse.Namespace) -> int:
    try:
        wake_ups.tell(options.number, WORDS[options.outcome], options.by)
    except NoWakeUp as wrong:
        raise Failed(f"there is no wake-up {options.number}") from wrong
    except IllegalWakeUp as wrong:
        raise Failed(f"wake-up {options.number} is {wrong.state.value}: it cannot be {options.outcome}") from wrong
    return 0


def _line(rules: Rules, call: WakeUp) -> str:
    test = " (test)" if call.origin is Origin.TEST else ""
    return f"{call.number:4} {rules.local(call.at):%Y-%m-%d %H:%M} {call.room:8} {call.state.value}{test}"
