"""What the virtual hotel's interface takes for a record, kind by kind (S23 chapters 5 and 6): form and duties.

Apart from the kiosk's own codec on purpose: what that one gets wrong must be seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

Values = Mapping[str, str]

LONGEST = 2000
"""Characters of a record."""

_VALUE = r"[^|\x00-\x09\x0b\x0c\x0e-\x1f\x7f]*"
"""Without control characters; line ends only where the field's own form allows them."""
RECORD = re.compile(rf"[A-Z][A-Z0-9]\|(?:[A-Z0-9$+#][A-Z0-9#+]{_VALUE}\|)*")
LINK_RECORD = re.compile(r"LR\|RI([A-Z]{2})\|FL((?:[A-Z0-9$+#]{2})+)\|")

_MONEY = r"0|-?[1-9]\d{0,13}"
_SUM = r"-?\d{1,15}"
_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "RN": r".{1,8}",
        "G#": r"\d{1,10}",
        "GN": r".{0,200}",
        "PI": r".{1,10}",
        "PM": r".{1,5}",
        "PT": r"C",  # this house has no tariff of its own for telephone and minibar
        "TA": _MONEY,
        "DA": r"\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
        "TI": r"([01]\d|2[0-3])[0-5]\d[0-5]\d",
        "P#": r"[1-9]\d{0,7}",
        "WS": r".{1,16}",
        "C#": r"\d{1,8}",
        "CT": r".{0,20}",
        "X1": r".{0,25}",
        "SO": r"\d{1,5}",
        "ID": r".{1,16}",
        "CO": r"[YN]",
        "MX": r"[1-9]",
        "CV": r"\d{1,5}",
        "ST": r"\d{1,4}",
        "TP": _SUM,
        "SC": _SUM,
        **{kind + number: _SUM for kind in "STD" for number in "123456789"},
        "MI": r".{1,10}",
        "MT": r"[\s\S]{1,2000}",
        "RS": r"[1-689]|10",
        "AS": r"[A-Z]{2}",
        "$J": r".{1,16}",
    }
)

_OWN_FORMS: Mapping[tuple[str, str], str] = MappingProxyType({("LD", "RT"): r"\d{1,3}", ("XM", "RT"): r"[01]"})

_NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "LS": ("DA", "TI"),
        "LA": ("DA", "TI"),
        "LE": ("DA", "TI"),
        "LD": ("DA", "TI", "V#", "IF"),
        "DR": ("DA", "TI"),
        "PS": ("RN", "PT", "TA", "DA", "TI", "P#"),
        "PR": (),  # two kinds of record under one name, see below
        "WR": ("DA", "RN", "TI"),
        "WC": ("DA", "RN", "TI"),
        "WA": ("AS", "DA", "RN", "TI"),
        "XL": ("G#", "RN", "MT", "$J"),
        "XM": ("G#", "RN"),
        "XD": ("G#", "MI", "RN"),
        "XR": ("G#", "RN"),
        "RE": ("RN",),
        "VA": ("EN", "AS", "CT", "RN", "ES", "EP", "G#"),
    }
)
INQUIRY_NEEDS = ("PI", "PM", "P#", "WS")
GUEST_POSTING_NEEDS = ("DA", "TI", "G#", "GN", "RN", "PM", "P#", "TA", "WS")

NOT_OF_A_STATION: Mapping[str, tuple[str, ...]] = MappingProxyType({"RE": ("DN", "ML", "MR", "TV", "CS")})
"""Fields that only the hotel system sends."""

INTERFACE_CODES = ("CA", "DL", "EM", "MB", "PB", "PO", "VI", "VM", "MS", "WW")

_ANY = " ".join(f"A{number}" for number in range(10))
_SUMS = " ".join(kind + number for kind in "STD" for number in "123456789")
_GUEST = f"RN G# GS {_ANY} CS DA G+ GA GD GF GG GL GN GT GV MR NP TI TV VR WS EN ES EP"
_CHARGE = f"DA TI RN PT TA DD DU MP MA M# SO C# CO CT CV ID P# PC PM PX SC ST T# TP WS X1 +0 {_SUMS}"
_KEY = f"KC KT RN WS $1 $2 {_ANY} CT DA DT G# GA GD GG GN ID K# KO RT SI TI"
FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        kind: frozenset(names.split())
        for kind, names in {
            "GI": f"{_GUEST} SF",
            "GC": f"{_GUEST} RO",
            "GO": "RN G# GS DA SF TI WS",
            "NS": "DA TI",
            "NE": "DA TI",
            "VA": "EN AS CT RN ES EP G# GP",
            "XL": "G# MI MT RN DA TI $J",
            "XM": "G# RN DA MI RT TI",
            "XT": "G# MI MT RN DA TI",
            "XD": "G# MI RN",
            "XR": "G# RN DA TI",
            "XI": "BD BI DC G# RN F# FD DA TI",
            "XB": "BA G# RN AS DA TI",
            "XC": "AS BA CT G# RN DA TI",
            "RE": "RN CS DN G# ML MR TV CT PP RS VM ID PU",
            "WR": "DA RN TI",
            "WC": "DA RN TI",
            "WA": "AS DA RN TI",
            "KR": _KEY,
            "KD": "KC RN WS DA G# ID RT SI TI",
            "KM": "G# KC RN RO WS UO",
            "KA": "AS CT KC WS $2 $3 DA G# TI",
            "KZ": "AS CT KC RN WS DA DT GN G# GD KO SI TI",
            "PS": _CHARGE,
            "PR": f"PI $2 G# GN G+ MX {_CHARGE}",
            "PL": f"G# GN RN P# WS {_ANY} BA C# CL DA G+ GA GD GF GG GL GT GV ID NP PM SO TI",
            "PA": "AS CT DA P# RN TI WS C# G# GN ID SO",
        }.items()
    }
)
"""What may be asked for in an LR, both directions together."""


def violations(kind: str, values: Values) -> Iterator[str]:
    """Why a record of a station is not taken. ``values`` are its fields as far as they were agreed."""
    for name in _needs(kind, values):
        if name not in values:
            yield f"{kind} without {name}"
    for name, value in values.items():
        form = _OWN_FORMS.get((kind, name)) or _FORMS.get(name)
        if name in NOT_OF_A_STATION.get(kind, ()):
            yield f"{kind}.{name} is the hotel system's to say"
        elif form and not re.fullmatch(form, value, re.ASCII):
            yield f"{kind}.{name} out of form"
    if kind == "PR" and is_inquiry(values) and {"G#", "TA"} & set(values):
        yield "PR is inquiry and posting at once"


def is_known(kind: str) -> bool:
    return kind in _NEEDS


def is_inquiry(values: Values) -> bool:
    """Of a PR: whether it asks for a guest. Otherwise it is a posting."""
    return "PI" in values or "$2" in values


def _needs(kind: str, values: Values) -> tuple[str, ...]:
    if kind != "PR":
        return _NEEDS[kind]
    return INQUIRY_NEEDS if is_inquiry(values) else GUEST_POSTING_NEEDS
