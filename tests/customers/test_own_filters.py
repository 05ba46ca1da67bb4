"""Own fields by which a tenant filters: what they leave, the values beside the customers, and the index."""

from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from customers.models import Customer, CustomField, FilteredValue
from customers.services import (
    TooManyFilteredFields,
    add_custom_field,
    merge_customers,
    retire_custom_field,
    revive_custom_field,
    undo_merge,
    update_custom_field,
    update_customer,
)
from tests.customers.test_list import asked_for, plan_of
from tests.customers.test_services import FACTS
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.files import imported, undone
from tests.factories.partners import Partner

URL = "/customers/"
LIST_QUERIES = 10
KINDS = {"lorries": "number", "paid": "date", "terms": "choice", "dock": "text"}
VALUES = {
    "N-1": {"lorries": "12.5", "paid": "2026-05-01", "terms": "Spot", "dock": "West"},
    "N-2": {"lorries": "-3", "paid": "2026-06-30", "terms": "Annual", "dock": "West 2"},
    "N-3": {"lorries": "100", "dock": "West"},
    "N-4": {},
}


def add(key, by, at, **facts):
    kind = KINDS.get(key, "text")
    choices = ["Spot", "Annual"] if kind == "choice" else []
    facts.setdefault("is_filtered", True)
    return add_custom_field(key=key, label=key.title(), kind=kind, choices=choices, by=by, at=at, **facts)


def change(field, by, at, **facts):
    choices = field.choices
    return update_custom_field(field=field, label=field.label, choices=choices, order=1, by=by, at=at, **facts)


@pytest.fixture
def fields(tenant, administrator, now):
    return {key: add(key, administrator, now) for key in KINDS}


@pytest.fixture
def customers(fields, now):
    return {number: make_customer(at=now, number=number, custom_values=values) for number, values in VALUES.items()}


def numbers(response):
    assert response.status_code == 200
    return sorted(row.number for row in response.context["rows"])


def kept():
    """Return what stands beside the customers, by number and key."""
    keys = dict(CustomField.objects.values_list("pk", "key"))
    called = dict(Customer.with_merged.values_list("pk", "number"))
    values = FilteredValue.objects.values_list("customer_id", "field_id", "text", "number", "day")
    return {
        (called[customer], keys[field]): next(each for each in held if each is not None)
        for customer, field, *held in values
    }


def expected():
    """Return the same as it follows from the customers' own rows."""
    read = {"number": lambda text: round(float(text) * 10_000), "date": date.fromisoformat}
    return {
        (customer.number, field.key): read.get(field.kind, str)(customer.custom_values[field.key])
        for customer in Customer.with_merged.all()
        for field in CustomField.objects.filter(is_filtered=True)
        if field.key in customer.custom_values
    }


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"range_lorries_min": "12.5"}, ["N-1", "N-3"]),
        ({"range_lorries_max": "12.4999"}, ["N-2"]),
        ({"range_lorries_min": "-3", "range_lorries_max": "12.5"}, ["N-1", "N-2"]),
        ({"range_paid_from": "2026-05-02"}, ["N-2"]),
        ({"range_paid_from": "2026-05-01", "range_paid_to": "2026-06-30"}, ["N-1", "N-2"]),
        ({"custom_terms": "Annual"}, ["N-2"]),
        ({"custom_dock": "West"}, ["N-1", "N-3"]),
        ({"custom_dock": "west"}, []),
        ({"custom_dock": "West", "range_lorries_min": "50"}, ["N-3"]),
        ({"custom_dock": "", "range_lorries_min": ""}, ["N-1", "N-2", "N-3", "N-4"]),
    ],
)
def test_filters_leave_whose_values_are_such(client_for, agent, customers, asked, left):
    assert numbers(client_for(agent).get(URL, asked)) == left


