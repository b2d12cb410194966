import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.books.money import Money, MoneyError, tax_included


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1.00", "CNY", 100), ("1", "CNY", 100), ("0.5", "CNY", 50), ("120", "JPY", 120), ("1.234", "KWD", 1234)],
)
def test_tariff_amounts_are_read_by_the_exponent_of_the_currency(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "1.", ".5", "-1", "+1", "1,00", "1.005", " 1", "1e2", "١", "0x1"])
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(MoneyError):
        Money.parse(text, "CNY")


def test_a_currency_without_decimals_refuses_them():
    with pytest.raises(MoneyError, match="0 decimals"):
        Money.parse("1.0", "JPY")


@pytest.mark.parametrize("minor", [1.0, True, "1", None])
def test_only_whole_minor_units_are_money(minor):
    with pytest.raises(MoneyError):
        Money(minor, "CNY")


@pytest.mark.parametrize("currency", ["", "cny", "CN", "CNYX", "¥"])
def test_only_iso_codes_are_currencies(currency):
    with pytest.raises(MoneyError):
        Money(1, currency)


def test_currencies_do_not_mix():
    for mix in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b):
        with pytest.raises(MoneyError):
            mix(Money(1, "CNY"), Money(1, "JPY"))


@pytest.mark.parametrize("other", [1, 1.0, "1"])
def test_money_is_not_added_to_anything_else_nor_multiplied_by_parts(other):
    with pytest.raises((MoneyError, TypeError)):
        Money(1, "CNY") + other
    with pytest.raises(MoneyError):
        Money(1, "CNY") * 0.5


@given(st.integers(), st.integers(), st.integers(-1000, 1000))
def test_money_reckons_like_whole_numbers(a, b, times):
    x, y = Money(a, "CNY"), Money(b, "CNY")
    assert (x + y) - y == x
    assert (x + y).minor == a + b
    assert (times * x).minor == (x * times).minor == a * times
    negative = -x
    assert x + negative == Money(0, "CNY")
    assert (x < y) == (a < b)
    assert bool(x) == bool(a)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_net_and_tax_always_make_the_total_and_the_tax_is_the_nearest_unit(total, rate):
    tax = tax_included(total, rate)
    net = total - tax
    assert 0 <= tax <= total
    assert net + tax == total
    # |tax - exact| <= 1/2 with exact = total * rate / (10000 + rate), and exactly half goes up
    off = 2 * (tax * (10_000 + rate) - total * rate)
    assert -(10_000 + rate) < off <= 10_000 + rate


def test_tax_of_the_price_on_the_signing_screen():
    assert tax_included(450, 600) == 25
    assert tax_included(0, 600) == 0
    assert tax_included(450, 0) == 0


def test_half_a_unit_is_rounded_up():
    assert tax_included(1, 10_000) == 1


@pytest.mark.parametrize(("total", "rate"), [(-1, 600), (1, -1)])
def test_no_tax_is_in_less_than_nothing(total, rate):
    with pytest.raises(MoneyError):
        tax_included(total, rate)
