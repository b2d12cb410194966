"""What OPERA Cloud answers with, as far as it is read: rsv, csh and errors of the OHIP property APIs (v1).

From the OpenAPI documents at github.com/oracle/hospitality-api-docs (rest-api-specs/property), compared member by
member with releases 22.3 to 24.4. Everything but an error's title is optional there; so it is here.
"""

from __future__ import annotations

import msgspec

from kiosk.hotel.rest.web import Wire


class UniqueId(Wire, frozen=True):
    id: str = ""
    type: str = ""


class Vip(Wire, frozen=True):
    vip_code: str = ""


class GuestInfo(Wire, frozen=True):
    """resGuestInfoType: ``name_prefix`` is the salutation (Mr., Dr.), ``name_title`` a degree or honours."""

    surname: str = ""
    given_name: str = ""
    full_name: str = ""
    name_prefix: str = ""
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
    """getHotelReservations."""

    reservations: ReservationPage = ReservationPage()


class FolioPosting(Wire, frozen=True):
    """summaryPostingType; its number is a JSON number of any kind."""

    transaction_no: int | float | None = None
    reference: str = ""
    check_no: str = ""


class FolioPage(Wire, frozen=True):
    postings: tuple[FolioPosting, ...] = ()


class FolioWindow(Wire, frozen=True):
    """folioWindowType: of a page that is the last ``has_more`` may be absent."""

    folio_window_no: int | None = None
    folios: tuple[FolioPage, ...] = ()
    has_more: bool = False
    empty_folio: bool = False
    empty_window: bool = False

    @property
    def postings(self) -> tuple[FolioPosting, ...]:
        return tuple(posting for folio in self.folios for posting in folio.postings)

    @property
    def empty(self) -> bool:
        """It says itself that nothing is on it; one without postings that does not say so was shown in part."""
        return self.empty_folio or self.empty_window


class FolioInformation(Wire, frozen=True):
    folio_windows: tuple[FolioWindow, ...] = ()
    folio_history: tuple[FolioWindow, ...] = ()


class Folio(Wire, frozen=True):
    """getFolio."""

    reservation_folio_information: FolioInformation | None = None


class Posted(Wire, frozen=True):
    """postBillingCharges, 201: billingChargesDetails."""

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
    """getReservation with fetchInstructions=GuestMessages."""

    reservations: ReservationList = ReservationList()


class FaultDetail(msgspec.Struct, frozen=True):
    """errorInstance."""

    title: str = ""
    detail: str = ""


class Fault(msgspec.Struct, frozen=True):
    """exceptionDetailType, the body of a 4xx. The list of codes is for Oracle's customers only; titles are in English
    by Accept-Language.
    """

    title: str = ""
    detail: str = ""
    code: str = msgspec.field(default="", name="o:errorCode")
    details: tuple[FaultDetail, ...] = msgspec.field(default=(), name="o:errorDetails")

    @property
    def words(self) -> str:
        """All that it says: the reason may be in a detail, under a title that names the request."""
        return " ".join((self.title, self.detail, *(f"{each.title} {each.detail}" for each in self.details)))

    def __repr__(self) -> str:
        return f"Fault({self.code})"