def test_chips_say_what_is_chosen_and_errors_stand_beside_it(client_for, agent, customers):
    client = client_for(agent)
    asked = {"range_lorries_min": "1200.50", "range_paid_to": "2026-05-01", "custom_terms": "Spot", "custom_dock": "W"}

    chips = [(chip.label, chip.text) for chip in client.get(URL, asked).context["list"].chips]
    wrong = client.get(URL, {"range_lorries_min": "2", "range_lorries_max": "1", "custom_terms": "Bronze"})

    assert chips == [("Lorries", "≥ 1,200.5"), ("Paid", "≤ 2026-05-01"), ("Terms", "Spot"), ("Dock", "W")]
    assert wrong.status_code == 422
    assert sorted(wrong.context["list"].form.errors) == ["custom_terms", "range_lorries_max"]


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"custom_dock": "West"}, "filtered_value_text"),
        ({"range_lorries_min": "10", "range_lorries_max": "20"}, "filtered_value_number"),
        ({"range_paid_from": "2026-05-01"}, "filtered_value_day"),
    ],
)
def test_filter_is_served_by_its_index(client_for, agent, customers, asked, index):
    plan = plan_of(asked_for(client_for(agent), **asked))

    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("crm_app",)
    assert f"using {index}" in plan
    [condition] = [line for line in plan.splitlines() if "Index Cond" in line and "field_id" in line]
    assert index.rpartition("_")[2] in condition


@pytest.mark.parametrize("count", [3, 300])
def test_list_asks_the_same_number_of_queries(count, client_for, agent, now, django_assert_num_queries, *, fields):
    Customer.objects.bulk_create(
        Customer(number=f"N-{place}", company_name="A", custom_values=VALUES["N-1"], created_at=now)
        for place in range(count)
    )
    client = client_for(agent)
    client.get(URL)

    with django_assert_num_queries(LIST_QUERIES):
        answer = client.get(URL, {"custom_dock": "West", "range_lorries_min": "1", "range_paid_from": "2026-01-01"})

    assert len(answer.context["rows"]) == min(count, 50)


def test_values_follow_whoever_writes(customers, supervisor, now):
    first, second = customers["N-1"], customers["N-2"]
    assert kept() == expected()
    assert len(kept()) == 10

    update_customer(
        customer=first, version=1, **FACTS, custom_values={"lorries": "13", "dock": "", "terms": "Annual"}, at=now
    )
    assert kept() == expected()
    assert (kept()["N-1", "lorries"], kept()["N-1", "terms"]) == (130_000, "Annual")
    Partner().send("put", "/customers/by-number/N-4", {"custom_values": {"paid": "2026-01-31"}})
    assert kept()["N-4", "paid"] == date(2026, 1, 31)

    batch = imported("number,company_name,dock\nN-4,,East\nN-9,B,East\n", by=supervisor, at=now)
    assert kept() == expected()
    assert (kept()["N-4", "dock"], kept()["N-9", "dock"]) == ("East", "East")
    undone(batch, by=supervisor, at=now)
    assert kept() == expected()
    assert {number for number, _key in kept()} == {"N-1", "N-2", "N-3", "N-4"}
    assert ("N-4", "dock") not in kept()

    merge = merge_customers(
        kept=Customer.objects.get(number="N-4"),
        absorbed=second,
        versions=(Customer.objects.get(number="N-4").version, 1),
        by=supervisor,
        at=now,
    )
    assert kept() == expected()
    assert kept()["N-4", "lorries"] == -30_000
    undo_merge(merge=merge, by=supervisor, at=now)
    assert kept() == expected()
    assert ("N-4", "lorries") not in kept()


