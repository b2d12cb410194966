"""What the OHIP adapter keeps, against a strict OPERA Cloud over real HTTP with every fault of its menu."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from kiosk.books.postings import Posting
from kiosk.config.hotel import OhipSettings
from kiosk.hotel import errands
from kiosk.hotel.news import Answer, GuestIn, GuestOut, MessageHere, NoMoreMessages
from kiosk.hotel.rest.account import UNSAID
from kiosk.hotel.rest.far_side import Fault, Server
from kiosk.hotel.rest.line import Absent, Declined, Found, Unclear
from kiosk.hotel.rest.ohip import Ohip
from kiosk.hotel.rest.roll import Roll
from kiosk.hotel.rest.tokens import Client, SecretMissing, Tokens
from kiosk.hotel.rest.virtual_ohip import Line, Stay, VirtualOhip
from kiosk.hotel.rest.virtual_ohip_gate import APP_KEY, Gate
from kiosk.hotel.rest.web import Barred, Lost, Misread, NothingDone, Timeouts, Web
from tests.contract.published import Witness
from tests.contract.published_ohip import OHIP
from tests.contract.rest_kit import witnessed
from tests.contract.test_rest_web import UNREADABLE

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAYS = (
    Stay("31001", "0808", "Lindqvist-Example", "Ingrid", salutation="Ms.", language="SV", vip="V1"),
    Stay("31002", "1203", "样例", "小路", language="zh-CN"),
    Stay("31003", "1203", "Yangli", "Xiaoqiao"),
    Stay("31005", "1502", "Restricted-Example", no_post=True),
    Stay("31006", "1503", "Limited-Example", limit=Decimal("2.00")),
    Stay("31009", "9001", "Posting Master", pseudo=True),
)
CHARGE = "01JZZZZZZZZZZZZZZZZZZZZZ01"


@pytest.fixture
def opera() -> VirtualOhip:
    return VirtualOhip(SHANGHAI, *STAYS)


@pytest.fixture(scope="module")
def host() -> Iterator[Server]:
    with Server(Starlette()) as host:
        yield host


@pytest.fixture
def witness(host: Server, opera: VirtualOhip) -> Iterator[Witness]:
    with witnessed(host, opera.app, OHIP) as witness:
        yield witness


@pytest.fixture
def server(host: Server, witness: Witness) -> Server:
    return host


def settings(folder: Path, url: str, **changes: str) -> OhipSettings:
    secrets = {"app-key": APP_KEY, "client-secret": Gate.client[1], "password": Gate.user[1], **changes}
    for name, text in secrets.items():
        (folder / name).write_text(text + "\n")
    return OhipSettings(
        url=url,
        hotel=Gate.hotel,
        app_key_file=folder / "app-key",
        client_id=Gate.client[0],
        client_secret_file=folder / "client-secret",
        transaction_code=VirtualOhip.code,
        cashier=VirtualOhip.cashier,
        enterprise=Gate.enterprise,
        user=changes.get("user", ""),
        password_file=folder / "password",
    )


@pytest.fixture
async def system(tmp_path: Path, server: Server) -> AsyncIterator[Ohip]:
    system = Ohip(settings(tmp_path, server.url), SHANGHAI, Timeouts(connect=2.0, answer=0.5))
    yield system
    await system.close()


def posting(reservation: str = "31001", minor: int = 150, charge: str = CHARGE, voucher: int = 7) -> Posting:
    return Posting(voucher, charge, "copy", minor, 10, "CNY", "Copy A4 x3", 0, room="0808", reservation=reservation)


def line(voucher: int) -> Line:
    """Somebody else's, on the same folio."""
    return Line(500_000 + voucher, Decimal("1.50"), "CNY", VirtualOhip.code, str(voucher), f"other-{voucher}", "Bar")


# Charges


async def test_a_charge_stands_on_the_folio_with_its_reference_and_its_voucher(opera, system):
    answer = await system.post(11, posting())
    (line,) = opera.folios["31001"]
    assert (line.amount, line.currency, line.check, line.remark) == (Decimal("1.50"), "CNY", "7", "Copy A4 x3")
    assert line.reference == f"{CHARGE}-11"
    assert answer == Answer(11, "OK", str(line.number))


