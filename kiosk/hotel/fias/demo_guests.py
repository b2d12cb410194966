"""The guests of the virtual hotel. Nobody real: every name says "example" in some language, or is made of syllables."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from kiosk.hotel.fias.stays import Stay

DEMO_STAYS = (
    Stay("0808", "31001", "Lindqvist-Example", "Ingrid", cards=("04A1B2C3D4E580",)),
    Stay("1203", "31002", "样例", "小路", language="ZH", cards=("04112233445566",)),
    Stay("1203", "31003", "YANGLI XIAOQIAO", language="ZH"),
    Stay("1501", "31004", "例瑋蕓", language="ZH", cards=("0A0B0C0D0E",)),
    Stay("1502", "31005", "Nopost-Example", "Otto", no_post=True, cards=("04DEADBEEF0102",)),
    Stay("1503", "31006", "Limit-Example", "Lena", vip="2"),
    Stay("1504", "31007", "O'Example", "Seán Paul"),
    Stay("0101", "31008", "Beispiel", "Jörg", language="GE", title="Herr Dr."),
    Stay("0101", "31009", "Beispiel", "Käthe", language="GE", title="Frau"),
    Stay("0102", "31010", "Exemple", "Zoé", language="FR", title="Mme"),
    Stay("0103", "31011", "Ejemplo de la Muestra", "Íñigo", language="SP"),
    Stay("0104", "31012", "Esempio", "Niccolò", language="IT", vip="1"),
    Stay("0105", "31013", "例東", "太郎", language="JA"),
    Stay("0105", "31014", "REIJI HANAKO", language="JA"),
    Stay("0105", "31015", "Reiji", "Kotaro", language="JA", no_post=True),
    Stay("0201", "31016", "Yesi", "Minjun", language="KO"),
    Stay("0202", "31017", "Primerov", "Afanassi", language="RU"),
    Stay("0203", "31018", "示范", "大鹏", language="ZH", credit=20000),
    Stay("0204", "31019", "SHIFAN/DAPENG MR", language="ZH"),
    Stay("0205", "31020", "范本", "質文", language="ZH", vip="3"),
    Stay("0206", "31021", "Voorbeeld van der Proef", "Saskia", language="NL"),
    Stay("0207", "31022", "Exemplo", "Conceição", language="PO", no_post=True, credit=0),
    Stay("12A", "31023", "Przykład-Wzorowska", "Świętosława", language="PL"),
    Stay("PM9001", "31024", "Gruppe Muster", language="GE"),
)
"""Sharers in 1203, 0101 and 0105; leading zeros; a room with a letter; a paymaster's room. The second bytes of 瑋,
蕓, 東 and 質 in GBK are 0x7C."""

DEMO_CREDIT: Mapping[str, int] = {"1503": 5000}
DEMO_ROOMS = (
    *("0808", "1203", "1501", "1502", "1503", "1504", "1505", "1506"),
    *("0101", "0102", "0103", "0104", "0105", "0106", "0201", "0202", "0203", "0204", "0205", "0206", "0207"),
    *("12A", "PM9001"),
)
"""1505, 1506 and 0106 are empty."""

_SURNAMES = ("Beispiel", "Exemple", "Ejemplo", "Esempio", "Exemplo", "Exempel", "Eksempel", "Voorbeeld", "Muster")
_SYLLABLES = ("ba", "do", "fi", "gu", "ka", "le", "mo", "nu", "pi", "ra", "so", "tu", "ve", "wi", "xo", "zy")
_HAN_SURNAMES = "例样范"
_HAN = "安柏晨德恩芳光海佳康兰明宁平琪仁思天文希雅泽"
_PER_FLOOR = 100


def invented_stays(count: int, seed: int) -> list[Stay]:
    """So many guests in a house large enough: every tenth shares a room, every fourth has a Chinese name."""
    random = Random(seed)  # noqa: S311 - names, not secrets
    rooms = [f"{10 + number // _PER_FLOOR}{number % _PER_FLOOR:02}" for number in range(count)]
    stays: list[Stay] = []
    for number in range(count):
        room = stays[-1].room if number % 10 == 9 else rooms[number]
        name, given, language = _chinese(random) if number % 4 == 0 else _western(random)
        stays.append(Stay(room, str(100_000 + number), name, given, language))
    return stays


def _western(random: Random) -> tuple[str, str, str]:
    name = f"{random.choice(_SURNAMES)}-{''.join(random.choices(_SYLLABLES, k=3)).title()}"
    return name, "".join(random.choices(_SYLLABLES, k=2)).title(), random.choice(("EA", "GE", "FR", "SP", "IT"))


def _chinese(random: Random) -> tuple[str, str, str]:
    return random.choice(_HAN_SURNAMES), "".join(random.choices(_HAN, k=2)), "ZH"