def test_field_that_becomes_a_filter_has_everybody_at_once(administrator, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        add("dock", administrator, now, is_filtered=False)
        make_customer(at=now, custom_values={"dock": "West"})
    field = add("dock", administrator, now, is_filtered=False)
    for number, values in VALUES.items():
        make_customer(at=now, number=number, custom_values={"dock": values["dock"]} if values else {})
    assert kept() == {}

    field = change(field, administrator, now, is_filtered=True)
    assert kept() == expected()
    assert len(kept()) == 3
    with inside(other_tenant, leaving=tenant):
        assert not FilteredValue.objects.exists()
    change(field, administrator, now)
    assert kept() == {}


def test_at_most_five_are_filtered_by(administrator, fields, now):
    fifth = add("fifth", administrator, now)
    more = add("more", administrator, now, is_filtered=False)
    retire_custom_field(field=fifth, by=administrator, at=now)

    with pytest.raises(TooManyFilteredFields):
        add("sixth", administrator, now)
    with pytest.raises(TooManyFilteredFields):
        change(more, administrator, now, is_filtered=True)

    assert CustomField.objects.filter(is_filtered=True).count() == 5
    assert not CustomField.objects.filter(key="sixth").exists()
    change(fifth, administrator, now)
    assert change(more, administrator, now, is_filtered=True).is_filtered


def test_filter_of_a_retired_field_is_none_and_comes_back(client_for, agent, administrator, customers, *, fields, now):
    client = client_for(agent)
    retire_custom_field(field=fields["dock"], by=administrator, at=now)

    gone = client.get(URL, {"custom_dock": "West"})
    make_customer(at=now, number="N-5", custom_values={"lorries": "1"})
    revive_custom_field(field=fields["dock"], by=administrator, at=now)

    assert gone.status_code == 422
    assert "There is no filter called “custom_dock”." in gone.content.decode()
    assert numbers(client.get(URL, {"custom_dock": "West"})) == ["N-1", "N-3"]


def test_settings_page_offers_a_field_as_a_filter_and_refuses_one_too_many(client_for, administrator, fields, now):
    client = client_for(administrator)
    data = {"label": "New", "kind": "text", "order": 10, "is_filtered": "on"}

    added = client.post(reverse("customers:add_custom_field"), {**data, "key": "fifth"})
    refused = client.post(reverse("customers:add_custom_field"), {**data, "key": "sixth"})
    shown = client.get(reverse("customers:update_custom_field", args=[fields["dock"].pk])).content.decode()

    assert added.status_code == 302
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["is_filtered"])
    assert 'name="is_filtered"' in shown
    assert CustomField.objects.filter(is_filtered=True).count() == 5


def own(key, operator):
    return f"filter[custom_values.{key}][{operator}]"


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({own("lorries", "gte"): "12.5"}, ["N-1", "N-3"]),
        ({own("lorries", "gt"): "12.5"}, ["N-3"]),
        ({own("lorries", "lt"): "12.5", own("lorries", "gte"): "-3"}, ["N-2"]),
        ({own("lorries", "eq"): "12.50"}, ["N-1"]),
        ({own("paid", "lte"): "2026-05-01"}, ["N-1"]),
        ({own("paid", "eq"): "2026-06-30"}, ["N-2"]),
        ({own("terms", "in"): "Spot,Annual"}, ["N-1", "N-2"]),
        ({own("dock", "eq"): "West"}, ["N-1", "N-3"]),
        ({own("dock", "in"): "West 2,East"}, ["N-2"]),
        ({own("dock", "eq"): "West", own("lorries", "gt"): "50", "filter[kind][eq]": "company"}, ["N-3"]),
    ],
)
def test_partner_filters_by_own_fields(customers, asked, left):
    answer = Partner().get("/customers", {"sort": "number", **asked})

    assert [row["number"] for row in answer.json()["data"]] == left


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (own("nothing", "eq"), "unknown_field"),
        (own("unoffered", "eq"), "unknown_field"),
        (own("retired", "eq"), "unknown_field"),
        (own("dock", "gte"), "unknown_operator"),
        (own("lorries", "contains"), "unknown_operator"),
        (own("lorries", "gte"), "invalid"),
        (own("paid", "eq"), "invalid"),
        (own("terms", "eq"), "invalid_choice"),
        (own("terms", "in"), "invalid_choice"),
    ],
)
def test_partner_is_told_what_is_no_filter(customers, administrator, now, asked, code):
    add("unoffered", administrator, now, is_filtered=False)
    retire_custom_field(field=add("retired", administrator, now), by=administrator, at=now)

    answer = Partner().get("/customers", {asked: "West"})

    assert answer.status_code == 400
    assert [(each["parameter"], each["code"]) for each in answer.json()["errors"]] == [(asked, code)]


def test_own_filters_of_another_tenant_are_none_of_ours(customers, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="N-1")
        answer = Partner().get("/customers", {own("dock", "eq"): "West"})

    assert answer.status_code == 400


def test_partner_walks_a_filtered_list_by_its_cursor(customers):
    partner, asked, met = Partner(), {own("dock", "in"): "West,West 2", "sort": "number", "limit": "2"}, []
    first = partner.get("/customers", asked).json()
    second = partner.get("/customers", {**asked, "cursor": first["next_cursor"]}).json()
    met = [row["number"] for page in (first, second) for row in page["data"]]
    other = partner.get("/customers", {**asked, own("dock", "in"): "West", "cursor": first["next_cursor"]})

    assert met == ["N-1", "N-2", "N-3"]
    assert other.json()["errors"][0]["code"] == "invalid_cursor"
