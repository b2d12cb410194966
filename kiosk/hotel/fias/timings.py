"""How long each thing is waited for on a FIAS link."""

from __future__ import annotations

from dataclasses import dataclass

GUEST_ANSWER = 60.0


@dataclass(frozen=True)
class Timings:
    """All in seconds, as the specification wants them."""

    listen: float = 3.0
    greet: float = 10.0
    """Who does not answer LS is described to unasked: the specification allows to begin with LD."""
    answer: float = 30.0
    guest_answer: float = GUEST_ANSWER
    """As ``answer``, for PR: the hotel system has to look the guest up."""
    bill: float = 120.0
    """The longest a bill may take, however long it is: charges wait behind it."""
    check_every: float = 300.0
    """LS must not be sent oftener."""
    confirm: float = 1.0
    """Silence after an errand until LS asks whether anybody is there, where that was not asked too lately."""
    resync: float = 60.0
    """The longest silence between DS and DE."""
    longest_resync: float = 600.0
    """From DS to when nobody waits for DE any more: charges wait behind it."""
    between_alives: float = 10.0
    """An LA so soon after one of ours is its echo, however often it comes."""
    audit_probe: float = 900.0
    """How long a night audit is believed in without NE: that may have passed while the line was down. Twice as long
    each time a posting that was to find it out has no answer, up to ``longest_audit_probe``.
    """
    longest_audit_probe: float = 14_400.0
    most_unanswered: int = 3
    """Postings without an answer, in a row, after which none goes for ``rest``; each further one doubles that, up to
    ``longest_rest``.
    """
    rest: float = 60.0
    longest_rest: float = 900.0
    first_message: float = 10.0
    next_message: float = 2.0
    """Silence after which no more messages are expected: before the first one, and after each."""
