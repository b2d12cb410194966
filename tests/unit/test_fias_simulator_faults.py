"""Each fault of the virtual hotel does what its name says, and no more: seen from the other end of the wire."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.hotel.fias.fault_menu import SWITCHES
from kiosk.hotel.fias.serial_far_side import SerialFarSide
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.simulator import VERBS, HotelSimulator
from kiosk.hotel.fias.virtual_hotel import big_hotel
from tests.hotel_wire import INTRODUCTION, POSTING, asks_for, connected, wired

STATUSES = (
    *("OK", "NG", "NP", "CO", "DM", "IA", "NA", "RY", "UR", "FX"),
    *("DN", "NF", "NM", "NR", "BY", "DE", "BM", "CD", "AA", "AN"),
)
BOOKED = "PA|ASOK|RN0808|P#1|"


def booked(hotel: HotelSimulator) -> list[str]:
    return [line.sequence for line in hotel.folio("0808")]


@pytest.mark.parametrize("status", [*STATUSES, "ZZ", ""])
async def test_any_answer_can_be_had_and_books_nothing(status):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.refuse_next(status)
        wire.say(POSTING)
        assert await wire.hear() == f"PA|AS{status}|RN0808|P#1|"
        assert booked(hotel) == []


async def test_a_lost_answer_is_booked_and_a_lost_posting_is_not():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.lose_answer()
        wire.say(POSTING)
        await wire.hears_nothing()
        assert booked(hotel) == ["1"]
        hotel.drop_posting()
        wire.say(POSTING.replace("P#1", "P#2"))
        await wire.hears_nothing()
        assert booked(hotel) == ["1"]
        wire.say(POSTING.replace("P#1", "P#3"))
        assert await wire.hear() == BOOKED.replace("P#1", "P#3")
        assert hotel.observed.violations == []


async def test_a_late_answer_comes_after_the_next_one():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.late_answer(0.2)
        wire.say(POSTING)
        await wire.hears_nothing()
        wire.say(POSTING.replace("P#1", "P#2"))
        assert [await wire.hear(), await wire.hear()] == [BOOKED.replace("P#1", "P#2"), BOOKED]
        assert hotel.observed.violations == []


async def test_doubled_answers_come_at_once_or_late():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.double_answer()
        wire.say(POSTING)
        assert [await wire.hear(), await wire.hear()] == [BOOKED, BOOKED]
        hotel.late_and_doubled(0.2)
        wire.say(POSTING.replace("P#1", "P#2"))
        assert await wire.hear() == BOOKED.replace("P#1", "P#2")
        await wire.hears_nothing()
        assert await wire.hear() == BOOKED.replace("P#1", "P#2")
        hotel.late_answer(0.15)
        hotel.double_answer()
        wire.say(POSTING.replace("P#1", "P#3"))
        await wire.hears_nothing()
        assert [await wire.hear(), await wire.hear()] == [BOOKED.replace("P#1", "P#3")] * 2
        assert booked(hotel) == ["1", "2", "3"]


async def test_answers_come_for_other_numbers_and_other_workstations():
    async with wired(*asks_for(PS="RN PT TA DA TI P# WS", PA="AS P# WS")) as (hotel, wire):
        hotel.wrong_sequence()
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASOK|P#1001|WSK1|"
        hotel.foreign_answer("NG", 0)
        wire.say(POSTING)
        assert [await wire.hear(), await wire.hear()] == ["PA|ASNG|P#1|WSELSEWHERE|", "PA|ASOK|P#1|WSK1|"]
        await hotel.stray_answer(77)
        assert await wire.hear() == "PA|ASOK|P#77|WS|"


async def test_a_number_with_leading_zeros():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.leading_zeros()
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASOK|RN0808|P#00000001|"


async def test_an_old_system_takes_four_digits_only_and_cuts_names():
    async with wired(*asks_for(PS="RN PT TA DA TI P#", PA="AS P#", GC="GN")) as (hotel, wire):
        hotel.old_limits()
        wire.say(POSTING.replace("P#1", "P#10000"))
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PS.P# out of form"]
        wire.say(POSTING.replace("P#1", "P#9999"))
        assert await wire.hear() == "PA|ASOK|P#9999|"
        guest = hotel.hotel.stays["31001"]
        await hotel.change(type(guest)("0808", "31001", "Beispiel" * 10))
        assert await wire.hear() == "GC|GN" + "Beispiel" * 5 + "|"


@pytest.mark.parametrize(("verb", "said"), [("restart_on_posting", "LS"), ("leave_on_posting", "LE")])
async def test_a_link_record_in_the_middle_of_a_posting(verb, said):
    async with wired(*INTRODUCTION) as (hotel, wire):
        getattr(hotel, verb)()
        wire.say(POSTING)
        assert (await wire.hear()).startswith(f"{said}|DA")
        assert booked(hotel) == ["1"]
        if said == "LS":
            wire.say(POSTING)
            await wire.hears_nothing()
            assert hotel.observed.violations == ["PS before the link was alive"]


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


async def test_a_silent_peer_hears_nothing_of_what_was_said_meanwhile():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.silent()
        wire.say(POSTING)
        await wire.hears_nothing()
        hotel.silent(on=False)
        await wire.hears_nothing()
        assert booked(hotel) == []


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


async def test_a_half_open_socket_that_comes_to_itself_reads_what_had_piled_up():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.half_open()
        wire.say(POSTING)
        await wire.hears_nothing()
        hotel.half_open(on=False)
        assert await wire.hear() == BOOKED


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
        async with asyncio.timeout(3):
            chunk = await wire.reader.read(4096)
        assert chunk.count(b"\x03") == 2
        hotel.merged(on=False)
        hotel.noisy()
        wire.say(POSTING.replace("P#1", "P#3"))
        async with asyncio.timeout(3):
            noise = await wire.reader.readuntil(b"\x02")
            assert noise == b"\xff\x00|~\x02"
            assert await wire.reader.readuntil(b"\x03") == b"PA|ASOK|RN0808|P#3|\x03"


async def test_records_and_fields_that_nobody_knows_in_any_order():
    async with wired(*asks_for(GC="RN G# GN GF GL NP")) as (hotel, wire):
        hotel.unknown_records()
        hotel.shuffled()
        await hotel.change(hotel.hotel.stays["31001"])
        assert await wire.hear() == "ZX|QQfuture|"
        assert await wire.hear() == "GC|ZZfuture|NPN|GLEA|GFIngrid|GNLindqvist-Example|G#31001|RN0808|"


async def test_a_list_in_another_order_still_begins_each_guest_with_room_and_number():
    async with wired(*asks_for(PR="PI PM P# WS", PL="RN G# GN NP P# WS", PA="AS P#")) as (hotel, wire):
        hotel.shuffled()
        wire.say("PR|PI1203|PMRC|P#1|WSK1|")
        assert await wire.hear() == (
            "PL|ZZfuture|RN1203|G#31002|NPN|GN样例|RN1203|G#31003|NPN|GNYANGLI XIAOQIAO|P#1|WSK1|"
        )


async def test_fields_without_a_value():
    async with wired(*asks_for(GC="RN G# GN GF GL NP")) as (hotel, wire):
        hotel.empty_fields()
        await hotel.change(hotel.hotel.stays["31001"])
        assert await wire.hear() == "GC|RN0808|G#31001|GNLindqvist-Example|GF|GL|NP|"


async def test_another_code_page_than_was_agreed():
    async with wired(*asks_for(GC="GN")) as (hotel, wire):
        hotel.code_page("utf-8")
        await hotel.change(hotel.hotel.stays["31002"])
        async with asyncio.timeout(3):
            assert await wire.reader.readuntil(b"\x03") == b"\x02GC|GN" + "样例".encode() + b"|\x03"


@pytest.mark.parametrize(
    ("verb", "kinds"),
    [("ignore_resync", []), ("empty_resync", ["DS", "DE"]), ("unfinished_resync", ["DS", "GI"])],
)
async def test_a_resync_that_is_refused(verb, kinds):
    async with wired(*asks_for(GI="RN G#")) as (hotel, wire):
        getattr(hotel, verb)()
        wire.say("DR|DA261121|TI120000|")
        heard = []
        while True:
            try:
                async with asyncio.timeout(0.15):
                    heard.append((await wire.hear())[:2])
            except TimeoutError:
                break
        assert list(dict.fromkeys(heard)) == kinds


async def test_all_well_again():
    async with wired(*INTRODUCTION) as (hotel, wire):
        for switch in SWITCHES:
            getattr(hotel, switch)()
        hotel.refuse_next("NG")
        hotel.lose_answer()
        hotel.all_well()
        wire.say(POSTING)
        assert await wire.hear() == BOOKED


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


async def test_the_same_hotel_is_reached_over_a_serial_line():
    """The far side of the line deals with LRC and ACK; what it hands to the hotel are bare frames."""
    async with HotelSimulator(answer_seconds=0) as hotel, SerialFarSide(hotel.serve) as far:
        async with serial(far.path, baud=38400)() as wire, asyncio.timeout(5):
            heard, never = b"", asyncio.get_running_loop().create_future()
            for said in ("", *INTRODUCTION, POSTING):
                if said:
                    await wire.write(b"\x02" + said.encode() + b"\x03")
                awaited = {"": b"LS|", INTRODUCTION[-1]: b"LA|", POSTING: b"PA|"}.get(said, b"")
                while awaited not in heard:
                    heard += await wire.read(1.0, never)
        assert heard.endswith(f"\x02{BOOKED}\x03".encode())
        assert hotel.observed.violations == far.violations == []


async def test_thousands_of_charges_are_answered_quickly():
    async with HotelSimulator(hotel=big_hotel(1000), answer_seconds=0) as hotel:
        wire = await connected(hotel)
        await wire.hear()
        wire.say(*INTRODUCTION)
        await wire.hear()
        began = perf_counter()
        for number in range(1, 2001):
            wire.say(POSTING.replace("0808", "1000").replace("P#1", f"P#{number}"))
            await wire.hear()
        assert perf_counter() - began < 10
        assert hotel.balance("100000") == 2000 * 150


async def test_the_command_line_knows_every_verb():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kiosk.hotel.fias.simulator", "--guests", "20"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def asked(*verb: object) -> dict[str, object]:
        process.stdin.write(json.dumps(verb).encode() + b"\n")
        async with asyncio.timeout(10):
            return json.loads(await process.stdout.readline())

    try:
        async with asyncio.timeout(10):
            assert json.loads(await process.stdout.readline())["port"] > 0
        assert await asked("silent", *[False]) == {"result": None}
        assert await asked("refuse_next", "NP", 2) == {"result": None}
        assert await asked("check_in", {"room": "1000", "reservation": "7", "name": "Muster"}) == {"result": None}
        assert await asked("order_wake_up", "1000", "261122", "063000") == {"result": None}
        assert await asked("wake_ups", "1000") == {
            "result": [{"room": "1000", "date": "261122", "time": "063000"}],
        }
        assert (await asked("observed"))["result"]["violations"] == []
        assert "no such verb" in (await asked("interface"))["error"]
        assert "no wake-up" in (await asked("wake_up_result", "9999"))["error"]
        process.stdin.close()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_each_verb_of_the_command_line_exists():
    assert [verb for verb in sorted(VERBS) if not hasattr(HotelSimulator, verb)] == ["observed"]
