"""How any REST system is spoken to: what its answers are read as, and how long it asks to be left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from kiosk.hotel.rest import ohip_shapes as shapes
from kiosk.hotel.rest.far_side import Server
from kiosk.hotel.rest.web import LONGEST_PAUSE, Lost, Reply, Timeouts, Web, retry_after

UNREADABLE = {
    "not-json": b"<html>Bad Request</html>",
    "empty": b"",
    "latin-1": b'{"title":"R\xe9servation","detail":"x"}',
    "no-text-at-all": b"\xff\xfe\x00",
    "half-a-surrogate": b'{"title":"\\ud800"}',
    "nested-lists": b"[" * 100_000,
    "nested-objects": b'{"title":' * 100_000,
    "endless-number": b'{"title":1' + b"0" * 400_000 + b"}",
}


@pytest.fixture(scope="module")
def host() -> Iterator[Server]:
    with Server(Starlette()) as host:
        yield host


async def rest_asked_for(host: Server, said: str) -> float | None:
    async def busy(scope, receive, send):
        headers = [(b"retry-after", said.encode())]  # what time it is, the server says itself
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body"})

    host.app = busy
    async with Web(host.url, Timeouts()) as web:
        return (await web.send("GET", "/", headers={})).retry_after


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("17", 17.0),
        ("86400", LONGEST_PAUSE),
        ("9" * 5000, LONGEST_PAUSE),
        ("in a while", LONGEST_PAUSE),
        ("²", LONGEST_PAUSE),
        (f"Mon, {'9' * 30} Jan 2026 00:00:00 GMT", LONGEST_PAUSE),
    ],
    ids=["some", "a-day", "thousands-of-digits", "words", "no-digit", "a-day-of-thirty-digits"],
)
async def test_rest_may_be_asked_for_in_seconds(host, said, seconds):
    assert await rest_asked_for(host, said) == seconds


@pytest.mark.parametrize(("minutes", "seconds"), [(5, 300.0), (-60, 0.0), (600, LONGEST_PAUSE)])
async def test_rest_may_be_asked_for_until_a_time_of_the_servers_clock(host, minutes, seconds):
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    assert await rest_asked_for(host, format_datetime(until, usegmt=True)) == pytest.approx(seconds, abs=30)


@pytest.mark.parametrize("wrong_by", [timedelta(), timedelta(hours=-9), timedelta(days=400)], ids=["", "slow", "fast"])
def test_the_time_to_come_back_is_told_by_the_servers_clock_however_wrong(wrong_by):
    now = datetime.now(UTC) + wrong_by
    headers = {"date": format_datetime(now, usegmt=True)}
    headers["retry-after"] = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after(httpx.Response(503, headers=headers)) == 90


async def test_an_answer_that_only_trickles_is_given_up_as_lost(host):
    async def trickle(scope, receive, send):
        await send({"type": "http.response.start", "status": 201, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await asyncio.sleep(0.05)

    host.app = trickle
    async with Web(host.url, Timeouts(whole=0.3)) as web:
        with pytest.raises(Lost, match="timeout"):
            await web.send("POST", "/", headers={})


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("shape", [shapes.Fault, shapes.ReservationsDetails, shapes.Folio])
def test_a_body_that_is_not_what_was_agreed_is_none_of_it_whatever_it_is(body, shape):
    assert Reply(200, body).read(shape) in (None, shape())


def test_a_member_that_is_null_is_as_good_as_none():
    read = Reply(200, b'{"reservations":{"reservationInfo":[{"roomStay":{"roomId":null},"reservationGuest":null}]}}')
    page = read.expect(shapes.ReservationsDetails).reservations
    assert [(each.room_stay.room_id, each.reservation_guest.surname) for each in page.reservation_info] == [("", "")]
    assert Reply(200, b'{"reservations":[null]}').read(shapes.ReservationsDetails) is None


@hypothesis.settings(deadline=None)
@given(body=st.binary() | st.recursive(st.none() | st.text(), st.lists).map(str).map(str.encode))
def test_no_body_ends_the_reading_of_it(body):
    assert isinstance(Reply(200, body).read(shapes.Fault), shapes.Fault | None)


def test_a_transaction_number_may_be_any_number_of_json():
    read = Reply(201, b'{"postings":[{"transactionNo":660001.0},{"transactionNo":660002}]}').read(shapes.Posted)
    assert read is not None
    assert [each.transaction_no for each in read.postings] == [660001, 660002]
