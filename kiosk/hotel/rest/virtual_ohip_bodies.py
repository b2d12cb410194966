"""What the far side of the OHIP adapter takes: the bodies of rsv, csh, fof and hsk as far as the kiosk sends them.

A member of the wrong type, a missing or an unheard-of one is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec


class Strict(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    pass


class Id(Strict):
    id: str
    type: Literal["Reservation"]
    id_context: str = "OPERA"


class Price(Strict):
    amount: Decimal
    currency_code: str


class Charge(Strict):
    transaction_code: str
    price: Price
    posting_quantity: int
    check_number: str = ""
    posting_reference: str = ""
    posting_remark: str = ""
    apply_routing_instructions: bool = True
    use_package_allowance: bool = False


class Criteria(Strict):
    hotel_id: str
    reservation_id: Id
    charges: list[Charge]
    cashier_id: int
    post_it: bool


class Charges(Strict):
    criteria: Criteria


class CallOf(Strict):
    reservation_id_list: list[Id]
    hotel_id: str
    room: str


class Span(Strict):
    start_date: str


class Call(Strict):
    reservation_info: CallOf
    call_time: str
    is_follow_up_call: bool
    status: Literal["Pending"]
    time_span: Span


class Calls(Strict):
    calls: list[Call]


class Message(Strict):
    message_text: str
    message_date: str
    type_of_message: Literal["Tm", "Vm"]
    recipient: str = ""
    operator: str = ""


class Delivery(Strict):
    delivery_status: Literal["Nr", "Mr"]
    delivery_date: str = ""
    delivered_by: str = ""
    text_message_sent_by: str = ""


class GuestMessage(Strict):
    message: Message
    delivery: Delivery


class GuestMessages(Strict):
    hotel_id: str
    guest_messages: list[GuestMessage]
    reservation_id_list: list[Id] = []


class Wish(Strict):
    hotel_id: str
    room_list: list[str]
    status: Literal["DoNotDisturb", "MakeUpRoom", "NoStatusSelected"]


class Wishes(Strict):
    criteria: Wish
