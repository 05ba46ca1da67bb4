"""The courier's own fields over the API, and what they are read for."""

import pytest

from customers.models import Customer, CustomField
from customers.services import add_custom_field, retire_custom_field
from tests.factories.accounts import inside
from tests.factories.partners import Partner, check_described

LIST_QUERIES = 8
PATH = "/custom-fields"


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def add(tenant, administrator, now):
    def add(key, **facts):
        given = {"label": key.title(), "kind": "text", **facts}
        return add_custom_field(key=key, **given, by=administrator, at=now)

    return add


def keys(answer):
    return [row["key"] for row in answer.json()["data"]]


def test_program_reads_what_a_new_customer_needs_and_opens_it_with_that(partner, add):
    terms = add("terms", kind="choice", choices=["Spot", "Annual"], is_required=True, is_filtered=True, order=7)
    add("dock")
    body = {"number": "C-1", "company_name": "Harbour Foods"}

    refused = partner.send("post", "/customers", body)
    answer = partner.get(PATH, {"filter[is_required][eq]": "true"})
    row = answer.json()["data"][0]
    values = {row["key"]: row["choices"][1]}
    opened = partner.send("post", "/customers", {**body, "custom_values": values})
    found = partner.get("/customers", {f"filter[custom_values.{row['key']}][eq]": "Annual"})

    assert refused.status_code == 400
    assert [error["code"] for error in refused.json()["errors"]] == ["required_value_missing"]
    check_described(PATH, answer.json())
    assert answer.json()["data"] == [
        {
            "id": str(terms.pk),
            "key": "terms",
            "label": "Terms",
            "kind": "choice",
            "choices": ["Spot", "Annual"],
            "order": 7,
            "is_required": True,
            "is_filtered": True,
            "is_active": True,
        }
    ]
    assert opened.status_code == 201, opened.content
    assert [row["number"] for row in found.json()["data"]] == ["C-1"]
    assert Customer.objects.get().custom_values == {"terms": "Annual"}
    one = partner.get(f"{PATH}/{terms.pk}")
    check_described(f"{PATH}/{{id}}", one.json())
    assert one.json() == row


def test_fields_are_filtered_and_those_retired_say_so(partner, add, administrator, now):
    add("contract", is_filtered=True)
    add("lorries", kind="number")
    retire_custom_field(field=add("dock", is_required=True), by=administrator, at=now)

    found = [
        keys(partner.get(PATH, {f"filter[{name}][{operator}]": value}))
        for name, operator, value in (
            ("key", "in", "dock,contract"),
            ("kind", "eq", "number"),
            ("is_required", "eq", "true"),
            ("is_filtered", "eq", "false"),
            ("is_active", "eq", "false"),
        )
    ]

    assert keys(partner.get(PATH)) == ["contract", "dock", "lorries"]
    assert keys(partner.get(PATH, {"sort": "-key"})) == ["lorries", "dock", "contract"]
    assert found == [["contract", "dock"], ["lorries"], ["dock"], ["dock", "lorries"], ["dock"]]
    assert partner.get(PATH, {"filter[is_active][eq]": "perhaps"}).status_code == 400


def test_fields_are_each_tenants_and_need_the_scope_of_customers(partner, tenant, other_tenant, add, now):
    add("dock")
    with inside(other_tenant, leaving=tenant):
        theirs = add_custom_field(key="secret", label="Secret", kind="text", by=None, at=now)

    assert keys(partner.get(PATH)) == ["dock"]
    assert partner.get(f"{PATH}/{theirs.pk}").status_code == 404
    assert keys(Partner(name="Reader", allowed=["customers:read"]).get(PATH)) == ["dock"]
    assert Partner(name="Other", allowed=["leads:read", "customers:write"]).get(PATH).status_code == 403


def test_fields_are_read_only(partner, add):
    field = add("dock")

    answers = [
        partner.send("post", PATH, {"key": "other", "label": "Other", "kind": "text"}),
        partner.send("patch", f"{PATH}/{field.pk}", {"label": "Other"}),
        partner.send("delete", f"{PATH}/{field.pk}"),
    ]

    assert [answer.status_code for answer in answers] == [405] * 3
    assert list(CustomField.objects.values_list("key", "label")) == [("dock", "Dock")]


@pytest.mark.parametrize("rows", [3, 50])
def test_list_asks_the_same_number_of_queries(partner, add, rows, django_assert_num_queries):
    for row in range(rows):
        add(f"field_{row}")
    partner.get(PATH)

    with django_assert_num_queries(LIST_QUERIES):
        answer = partner.get(PATH, {"limit": "200"})

    assert len(answer.json()["data"]) == rows
