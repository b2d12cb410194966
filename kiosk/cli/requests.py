"""``kiosk requests``: what waits for a person at this station, and closing what has been done."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from kiosk import stores
from kiosk.cli import Failed
from kiosk.config.load import load
from kiosk.register.requests import NotOpen, Request, Requests
from kiosk.store.database import StoreError
from kiosk.texts import texts

WORDS = {
    "request.call": "a guest asks for a person",
    "request.charge-unknown": "count the sheets of charge {charge} and resolve it",
    "request.posting-unknown": "is voucher {voucher} on the folio? reconcile or resolve it",
    "request.posting-refused": "the hotel refused the posting of voucher {voucher} ({reason})",
    "request.posting-absent": (
        "voucher {voucher}, resolved as posted, was refused as the hotel says now: look at the folio"
    ),
    "request.posting-twice": "voucher {voucher} is on the folio twice ({minor} each): take one off by hand",
    "request.posting-perhaps-twice": "voucher {voucher} is on the folio, perhaps twice ({minor} each): if so, undo one",
    "request.posting-after-all": "voucher {voucher} was refused, but is on the folio: pay back what was collected",
    "request.posting-waiting": "voucher {voucher} still could not be posted: does the link work? `kiosk status`",
    "request.correction-waiting": (
        "the correction of voucher {voucher} still could not be posted: does the link work? `kiosk status`"
    ),
    "request.trial-waiting": "the technician's posting {charge} ({minor}) still waits: does the link work?",
    "request.correction-unknown": "is the correction of voucher {voucher} on the folio? reconcile or resolve it",
    "request.correction-refused": "the hotel refused the correction of voucher {voucher}, {minor} ({reason})",
    "request.correction-absent": (
        "the correction of voucher {voucher}, resolved as posted, was refused as the hotel says now: look at the folio"
    ),
    "request.correction-twice": "the correction of voucher {voucher} is on the folio twice ({minor} each): undo one",
    "request.correction-perhaps-twice": (
        "the correction of voucher {voucher} is on the folio, perhaps twice ({minor} each): if so, undo one"
    ),
    "request.correction-after-all": (
        "the correction of voucher {voucher} was refused, but is on the folio: undo what was paid back"
    ),
    "request.desk-correction-refused": (
        "correct the folio of voucher {voucher} by {minor} minor units,"
        " then `kiosk books resolve {charge} posted --by WHO`"
    ),
    "request.trial-unknown": "is the technician's posting {charge} ({minor}) on the folio? take it off and resolve it",
    "request.trial-absent": (
        "the technician's posting {charge}, resolved as posted, was refused as the hotel says now: look at the folio"
    ),
    "request.trial-twice": "the technician's posting {charge} ({minor}) is on the folio twice: take both off",
    "request.trial-perhaps-twice": "the technician's posting {charge} ({minor}) is on the folio: take it off",
    "request.trial-after-all": "the technician's posting {charge} ({minor}) is on the folio after all: take it off",
    "request.wake-up": "call room {room} at {at} (wake-up {call})",
    "request.wake-up-cancelled": "room {room} is not to be called at {at} any more (wake-up {call})",
    "request.wake-up-due": "it is nearly time: call room {room} at {at} (wake-up {call})",
    "request.wake-up-missed": "nobody called room {room} at {at}: go there now (wake-up {call})",
    "request.wake-up-test-failed": "the test call of {at} failed ({status}): call this day's rooms yourself",
    "request.wake-up-unanswered": "room {room} did not answer its call of {at}: go there (wake-up {call})",
    "request.wake-up-unconfirmed": "whether room {room} was called at {at} is not known: go there (wake-up {call})",
    "request.message-by-name": "message for {name}, find out whose it is: {text}",
    "request.message-to-room": "message for the guest of room {room}: {text}",
    "request.room-wish": "room {room} wishes: {wish}",
    "request.room-wish-until": "room {room} wishes: {wish}, until {until}",
}
"""What only staff read, in the runbook's language; the other keys are those that guests were told."""

_COLLECT = "collect by cash or card, then resolve as collected"
_FIND = "find the right folio, post it there by hand, then resolve as posted"
_MEND = "call the technician; when it is mended, resolve as not-posted"

