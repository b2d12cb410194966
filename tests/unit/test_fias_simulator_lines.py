"""What can happen to the virtual hotel's lines themselves: cut, crashed, half open, taken over, encrypted, serial."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.virtual_hotel import big_hotel
from tests.hotel_wire import INTRODUCTION, POSTING, connected, over_serial, wired

BOOKED = "PA|ASOK|RN0808|P#1|"


def booked(hotel: HotelSimulator) -> list[str]:
    return [line.sequence for line in hotel.folio("0808")]


async def test_a_line_cut_after_the_booking():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.cut_on_posting()
        wire.say(POSTING)
        assert await wire.is_closed()
        assert booked(hotel) == ["1"]


async def test_a_host_that_crashes_after_the_booking_and_comes_back(tmp_path):
    hotel = HotelSimulator(hotel=big_hotel(10, ledger=tmp_path / "ledger.jsonl"), answer_seconds=0)
    async with wired(*INTRODUCTION, hotel=hotel) as (_, wire):
        room = next(iter(hotel.hotel.stays.values())).room
        hotel.crash_on_posting()
        wire.say(POSTING.replace("0808", room))
        assert await wire.is_closed()
        with pytest.raises(ConnectionError):
            await connected(hotel)
        await hotel.open()
        assert (await (await connected(hotel)).hear()).startswith("LS|DA")
        again = big_hotel(10, ledger=tmp_path / "ledger.jsonl")
        assert [(line.amount, line.reservation) for line in again.folio(room)] == [(150, "100000")]


async def test_a_line_cut_by_hand():
    async with wired(*INTRODUCTION) as (hotel, wire):
        await hotel.cut_line()
        assert await wire.is_closed()


@pytest.mark.parametrize("verb", ["cut_on_posting", "leave_on_posting", "crash_on_posting"])
async def test_on_a_serial_line_an_interface_that_comes_back_begins_anew(verb):
    """The line itself stays: nothing tells a station that nobody is at its other end."""
    async with wired(*INTRODUCTION, over="serial") as (hotel, wire):
        getattr(hotel, verb)()
        wire.say(POSTING)
        if verb == "leave_on_posting":
            assert (await wire.hear()).startswith("LE|")
        elif verb == "crash_on_posting":
            await wire.hears_nothing()
            await hotel.open()
        assert (await wire.hear()).startswith("LS|")
        assert booked(hotel) == ["1"]
        wire.say(*INTRODUCTION, POSTING.replace("P#1", "P#2"))
        assert [(await wire.hear())[:2], await wire.hear()] == ["LA", BOOKED.replace("P#1", "P#2")]


async def test_bytes_that_come_one_by_one_are_the_same_record():
    async with HotelSimulator(answer_seconds=0) as hotel, over_serial(hotel) as (far, wire):
        far.one_by_one()
        assert (await wire.hear()).startswith("LS|")
        wire.say(*INTRODUCTION, POSTING)
        assert [(await wire.hear())[:2], await wire.hear()] == ["LA", BOOKED]


async def test_the_same_hotel_is_reached_over_a_serial_line():
    """The far side of the line deals with LRC and ACK; what it hands to the hotel are bare frames."""
    async with wired(*INTRODUCTION, over="serial") as (hotel, wire):
        wire.say(POSTING)
        assert await wire.hear() == BOOKED
        assert hotel.observed.violations == []


async def test_a_half_open_socket_takes_connections_reads_nothing_and_never_closes():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.half_open()
        wire.writer.write(b"x" * 20_000_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await wire.writer.drain()
        other = await connected(hotel)
        await other.hears_nothing()
        wire.writer.transport.abort()


async def test_a_peer_that_vanished_leaves_the_line_open_and_serves_a_new_one():
    async with wired(*INTRODUCTION) as (hotel, wire):
        await hotel.vanish()
        wire.say(POSTING, "LS|DA261121|TI120000|")
        await wire.hears_nothing()
        assert not hotel.alive
        other = await connected(hotel)
        assert (await other.hear()).startswith("LS|DA")
        await wire.hears_nothing()
        await hotel.free_slot()
        assert await wire.is_closed()


async def test_a_newcomer_takes_the_place_of_the_former():
    async with wired(*INTRODUCTION) as (hotel, wire):
        other = await connected(hotel)
        assert (await other.hear()).startswith("LS|DA")
        assert await wire.is_closed()
        assert hotel.observed.connections == 2


async def test_a_newcomer_is_refused_also_for_an_orphan_s_sake():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.refuse_newcomer()
        assert await (await connected(hotel)).is_closed()
        await hotel.vanish()
        assert await (await connected(hotel)).is_closed()
        await hotel.free_slot()
        assert await wire.is_closed()
        assert (await (await connected(hotel)).hear()).startswith("LS|DA")


async def test_two_kiosks_on_one_interface_hear_each_other_s_answers():
    async with HotelSimulator(answer_seconds=0.05, newcomer="joins") as hotel:
        wires = [await connected(hotel) for _ in range(2)]
        for wire in wires:
            await wire.hear()
            wire.say(*INTRODUCTION)
            await wire.hear()
        hotel.cross_answers()
        wires[0].say(POSTING)
        wires[1].say(POSTING.replace("P#1", "P#2"))
        heard = [sorted([await wire.hear(), await wire.hear()]) for wire in wires]
        assert heard == [[BOOKED, BOOKED.replace("P#1", "P#2")]] * 2
        assert hotel.observed.violations == []


async def test_frames_torn_and_merged_and_noise_between_them():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.torn()
        wire.say(POSTING)
        assert await wire.hear() == BOOKED
        hotel.torn(on=False)
        hotel.merged()
        hotel.double_answer()
        wire.say(POSTING.replace("P#1", "P#2"))
        async with asyncio.timeout(10):
            chunk = await wire.reader.read(4096)
        assert chunk.count(b"\x03") == 2
        hotel.merged(on=False)
        hotel.noisy()
        wire.say(POSTING.replace("P#1", "P#3"))
        async with asyncio.timeout(10):
            noise = await wire.reader.readuntil(b"\x02")
            assert noise == b"\xff\x00|~\x02"
            assert await wire.reader.readuntil(b"\x03") == b"PA|ASOK|RN0808|P#3|\x03"


def _contexts(folder) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Server and client, with one certificate that both show and both trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hotel.example")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    for context in (server, client):
        context.load_cert_chain(pem)
        context.load_verify_locations(pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return server, client


async def test_the_stream_is_encrypted_where_that_was_agreed(tmp_path):
    server, client = _contexts(tmp_path)
    async with HotelSimulator(answer_seconds=0, tls=server) as hotel:
        wire = await connected(hotel, client)
        assert (await wire.hear()).startswith("LS|DA")
        wire.say(*INTRODUCTION, POSTING)
        assert [(await wire.hear())[:2], await wire.hear()] == ["LA", BOOKED]
