"""What a wire to the hotel system promises: the same over TCP, TLS and a serial line, each against a real far side."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from kiosk.hotel.fias import transport
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.transport import Connect, StreamWire, WireCut, tcp, tls_context
from tests.certificates import Certified, Papers, certified
from tests.contract.wire_kit import BRISK, LA, LS, PS, SOON, House, line, never, read, until


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
        assert 0.04 < monotonic() - began < 10
        other = never()
        asyncio.get_running_loop().call_later(0.02, lambda: other.set_result(True))
        assert await wire.read(30.0, other) == b""
        assert monotonic() - began < 20


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


async def test_a_wire_says_when_the_other_end_has_everything(wired):
    connect, house = wired
    async with connect() as wire:
        await house.has(conversations=1)
        await wire.write(PS)
        await house.has(heard=PS)
        await until(wire.taken)


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
    monkeypatch.setattr(transport, "CLOSE_SECONDS", 0.1)
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


async def test_a_peer_that_takes_nothing_in_has_not_everything(monkeypatch):
    monkeypatch.setattr(transport, "WRITE_SECONDS", 0.1)
    monkeypatch.setattr(transport, "CLOSE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        async with tcp("127.0.0.1", deaf.getsockname()[1])() as wire:
            assert wire.taken()
            with pytest.raises(WireCut):
                await wire.write(b"x" * (1 << 24))
            assert not wire.taken()


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
