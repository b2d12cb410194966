"""What can become of a wake-up call: its states, what leads from one to another, and which of them a person is told."""

from __future__ import annotations

from enum import Enum


class WakeUpState(Enum):
    ORDERED = "ordered"
    """Taken down; the hotel system has not got it yet, or may have lost it."""
    REGISTERED = "registered"
    """Handed over to the hotel system. By FIAS no more is ever known (WR has no answer); a REST system has it."""
    WITH_OPERATOR = "with-operator"
    """A person is asked to call."""
    DUE = "due"
    """A person was asked to call some time ago; it is nearly time, so it was said once more."""
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """A person is asked to go to the room."""
    UNCONFIRMED = "unconfirmed"
    """Neither the hotel system nor the person who was to call has told how it ended: a person is asked to look."""
    MISSED = "missed"
    """Its time passed before anybody was told to call: a person is asked to look at once."""
    GONE_BY = "gone-by"
    """Its time has passed while the hotel system had it, which tells nothing of how calls end: whether it rang, and was
    answered, nobody here knows, and nobody here is to find out. No guest may be promised more in such a house.
    """
    ATTENDED = "attended"
    """A person has seen to it."""
    CANCELLED = "cancelled"
    CLEARED = "cleared"
    """Ended with the stay."""


class WakeUpEvent(Enum):
    REGISTER = "register"
    RESET = "reset"
    """Another call of the same room and minute is taken back, and this one perhaps with it: it is sent once more."""
    HAND_OVER = "hand-over"
    FALL_DUE = "fall-due"
    ANSWER = "answer"
    NO_ANSWER = "no-answer"
    EXPIRE = "expire"
    MISS = "miss"
    GO_BY = "go-by"
    ATTEND = "attend"
    CANCEL = "cancel"
    CLEAR = "clear"


_S, _E = WakeUpState, WakeUpEvent

UNDER_WAY = (_S.ORDERED, _S.REGISTERED)
"""The hotel system is to call."""

BY_PERSON = (_S.WITH_OPERATOR, _S.DUE)
"""A person is to call."""

AHEAD = (*UNDER_WAY, *BY_PERSON)
"""Calls that are still to be made."""

ALERTS = (_S.UNANSWERED, _S.UNCONFIRMED, _S.MISSED)
"""A person is to go to the room."""

OPEN = (*AHEAD, *ALERTS)
"""Somebody or something has still to act; the others are over, and nobody's."""

REQUESTS = {
    _S.WITH_OPERATOR: "wake-up",
    _S.DUE: "wake-up-due",
    _S.UNANSWERED: "wake-up-unanswered",
    _S.UNCONFIRMED: "wake-up-unconfirmed",
    _S.MISSED: "wake-up-missed",
}
"""The kind of the request that is open while a call is in this state."""

CANCELLED_REQUEST = "wake-up-cancelled"
"""Whoever makes the calls is to leave this one out."""

TRANSITIONS: dict[tuple[WakeUpState, WakeUpEvent], WakeUpState] = {
    (_S.ORDERED, _E.REGISTER): _S.REGISTERED,
    (_S.ORDERED, _E.HAND_OVER): _S.WITH_OPERATOR,
    (_S.ORDERED, _E.MISS): _S.MISSED,
    (_S.REGISTERED, _E.RESET): _S.ORDERED,
    # The way of the calls was tried and does not work, or the hotel system says beforehand that it can't call.
    (_S.REGISTERED, _E.HAND_OVER): _S.WITH_OPERATOR,
    (_S.REGISTERED, _E.EXPIRE): _S.UNCONFIRMED,
    (_S.REGISTERED, _E.GO_BY): _S.GONE_BY,
    (_S.WITH_OPERATOR, _E.FALL_DUE): _S.DUE,
    **{(state, _E.EXPIRE): _S.UNCONFIRMED for state in BY_PERSON},
    **{(state, _E.ANSWER): _S.ANSWERED for state in (*AHEAD, _S.UNCONFIRMED, _S.MISSED)},
    **{(state, _E.NO_ANSWER): _S.UNANSWERED for state in (*AHEAD, _S.UNCONFIRMED, _S.MISSED)},
    **{(state, _E.ATTEND): _S.ATTENDED for state in (*BY_PERSON, *ALERTS)},
    **{(state, _E.CANCEL): _S.CANCELLED for state in AHEAD},
    **{(state, _E.CLEAR): _S.CLEARED for state in OPEN},
}

RECALLED_BY = (_E.CANCEL, _E.CLEAR, _E.HAND_OVER, _E.MISS)
"""Events after which the hotel system must not call any more."""


class IllegalWakeUp(Exception):
    """The call is in a state where this cannot happen; nothing was written."""

    def __init__(self, number: int, state: WakeUpState, event: WakeUpEvent) -> None:
        super().__init__(f"wake-up {number}: {event.value} while {state.value}")
        self.state = state
        self.event = event
