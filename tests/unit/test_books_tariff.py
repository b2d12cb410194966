import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.protocols import PrintOptions, Sides, Staple, sheets_of
from kiosk.books.money import Money
from kiosk.books.tariff import Tariff, TariffError, Unpriced
from tests.books_kit import A4, TARIFF, quote


def section(**copy):
    sheets = [{"media": A4, "black": "1.00"}]
    return {"currency": "CNY", "tax_basis_points": 600, "copy": {"sheets": sheets, **copy}}


def test_the_price_on_the_options_screen():
    told = quote(2, 3, sides=Sides.LONG_EDGE)
    assert (told.sheets, told.total, told.tax, told.net) == (3, 450, 25, 425)
    assert told.money == Money(450, "CNY")
    (line,) = told.lines
    assert (line.key, line.quantity, line.unit_minor) == ("tariff.copy.sheet", 3, 150)
    assert line.values == {"media": A4, "colour": "black", "sides": "two-sided-long-edge"}


def test_a_staple_is_charged_by_the_whole_set():
    told = quote(3, 2, staple=Staple.TOP_LEFT)
    assert told.total == 6 * 100 + 2 * 50
    assert [told.after(sheets).total for sheets in range(8)] == [0, 100, 200, 350, 450, 550, 700, 700]


@pytest.mark.parametrize("choice", [{"media": "iso_a3_297x420mm"}, {"colour": True, "sides": Sides.LONG_EDGE}])
def test_what_has_no_price_is_not_sold(choice):
    with pytest.raises(Unpriced):
        TARIFF.copy.quote(1, PrintOptions(**{"media": A4, **choice}))


def test_media_are_listed_once_in_the_order_of_the_tariff():
    assert TARIFF.copy.media == (A4,)


@pytest.mark.parametrize(("pages", "copies"), [(0, 1), (1, 0)])
def test_nothing_is_not_quoted(pages, copies):
    with pytest.raises(ValueError, match="nothing to copy"):
        quote(pages, copies)


@given(
    st.integers(1, 60),
    st.integers(1, 40),
    st.sampled_from(Sides),
    st.sampled_from(Staple),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_less_paper_never_costs_more_and_all_of_it_costs_what_was_quoted(pages, copies, sides, staple, some, more):
    told = quote(pages, copies, sides=sides, staple=staple)
    assert told.sheets == sheets_of(pages, sides) * copies
    fewer, further = sorted((some, more))
    assert told.after(fewer).total <= told.after(further).total <= told.total
    assert told.after(told.sheets) == told
    assert told.after(0).total == 0
    partly = told.after(fewer)
    assert partly.net + partly.tax == partly.total
    assert partly.total == sum(line.quantity * line.unit_minor for line in partly.lines)


def test_sheets_cannot_be_fewer_than_none():
    with pytest.raises(ValueError, match="sheets"):
        quote().after(-1)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (section(sheets=[]), r"tariff\.copy\.sheets: no prices"),
        (section(sheets=[{"media": A4, "black": "1.005"}]), r"tariff\.copy\.sheets\[0\]\.black.*2 decimals"),
        (section(sheets=[{"media": A4, "black": "1"}, {"media": A4}]), r"sheets\[1\]\.media.*priced twice"),
        (section(staple="free"), r"tariff\.copy\.staple"),
        (section(posting_text="a|b"), r"tariff\.copy\.posting_text"),
        (section(posting_text="x" * 21), r"tariff\.copy\.posting_text"),
        (section(posting_text="复印"), r"tariff\.copy\.posting_text"),
        (section(stapel="1"), "stapel"),
        (section(sheets=[{"media": A4, "black": 1.0}]), r"sheets\[0\]\.black|copy\.sheets"),
        ({**section(), "tax_basis_points": 10_001}, "tax_basis_points"),
        ({**section(), "currency": "yuan"}, "currency"),
        ({}, "currency"),
    ],
)
def test_a_tariff_that_cannot_count_is_refused_by_key_and_reason(wrong, named):
    with pytest.raises(TariffError, match=named):
        Tariff.parse(wrong)
