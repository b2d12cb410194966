"""One connection as the hotel's interface sees it: as strict as a real one, and apart from the kiosk's own codec.

Nothing is sent before the station has described itself, nothing it did not ask for, nothing it says is believed that
was not agreed. What a real interface would log and drop is in ``violations``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.hotel.fias.virtual_hotel import Stay, VirtualHotel

Pairs = list[tuple[str, str]]

_LR = re.compile(r"LR\|RI([A-Z]{2})\|FL((?:[A-Z0-9$+#]{2})+)\|")
_POSTING_RULES = {
    "RN": r".{1,8}",
    "PT": r"C",
    "TA": r"-?(0|[1-9]\d{0,14})",
    "DA": r"\d{6}",
    "TI": r"([01]\d|2[0-3])[0-5]\d[0-5]\d",
    "P#": r"[1-9]\d{0,7}",
    "WS": r".{1,16}",
    "C#": r"\d{1,8}",
    "CT": r".{0,20}",
    "X1": r".{0,25}",
    "S1": r"-?\d{1,15}",
    "SO": r"\d{1,5}",
}
_POSTING_NEEDS = ("RN", "PT", "TA", "DA", "TI", "P#")


@dataclass
class Faults:
    """What shall go wrong; counts are of the next answers, switches stay until they are put back."""

    lose_answers: int = 0
    answer_late: float = 0.0
    """Extra seconds for the next answer only."""
    refuse: list[str] = field(default_factory=list)
    """Answer statuses for the next postings, instead of booking them."""
    wrong_sequence: int = 0
    double_answers: int = 0
    cut_after_booking: int = 0
    silent: bool = False
    torn: bool = False
    merged: bool = False
    shuffled: bool = False
    ignore_resync: bool = False


@dataclass
class Observed:
    """What the stations did, over all connections; ``violations`` is what a real interface logs and drops."""

    violations: list[str] = field(default_factory=list)
    connections: int = 0
    resyncs: int = 0
    postings: int = 0


@dataclass(frozen=True)
class Ways:
    """How this interface is set up; ``answer_seconds`` is how long a posting takes the hotel system."""

    code_page: str
    answer_seconds: float
    now: Callable[[], datetime]


class Station:
    """The other end of one TCP connection; ``on_alive`` is awaited when the link has come up."""

    def __init__(
        self,
        hotel: VirtualHotel,
        ways: Ways,
        faults: Faults,
        observed: Observed,
        writer: asyncio.StreamWriter,
        on_alive: Callable[[], Awaitable[None]],
    ) -> None:
        self.fields: dict[str, tuple[str, ...]] = {}
        self.alive = False
        self._hotel = hotel
        self._ways = ways
        self._faults = faults
        self._observed = observed
        self._writer = writer
        self._on_alive = on_alive
        self._introduced = False
        self._buffer = b""
        self._held: list[bytes] = []
        self._answering: asyncio.Task[None] | None = None

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Until the line ends."""
        await self.say("LS", self._stamp())
        while chunk := await reader.read(4096):
            if self._faults.silent:
                continue
            self._buffer += chunk
            while b"\x03" in self._buffer:
                frame, _, self._buffer = self._buffer.partition(b"\x03")
                noise, start, body = frame.partition(b"\x02")
                if noise or not start:
                    self._observed.violations.append("bytes outside a frame")
                await self._hear(body.decode(self._ways.code_page, errors="replace"))

    async def restart(self) -> None:
        """The interface starts anew on the same line: it has forgotten the station."""
        self.fields, self.alive, self._introduced = {}, False, False
        await self.say("LS", self._stamp())

    async def leave(self) -> None:
        """LE, and the line goes down."""
        await self.say("LE", self._stamp())
        self.close()

    async def audit(self, *, began: bool) -> None:
        """NS or NE."""
        await self.say("NS" if began else "NE", self._stamp(), agreed=True)

    def close(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
        self._writer.close()

    def abort(self) -> None:
        """As a pulled cable or a crashed server does it."""
        if self._answering is not None:
            self._answering.cancel()
        self._writer.transport.abort()

    async def say(self, kind: str, pairs: Pairs, *, agreed: bool = False) -> None:
        """Send a record; if it has to be ``agreed``, only the fields asked for, and nothing where none were."""
        if agreed:
            if not self.alive or kind not in self.fields:
                return
            pairs = [(name, value) for name, value in pairs if name in self.fields[kind]]
        if self._faults.shuffled:
            pairs = [("ZZ", "future"), *reversed(pairs)]
        text = kind + "|" + "".join(f"{name}{value}|" for name, value in pairs)
        await self.raw(b"\x02" + text.encode(self._ways.code_page, errors="replace") + b"\x03")

    async def raw(self, data: bytes) -> None:
        """Bytes onto the wire as the faults will have them cut."""
        if self._faults.silent or self._writer.is_closing():
            return
        if self._faults.merged:
            self._held.append(data)
            asyncio.get_running_loop().call_later(0.02, self._flush)
            return
        for piece in [data[i : i + 3] for i in range(0, len(data), 3)] if self._faults.torn else [data]:
            self._writer.write(piece)
            await asyncio.sleep(0)
        await self._drain()

    async def check_in(self, stay: Stay) -> None:
        """GI, and KR for each card."""
        await self.say("GI", self._of(stay), agreed=True)
        await self._make_cards(stay)

    async def change(self, stay: Stay, old_room: str | None) -> None:
        """GC; a move where ``old_room`` is given."""
        move = [("RO", old_room), ("GS", "N")] if old_room else []
        await self.say("GC", [*self._of(stay), *move], agreed=True)

    async def check_out(self, stay: Stay, *, shared: bool) -> None:
        values = [("RN", stay.room), ("G#", stay.reservation), ("GS", "Y" if shared else "N")]
        await self.say("GO", values, agreed=True)

    async def _make_cards(self, stay: Stay) -> None:
        for card in stay.cards:
            key = [("RN", stay.room), ("KC", "1"), ("KT", "D"), ("G#", stay.reservation), ("$2", card), ("WS", "ENC1")]
            await self.say("KR", key, agreed=True)

    def _flush(self) -> None:
        held, self._held = self._held, []
        if held and not self._writer.is_closing():
            self._writer.write(b"".join(held))

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except ConnectionError:
            self._writer.close()

    async def _hear(self, text: str) -> None:
        kind = text[:2]
        match kind:
            case "LS":
                await self.say("LA" if self.alive else "LS", self._stamp())
            case "LD":
                self._introduced = all(f"|{name}" in text for name in ("DA", "TI", "V#", "IF"))
                self.fields, self.alive = {}, False
            case "LR":
                self._agree(text)
            case "LA":
                await self._link_alive()
            case "LE":
                await self.leave()
            case _ if not self.alive:
                self._observed.violations.append(f"{kind} before the link was alive")
            case "DR":
                await self._resync()
            case "PS":
                self._posting(text)
            case _:
                self._observed.violations.append(f"{kind} was not expected")

    def _agree(self, text: str) -> None:
        match = _LR.fullmatch(text)
        if not match or not self._introduced:
            self._observed.violations.append("LR out of form")
        elif match[1] in self.fields:
            self._observed.violations.append(f"second LR for {match[1]}")
        else:
            self.fields[match[1]] = tuple(re.findall("..", match[2]))

    async def _link_alive(self) -> None:
        if self._introduced and self.fields and not self.alive:
            self.alive = True
            await self.say("LA", self._stamp())
            await self._on_alive()

    async def _resync(self) -> None:
        self._observed.resyncs += 1
        if self._faults.ignore_resync:
            return
        await self.say("DS", self._stamp())
        for room in self._hotel.rooms:
            if not self._hotel.in_room(room):
                await self.say("GO", [("RN", room), ("GS", "N"), ("SF", "")], agreed=True)
        for stay in self._hotel.stays.values():
            await self.say("GI", [*self._of(stay), ("SF", "")], agreed=True)
        await self.say("DE", self._stamp())
        for stay in self._hotel.stays.values():
            await self._make_cards(stay)

    def _posting(self, text: str) -> None:
        charge = {part[:2]: part[2:] for part in text.split("|")[1:-1] if part[:2] in self.fields.get("PS", ())}
        wrong = list(_violations(charge))
        if "PS" not in self.fields:
            wrong = ["PS was not agreed"]
        if self._answering is not None and not self._answering.done():
            wrong.append("second PS before the answer to the first")
        self._observed.violations.extend(wrong)
        if not wrong:
            self._observed.postings += 1
            self._answering = asyncio.ensure_future(self._answer(charge))

    async def _answer(self, charge: dict[str, str]) -> None:
        faults = self._faults
        status = faults.refuse.pop(0) if faults.refuse else self._hotel.post(charge, self._ways.now())
        if faults.cut_after_booking:
            faults.cut_after_booking -= 1
            self._answering = None
            self.abort()
            return
        extra, faults.answer_late = faults.answer_late, 0.0
        await asyncio.sleep(self._ways.answer_seconds + extra)
        if faults.lose_answers:
            faults.lose_answers -= 1
            return
        # From here on the next PS is welcome: the station may send it as soon as it has read this answer.
        self._answering = None
        for answer in self._answers(charge, status):
            await self.say("PA", answer, agreed=True)

    def _answers(self, charge: dict[str, str], status: str) -> Iterator[Pairs]:
        sequence = charge["P#"]
        if self._faults.wrong_sequence:
            self._faults.wrong_sequence -= 1
            sequence = str(int(sequence) % 99_999_999 + 1000)
        note = f"Posting successful. Interface transaction number/s - {660000 + len(self._hotel.lines)}"
        answer = [
            ("AS", status),
            ("RN", charge["RN"]),
            ("P#", sequence),
            *self._stamp(),
            ("CT", note if status == "OK" else ""),
            ("WS", charge.get("WS", "")),
        ]
        yield answer
        if self._faults.double_answers:
            self._faults.double_answers -= 1
            yield answer

    def _of(self, stay: Stay) -> Pairs:
        return [
            ("RN", stay.room),
            ("G#", stay.reservation),
            ("GS", "Y" if self._hotel.is_sharer(stay) else "N"),
            ("GN", stay.name),
            ("GF", stay.given),
            ("GL", stay.language),
            ("GV", stay.vip),
            ("NP", "Y" if stay.no_post else "N"),
        ]

    def _stamp(self) -> Pairs:
        now = self._ways.now()
        return [("DA", now.strftime("%y%m%d")), ("TI", now.strftime("%H%M%S"))]


def _violations(charge: dict[str, str]) -> Iterator[str]:
    for name in _POSTING_NEEDS:
        if name not in charge:
            yield f"PS without {name}"
    for name, value in charge.items():
        rule = _POSTING_RULES.get(name)
        if rule and not re.fullmatch(rule, value):
            yield f"PS.{name} out of form"
