"""What Oracle has published of the operations that the OHIP adapter uses, in a table of our own.

From github.com/oracle/hospitality-api-docs (Universal Permissive License 1.0), rest-api-specs/property: oauth 21.5 (v1,
of 2026); csh 22.3 (commit 8d1f3f9b), its operations also of 23.2; rsv 21.5 and 22.3, guest messages 23.2 and 24.4; fof
and hsk 23.2 to 24.4. Nothing in a body is required there but a token, and the type and title of an error; what is
required here besides is wanted by Oracle's guide Posting Charges (pcpig).
"""

from __future__ import annotations

from typing import Final

from tests.contract.published import UNREAD, Operation, Published, Shape

HEADERS: Final = frozenset({"authorization", "x-app-key", "x-hotelid"})
STATUS: Final[Shape] = {"links": UNREAD, "warnings": UNREAD}
UNIQUE_ID: Final[Shape] = {"id": "string<=80", "type": "string<=40", "idContext": "string<=80"}
AMOUNT: Final[Shape] = {"amount": "number", "currencyCode": "string<=3"}
RESERVATION_STATUS: Final = (
    *("Reserved", "Requested", "NoShow", "Cancelled", "InHouse", "CheckedOut", "Waitlisted", "DueIn", "DueOut"),
    *("Walkin", "PendingCheckout"),
)

CHARGE: Final[Shape] = {
    "transactionCode!": "string<=20",
    "price!": {"amount!": "number", "currencyCode": "string<=3"},
    "postingQuantity": "integer",
    "postingReference": "string<=2000",
    "postingRemark": "string<=2000",
    "checkNumber": "string<=200",
    "applyRoutingInstructions": "boolean",
    "usePackageAllowance": "boolean",
}
CHARGES: Final[Shape] = {
    "criteria!": {
        "hotelId": "string<=20",
        "charges!": [CHARGE],
        "reservationId!": {"id!": "string<=80", "type": "string<=20", "idContext": "string<=80"},
        "postIt": "boolean",
        "cashierId!": "number",
    }
}
POSTING: Final[Shape] = {
    "transactionNo": "number",
    "transactionCode": "string<=200",
    "postedAmount": AMOUNT,
    "checkNo": "string<=2000",
    "reference": "string<=2000",
    "remark": "string<=2000",
}
FOLIO_WINDOW: Final[Shape] = {
    "folioWindowNo": "integer",
    "folios": [{"postings": [POSTING]}],
    "emptyFolio": "boolean",
    "emptyWindow": "boolean",
    "hasMore": "boolean",
}
MESSAGE: Final[Shape] = {
    "message": {
        "messageText": "string",
        "messageDate": "string",
        "typeOfMessage": ("Tm", "Vm"),
        "recipient": "string",
        "operator": "string",
    },
    "delivery": {
        "deliveryStatus": "string",
        "deliveryDate": "string",
        "deliveredBy": "string",
        "textMessageSentBy": "string",
    },
    "id": "string<=80",
}
MESSAGES: Final[Shape] = {"hotelId": "string", "reservationIdList": [UNIQUE_ID], "guestMessages": [MESSAGE]}
LISTED: Final[Shape] = {
    "reservationIdList": [UNIQUE_ID],
    "roomStay": {"roomId": "string", "pseudoRoom": "boolean", "arrivalDate": "string"},
    "reservationGuest": {
        "namePrefix": "string",
        "surname": "string",
        "givenName": "string",
        "language": "string",
        "vip": {"vipCode": "string"},
    },
    "cashiering": {"billingPrivileges": {"postingRestriction": "boolean"}},
    "reservationStatus": RESERVATION_STATUS,
}
RESERVATION: Final[Shape] = {
    "reservationIdList": [UNIQUE_ID],
    "roomStay": {"currentRoomInfo": {"roomId": "string<=20"}},
    "hotelId": "string<=20",
    "reservationStatus": RESERVATION_STATUS,
    "guestMessages": [MESSAGE],
}
WAKE_UP: Final[Shape] = {
    "reservationInfo": {"reservationIdList": [UNIQUE_ID], "hotelId": "string", "room": "string"},
    "callTime": "string",
    "isFollowUpCall": "boolean",
    "status": ("Completed", "NoAnswer", "Cancelled", "Pending"),
    "timeSpan": {"startDate": "string", "endDate": "string"},
}
ERROR: Final[Shape] = {"type!": "string", "title!": "string", "detail": "string", "o:errorCode": "string"}

