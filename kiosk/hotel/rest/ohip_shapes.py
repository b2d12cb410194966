"""What OPERA Cloud answers with, as far as it is read: rsv, csh and errors of the OHIP property APIs (v1, 25.5).

From the OpenAPI documents at github.com/oracle/hospitality-api-docs. Everything is optional there; so it is here.
"""

from __future__ import annotations

import msgspec


class Wire(msgspec.Struct, rename="camel", frozen=True):
    """A JSON object; members that are not named are passed over. Holds personal data: the repr shows none."""

    def __repr__(self) -> str:
        return type(self).__name__


class UniqueId(Wire, frozen=True):
    id: str = ""
    type: str = ""


class Vip(Wire, frozen=True):
    vip_code: str = ""


class GuestInfo(Wire, frozen=True):
    surname: str = ""
    given_name: str = ""
    full_name: str = ""
    name_title: str = ""
    language: str = ""
    vip: Vip = Vip()


class Stay(Wire, frozen=True):
    room_id: str = ""
    pseudo_room: bool = False


class BillingPrivileges(Wire, frozen=True):
    posting_restriction: bool = False


class Cashiering(Wire, frozen=True):
    billing_privileges: BillingPrivileges = BillingPrivileges()


class ReservationInfo(Wire, frozen=True):
    reservation_id_list: tuple[UniqueId, ...] = ()
    room_stay: Stay = Stay()
    reservation_guest: GuestInfo = GuestInfo()
    cashiering: Cashiering = Cashiering()

    @property
    def id(self) -> str:
        """The reservation's own number, not the confirmation's."""
        return next((each.id for each in self.reservation_id_list if each.type == "Reservation"), "")


class ReservationPage(Wire, frozen=True):
    reservation_info: tuple[ReservationInfo, ...] = ()
    has_more: bool = False
    total_results: int | None = None


class ReservationsDetails(Wire, frozen=True):
    """GET rsv/v1/hotels/{hotelId}/reservations."""

    reservations: ReservationPage = ReservationPage()


class FolioPosting(Wire, frozen=True):
    """summaryPostingType."""

    transaction_no: int | None = None
    reference: str = ""
    check_no: str = ""


class FolioPage(Wire, frozen=True):
    postings: tuple[FolioPosting, ...] = ()


class FolioWindow(Wire, frozen=True):
    folios: tuple[FolioPage, ...] = ()
    has_more: bool = False
    empty_folio: bool = True

    @property
    def postings(self) -> tuple[FolioPosting, ...]:
        return tuple(posting for folio in self.folios for posting in folio.postings)

    @property
    def whole(self) -> bool:
        """Nothing of it was kept back: neither further pages, nor what is said to be there."""
        return not self.has_more and (self.empty_folio or bool(self.postings))


class FolioInformation(Wire, frozen=True):
    folio_windows: tuple[FolioWindow, ...] = ()
    folio_history: tuple[FolioWindow, ...] = ()


class Folio(Wire, frozen=True):
    """GET csh/v1/hotels/{hotelId}/reservations/{reservationId}/folios."""

    reservation_folio_information: FolioInformation | None = None


class Posted(Wire, frozen=True):
    """201 to POST csh/v1/hotels/{hotelId}/reservations/{reservationId}/charges."""

    postings: tuple[FolioPosting, ...] = ()


class MessageBody(Wire, frozen=True):
    message_text: str = ""
    message_date: str = ""
    type_of_message: str = "Tm"
    recipient: str = ""


class Delivery(Wire, frozen=True):
    delivery_status: str = ""


class GuestMessage(Wire, frozen=True):
    id: str = ""
    message: MessageBody = MessageBody()
    delivery: Delivery = Delivery()


class ReservationMessages(Wire, frozen=True):
    guest_messages: tuple[GuestMessage, ...] = ()


class ReservationList(Wire, frozen=True):
    reservation: tuple[ReservationMessages, ...] = ()


class ReservationDetails(Wire, frozen=True):
    """GET rsv/v1/hotels/{hotelId}/reservations/{reservationId}?fetchInstructions=GuestMessages."""

    reservations: ReservationList = ReservationList()


class Fault(msgspec.Struct, frozen=True):
    """exceptionDetailType, the body of a 4xx. The list of codes is for Oracle's customers only; titles are in English
    by Accept-Language.
    """

    title: str = ""
    detail: str = ""
    code: str = msgspec.field(default="", name="o:errorCode")

    def __repr__(self) -> str:
        return f"Fault({self.code})"
