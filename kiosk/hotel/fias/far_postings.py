"""How the virtual hotel's interface takes charges from one line: PS to a room, PR and PL for one guest's folio."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from kiosk.hotel.fias.interface import Interface, Line, Pairs
from kiosk.hotel.fias.record_rules import LONGEST, Values, is_inquiry
from kiosk.hotel.fias.virtual_hotel import Stay
from kiosk.hotel.fias.wire_faults import disturbed

MOST_LISTED = 9
OLD_SEQUENCES = 9999
"""P# had four digits before 2009."""


class PostingDesk:
    """One record at a time: another one before the answer is dropped."""

    def __init__(self, interface: Interface, line: Line) -> None:
        self._interface = interface
        self._hotel = interface.hotel
        self._faults = interface.faults
        self._line = line
        self._busy = False
        self._told: dict[tuple[str, str], str] = {}
        """From the last PL: names by room and reservation."""
        self._inquired = False
        self._last_sequence = ""
        """Of the last record that was carried out."""
        self._answering: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        for task in self._answering:
            task.cancel()

    def forget(self) -> None:
        """The link begins anew: no record is awaited an answer for, no list was given."""
        self._busy = self._inquired = False
        self._told = {}

    def hear(self, kind: str, values: Values) -> None:
        """A PS or PR in form."""
        observed = self._interface.observed
        wrong = self._out_of_turn(kind, values)
        observed.violations.extend(wrong)
        if wrong:
            return
        if values["P#"] == self._last_sequence:
            observed.notes.append(f"{kind} with the P# of the last record")
        if kind == "PR" and is_inquiry(values):
            observed.inquiries += 1
            self._start(self._list(values))
            return
        self._inquired = False
        observed.postings += 1
        if not self._faults.take("drop_postings"):
            self._start(self._post(values))

    def _out_of_turn(self, kind: str, values: Values) -> list[str]:
        wrong = []
        if self._busy:
            wrong.append(f"second {kind} before the answer to the first")
        if kind == "PR" and not is_inquiry(values) and not self._inquired:
            wrong.append("PR posting without an inquiry before it")
        if self._faults.old_limits and int(values["P#"]) > OLD_SEQUENCES:
            wrong.append(f"{kind}.P# out of form")
        return wrong

    def _start(self, answer: Coroutine[Any, Any, None]) -> None:
        self._busy = True
        task = asyncio.ensure_future(answer)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _list(self, asked: Values) -> None:
        status, guests = self._found(asked)
        await asyncio.sleep(self._interface.ways.answer_seconds)
        self._busy = False
        if self._faults.take("lose_lists"):
            return
        self._last_sequence = asked["P#"]
        if status != "OK":
            await self._line.say("PA", self._answer(asked, status), agreed=True)
            return
        self._inquired = True
        self._told = {(stay.room, stay.reservation): self._legible(stay.name) for stay in guests}
        await self._line.say("PL", self._listed(asked, guests), agreed=True)

    def _found(self, asked: Values) -> tuple[str, list[Stay]]:
        if self._hotel.auditing:
            return "NA", []
        guests = self._hotel.inquire(asked["PI"], asked.get("$2", ""))[: int(asked.get("MX", MOST_LISTED))]
        return ("OK", guests) if guests else ("NG", [])

    def _listed(self, asked: Values, guests: list[Stay]) -> Pairs:
        """As many guests as fit a record, each group beginning with RN and G#."""
        pairs = [("P#", asked["P#"]), *self._interface.stamp(), ("WS", asked["WS"])]
        for stay in guests:
            group = self._group(stay)
            if sum(len(name + value) + 1 for name, value in [*pairs, *group]) > LONGEST - 3:
                break
            pairs += group
        return pairs

    def _group(self, stay: Stay) -> Pairs:
        limit = self._hotel.limit(stay)
        return [
            *(pair for pair in self._interface.guest(stay) if pair[0] != "GS"),
            ("BA", self._interface.money(self._hotel.lines.balance(stay.reservation))),
            *([("CL", self._interface.money(limit))] if limit is not None else []),
        ]

    async def _post(self, charge: Values) -> None:
        status = self._carried_out(charge)
        if await self._mishap():
            return
        late, self._faults.answer_late = self._faults.answer_late, 0.0
        again, self._faults.answer_again = self._faults.answer_again, 0.0
        await asyncio.sleep(self._interface.ways.answer_seconds)
        # From here on the next one is welcome: the station may have given this one up, or sends it on the answer.
        self._busy = False
        if late:
            await asyncio.sleep(late)
        if self._faults.take("lose_answers"):
            return
        answers = list(self._answers(charge, status))
        await self._tell(answers)
        if again:
            await asyncio.sleep(again)
            await self._tell(answers[-1:])

    def _carried_out(self, charge: Values) -> str:
        if self._faults.refuse:
            return self._faults.refuse.pop(0)
        if "G#" in charge and not self._was_told(charge):
            self._interface.observed.violations.append("PR for a guest who was not in the last PL")
            return "NG"
        status = self._hotel.post(charge, self._interface.ways.now())
        if status == "OK":
            self._last_sequence = charge["P#"]
        return status

    def _was_told(self, charge: Values) -> bool:
        """Whether the guest was in the last PL; under this name, where the station asked for names."""
        name = self._told.get((charge["RN"], charge["G#"]))
        return name is not None and ("GN" not in self._line.fields.get("PL", ()) or name == charge["GN"])

    def _legible(self, name: str) -> str:
        """What arrives of a name at the other end."""
        code_page = self._interface.ways.code_page
        shown = dict(disturbed("PL", [("GN", name)], self._faults))["GN"]
        return shown.encode(code_page, errors="replace").decode(code_page)

    async def _mishap(self) -> bool:
        """Whether something else happens after the booking than an answer."""
        if self._faults.take("cut_after_booking"):
            self._line.abort()
        elif self._faults.take("crash_after_booking"):
            self._interface.crash()
        elif self._faults.take("leave_after_booking"):
            await self._line.leave()
        elif self._faults.take("restart_after_booking"):
            await self._line.restart()
        else:
            return False
        return True

    async def _tell(self, answers: list[Pairs]) -> None:
        """An interface that mixes its lines up tells each of them every answer."""
        others = (
            [line for line in self._interface.lines if line is not self._line] if self._faults.cross_answers else []
        )
        for answer in answers:
            for line in (*others, self._line):
                await line.say("PA", answer, agreed=True)

    def _answers(self, charge: Values, status: str) -> Iterator[Pairs]:
        if self._faults.foreign:
            ahead, word = self._faults.foreign.pop(0)
            theirs = {"RN": "9901", "P#": str(int(charge["P#"]) + ahead), "WS": "ELSEWHERE"}
            yield self._answer(theirs, word)
        if self._faults.take("wrong_sequence"):
            charge = {**charge, "P#": str(int(charge["P#"]) % 99_999_999 + 1000)}
        answer = self._answer(charge, status)
        yield answer
        if self._faults.take("double_answers"):
            yield answer

    def _answer(self, charge: Values, status: str) -> Pairs:
        booked = f"Posting successful. Interface transaction number/s - {660000 + len(self._hotel.lines)}"
        return [
            ("AS", status),
            ("RN", charge.get("RN", charge.get("PI", ""))),
            *((name, charge[name]) for name in ("G#", "GN") if name in charge),
            ("P#", charge["P#"].zfill(8) if self._faults.leading_zeros else charge["P#"]),
            *self._interface.stamp(),
            ("CT", {"OK": booked, "NG": "Guest not found"}.get(status, "")),
            ("WS", charge.get("WS", "")),
            *((name, charge[name]) for name in ("C#", "ID", "SO") if name in charge),
        ]
