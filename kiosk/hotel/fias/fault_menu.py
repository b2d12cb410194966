"""The menu of what can go wrong with the virtual hotel's link. A fault stays until its count is used up or it is
switched off again."""

from __future__ import annotations

from kiosk.hotel.fias.interface import Faults, Interface

SWITCHES = (
    "silent",
    "half_open",
    "torn",
    "merged",
    "shuffled",
    "noisy",
    "unknown_records",
    "empty_fields",
    "leading_zeros",
    "old_limits",
    "decimal_points",
    "cross_answers",
    "arrives_first",
    "ignore_resync",
    "empty_resync",
    "unfinished_resync",
)
"""The verbs that are switched with ``on``."""

COUNTED = (
    "lose_answer",
    "lose_list",
    "drop_posting",
    "late_answer",
    "late_and_doubled",
    "refuse_next",
    "wrong_sequence",
    "double_answer",
    "foreign_answer",
    "cut_on_posting",
    "restart_on_posting",
    "leave_on_posting",
    "crash_on_posting",
    "slow",
)


class FaultMenu:
    """The verbs over an interface's faults."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.faults = interface.faults

    def all_well(self) -> None:
        """Nothing goes wrong from here on."""
        for name, value in vars(Faults(hearing=self.faults.hearing)).items():
            setattr(self.faults, name, value)

    def slow(self, seconds: float) -> None:
        """How long every posting and inquiry takes from now on."""
        self.interface.ways.answer_seconds = seconds

    def lose_answer(self, count: int = 1) -> None:
        """Book the next postings and never answer them."""
        self.faults.lose_answers = count

    def lose_list(self, count: int = 1) -> None:
        """Never answer the next inquiries."""
        self.faults.lose_lists = count

    def drop_posting(self, count: int = 1) -> None:
        """The next postings are lost on the way: neither booked nor answered."""
        self.faults.drop_postings = count

    def late_answer(self, seconds: float) -> None:
        """Book the next posting now and answer it that much later."""
        self.faults.answer_late = seconds

    def late_and_doubled(self, seconds: float) -> None:
        """Answer the next posting in time, and once more that much later."""
        self.faults.answer_again = seconds

    def refuse_next(self, status: str, count: int = 1) -> None:
        """Answer the next postings with this status, also one that does not exist; "OK" would lie."""
        self.faults.refuse += [status] * count

    def wrong_sequence(self, count: int = 1) -> None:
        """Answer the next postings under another P#."""
        self.faults.wrong_sequence = count

    def double_answer(self, count: int = 1) -> None:
        self.faults.double_answers = count

    def foreign_answer(self, status: str = "NG", ahead: int = 1, count: int = 1) -> None:
        """Before the next answers, one for another workstation, whose P# is so far ``ahead`` (0: the same)."""
        self.faults.foreign += [(ahead, status)] * count

    def cut_on_posting(self, count: int = 1) -> None:
        """Book the next postings and cut the line instead of answering."""
        self.faults.cut_after_booking = count

    def restart_on_posting(self, count: int = 1) -> None:
        """Book the next postings and say LS instead of answering."""
        self.faults.restart_after_booking = count

    def leave_on_posting(self, count: int = 1) -> None:
        """Book the next postings and say LE instead of answering."""
        self.faults.leave_after_booking = count

    def crash_on_posting(self, count: int = 1) -> None:
        """Book the next postings; then the host goes down until it is opened again."""
        self.faults.crash_after_booking = count

    def silent(self, *, on: bool = True) -> None:
        """Accept connections and bytes, but neither hear nor say anything."""
        self.faults.silent = on

    def half_open(self, *, on: bool = True) -> None:
        """Accept connections, but read nothing, say nothing and never close: the other side's bytes pile up."""
        if on:
            self.faults.hearing.clear()
        else:
            self.faults.hearing.set()

    def torn(self, *, on: bool = True) -> None:
        """Records arrive in pieces of three bytes."""
        self.faults.torn = on

    def merged(self, *, on: bool = True) -> None:
        """Several records arrive at once."""
        self.faults.merged = on

    def shuffled(self, *, on: bool = True) -> None:
        """Fields in reverse order, after one that nobody knows."""
        self.faults.shuffled = on

    def noisy(self, *, on: bool = True) -> None:
        """Bytes that belong to no frame before every record."""
        self.faults.noisy = on

    def unknown_records(self, *, on: bool = True) -> None:
        """A record that nobody knows before every other."""
        self.faults.unknown_records = on

    def empty_fields(self, *, on: bool = True) -> None:
        """Whatever is not indispensable comes without a value."""
        self.faults.empty_fields = on

    def leading_zeros(self, *, on: bool = True) -> None:
        """P# is given back as eight digits."""
        self.faults.leading_zeros = on

    def old_limits(self, *, on: bool = True) -> None:
        """As before 2009: P# of four digits, names of 40 characters, no value longer than 50."""
        self.faults.old_limits = on

    def decimal_points(self, *, on: bool = True) -> None:
        """Balances and limits come with a point, as "150.00"."""
        self.faults.decimal_points = on

    def cross_answers(self, *, on: bool = True) -> None:
        """Every line hears every answer, the wrong one first."""
        self.faults.cross_answers = on

    def arrives_first(self, *, on: bool = True) -> None:
        """A station that takes no moves hears of the arrival (GI) before the departure (GO)."""
        self.faults.arrives_first = on

    def ignore_resync(self, *, on: bool = True) -> None:
        """As newer interfaces do with a DR that they think needless."""
        self.faults.ignore_resync = on

    def empty_resync(self, *, on: bool = True) -> None:
        """DR is answered with nobody at all."""
        self.faults.empty_resync = on

    def unfinished_resync(self, *, on: bool = True) -> None:
        """DR is answered, but never with DE."""
        self.faults.unfinished_resync = on
