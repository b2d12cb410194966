"""How a technician's posting ended, in words and as an exit code."""

from __future__ import annotations

import sys

from kiosk.cli.requests import REASONS
from kiosk.hotel.inspection import Inspection
from kiosk.outbox import DeliveryState, Outbox

WELL, WRONG, NO_LINK, UNKNOWN, NOT_NOW, INTERRUPTED = 0, 1, 3, 4, 5, 130
EXIT_CODES = """\
exit code: 0 well or posted, 1 refused or something is wrong, 2 wrong usage or configuration,
           3 no link: nothing was sent, 4 outcome unknown: look at the folio, 5 not now: night audit or try later"""

LATER = {
    "hotel.refused.na": "a night audit is under way",
    "hotel.refused.ry": "to be sent again later",
    "hotel.refused.by": "busy",
    "hotel.refused.unsent": "the hotel system did not hear it out",
    "hotel.refused.untold": "the hotel system did not say who stays in the room",
}
"""Answers after which the same may well be posted another time, as said of one try."""
NOT_FOUND = "hotel.refused.ng"
NOBODY = {False: "no such room, or nobody in it", True: "nobody was found in the room, or several"}
"""What it means of a trial: for a room, and for one guest's folio."""
SILENCE = {
    "timeout": "did not answer in time",
    "cut": "was cut off before it answered",
    "ended": "ended the link before it answered",
    "answer other": "answered without saying what became of it (AS)",
}
"""Why nothing is known of a posting."""
UNHEARD = {
    "answer-without-number": "an answer came without a number: the hotel must enable P# for PA",
    "answer-for-another-station": "an answer came for another workstation: is ours (WS) the one agreed?",
}
"""What came in place of an answer, by the name of the noise."""
STATUS_LENGTH = 2
"""Of AS; longer is what the station says itself."""


def verdict(postings: Outbox, key: str, seen: Inspection | None, *, by_guest: bool, in_books: bool) -> int:
    """Say how the trial ``key`` ended; returns the exit code.

    ``seen`` is None where kiosk-link carried it out; ``by_guest``: it was for one guest's folio; ``in_books``: the
    station's own books ask what became of it until somebody resolves it.
    """
    delivery = postings.by_key(key)
    assert delivery is not None
    remark = delivery.remark
    text = _its_own_words(postings, key, seen) if seen else ""
    match delivery.state:
        case DeliveryState.DELIVERED:
            say(f"posted: the hotel system answered OK ({remark})")
            _say_its_own(text)
            return WELL
        case DeliveryState.UNKNOWN:
            say(f"unknown: the hotel system {_silence(remark)}")
            _say_its_own(text)
            for noise in seen.noise if seen else ():
                if noise in UNHEARD:
                    say(UNHEARD[noise])
            then = f", then: kiosk books resolve {key} posted --by WHO, or not-posted" if in_books else ""
            say(f"look at the folio{then}")
            return UNKNOWN
        case DeliveryState.REFUSED | DeliveryState.WITHDRAWN if remark == NOT_FOUND:
            say(f"not posted: {NOBODY[by_guest]} (NG)")
            _say_its_own(text)
            shared = "; where it is shared, say who with --reservation" if by_guest else ""
            say(f"write the room as kiosk link guests does{shared}")
            return WRONG
        case DeliveryState.REFUSED | DeliveryState.WITHDRAWN:
            say(f"not posted: {_worded(remark)}")
            _say_its_own(text)
            return NOT_NOW if remark in LATER else WRONG
    say("still under way: kiosk books open tells later what became of it")
    return UNKNOWN


def _its_own_words(postings: Outbox, key: str, seen: Inspection) -> str:
    """What the hotel system wrote to the posting ``key``, or to the inquiry before it, whose number is nobody's."""
    texts = {number: text for number, text in seen.texts.items() if number.isdecimal()}
    whose = {number: postings.by_number(int(number)) for number in texts}
    ours = [text for number, text in texts.items() if (found := whose[number]) is None or found.key == key]
    return ours[-1] if ours else ""


def _say_its_own(text: str) -> None:
    if text:
        say(f'it wrote: "{"".join(char if char.isprintable() else "?" for char in text)}"')


def _worded(reason: str) -> str:
    status = reason.removeprefix("hotel.refused.").upper()
    words = LATER.get(reason) or REASONS.get(reason, "no words for it").partition(":")[0]
    return f"{words} ({status})" if len(status) == STATUS_LENGTH else words


def _silence(remark: str) -> str:
    if remark in SILENCE:
        return SILENCE[remark]
    if remark.startswith("answer "):
        return f"answered {remark.removeprefix('answer ')}, which is no answer to a posting"
    return f"did not answer ({remark})"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
