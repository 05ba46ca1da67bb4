from datetime import UTC, datetime

import pytest

from shipments.rows import FIELDS, RowParser, RowRefused, outlying_days

AT = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
GOOD = {
    "waybill_number": "W1",
    "customer_number": "C1",
    "accepted_at": "2026-03-01 08:00",
    "freight": "12.50",
}


def parse(**cells: str) -> tuple[dict[str, object], tuple[str, ...]]:
    cells = {**GOOD, **cells}
    row = RowParser(fields=list(cells), time_zone="Asia/Shanghai", at=AT).parse(cells)
    return dict(zip(FIELDS, row.values, strict=True)), row.warnings


def test_row_values():
    values, warnings = parse(
        weight_g="3100.5", services="night_pickup; insured_value", surcharges="1", transport_mode="AIR"
    )

    assert values["accepted_at"] == datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
    assert (values["freight"], values["surcharges"], values["refunds"]) == (1250, 100, 0)
    assert (values["weight_g"], values["transport_mode"]) == (3101, "air")
    assert (values["services"], values["exceptions"]) == ("{insured_value,night_pickup}", "{}")
    assert (values["status"], values["declared_value"], warnings) == ("accepted", None, ())


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("waybill_number", " ", "missing_value"),
        ("waybill_number", "W" * 41, "too_long"),
        ("customer_number", "C\x00", "control_character"),
        ("customer_number", "C\n1", "control_character"),
        ("customer_number", "C\u200b1", "control_character"),
        ("waybill_number", "W\u202e1", "control_character"),
        ("waybill_number", "\u200b", "control_character"),
        ("origin_city", "a\x07b", "control_character"),
        ("freight", "", "missing_value"),
        ("freight", "-1", "negative_amount"),
        ("freight", "1.234", "bad_amount"),
        ("freight", "1e3", "bad_amount"),
        ("freight", "NaN", "bad_amount"),
        ("freight", "9999999999999", "too_large"),
        ("accepted_at", "2026-02-30 10:00", "bad_date"),
        ("accepted_at", "2026-W05-1", "bad_date"),
        ("accepted_at", "2026-03-04 10:00", "date_in_future"),
        ("accepted_at", "1999-12-31", "date_too_early"),
        ("accepted_at", "", "missing_value"),
        ("delivered_at", "0001-01-01 00:00", "bad_date"),
        ("status", "teleported", "unknown_value"),
        ("services", "insured_value;massage", "unknown_value"),
        ("weight_g", "-5", "bad_number"),
        ("weight_g", "9999999999", "too_large"),
    ],
)
def test_row_refused_names_the_field(field, text, code):
    with pytest.raises(RowRefused) as caught:
        parse(**{field: text})

    assert caught.value.code == code
    assert str(caught.value.message).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("canceled", "cancelled"),
        ("shipped", "in_transit"),
        ("invoiced", "accepted"),
        ("processing", "accepted"),
        ("created", "accepted"),
        ("", "delivered"),
    ],
)
def test_status_synonyms(text, status):
    values, _ = parse(status=text, delivered_at="2026-03-01 09:00")

    assert values["status"] == status


@pytest.mark.parametrize(
    ("text", "hour"), [("2026/2/3", 16), ("2026-2-03", 16), ("2026/2/3 9:05", 1), ("2026/02/03 09:05:00+08:00", 1)]
)
def test_dates_as_spreadsheets_write_them(text, hour):
    values, _warnings = parse(accepted_at=text)

    accepted_at = values["accepted_at"]
    assert (accepted_at.month, accepted_at.hour) == (2, hour)
    assert accepted_at.day == (2 if hour == 16 else 3)


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("accepted_at", "3.2.2026", "accepted_at: is not a time such as 2026-03-01 08:00 or 2026/3/1."),
        ("accepted_at", "2026/2/30", "accepted_at: is not a date that exists."),
        ("freight", "1,200.00", "freight: is not an amount such as 1200.50, without signs of currency or thousands."),
        ("freight", "¥12", "freight: is not an amount such as 1200.50, without signs of currency or thousands."),
    ],
)
def test_row_refused_says_the_form_that_is_expected(field, text, message):
    with pytest.raises(RowRefused) as caught:
        parse(**{field: text})

    assert str(caught.value.message) == message


@pytest.mark.parametrize(("refunds", "warned"), [("13.50", False), ("13.51", True)])
def test_refunds_above_all_charges_are_kept_with_a_warning(refunds, warned):
    values, warnings = parse(surcharges="1.00", refunds=refunds)

    assert values["refunds"] == int(refunds.replace(".", ""))
    assert ("refunds_exceed_charges" in warnings) is warned


def test_oddities_are_kept_with_warnings():
    values, warnings = parse(
        status="shipped",
        picked_up_at="2026-02-28",
        promised_at="2026-02-28",
        delivered_at="2026-02-28",
        freight="0",
        weight_g="0",
        length_cm="0",
        width_cm="0.4",
        height_cm="3",
        origin_city="sales@shop.example",
        destination_city="Leeds",
    )

    assert (values["weight_g"], values["length_cm"], values["width_cm"], values["height_cm"]) == (None, None, None, 3)
    assert (values["origin_city"], values["destination_city"]) == ("", "Leeds")
    assert (values["status"], values["freight"]) == ("in_transit", 0)
    assert warnings == (
        "picked_up_before_acceptance",
        "promised_before_acceptance",
        "delivered_before_acceptance",
        "delivered_but_not_marked",
        "zero_freight",
        "zero_weight",
        "zero_size",
        "address_for_city",
    )


def test_outlying_days():
    assert outlying_days([100, 150, 200, 700]) == {700}
    assert outlying_days([100, 150, 700, 700]) == set()
    assert outlying_days([1, 1000]) == set()