@pytest.mark.parametrize(
    ("reservation", "status"),
    [("31005", "NP"), ("31006", "CO"), ("39999", "NG"), ("", "NG")],
)
async def test_what_the_hotel_system_refuses_is_told_by_its_reason(opera, system, reservation, status):
    assert await system.post(11, posting(reservation, minor=250)) == Answer(11, status)
    assert opera.folios == {}


async def test_a_guest_who_left_is_not_charged(opera, system):
    opera.check_out("31001")
    assert (await system.post(11, posting())).status == "NG"


async def test_during_the_night_audit_a_charge_is_put_off(opera, system):
    opera.night_audit = True
    assert (await system.post(11, posting())).status == "NA"


async def test_a_refusal_that_nobody_foresaw_cannot_be_done(opera, system):
    opera.cashier = 99
    assert (await system.post(11, posting())).status == "UR"


@pytest.mark.parametrize(
    ("fault", "reason", "booked"),
    [
        (Fault.LOSE_ANSWER, "cut", 1),
        (Fault.CUT, "cut", 0),
        (Fault.SLOW, "timeout", 1),
        (Fault.ERROR_AFTER, "answer-500", 1),
        (Fault.ERROR_BEFORE, "answer-500", 0),
    ],
)
async def test_an_answer_that_proves_nothing_is_lost_and_nothing_is_sent_again(opera, system, fault, reason, booked):
    opera.faults.next(fault)
    with pytest.raises(Lost) as lost:
        await system.post(11, posting())
    assert lost.value.reason == reason
    assert len(opera.amounts("31001")) == booked
    assert opera.count("/charges") == 1


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNAVAILABLE])
async def test_a_server_that_asks_for_rest_has_booked_nothing(opera, system, fault):
    opera.faults.retry_seconds = 17
    opera.faults.next(fault)
    with pytest.raises(NothingDone) as turned_away:
        await system.post(11, posting())
    assert turned_away.value.pause == 17
    assert opera.folios == {}


async def test_a_server_that_asks_for_rest_without_saying_how_long_gets_some(system, host):
    await system.in_house()

    async def busy(scope, receive, send):
        await send({"type": "http.response.start", "status": 429, "headers": []})
        await send({"type": "http.response.body"})

    host.app = busy
    with pytest.raises(NothingDone, match="busy") as turned_away:
        await system.post(11, posting())
    assert turned_away.value.pause == UNSAID


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_refusal_that_cannot_be_read_is_one_all_the_same(opera, system, host, body):
    await system.in_house()

    async def gibberish(scope, receive, send):
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    host.app = gibberish
    assert await system.post(11, posting()) == Answer(11, "UR")


async def test_who_is_not_let_in_with_a_fresh_token_has_done_nothing_and_is_known_no_more(opera, system):
    opera.faults.next(Fault.NOT_LET_IN, Fault.NOT_LET_IN)
    with pytest.raises(Barred, match="not-let-in") as turned_away:
        await system.post(11, posting())
    assert turned_away.value.pause
    assert opera.access.granted == 2


