import pytest

from customers.contact_points import BadContactPoint, home_country, normalised


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Asia/Shanghai", "CN"), ("Europe/London", "GB"), ("America/Sao_Paulo", "BR"), ("UTC", None)],
)
def test_home_country_is_that_of_the_time_zone(zone, country):
    assert home_country(zone) == country


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("138 1234 5678", "CN", "+8613812345678"),
        ("１３８１２３４５６７８", "CN", "+8613812345678"),
        ("+86 138-1234-5678", None, "+8613812345678"),
        ("0086 138 1234 5678", "CN", "+8613812345678"),
        ("(0755) 2345 6789", "CN", "+8675523456789"),
        ("07700 900123", "GB", "+447700900123"),
        ("+1 650-253-0000", "CN", "+16502530000"),
    ],
)
def test_phone_is_stored_as_e164(typed, country, stored):
    assert normalised("phone", typed, country=country) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("phone", "123"),
        ("phone", "1381234567890123456"),
        ("phone", "+999 123456789"),
        ("phone", "call 13812345678"),
        ("phone", "0755 23456789 ext 5"),
        ("phone", "   "),
        ("email", "nobody"),
        ("email", "a b@c.example"),
        ("email", "x" * 250 + "@c.example"),
        ("wechat", "w" * 255),
    ],
)
def test_what_cannot_be_one_is_refused(kind, typed):
    with pytest.raises(BadContactPoint):
        normalised(kind, typed, country="CN")


def test_phone_without_country_code_needs_a_home():
    with pytest.raises(BadContactPoint):
        normalised("phone", "13812345678", country=None)


def test_email_has_its_domain_in_small_letters_and_keeps_those_before_it():
    assert normalised("email", " Li.Na@Shop.EXAMPLE ", country="CN") == "Li.Na@shop.example"
    assert normalised("email", "Ｌi.na＠Shop.example", country="CN") == "Li.na@shop.example"


def test_account_keeps_its_letters():
    assert normalised("wechat", " LiNa_88 ", country="CN") == "LiNa_88"
