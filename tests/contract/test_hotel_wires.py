"""What a wire to the hotel system promises: the same over TCP, TLS and a serial line, each against a real far side."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.hotel.fias import serial_wire, transport
from kiosk.hotel.fias.line import Pace as LinkPace
from kiosk.hotel.fias.serial_far_side import HotelPace, SerialFarSide
from kiosk.hotel.fias.serial_framing import Pace
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.fias.transport import Connect, RecordRefused, StreamWire, Wire, WireCut, tcp, tls_context
from kiosk.hotel.link import run_link
from kiosk.hotel.status import read_status
from kiosk.outbox import Delivery, DeliveryState, Outbox, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.certificates import Certified, Papers, certified
from tests.links import desk_of, fias_line_to

SOON = 10.0
LS, LA, PS = b"\x02LS|DA161117|TI102926|\x03", b"\x02LA|DA161117|TI102927|\x03", b"\x02PS|RN0808|TA150|P#7|\x03"
BRISK = Pace(answer=0.15, between=0.06, after_noise=0.03, last=0.3, settle=0.05)
PROMPT = HotelPace(answer=0.3, reopen=0.02)


class House:
    """Serves one conversation after another: keeps what it hears, says what the test wants said."""

    def __init__(self) -> None:
        self.heard = b""
        self.conversations = 0
        self.ended = 0
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.conversations += 1
        self.writer = writer
        try:
            while chunk := await reader.read(4096):
                self.heard += chunk
        except OSError:
            pass
        finally:
            self.ended += 1
            self.writer = None
            writer.close()

    def say(self, data: bytes) -> None:
        assert self.writer is not None
        self.writer.write(data)

    async def has(self, *, conversations: int = 0, ended: int = 0, heard: bytes = b"") -> None:
        await until(lambda: self.conversations >= conversations and self.ended >= ended and heard in self.heard)


async def until(right: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not right():
            await asyncio.sleep(0.005)


def never() -> asyncio.Future[bool]:
    return asyncio.get_running_loop().create_future()


async def read(wire: Wire, count: int) -> bytes:
    got = b""
    async with asyncio.timeout(SOON):
        while len(got) < count:
            got += await wire.read(1.0, never())
    return got


@pytest.fixture(scope="session")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("pki") / "ours")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("pki") / "other")


# The far sides


@asynccontextmanager
async def listening(house: House, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(house.serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        if house.writer is not None:
            house.writer.transport.abort()


@asynccontextmanager
async def line(house: House) -> AsyncIterator[SerialFarSide]:
    async with SerialFarSide(house.serve, PROMPT) as far:
        yield far


@pytest.fixture(params=["tcp", "tls", "serial"])
async def wired(request: pytest.FixtureRequest, hotel: Certified) -> AsyncIterator[tuple[Connect, House]]:
    house = House()
    match request.param:
        case "tcp":
            async with listening(house) as port:
                yield tcp("127.0.0.1", port), house
        case "tls":
            async with listening(house, hotel.server.of_server()) as port:
                yield tcp("127.0.0.1", port, hotel.kiosk.of_kiosk()), house
        case _:
            async with line(house) as far:
                yield serial(far.path, pace=BRISK), house
                assert far.violations == []


# What every wire keeps


async def test_frames_go_both_ways(wired):
    connect, house = wired
    async with connect() as wire:
        await house.has(conversations=1)
        await wire.write(LS)
        await wire.write(PS)
        await house.has(heard=LS + PS)
        house.say(LA[:3])
        house.say(LA[3:] + LS)
        assert await read(wire, len(LA + LS)) == LA + LS


async def test_both_sides_may_speak_at_once(wired):
    connect, house = wired
    async with connect() as wire:
        await house.has(conversations=1)
        house.say(LA * 30)
        for _ in range(30):
            await wire.write(PS)
        assert await read(wire, 30 * len(LA)) == LA * 30
        await house.has(heard=PS * 30)


async def test_a_read_is_bounded_by_its_time_and_by_the_other_thing_awaited(wired):
    connect, _ = wired
    async with connect() as wire:
        began = monotonic()
        assert await wire.read(0.05, never()) == b""
        assert 0.04 < monotonic() - began < 2
        other = never()
        asyncio.get_running_loop().call_later(0.02, lambda: other.set_result(True))
        assert await wire.read(30.0, other) == b""
        assert monotonic() - began < 5


async def test_the_place_is_free_again_when_the_block_is_left(wired):
    connect, house = wired
    for turn in range(1, 4):
        async with connect() as wire:
            await house.has(conversations=turn)
            await wire.write(LS)
        await house.has(ended=turn)


async def test_the_place_is_free_again_after_a_cancellation_in_the_middle_of_a_read(wired):
    connect, house = wired

    async def station() -> None:
        async with connect() as wire:
            await wire.read(60.0, never())

    task = asyncio.create_task(station())
    await house.has(conversations=1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await house.has(ended=1)


# TCP


@pytest.fixture
async def refusing() -> int:
    async with listening(House()) as port:
        pass
    return port


async def test_nobody_there_is_a_cut_wire(refusing):
    with pytest.raises(WireCut, match="ConnectionRefusedError"):
        async with tcp("127.0.0.1", refusing)():
            pytest.fail("connected to nobody")


async def test_the_end_of_the_stream_is_a_cut_wire():
    house = House()
    async with listening(house) as port, tcp("127.0.0.1", port)() as wire:
        await house.has(conversations=1)
        house.say(LS)
        assert await read(wire, len(LS)) == LS
        house.writer.transport.abort()
        with pytest.raises(WireCut):
            await wire.read(SOON, never())


async def test_a_peer_that_reads_nothing_does_not_hold_the_writer(monkeypatch):
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.1)
    stuck = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()
        await stuck.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        async with tcp("127.0.0.1", server.sockets[0].getsockname()[1])() as wire:
            with pytest.raises(WireCut, match="TimeoutError"):
                await wire.write(bytes(64 << 20))
        stuck.set()


async def test_a_dead_peer_is_noticed_by_the_kernel():
    house = House()
    async with listening(house) as port, tcp("127.0.0.1", port)() as wire:
        assert isinstance(wire, StreamWire)
        connected = wire._writer.get_extra_info("socket")
        kept = [
            connected.getsockopt(level, option)
            for level, option in (
                (transport.socket.SOL_SOCKET, transport.socket.SO_KEEPALIVE),
                (transport.socket.IPPROTO_TCP, transport.socket.TCP_KEEPIDLE),
                (transport.socket.IPPROTO_TCP, transport.socket.TCP_KEEPINTVL),
                (transport.socket.IPPROTO_TCP, transport.socket.TCP_KEEPCNT),
                (transport.socket.IPPROTO_TCP, transport.socket.TCP_USER_TIMEOUT),
            )
        ]
        assert kept == [1, 30, 10, 3, 20_000]


# TLS


async def test_a_hotel_that_another_authority_vouches_for_is_refused(hotel, stranger):
    house = House()
    async with listening(house, stranger.server.of_server()) as port:
        with pytest.raises(WireCut, match="certificate: "):
            async with tcp("127.0.0.1", port, hotel.kiosk.of_kiosk())():
                pytest.fail("a stranger was believed")
    assert house.conversations == 0


async def test_the_hotel_refuses_a_kiosk_of_another_authority(hotel, stranger):
    mixed = Papers(hotel.server.authority, stranger.kiosk.certificate, stranger.kiosk.key)
    await _is_refused(hotel, mixed.of_kiosk())


async def test_the_hotel_refuses_a_kiosk_without_a_certificate(hotel):
    await _is_refused(hotel, ssl.create_default_context(cafile=str(hotel.server.authority)))


async def _is_refused(hotel: Certified, of_kiosk: ssl.SSLContext) -> None:
    house = House()
    async with listening(house, hotel.server.of_server()) as port:
        with pytest.raises(WireCut):
            # With TLS 1.3 the client has finished before it hears that it is not welcome.
            async with tcp("127.0.0.1", port, of_kiosk)() as wire:
                await wire.read(SOON, never())
    assert house.heard == b""


async def test_the_name_in_the_certificate_is_checked_and_may_be_given(hotel):
    house = House()
    async with listening(house, hotel.server.of_server()) as port:
        async with tcp("127.0.0.1", port, hotel.kiosk.of_kiosk(), "pms.hotel.example")() as wire:
            await wire.write(LS)
            await house.has(heard=LS)
        with pytest.raises(WireCut, match="certificate: "):
            async with tcp("127.0.0.1", port, hotel.kiosk.of_kiosk(), "another.hotel.example")():
                pytest.fail("the wrong name was believed")


async def test_a_peer_that_speaks_no_tls_is_a_cut_wire(hotel, monkeypatch):
    async with listening(House()) as port:
        monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.2)
        with pytest.raises(WireCut, match="TimeoutError"):
            async with tcp("127.0.0.1", port, hotel.kiosk.of_kiosk())():
                pytest.fail("TLS with a peer that has none")


def test_nothing_older_than_tls_1_2_is_spoken(hotel):
    assert hotel.kiosk.of_kiosk().minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_key_that_is_not_the_certificate_s_is_refused_at_once(hotel, stranger):
    with pytest.raises(ssl.SSLError):
        tls_context(hotel.kiosk.authority, hotel.kiosk.certificate, stranger.kiosk.key)
    with pytest.raises(OSError):
        tls_context(hotel.kiosk.authority, hotel.kiosk.certificate, Path("/nonexistent.pem"))


# Serial


@asynccontextmanager
async def cable(**settings: object) -> AsyncIterator[tuple[Wire, SerialFarSide, House]]:
    house = House()
    async with line(house) as far, serial(far.path, pace=BRISK, **settings)() as wire:
        await house.has(conversations=1)
        yield wire, far, house


async def test_a_refused_record_is_sent_again_up_to_three_times():
    async with cable() as (wire, far, house):
        far.nak_next(3)
        await wire.write(PS)
        assert house.heard == PS
        assert far.violations == []


async def test_a_record_refused_four_times_is_given_up_and_the_wire_stands():
    async with cable() as (wire, far, house):
        far.nak_next(4)
        with pytest.raises(RecordRefused):
            await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (LA, [])


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_a_lost_answer_is_asked_for_and_the_record_is_not_sent_twice(lost):
    async with cable() as (wire, far, house):
        far.no_ack(lost)
        await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (PS + LA, [])


@pytest.mark.parametrize("spoilt", [1, 3])
async def test_a_garbled_answer_is_asked_for_and_the_record_is_not_sent_twice(spoilt):
    async with cable() as (wire, far, house):
        far.foreign_byte(spoilt)
        await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (PS + LA, [])


async def test_without_any_answer_the_wire_is_cut_and_the_record_was_sent_once():
    async with cable() as (wire, far, _):
        far.no_ack(100)
        with pytest.raises(WireCut, match="no answer"):
            await wire.write(PS)
        assert (far.taken, far.violations) == ([PS[1:-1]], [])


async def test_a_silent_peer_is_given_up_in_bounded_time():
    async with cable() as (wire, far, _):
        far.silent()
        with pytest.raises(WireCut):
            async with asyncio.timeout(SOON):
                await wire.write(LS)


async def test_a_record_that_takes_too_long_altogether_is_given_up(monkeypatch):
    monkeypatch.setattr(serial_wire, "RECORD_SECONDS", 0.05)
    async with cable() as (wire, far, _):
        far.silent()
        with pytest.raises(WireCut, match="slow"):
            await wire.write(LS)


async def test_noise_without_end_is_a_few_lines_in_the_log():
    async with cable() as (wire, far, _):
        with capture_logs() as logs:
            for _ in range(50):
                far.foreign_byte()
                await wire.write(PS)
        assert 1 <= sum(entry["event"] == "serial.garbled" for entry in logs) <= 10


async def test_a_wire_says_when_the_other_end_has_everything(wired):
    connect, house = wired
    async with connect() as wire:
        await house.has(conversations=1)
        await wire.write(PS)
        await house.has(heard=PS)
        await until(wire.taken)


async def test_a_peer_that_takes_nothing_in_has_not_everything(monkeypatch):
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        async with tcp("127.0.0.1", deaf.getsockname()[1])() as wire:
            assert wire.taken()
            with pytest.raises(WireCut):
                await wire.write(b"x" * (1 << 24))
            assert not wire.taken()


async def test_an_answer_that_takes_its_time_is_waited_for():
    async with cable() as (wire, far, house):
        far.delay(0.08)
        await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (PS + LA, [])


@pytest.mark.parametrize("verb", ["garble_lrc", "drop_stx", "drop_etx"])
async def test_a_spoilt_record_is_asked_for_again_and_read_once(verb):
    async with cable() as (wire, far, house):
        getattr(far, verb)(2)
        house.say(LA + LS)
        assert await read(wire, len(LA + LS)) == LA + LS
        assert (far.violations, far.discarded) == ([], [])


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_when_our_answer_is_lost_we_give_it_again_and_read_the_record_once(lost):
    async with cable() as (wire, far, house):
        far.hear_no_ack(lost)
        house.say(LA + LS)
        assert await read(wire, len(LA + LS)) == LA + LS
        assert (far.violations, far.discarded) == ([], [])


async def test_at_the_pace_of_the_specification_a_lost_answer_costs_no_record_and_doubles_none():
    house = House()
    async with SerialFarSide(house.serve) as far, serial(far.path, 38400)() as wire:
        await house.has(conversations=1)
        far.no_ack(2)
        far.hear_no_ack()
        house.say(LA + LS)
        await wire.write(PS)
        assert await read(wire, len(LA + LS)) == LA + LS
        assert (house.heard, far.violations, far.discarded) == (PS, [], [])


async def test_a_record_that_stays_spoilt_is_left_out_and_the_next_is_read():
    async with cable() as (wire, far, house):
        far.garble_lrc(4)
        house.say(LA + LS)
        assert await read(wire, len(LS)) == LS
        assert (far.violations, far.discarded) == ([], [LA[1:-1]])


async def test_noise_on_the_line_costs_no_record():
    async with cable() as (wire, far, house):
        house.say(b"\xff\x00~" * 5 + LA + b"||\x03\x06\x15~" + LS)
        assert await read(wire, len(LA + LS)) == LA + LS
        await wire.write(PS)
        assert house.heard == PS
        assert far.discarded == []


async def test_a_pulled_plug_is_a_cut_wire_for_reader_and_writer():
    async with cable() as (wire, far, _):
        reading = asyncio.ensure_future(wire.read(SOON, never()))
        await asyncio.sleep(0.02)
        far.unplug()
        with pytest.raises(WireCut, match="serial line lost"):
            await reading
        with pytest.raises(WireCut):
            await wire.write(LS)


async def test_what_was_acknowledged_before_the_plug_was_pulled_is_read():
    async with cable() as (wire, far, house):
        house.say(LA)
        await _settled(house)
        far.unplug()
        assert await wire.read(SOON, never()) == LA


async def _settled(house: House) -> None:
    await until(lambda: house.writer is not None and not house.writer.transport.busy)


async def test_a_port_that_is_not_there_is_a_cut_wire(tmp_path):
    with pytest.raises(WireCut, match="can't be opened"):
        async with serial(str(tmp_path / "ttyNone"))():
            pytest.fail("opened nothing")


async def test_seven_bits_carry_ascii_only():
    async with cable(bits=7, parity="even") as (wire, far, house):
        port = wire._line._port
        assert (port.bytesize, port.parity, port.stopbits) == (7, "E", 1)  # a pty itself has no parity to look at
        with pytest.raises(RecordRefused):
            await wire.write("\x02XL|MTé|\x03".encode("latin-1"))
        await wire.write(PS)
        assert (house.heard, far.taken) == (PS, [PS[1:-1]])


async def test_a_text_with_lines_and_chinese_crosses_the_line_whole():
    async with cable() as (wire, far, house):
        frame = b"\x02XL|G#7|RN0808|MT" + "一\r\n二".encode("gbk") + b"|\x03"
        house.say(frame)
        assert await read(wire, len(frame)) == frame
        await wire.write(frame)
        assert (house.heard, far.violations) == (frame, [])


async def test_a_check_byte_may_look_like_any_control():
    odd = [body for byte in range(0x20, 0x7F) if _lrc(body := b"LA|A%c|" % byte) < 0x20]
    assert {_lrc(body) for body in odd} >= {0x02, 0x03, 0x05, 0x06, 0x15}
    async with cable() as (wire, far, house):
        for body in odd:
            frame = b"\x02" + body + b"\x03"
            house.say(frame)
            assert await read(wire, len(frame)) == frame
            await wire.write(frame)
        assert (far.taken, far.violations) == (odd, [])


def _lrc(body: bytes) -> int:
    check = 3
    for byte in body:
        check ^= byte
    return check


# The whole link on a serial line


@dataclass
class Kiosk:
    """A link process on a line to the simulated hotel, with books to post from."""

    hotel: HotelSimulator
    far: SerialFarSide
    postings: Outbox
    sold: int = 0
    ticks: int = 0

    def tick(self) -> None:
        self.ticks += 1

    def sell(self, minor: int) -> str:
        self.sold += 1
        key = f"charge-{self.sold}"
        db = self.postings.db
        posting = Posting(self.sold, key, "copy", minor, 10, "CNY", "Copy A4", db.now(), room="0808")
        with db.transaction() as tx:
            enqueue(tx, PMS, POSTING, key, posting.encode(), db.now())
        return key

    def delivery(self, key: str) -> Delivery:
        delivery = self.postings.by_key(key)
        assert delivery is not None
        return delivery

    async def becomes(self, key: str, *states: DeliveryState) -> Delivery:
        await until(lambda: self.delivery(key).state in states)
        return self.delivery(key)

    def booked(self, minor: int) -> int:
        return sum(entry.amount == minor for entry in self.hotel.folio("0808"))


@asynccontextmanager
async def linked(folder: Path) -> AsyncIterator[Kiosk]:
    db = Database(folder / "books.db", BOOKS)
    postings = room_postings(db)
    hotel = HotelSimulator(answer_seconds=0.02)
    stop = asyncio.Event()
    try:
        async with SerialFarSide(hotel.serve, PROMPT) as far:
            kiosk = Kiosk(hotel, far, postings)
            desk = desk_of(folder, postings, retry=0.05, beat=0.02, on_tick=kiosk.tick)
            timings = Timings(listen=0.5, answer=1.5)
            way = fias_line_to(serial(far.path, pace=BRISK), timings=timings, pace=LinkPace(0.02, 0.05))
            link = asyncio.create_task(run_link(way, desk, stop))
            try:
                await until(lambda: (told := read_status(folder / "link.json")) and told.alive and told.guests)
                yield kiosk
            finally:
                stop.set()
                await asyncio.wait_for(link, SOON)
            assert far.violations == []
            assert hotel.observed.violations == []
    finally:
        postings.close()
        db.close()


async def test_guests_and_charges_cross_a_serial_line(tmp_path):
    async with linked(tmp_path) as kiosk:
        keys = [kiosk.sell(100 + number) for number in range(10)]
        await kiosk.becomes(keys[-1], DeliveryState.DELIVERED)
        assert [entry.amount for entry in kiosk.hotel.folio("0808")] == [100 + number for number in range(10)]


async def test_a_charge_the_line_refused_is_not_in_doubt_and_goes_again(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.far.nak_next(4)
        key = kiosk.sell(111)
        await kiosk.becomes(key, DeliveryState.DELIVERED)
        assert kiosk.booked(111) == 1


async def test_a_charge_whose_acknowledgement_was_lost_for_good_is_in_doubt_and_not_sent_again(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.far.no_ack(4)
        key = kiosk.sell(111)
        await kiosk.becomes(key, DeliveryState.UNKNOWN)
        await kiosk.becomes(kiosk.sell(222), DeliveryState.DELIVERED)
        assert (kiosk.booked(111), kiosk.booked(222)) == (1, 1)
        assert kiosk.delivery(key).attempts == 1


async def test_the_watchdog_is_fed_while_the_line_takes_its_time_over_a_record(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.far.no_ack(100)
        key = kiosk.sell(111)
        await until(lambda: kiosk.delivery(key).state is DeliveryState.SENDING)
        before = kiosk.ticks
        await kiosk.becomes(key, DeliveryState.UNKNOWN)
        kiosk.far.no_ack(0)
        assert kiosk.ticks - before > 10


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_line_does_no_charge_is_booked_twice_and_none_said_to_be_that_is_not(tmp_path, seed):
    chance = random.Random(seed)
    verbs = ("nak_next", "no_ack", "foreign_byte", "garble_lrc", "drop_stx", "drop_etx")
    ended = (DeliveryState.DELIVERED, DeliveryState.UNKNOWN)
    async with linked(tmp_path) as kiosk:
        sold = {}
        for minor in range(100, 112):
            getattr(kiosk.far, chance.choice(verbs))(chance.choice((1, 1, 2, 3, 4)))
            sold[minor] = kiosk.sell(minor)
            await kiosk.becomes(sold[minor], *ended)
        for minor, key in sold.items():
            delivered = kiosk.delivery(key).state is DeliveryState.DELIVERED
            assert delivered <= kiosk.booked(minor) <= 1