async def test_a_token_that_fits_into_no_header_is_none(opera, system, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.rest.virtual_house.secrets.token_urlsafe", lambda _: "tökén\n")
    with pytest.raises(NothingDone, match="no-token"):
        await system.post(11, posting())
    assert opera.count("/charges") == 0


async def test_a_portal_in_the_way_has_done_nothing(opera, system, host):
    await system.in_house()

    async def portal(scope, receive, send):
        headers = [(b"location", b"https://portal.example/login")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body"})

    host.app = portal
    with pytest.raises(NothingDone, match="redirected"):
        await system.post(11, posting())


async def test_nobody_listening_means_that_nothing_was_done(tmp_path):
    with Server(VirtualOhip(SHANGHAI).app) as server:
        url = server.url
    system = Ohip(settings(tmp_path, url), SHANGHAI)
    with pytest.raises(NothingDone):
        await system.post(11, posting())
    await system.close()


# The folio


async def test_a_lost_charge_is_found_on_the_folio_by_its_attempt(opera, system):
    opera.faults.next(Fault.LOSE_ANSWER)
    with pytest.raises(Lost):
        await system.post(11, posting())
    (line,) = opera.folios["31001"]
    assert await system.look(12, posting()) == Found(11, str(line.number))


async def test_another_charge_of_the_same_amount_is_not_taken_for_it(opera, system):
    await system.post(11, posting(charge="01JZZZZZZZZZZZZZZZZZZZZZ02"))
    assert await system.look(11, posting()) == Absent()


async def test_a_folio_that_keeps_something_back_says_nothing(opera, system):
    await system.post(11, posting(charge="01JZZZZZZZZZZZZZZZZZZZZZ02"))
    opera.discreet = True
    assert await system.look(11, posting()) == Unclear()


async def test_a_folio_of_many_pages_is_read_to_its_end(opera, system):
    opera.folio_limit = 100
    for voucher in range(449):
        opera.folios.setdefault("31001", []).append(line(voucher))
    assert await system.look(11, posting()) == Absent()
    assert opera.count("/folios") == 5
    await system.post(11, posting())
    assert isinstance(await system.look(11, posting()), Found)
    assert opera.count("/folios") == 10


async def test_a_folio_that_begins_anew_on_every_page_says_nothing(opera, system, host):
    opera.folio_limit = 100
    opera.folios["31001"] = [line(voucher) for voucher in range(449)]

    async def deaf(scope, receive, send):
        await opera.app({**scope, "query_string": scope["query_string"].partition(b"&offset")[0]}, receive, send)

    host.app = deaf
    assert await system.look(11, posting()) == Unclear()
    assert opera.count("/folios") == 2


@pytest.mark.parametrize(
    "window",
    [
        b'{"folioWindowNo":1}',
        b'{"folioWindowNo":1,"emptyFolio":false}',
        b'{"hasMore":true,"folios":[{"postings":[{"transactionNo":1}]}]}',
    ],
    ids=["without-a-word", "not-empty", "more-of-no-number"],
)
async def test_a_window_that_is_not_known_to_be_whole_says_nothing(system, host, window):
    await system.in_house()

    async def in_part(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = b'{"reservationFolioInformation":{"folioWindows":[%s]}}' % window
        await send({"type": "http.response.body", "body": body})

    host.app = in_part
    assert await system.look(11, posting()) == Unclear()


async def test_a_folio_that_is_not_to_be_seen_says_nothing(opera, system):
    assert await system.look(11, posting("39999")) == Unclear()


# Guests


async def test_everybody_in_house_is_read_page_by_page(opera, system, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.rest.ohip.PAGE", 2)
    guests = {guest.reservation: guest for guest in await system.in_house()}
    assert set(guests) == {"31001", "31002", "31003", "31005", "31006"}
    assert opera.count("GET /rsv") == 3
    assert guests["31001"] == GuestIn(
        "0808",
        "31001",
        {
            "name": "Lindqvist-Example",
            "given": "Ingrid",
            "title": "Ms.",
            "language": "SV",
            "no_post": False,
            "vip": True,
            "shares": False,
        },
    )
    assert [guests[key].told["shares"] for key in ("31002", "31003")] == [False, True]
    assert guests["31005"].told["no_post"] is True
    assert guests["31002"].told["language"] == "ZH"


@pytest.mark.parametrize(("page_limit", "pages"), [(200, 5), (30, 15)], ids=["as-asked", "shorter-than-asked"])
async def test_four_hundred_and_fifty_guests_are_all_read(opera, system, page_limit, pages):
    opera.page_limit = page_limit
    opera.stays = {str(number): Stay(str(number), f"{number:04}", "Example") for number in range(1000, 1450)}
    assert {guest.reservation for guest in await system.in_house()} == set(opera.stays)
    assert opera.count("GET /rsv") == pages


async def test_an_access_that_ends_between_two_pages_costs_none_of_them(opera, system, host):
    opera.stays = {str(number): Stay(str(number), f"{number:04}", "Example") for number in range(1000, 1450)}
    witness = host.app

    async def ending(scope, receive, send):
        if b"offset=200" in scope["query_string"] and opera.access.granted == 1:
            opera.access.expire()
        await witness(scope, receive, send)

    host.app = ending
    assert len(await system.in_house()) == 450
    assert opera.access.granted == 2


async def test_who_may_not_read_the_guests_is_let_in_no_more(system, host):
    await system.in_house()

    async def forbidding(scope, receive, send):
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body"})

    host.app = forbidding
    with pytest.raises(Barred, match="forbidden"):
        await system.in_house()


async def test_who_may_not_post_to_one_folio_may_well_do_so_to_others(system, host):
    await system.in_house()

    async def forbidding(scope, receive, send):
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body"})

    host.app = forbidding
    assert await system.post(11, posting()) == Answer(11, "UR")


async def test_a_reading_in_which_nothing_changed_is_no_news(opera, system):
    roll = Roll()
    assert len(roll.news(await system.in_house())) == 5 + 2
    assert roll.news(await system.in_house()) == []
    opera.move("31001", "0909")
    (moved,) = roll.news(await system.in_house())
    assert (moved.room, moved.old_room) == ("0909", "0808")
    opera.check_out("31001")
    assert roll.news(await system.in_house()) == [GuestOut("0909", "31001")]
    roll.forget()
    assert len(roll.news(await system.in_house())) == 4 + 2


async def test_an_empty_house_has_nobody(opera, system):
    opera.stays.clear()
    assert await system.in_house() == []


async def test_pages_that_do_not_add_up_are_not_believed(opera, system, monkeypatch):
    monkeypatch.setattr("kiosk.hotel.rest.ohip.PAGE", 2)
    read = system._page

    async def one_leaves(offset: int):
        if offset:
            opera.stays.pop("31001", None)
        return await read(offset)

    monkeypatch.setattr(system, "_page", one_leaves)
    with pytest.raises(Misread):
        await system.in_house()


# Errands


async def rolled(system: Ohip) -> Roll:
    roll = Roll()
    roll.news(await system.in_house())
    return roll


def soon(hours: int = 8) -> datetime:
    return (datetime.now(SHANGHAI) + timedelta(hours=hours)).replace(second=0, microsecond=0)


async def test_a_wake_up_is_set_in_the_hotels_time_and_cleared_again(opera, system):
    at = soon()
    ordered = errands.WakeUpSet(1, "0808", int(at.timestamp() * 1000), "31001")
    cancelled = errands.WakeUpClear(1, "0808", ordered.at, "31001")
    assert await system.run(ordered, Roll()) == []
    assert opera.wake_ups["31001"] == {f"{at:%Y-%m-%d %H:%M:%S}"}
    await system.run(ordered, Roll())
    await system.run(cancelled, Roll())
    assert opera.wake_ups["31001"] == set()
    await system.run(cancelled, Roll())


async def test_a_wake_up_hangs_on_whoever_of_the_room_ordered_it(opera, system):
    roll, at = await rolled(system), soon()
    stamp = int(at.timestamp() * 1000)
    await system.run(errands.WakeUpSet(1, "1203", stamp, "31003"), roll)
    assert opera.wake_ups == {"31003": {f"{at:%Y-%m-%d %H:%M:%S}"}}
    await system.run(errands.WakeUpSet(2, "1203", stamp, "31002"), roll)
    await system.run(errands.WakeUpClear(1, "1203", stamp, "31003"), roll)
    assert opera.wake_ups == {"31003": set(), "31002": {f"{at:%Y-%m-%d %H:%M:%S}"}}


async def test_a_wake_up_of_nobody_knows_whom_is_looked_for_all_over_the_room(opera, system):
    roll, at = await rolled(system), soon()
    stamp = int(at.timestamp() * 1000)
    await system.run(errands.WakeUpSet(1, "1203", stamp, "31003"), roll)
    await system.run(errands.WakeUpClear(1, "1203", stamp), roll)
    assert opera.wake_ups == {"31003": set()}


async def test_a_wake_up_that_hangs_on_nobody_of_the_room_is_not_taken_for_gone(opera, system):
    roll, at = await rolled(system), soon()
    stamp = int(at.timestamp() * 1000)
    await system.run(errands.WakeUpSet(1, "1203", stamp), roll)
    opera.move("31002", "0909")
    roll.news(await system.in_house())
    with pytest.raises(Declined, match=r"hotel\.refused\.ng"):
        await system.run(errands.WakeUpClear(1, "1203", stamp), roll)
    assert opera.wake_ups == {"31002": {f"{at:%Y-%m-%d %H:%M:%S}"}}


async def test_a_wake_up_that_cannot_be_is_declined(opera, system):
    roll = await rolled(system)
    with pytest.raises(Declined, match=r"hotel\.refused\.ur"):
        await system.run(errands.WakeUpSet(1, "0808", 1_000), roll)
    with pytest.raises(Declined, match=r"hotel\.refused\.ng"):
        await system.run(errands.WakeUpSet(1, "0001", int(soon().timestamp() * 1000)), roll)


@pytest.mark.parametrize(
    ("wish", "status"),
    [("do-not-disturb", "DoNotDisturb"), ("make-up", "MakeUpRoom"), ("none", "NoStatusSelected")],
)
async def test_a_wish_is_shown_at_the_room(opera, system, wish, status):
    await system.run(errands.RoomWished("0808", "31001", wish), Roll())
    assert opera.wishes == {"0808": status}


async def test_a_house_without_room_wishes_does_not_offer_them(opera, system):
    opera.services = False
    with pytest.raises(Declined, match=r"hotel\.not-offered"):
        await system.run(errands.RoomWished("0808", "31001", "make-up"), Roll())


async def test_messages_are_left_asked_for_and_marked_as_read(opera, system):
    opera.leave_message("31001", "800", "A parcel is at reception")
    await system.run(errands.MessageLeft("0808", "31001", "Your fax is here"), Roll())
    news = await system.run(errands.MessagesAsked("0808", "31001"), Roll())
    assert [each.text for each in news if isinstance(each, MessageHere)] == [
        "A parcel is at reception",
        "Your fax is here",
    ]
    assert news[-1] == NoMoreMessages("0808", "31001")
    await system.run(errands.MessageRead("0808", "31001", "800"), Roll())
    assert opera.messages["31001"]["800"].delivery.delivery_status == "Mr"
    assert opera.messages["31001"]["800"].message.message_text == "A parcel is at reception"
    left = await system.run(errands.MessagesAsked("0808", "31001"), Roll())
    assert [each.text for each in left if isinstance(each, MessageHere)] == ["Your fax is here"]


async def test_whatever_is_asked_of_opera_is_asked_as_oracle_published_it(opera, system, witness):
    roll, at = await rolled(system), int(soon().timestamp() * 1000)
    opera.leave_message("31001", "800", "A parcel is at reception")
    await system.post(11, posting())
    await system.look(11, posting())
    for errand in (
        errands.WakeUpSet(1, "0808", at, "31001"),
        errands.WakeUpClear(1, "0808", at, "31001"),
        errands.RoomWished("0808", "31001", "make-up"),
        errands.MessageLeft("0808", "31001", "Your fax is here"),
        errands.MessagesAsked("0808", "31001"),
        errands.MessageRead("0808", "31001", "800"),
    ):
        await system.run(errand, roll)
    assert witness.violations == []
    assert witness.seen == {operation.id for operation in OHIP.operations}


# The account


async def test_one_token_serves_everybody_who_asks_at_the_same_time(opera, system):
    await asyncio.gather(*(system.in_house() for _ in range(5)))
    assert opera.access.granted == 1


async def test_a_token_that_was_withdrawn_is_replaced_once_and_the_charge_is_booked_once(opera, system):
    await system.in_house()
    opera.access.expire()
    assert (await system.post(11, posting())).status == "OK"
    assert opera.access.granted == 2
    assert opera.amounts("31001") == [Decimal("1.50")]


async def test_a_token_is_not_used_to_its_last_second(opera, server):
    seconds = 0.0
    web = Web(server.url, Timeouts())
    form = {"grant_type": "client_credentials", "scope": Gate.scope}
    headers = {"x-app-key": APP_KEY, "enterpriseId": Gate.enterprise}
    client = Client(*Gate.client, "/oauth/v1/tokens", form, headers)
    tokens = Tokens(web, client, clock=lambda: seconds)
    first = await tokens.bearer()
    seconds = 3600 - 61
    assert await tokens.bearer() == first
    seconds = 3600 - 59
    assert await tokens.bearer() != first
    await web.close()


async def test_an_account_that_is_not_let_in_has_done_nothing(tmp_path, opera, server):
    system = Ohip(settings(tmp_path, server.url, **{"client-secret": "another"}), SHANGHAI)
    with pytest.raises(Barred, match="no-token"):
        await system.post(11, posting())
    assert opera.count("/charges") == 0
    await system.close()


async def test_an_integration_user_may_ask_by_password(tmp_path, opera, server):
    system = Ohip(settings(tmp_path, server.url, user=Gate.user[0]), SHANGHAI)
    assert len(await system.in_house()) == 5
    await system.close()


async def test_a_secret_that_is_not_there_is_named_by_its_file(tmp_path):
    ready = settings(tmp_path, "https://opera.example")
    (tmp_path / "client-secret").unlink()
    with pytest.raises(SecretMissing, match="client-secret"):
        Ohip(ready, SHANGHAI)


async def test_nothing_is_said_over_an_open_line(tmp_path):
    with pytest.raises(ValueError, match="https only"):
        Ohip(settings(tmp_path, "http://opera.example"), SHANGHAI)


async def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch, system):
    monkeypatch.setattr("kiosk.hotel.rest.web.LARGEST_ANSWER", 500)
    with pytest.raises(NothingDone):
        await system.in_house()


async def test_neither_secrets_nor_guests_are_logged_at_any_level(caplog, capfd, opera, system):
    caplog.set_level(logging.DEBUG)
    opera.faults.next(Fault.LOSE_ANSWER)
    await system.in_house()
    with pytest.raises(Lost):
        await system.post(11, posting())
    await system.post(12, posting("31005"))
    opera.access.expire()
    await system.post(13, posting())
    captured = capfd.readouterr()
    said = " ".join((caplog.text, captured.out, captured.err))
    for private in (APP_KEY, *Gate.client, "Bearer", "Basic", "Lindqvist", "31001", "0808"):
        assert private not in said


# The far side itself


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-hotelid": None}, 400),
        ({"x-hotelid": "OTHER"}, 403),
        ({"x-app-key": None}, 403),
        ({"authorization": "Bearer stale"}, 401),
        ({}, 200),
    ],
)
async def test_the_far_side_wants_every_header(opera, host, headers, status):
    host.app = opera.app
    async with httpx.AsyncClient(base_url=host.url) as client:
        form = {"grant_type": "client_credentials", "scope": Gate.scope}
        asking = {"x-app-key": APP_KEY, "enterpriseId": Gate.enterprise}
        got = await client.post("/oauth/v1/tokens", auth=Gate.client, headers=asking, data=form)
        right = {
            "authorization": f"Bearer {got.json()['access_token']}",
            "x-app-key": APP_KEY,
            "x-hotelid": opera.gate.hotel,
        }
        sent = {name: value for name, value in {**right, **headers}.items() if value is not None}
        path = f"/rsv/v1/hotels/{opera.gate.hotel}/reservations"
        assert (await client.get(path, headers=sent, params={"searchType": "InHouse"})).status_code == status


async def test_the_far_side_books_the_same_charge_as_often_as_it_is_sent(opera, system):
    await system.post(11, posting())
    await system.post(11, posting())
    assert len(opera.amounts("31001")) == 2
