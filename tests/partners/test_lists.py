"""The list contract, tried on customers: paging, sorts, filters, sparse fields, totals."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.partners import paging
from customers.enums import Tier
from customers.models import Customer
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.partners import Partner

LIST = "/customers"


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def seven(tenant, now):
    """Seven customers with few different times and sums, so that ties are many."""
    made = [make_customer(at=now + timedelta(days=number % 2), number=f"N-{number}") for number in range(7)]
    for number, customer in enumerate(made):
        tier = [Tier.VIP, Tier.MID, None][number % 3]
        Customer.objects.filter(pk=customer.pk).update(contribution=f"{number % 3}.50", tier=tier)
    return made


def numbers(response):
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["data"]]


def walk(partner, between=lambda: None, **params):
    """Follow the cursor to the end and return the ids met."""
    met = []
    page = {"next_cursor": None}
    while True:
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
        page = partner.get(LIST, {**params, **cursor}).json()
        met += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            assert page["next_cursor"] is None
            return met
        between()


def faults(response):
    assert response.status_code == 400, response.content
    problem = response.json()
    assert problem["code"] == "invalid_parameters"
    return [(fault["parameter"], fault["code"]) for fault in problem["errors"]]


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("created_at", ("created_at", "pk")),
        ("-created_at", ("-created_at", "-pk")),
        ("contribution", ("contribution", "pk")),
        ("-contribution", ("-contribution", "-pk")),
        ("number", ("number", "pk")),
        ("-number", ("-number", "-pk")),
    ],
)
def test_walk_meets_every_row_once_in_order(partner, seven, sort, order, limit):
    met = walk(partner, sort=sort, limit=limit)

    assert met == [str(pk) for pk in Customer.objects.order_by(*order).values_list("pk", flat=True)]


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "contribution", "-contribution", "number", "-number"])
def test_walk_while_rows_are_added_meets_each_first_row_exactly_once(partner, seven, now, sort):
    added = iter(range(100))

    def add():
        for _ in range(2):
            number = next(added)
            make_customer(at=now + timedelta(days=number % 3 - 1), number=f"{'MNO'[number % 3]}-{number}-new")

    met = walk(partner, between=add, sort=sort, limit=2)

    first = [str(customer.pk) for customer in seven]
    assert [met.count(pk) for pk in first] == [1] * 7
    assert len(met) == len(set(met))
    assert next(added) >= 6


@given(times=st.lists(st.integers(0, 3), max_size=9), limit=st.integers(1, 4))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_walk_equals_the_set_whatever_the_ties(partner, now, times, limit):
    Customer.objects.all().delete()
    for day in times:
        make_customer(at=now + timedelta(days=day))

    met = walk(partner, sort="-created_at", limit=limit)

    assert len(met) == len(times)
    assert set(met) == {str(pk) for pk in Customer.objects.values_list("pk", flat=True)}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: {"cursor": cursor[:-2] + "xx"},
        lambda cursor: {"cursor": "x" + cursor},
        lambda _: {"cursor": "nonsense"},
        lambda _: {"cursor": ":::"},
        lambda _: {"cursor": "\0"},
        lambda _: {"cursor": "é" * 5000},
        lambda cursor: {"cursor": cursor, "sort": "-number"},
        lambda cursor: {"cursor": cursor, "filter[tier][eq]": "vip"},
    ],
    ids=["changed", "longer", "invented", "empty parts", "nul", "long", "another sort", "another filter"],
)
def test_cursor_that_was_not_made_for_this_list_is_400(partner, seven, spoil):
    cursor = partner.get(LIST, {"sort": "number", "limit": 2}).json()["next_cursor"]

    assert faults(partner.get(LIST, {"sort": "number", **spoil(cursor)})) == [("cursor", "invalid_cursor")]
    assert numbers(partner.get(LIST, {"sort": "number", "limit": 1, "cursor": cursor})) == ["N-2"]


def test_cursor_of_another_resource_or_tenant_is_400(partner, tenant, other_tenant, seven, now):
    cursor = partner.get(LIST, {"sort": "number", "limit": 2}).json()["next_cursor"]
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now)
        theirs = Partner()

    assert faults(partner.get("/tiers", {"sort": "number", "cursor": cursor})) == [("cursor", "invalid_cursor")]
    assert faults(theirs.get(LIST, {"sort": "number", "cursor": cursor})) == [("cursor", "invalid_cursor")]


def test_limit_is_fifty_unless_told(partner, now):
    for _ in range(51):
        make_customer(at=now)

    page = partner.get(LIST).json()

    assert (len(page["data"]), page["has_more"]) == (50, True)


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "ten", "９", "1" * 5000, " 5", "\0", "+5"])
def test_limit_that_is_none_is_400(partner, limit):
    assert faults(partner.get(LIST, {"limit": limit})) == [("limit", "invalid")]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"filter[number][eq]": "N-3"}, ["N-3"]),
        ({"filter[number][eq]": "n-3"}, []),
        ({"filter[number][in]": "N-3,N-1,X"}, ["N-1", "N-3"]),
        ({"filter[tier][eq]": "vip"}, ["N-0", "N-3", "N-6"]),
        ({"filter[tier][in]": "vip,mid"}, ["N-0", "N-1", "N-3", "N-4", "N-6"]),
        ({"filter[tier][is_null]": "true"}, ["N-2", "N-5"]),
        ({"filter[tier][is_null]": "false"}, ["N-0", "N-1", "N-3", "N-4", "N-6"]),
        ({"filter[contribution][gt]": "1.50"}, ["N-2", "N-5"]),
        ({"filter[contribution][gte]": "1.50", "filter[contribution][lt]": "2.5"}, ["N-1", "N-4"]),
        ({"filter[contribution][lte]": "0.50"}, ["N-0", "N-3", "N-6"]),
        ({"filter[contribution][lte]": "0"}, []),
        ({"filter[created_at][gt]": "2026-03-02T12:30:00+08:00"}, ["N-1", "N-3", "N-5"]),
        ({"filter[created_at][lte]": "2026-03-02T04:30:00Z"}, ["N-0", "N-2", "N-4", "N-6"]),
        ({"filter[created_at][gte]": "2026-03-03T04:30:00Z", "filter[tier][eq]": "mid"}, ["N-1"]),
    ],
)
def test_filter_leaves_what_matches(partner, seven, params, expected):
    assert numbers(partner.get(LIST, {"sort": "number", **params})) == expected


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "red", "unknown_parameter"),
        ("page", "2", "unknown_parameter"),
        ("format", "json", "unknown_parameter"),
        ("number", "N-1", "unknown_parameter"),
        ("filter", "x", "unknown_parameter"),
        ("filter[number]", "N-1", "unknown_parameter"),
        ("filter[number][eq][eq]", "N-1", "unknown_parameter"),
        ("filter[colour][eq]", "red", "unknown_field"),
        ("filter[person_name][eq]", "Li", "unknown_field"),
        ("filter[][]", "x", "unknown_field"),
        ("filter[tenant][eq]", "x", "unknown_field"),
        ("filter[number][contains]", "1", "unknown_operator"),
        ("filter[number][gt]", "1", "unknown_operator"),
        ("filter[number][eq\0]", "1", "unknown_operator"),
        ("filter[tier][eq]", "gold", "invalid_choice"),
        ("filter[tier][eq]", "VIP", "invalid_choice"),
        ("filter[tier][in]", "vip,gold", "invalid_choice"),
        ("filter[tier][in]", "vip,", "invalid"),
        ("filter[number][in]", ",".join(["x"] * 101), "invalid"),
        ("filter[tier][is_null]", "yes", "invalid_choice"),
        ("filter[contribution][gt]", "much", "invalid"),
        ("filter[contribution][gt]", "NaN", "invalid"),
        ("filter[contribution][gt]", "1e400", "max_digits"),
        ("filter[contribution][gt]", "1.234", "max_decimal_places"),
        ("filter[contribution][gt]", "9" * 5000, "max_digits"),
        ("filter[created_at][gt]", "yesterday", "invalid"),
        ("filter[created_at][gt]", "2026-03-02", "invalid"),
        ("filter[created_at][gt]", "2026-03-02T04:30:00", "invalid"),
        ("filter[created_at][gt]", "2026-02-30T04:30:00Z", "invalid"),
        ("filter[created_at][gt]", "2026-03-02T04:30:00+19:41", "invalid"),
        ("filter[number][eq]", "x" * 41, "max_length"),
        ("filter[number][eq]", "\0", "null_characters_not_allowed"),
        ("filter[number][eq]", "", "empty"),
        ("sort", "", "empty"),
        ("sort", "region", "unknown_sort"),
        ("sort", "--number", "unknown_sort"),
        ("sort", "number,created_at", "unknown_sort"),
        ("include_total", "1", "invalid"),
        ("fields", "id,colour", "unknown_field"),
        ("fields", "id,", "unknown_field"),
        ("fields", "id,contacts", "unknown_field"),
    ],
)
def test_what_is_not_understood_is_400_and_named(partner, seven, name, value, code):
    response = partner.get(LIST, {name: value})

    assert faults(response) == [(name, code)]
    assert response.json()["errors"][0]["detail"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_time_at_the_ends_of_the_calendar_is_understood(partner, seven, moment):
    found = [numbers(partner.get(LIST, {f"filter[created_at][{op}]": moment})) for op in ("lt", "gt")]

    assert sorted(map(len, found)) == [0, 7]


def test_value_that_is_not_utf8_is_400(partner, seven):
    assert faults(partner.get(f"{LIST}?filter[number][eq]=%ff")) == [("filter[number][eq]", "not_utf8")]


def test_parameter_given_twice_is_400(partner):
    assert faults(partner.get(f"{LIST}?limit=1&limit=2")) == [("limit", "repeated")]


def test_all_that_is_wrong_is_named_at_once(partner):
    wrong = {"limit": "0", "sort": "x", "filter[tier][eq]": "x", "filter[number][eq]": "\0", "fields": "x"}

    assert {name for name, _code in faults(partner.get(LIST, wrong))} == set(wrong)


def test_unknown_names_are_not_echoed_without_end(partner):
    assert [len(name) for name, _code in faults(partner.get(LIST, {"x" * 5000: "1"}))] == [100]


def test_stranger_learns_nothing_of_the_parameters(tenant):
    assert Partner(allowed=["tiers:read"]).get(LIST, {"colour": "red"}).json()["errors"] == []


def test_parameters_of_a_record_are_checked_too(partner, seven):
    place = f"{LIST}/{seven[0].pk}"

    assert faults(partner.get(place, {"limit": "1"})) == [("limit", "unknown_parameter")]
    assert faults(partner.get(place, {"filter[tier][eq]": "vip"})) == [("filter[tier][eq]", "unknown_parameter")]
    assert faults(partner.get(place, {"fields": "colour"})) == [("fields", "unknown_field")]
    assert partner.get(place, {"fields": "number,contacts"}).json() == {"number": "N-0", "contacts": []}


def test_fields_leaves_the_named_ones(partner, seven):
    page = partner.get(LIST, {"fields": "tier,number", "limit": 1, "sort": "number"}).json()

    assert page["data"] == [{"number": "N-0", "tier": "vip"}]


def test_total_is_counted_when_asked_for_and_says_when_it_is_capped(partner, seven, monkeypatch):
    assert "total" not in partner.get(LIST, {"include_total": "false"}).json()
    counted = partner.get(LIST, {"include_total": "true", "limit": 2, "filter[tier][eq]": "vip"}).json()
    monkeypatch.setattr(paging, "TOTAL_CAP", 6)
    capped = partner.get(LIST, {"include_total": "true"}).json()

    assert (counted["total"], counted["total_is_capped"]) == (3, False)
    assert (capped["total"], capped["total_is_capped"], len(capped["data"])) == (6, True, 7)


def test_total_is_capped_at_ten_thousand():
    assert paging.TOTAL_CAP == 10_000
