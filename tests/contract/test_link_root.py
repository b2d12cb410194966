"""kiosk-link as its configuration builds it: from kiosk.toml to a charge on a folio; mistakes named by their key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kiosk import stores
from kiosk.books.postings import PMS, POSTING, Posting
from kiosk.config.load import load
from kiosk.config.settings import Settings
from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.serial_far_side import SerialFarSide
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.link import run_link
from kiosk.link_root import LinkUnusable, open_desk, open_line, station
from kiosk.outbox import enqueue
from tests.certificates import certified
from tests.house import until

KEY = "FidCrypt0S|AAECAwQFBgcICQoLDA0ODw=="
GUEST = """
PS = []
PR = ["PI", "RN", "G#", "GN", "PM", "TA", "DA", "TI", "P#", "WS", "C#", "CT"]
PL = ["RN", "G#", "GN", "BA", "P#", "WS"]
"""
BILL = """
XR = ["RN", "G#"]
XI = ["RN", "G#", "BD", "BI"]
XB = ["RN", "G#", "BA"]
"""


def configured(folder: Path, hotel: str, fields: str = "", more: str = "") -> Settings:
    paths = f'[paths]\nstate = "{folder}/state"\nruntime = "{folder}/run"\n'
    file = folder / "kiosk.toml"
    file.write_text(f"{paths}[hotel]\n{hotel}\n[hotel.fields]\n{fields}\n{more}", encoding="utf-8")
    return load(file)


@pytest.mark.parametrize(
    ("ways", "fields"),
    [
        ("", ""),
        ('posting = "guest"\ndoubts = "balance"', GUEST),
        ('doubts = "bill"', BILL),
        ('posting = "guest"\ndoubts = "bill"', GUEST + BILL),
    ],
    ids=["room", "guest-balance", "room-bill", "guest-bill"],
)
async def test_a_charge_reaches_the_folio_as_configured(tmp_path, ways, fields):
    (tmp_path / "key").write_text(KEY + "\n")
    async with HotelSimulator(answer_seconds=0.02, key=Key.parse(KEY)) as hotel:
        address = f'host = "127.0.0.1"\nport = {hotel.port}\nkey_file = "{tmp_path}/key"\n'
        shown = await charged(configured(tmp_path, address + ways, fields), hotel)
    assert shown[:2] == ["in LS", "out LD"]
    assert {"out PR", "in PL"} <= set(shown) if "guest" in ways else "out PS" in shown


async def test_a_charge_reaches_the_folio_over_an_encrypted_line(tmp_path):
    ours = certified(tmp_path / "pki")
    tls = f'[hotel.tls]\nauthority = "{ours.kiosk.authority}"\ncertificate = "{ours.kiosk.certificate}"\n'
    tls += f'key = "{ours.kiosk.key}"\nserver_name = "pms.hotel.example"\n'
    async with HotelSimulator(answer_seconds=0.02, tls=ours.server.of_server()) as hotel:
        await charged(configured(tmp_path, f'host = "127.0.0.1"\nport = {hotel.port}', more=tls), hotel)


async def test_a_charge_reaches_the_folio_over_a_serial_line(tmp_path):
    async with HotelSimulator(answer_seconds=0.02) as hotel, SerialFarSide(hotel.serve) as line:
        serial = f'[hotel.serial]\npath = "{line.path}"\nbaud = 38400\n'
        await charged(configured(tmp_path, "", more=serial), hotel)
        assert line.violations == []


async def charged(settings: Settings, hotel: HotelSimulator) -> list[str]:
    """One charge by everything that the settings build; what went over the wire, by direction and kind."""
    settings.paths.runtime.mkdir()
    postings = stores.open_postings(stores.open_books(settings))
    ticks: list[None] = []
    stop = asyncio.Event()
    desk = open_desk(settings, postings, on_tick=lambda: ticks.append(None))
    shown: list[str] = []
    desk.tap = lambda way, what: shown.append(f"{way} {what if isinstance(what, str) else what.kind}")
    link = asyncio.create_task(run_link(open_line(settings), desk, stop))
    now = postings.db.now()
    charge = Posting(7, "charge-1", "copy", 150, 10, "CNY", "Copy A4", now, "0808", "31001")
    with postings.db.transaction() as tx:
        enqueue(tx, PMS, POSTING, "charge-1", charge.encode(), now)
    await until(lambda: postings.pending_count() == 0)
    stop.set()
    await link
    assert [line.check for line in hotel.guest_folio("31001")] == ["7"]
    assert hotel.observed.violations == []
    assert ticks
    return shown


@pytest.mark.parametrize(
    ("hotel", "fields", "key", "reason"),
    [
        ('key_file = "/nonexistent/key"', "", "hotel.key_file", "No such file"),
        ('key_file = "{folder}/bad"', "", "hotel.key_file", "must begin with FidCrypt0S"),
        ('doubts = "balance"', "", "hotel.doubts", "posting"),
        ('posting = "guest"\ndoubts = "balance"', GUEST.replace('"BA", ', ""), "hotel.doubts", "BA"),
        ('doubts = "bill"', "", "hotel.doubts", "XR, XI, XB"),
    ],
)
def test_what_cannot_work_is_named_by_its_key(tmp_path, hotel, fields, key, reason):
    (tmp_path / "bad").write_text("a secret that is none\n")
    settings = configured(tmp_path, hotel.format(folder=tmp_path), fields)
    with pytest.raises(LinkUnusable) as wrong:
        open_line(settings)
    assert wrong.value.key == key
    assert reason in wrong.value.reason
    assert "a secret" not in str(wrong.value)


def test_certificates_that_are_not_there_are_named(tmp_path):
    tls = "".join(f'{name} = "/nonexistent/{name}.pem"\n' for name in ("authority", "certificate", "key"))
    settings = configured(tmp_path, "", more=f"[hotel.tls]\n{tls}")
    with pytest.raises(LinkUnusable, match=r"hotel\.tls"):
        open_line(settings)


def test_the_key_never_shows_itself(tmp_path):
    (tmp_path / "key").write_text(KEY)
    described = station(configured(tmp_path, f'key_file = "{tmp_path}/key"').hotel)
    assert described.key is not None
    assert "AAEC" not in repr(described)
