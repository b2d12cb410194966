"""The trace shows the wire and hides who stays in the house; a second link is kept out."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.only_one import LinkRuns, only_one
from kiosk.hotel.trace import Trace, trace_line

AT = datetime(2026, 5, 8, 12, 0, 1, 250_000, tzinfo=UTC)


def test_names_texts_and_cards_are_shown_by_their_length():
    record = Record("GI", (("RN", "0808"), ("G#", "31001"), ("GN", "Beispiel"), ("$2", "04A1"), ("GL", "EA")))
    assert trace_line("in", record, AT) == "12:00:01.250 <- GI RN=0808 G#=31001 GN=(8) $2=(4) GL=EA"


def test_the_hotels_own_text_is_hidden_and_ours_is_shown():
    text = (("CT", "Beispiel paid"),)
    assert trace_line("in", Record("PA", text), AT).endswith("<- PA CT=(13)")
    assert trace_line("out", Record("PS", text), AT).endswith("-> PS CT=Beispiel paid")


def test_a_field_nobody_knows_is_hidden_and_an_empty_one_is_seen_to_be_empty():
    assert trace_line("in", Record("GI", (("ZZ", "who knows"), ("GN", ""))), AT).endswith("GI ZZ=(9) GN=")


def test_noise_is_told_in_its_own_words():
    assert trace_line("in", "malformed", AT) == "12:00:01.250 <- malformed"


def test_what_would_move_the_cursor_or_forge_a_line_is_not_let_through():
    forged = Record("GO", (("RN", "101\x1b[2J\n12:00:00 -> forged"), ("G#", "1\u202e2")))
    assert trace_line("in", forged, AT).endswith("<- GO RN=101?[2J?12:00:00 -> forged G#=1?2")
    assert "\n" not in trace_line("in", "charge 1: OK posted\r\n", AT)


async def test_who_listens_is_shown_the_wire_and_the_socket_is_nobody_elses(tmp_path):
    trace, path = Trace(), tmp_path / "trace.sock"
    async with trace.served(path):
        assert path.stat().st_mode & 0o077 == 0
        reader, writer = await asyncio.open_unix_connection(path)
        while not trace.heard:
            await asyncio.sleep(0)
        trace.tap("in", Record("LS", (("DA", "260508"),)))
        assert b"<- LS DA=260508" in await reader.readline()
        writer.close()
    assert not path.exists()


async def test_a_listener_that_reads_nothing_is_dropped_and_holds_up_nobody(tmp_path):
    trace, path = Trace(), tmp_path / "trace.sock"
    async with trace.served(path):
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(path))
            while not trace.heard:
                await asyncio.sleep(0.001)
            for _ in range(10_000):
                trace.tap("in", Record("CT", (("RN", "0" * 100),)))
            assert not trace.heard


def test_a_second_link_is_kept_out_until_the_first_has_gone(tmp_path):
    lock = tmp_path / "state" / "link.lock"
    with only_one(lock), pytest.raises(LinkRuns), only_one(lock):
        pytest.fail("two links at once")
    with only_one(lock):
        pass
