"""The receipt of a voucher: both languages side by side, tax shown, a QR code with what is needed to find it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from hardware.protocols import Align, QrCode, ReceiptPart, Row, Rule, Words
from kiosk.books.money import Money
from kiosk.books.vouchers import Voucher
from kiosk.journeys.paying import Bill
from kiosk.station import Station
from kiosk.texts import texts
from kiosk.wording import money, percent


def receipt(station: Station, voucher: Voucher, bill: Bill) -> tuple[ReceiptPart, ...]:
    """What the receipt printer prints, 80 mm wide. Names no guest and no room."""
    return tuple(_parts(station, voucher, bill))


def receipt_link(station: Station, voucher: Voucher) -> str:
    """What the QR code says: house, voucher, amount, and the seal over text and signature that proves them."""
    amount = money(Money(voucher.minor, voucher.currency))
    return f"{station.house.name_en} | {voucher.number:06d} | {amount} | {voucher.signature.hash[:16]}"


def _parts(station: Station, voucher: Voucher, bill: Bill) -> Iterator[ReceiptPart]:
    zh, en = texts("zh_CN"), texts("en")
    house = station.house
    at = datetime.fromtimestamp(voucher.at / 1000, UTC).astimezone(station.clock().tzinfo)
    yield Words(house.name_zh, size=2, bold=True, align=Align.CENTRE)
    yield Words(house.name_en, align=Align.CENTRE)
    yield Words(f"{zh('receipt.title')}  {en('receipt.title')}", align=Align.CENTRE)
    yield Rule()
    for line in bill.lines:
        yield Row(zh.say(line.key, line.values), money(line.amount))
        yield Words(en.say(line.key, line.values))
    yield Rule()
    yield Row(f"{zh('receipt.total')} {en('receipt.total')}", money(bill.total), size=3, bold=True)
    rate = percent(bill.tax_basis_points)
    yield Row(f"{zh('receipt.tax', rate=rate)}  {en('receipt.tax', rate=rate)}", money(bill.tax))
    yield Row(f"{zh('receipt.means')}  {en('receipt.means')}", f"{zh('means.room')}  {en('means.room')}")
    yield Row(f"{zh('receipt.voucher')}  {en('receipt.voucher')}", f"{voucher.number:06d}")
    yield Row(f"{zh('receipt.time')}  {en('receipt.time')}", f"{at:%Y-%m-%d %H:%M}")
    yield Rule()
    yield QrCode(receipt_link(station, voucher))
    yield Words(f"{zh('receipt.thanks')}  {en('receipt.thanks')}", align=Align.CENTRE)
