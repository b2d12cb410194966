"""What apaleo has published of the operations that its adapter uses, in a table of our own.

From the OpenAPI documents finance-v1 (April 2026) and booking-v1 at api.apaleo.com, as the clients generated from them
have it, and apaleo.dev. Of a reservation only what is read, and what makes one, was looked up.
"""

from __future__ import annotations

from typing import Final

from tests.contract.published import Operation, Published, Shape

AUTHORISED: Final = frozenset({"authorization"})
VAT: Final = (
    *("Null", "VeryReduced", "Reduced", "Normal", "Without", "Special", "Special1", "Special2"),
    *("ReducedCovid19", "NormalCovid19", "Mixed"),
)
SERVICE: Final = ("Other", "Accommodation", "FoodAndBeverages", "CityTax", "SecondCityTax")
MONEY: Final[Shape] = {"amount!": "number", "currency!": "string"}
AMOUNT: Final[Shape] = {
    "grossAmount!": "number",
    "netAmount!": "number",
    "vatType!": VAT,
    "vatPercent!": "number",
    "currency!": "string",
}
CHARGE: Final[Shape] = {
    "id!": "string",
    "serviceType!": (*SERVICE, "CancellationFees", "NoShow"),
    "name!": "string",
    "isPosted!": "boolean",
    "serviceDate!": "string",
    "created!": "string",
    "amount!": AMOUNT,
    "quantity!": "integer",
    "type!": ("Direct",),
    "receipt": "string",
}
ALLOWANCE: Final[Shape] = {
    "id!": "string",
    "amount!": AMOUNT,
    "reason!": "string",
    "serviceType!": (*SERVICE, "CancellationFees", "NoShow"),
    "serviceDate!": "string",
    "created!": "string",
}
FOLIO: Final[Shape] = {
    "id!": "string",
    "created!": "string",
    "updated!": "string",
    "balance!": MONEY,
    "status!": ("Open", "Closed", "ClosedWithInvoice"),
    "type": ("House", "Guest", "External", "Booking"),
    "isMainFolio": "boolean",
    "allowedActions": [("AddCharge", "AddAllowance", "Reopen")],
    "charges": [CHARGE],
    "allowances": [ALLOWANCE],
}
RESERVATION: Final[Shape] = {
    "id!": "string",
    "bookingId!": "string",
    "status!": ("Confirmed", "InHouse", "CheckedOut", "Canceled", "NoShow"),
    "property!": {"id!": "string"},
    "unit": {"id!": "string", "name": "string"},
    "arrival!": "string",
    "departure!": "string",
    "created!": "string",
    "modified!": "string",
    "adults!": "integer",
    "primaryGuest": {
        "title": ("Mr", "Ms", "Mrs", "Dr", "Prof", "Other"),
        "lastName!": "string",
        "firstName": "string",
        "preferredLanguage": "string",
    },
}

APALEO: Final = Published(
    operations=(
        Operation(
            "connect/token",
            "POST",
            "/connect/token",
            headers=AUTHORISED,
            form={"grant_type!": ("client_credentials",)},
            answers={200: {"access_token!": "string", "expires_in": "integer", "token_type": "string"}},
        ),
        Operation(
            "GET booking/v1/reservations",
            "GET",
            "/booking/v1/reservations",
            headers=AUTHORISED,
            query={"propertyIds": "string", "status": ("InHouse",), "pageNumber": "integer", "pageSize": "integer"},
            answers={200: {"reservations!": [RESERVATION], "count!": "integer"}, 204: None},
        ),
        Operation(
            "GET booking/v1/reservations/{id}",
            "GET",
            "/booking/v1/reservations/{id}",
            headers=AUTHORISED,
            answers={200: RESERVATION},
        ),
        Operation(
            "GET finance/v1/folios",
            "GET",
            "/finance/v1/folios",
            headers=AUTHORISED,
            query={
                "reservationIds": "string",
                "bookingIds": "string",
                "type": ("House", "Guest", "External", "Booking"),
                "expand": ("allowedActions", "charges,allowances"),
                "pageSize": "integer",
            },
            answers={200: {"folios!": [FOLIO], "count!": "integer"}, 204: None},
        ),
        Operation(
            "POST finance/v1/folio-actions/{folioId}/charges",
            "POST",
            "/finance/v1/folio-actions/{folioId}/charges",
            headers=AUTHORISED | {"idempotency-key"},
            body={
                "serviceType!": SERVICE,
                "vatType!": VAT,
                "name!": "string",
                "amount!": MONEY,
                "receipt": "string",
            },
            answers={200: {"id!": "string"}},
        ),
        Operation(
            "POST finance/v1/folio-actions/{folioId}/allowances",
            "POST",
            "/finance/v1/folio-actions/{folioId}/allowances",
            headers=AUTHORISED | {"idempotency-key"},
            body={"serviceType!": SERVICE, "vatType!": VAT, "reason!": "string", "amount!": MONEY},
            answers={200: {"id!": "string"}},
        ),
    ),
    refusal={"messages": ["string"]},
)