REASONS = {
    "hotel.refused.np": f"this guest may not charge to the room: {_COLLECT}",
    "hotel.refused.co": f"over the guest's credit limit: {_COLLECT}",
    "hotel.refused.fx": f"this guest may not buy this on the room: {_COLLECT}",
    "hotel.refused.dn": f"denied without a reason: {_COLLECT}",
    "hotel.refused.ng": f"the guest is no longer in this room: {_FIND}",
    "hotel.refused.ia": f"the account is not valid: {_FIND}",
    "hotel.refused.cd": f"the guest does not check out today: {_FIND}",
    "hotel.refused.bm": f"the balance is not what the hotel system has: {_FIND}",
    "hotel.refused.dm": f"the subtotals do not make the total: {_MEND}",
    "hotel.refused.ur": f"the hotel system cannot do this at all: {_MEND}",
    "hotel.refused.nf": f"postings are not switched on for this interface: {_MEND}",
    "hotel.refused.ry": "put off again and again: when the hotel system is well, resolve as not-posted",
    "hotel.refused.by": "busy again and again: when the hotel system is well, resolve as not-posted",
    "hotel.refused.na": "a night audit was under way: try again after it",
    "hotel.refused.unsent": f"the line to the hotel system would not take it: {_MEND}",
    "hotel.refused.untold": (
        "who stays in the room was asked again and again without an answer: when the hotel system is well, resolve as"
        " not-posted"
    ),
    "hotel.refused.by-desk": "the hotel corrects folios by a procedure of its own",
    "hotel.not-offered": "the hotel system does not do this: do it by hand",
    "hotel.refused.unsendable": f"the room cannot be written on the wire: {_FIND}",
}
"""Why a posting was refused, and what to do: the value "reason" of a request."""

STATUSES = {
    "": "nothing was heard of it in time",
    "NR": "nobody answered it",
    "BY": "the line was busy",
    "UR": "the telephone could not be rung",
    "DE": "the hotel system deleted it",
}
"""How a test call ended (FIAS WA, AS): the value "status" of a request."""

LINE_ENDS = str.maketrans({"\n": " / ", "\r": None})
"""A guest's text keeps to its line: what follows must not look like another request."""


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    closing = actions.add_parser("close", help="somebody has seen to it")
    closing.add_argument("number", type=int, help="of the request, as `kiosk requests` prints it")
    closing.add_argument("--by", required=True, metavar="INITIALS", help="who says so")
    # Also after the action, where one thinks of it.
    closing.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """0 when the list was printed or the request closed, 1 when no open request has the number."""
    settings = load(options.config)
    try:
        requests = stores.open_requests(settings)
        try:
            return _close(requests, options) if options.action == "close" else _list(requests)
        finally:
            requests.db.close()
    except StoreError as fault:
        raise Failed(f"the register cannot be opened: {fault.key} {dict(fault.values)}") from fault


def _list(requests: Requests) -> int:
    for request in requests.list_open():
        sys.stdout.write(_line(request, requests.db.clock()) + "\n")
    return 0


def _close(requests: Requests, options: argparse.Namespace) -> int:
    try:
        requests.close(options.number, options.by)
    except NotOpen as wrong:
        raise Failed(f"no open request has the number {options.number}") from wrong
    return 0


def _line(request: Request, now: datetime) -> str:
    """In the zone of ``now``, and in English, which the runbook is written in."""
    key = request.details_key
    values = {name: _worded(name, value) for name, value in request.values.items()}
    opened = datetime.fromtimestamp(request.opened_at / 1000, UTC).astimezone(now.tzinfo)
    said = WORDS[key].format_map(values) if key in WORDS else texts("en").say(key, values)
    return f"{request.number:4} {opened:%Y-%m-%d %H:%M} {request.kind:16} {request.place}: {said.translate(LINE_ENDS)}"


def _worded(name: str, value: str | int) -> str | int:
    match name, value:
        case "reason", str():
            return REASONS.get(value, value)
        case "status", str():
            return STATUSES.get(value, "the hotel system refused it" if value.startswith("hotel.") else value)
        case _:
            return value
