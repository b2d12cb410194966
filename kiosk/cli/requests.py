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
}
"""What only staff read, in the runbook's language; the other keys are those that guests were told."""


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
    key, values = request.details_key, request.values
    opened = datetime.fromtimestamp(request.opened_at / 1000, UTC).astimezone(now.tzinfo)
    said = WORDS[key].format_map(values) if key in WORDS else texts("en").say(key, values)
    return f"{request.number:4} {opened:%Y-%m-%d %H:%M} {request.kind:16} {request.place}: {said}"