_STAY: Final = "/hotels/{hotelId}/reservations/{reservationId}"

OHIP: Final = Published(
    operations=(
        Operation(
            "getToken",
            "POST",
            "/oauth/v1/tokens",
            headers=frozenset({"authorization", "x-app-key"}),
            form={
                "grant_type!": ("password", "client_credentials"),
                "username": "string",
                "password": "string",
                "scope": "string",
            },
            answers={
                200: {
                    "access_token!": "string",
                    "expires_in": "integer",
                    "token_type": "string",
                    "oracle_tk_context": "string",
                }
            },
        ),
        Operation(
            "getHotelReservations",
            "GET",
            "/rsv/v1/hotels/{hotelId}/reservations",
            headers=HEADERS,
            query={"searchType": ("InHouse",), "limit": "integer", "offset": "integer"},
            answers={
                200: {
                    "reservations": {
                        "reservationInfo": [LISTED],
                        "totalResults": "integer",
                        "count": "integer",
                        "limit": "integer",
                        "offset": "integer",
                        "hasMore": "boolean",
                    },
                    **STATUS,
                },
                204: None,
            },
        ),
        Operation(
            "getReservation",
            "GET",
            f"/rsv/v1{_STAY}",
            headers=HEADERS,
            query={"fetchInstructions": ("Reservation", "GuestMessages")},
            answers={200: {"reservations": {"reservation": [RESERVATION]}, **STATUS}, 204: None},
        ),
        Operation(
            "postGuestMessages",
            "POST",
            f"/rsv/v1{_STAY}/guestMessages",
            headers=HEADERS,
            body=MESSAGES,
            answers={201: {"guestMessages": [MESSAGE], **STATUS}},
        ),
        Operation(
            "putGuestMessages",
            "PUT",
            f"/rsv/v1{_STAY}/guestMessages/{{guestMessageId}}",
            headers=HEADERS,
            body=MESSAGES,
            answers={200: STATUS},
        ),
        Operation(
            "postBillingCharges",
            "POST",
            f"/csh/v1{_STAY}/charges",
            headers=HEADERS,
            body=CHARGES,
            answers={201: {"postings": [POSTING], **STATUS}},
        ),
        Operation(
            "getFolio",
            "GET",
            f"/csh/v1{_STAY}/folios",
            headers=HEADERS,
            query={
                "fetchInstructions": (
                    *("Reservation", "Windowbalances", "Payment", "Payee", "Account", "Guestpay", "Notifications"),
                    *("Transactioncodes", "Foliohistory", "Totalbalance", "Postings"),
                ),
                "includeFolioHistory": "boolean",
                "folioWindowNo": "integer",
                "limit": "integer",
                "offset": "integer",
            },
            answers={
                200: {
                    "reservationFolioInformation": {"folioWindows": [FOLIO_WINDOW], "folioHistory": [FOLIO_WINDOW]},
                    **STATUS,
                },
                204: None,
            },
        ),
        Operation(
            "postWakeUpCall",
            "POST",
            f"/fof/v1{_STAY}/wakeUpCalls",
            headers=HEADERS,
            body={"calls": [WAKE_UP]},
            answers={201: STATUS},
        ),
        Operation(
            "deleteWakeUpCall",
            "DELETE",
            f"/fof/v1{_STAY}/wakeUpCalls",
            headers=HEADERS,
            query={"callTime": "string"},
            answers={200: STATUS},
        ),
        Operation(
            "setGuestHousekeepingServiceRequest",
            "PUT",
            "/hsk/v1/hotels/{hotelId}/serviceRequests",
            headers=HEADERS,
            body={
                "criteria": {
                    "hotelId": "string",
                    "roomList": ["string"],
                    "status": ("DoNotDisturb", "MakeUpRoom", "NoStatusSelected"),
                }
            },
            answers={200: STATUS},
        ),
    ),
    refusal={**ERROR, "status": "integer", "o:errorDetails": [ERROR]},
)
