"""Fields of a tenant's own that have to be filled in: by whoever opens a customer, and in those who are there."""

import pytest
from django.urls import reverse

from customers.api.bulk import write_customers
from customers.custom_fields import RequiredValueMissing
from customers.enums import Fault
from customers.models import ChangedCustomer, Customer, CustomerFault
from customers.opening import Archive, open_archives
from customers.quality.judging import judge_some
from customers.services import add_custom_field, create_customer, retire_custom_field, update_custom_field
from customers.services import revive_custom_field as revive
from tests.factories.customers import make_customer
from tests.factories.files import checked, imported, outcomes
from tests.factories.partners import Partner, check_described

COMPANY = {"kind": "company", "company_name": "Blue Kiln"}
MISSING = "“Contract” has to be filled in."


@pytest.fixture
def before(tenant, now):
    """A customer who was there before the field was required."""
    return make_customer(at=now, number="OLD", company_name="Blue Kiln")


@pytest.fixture
def contract(before, administrator, now):
    return add_custom_field(key="contract", label="Contract", kind="text", is_required=True, by=administrator, at=now)


def values():
    return {customer.number: customer.custom_values for customer in Customer.objects.all()}


def judged(at):
    while judge_some(at=at):
        pass
    return set(CustomerFault.objects.filter(fault=Fault.REQUIRED_EMPTY).values_list("customer__number", flat=True))


def test_form_of_a_new_customer_asks_for_it(client_for, agent, contract):
    client, url = client_for(agent), reverse("customers:create")

    refused = client.post(url, {"number": "N-1", **COMPANY})
    facts = {"number": "N-1", **COMPANY, "custom_contract": "Framework"}
    asked = client.post(url, facts)
    opened = client.post(url, {**facts, "create_anyway": asked.context["shown_ids"]})

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["custom_contract"])
    assert opened.status_code == 302
    assert values() == {"OLD": {}, "N-1": {"contract": "Framework"}}


def test_whole_form_of_a_customer_asks_for_it_and_a_fact_in_place_does_not(client_for, agent, contract, before):
    client, url = client_for(agent), reverse("customers:update", args=[before.pk])

    whole = client.post(url, {"version": 1, **COMPANY, "region": "Hunan"})
    alone = client.post(f"{url}?only=region", {"version": 1, "region": "Hunan"}, headers={"HX-Request": "true"})
    emptied = client.post(
        f"{url}?only=custom_contract", {"version": 2, "custom_contract": ""}, headers={"HX-Request": "true"}
    )

    assert (whole.status_code, list(whole.context["form"].errors)) == (422, ["custom_contract"])
    assert alone.status_code == 302
    assert list(emptied.context["form"].errors) == ["custom_contract"]
    assert Customer.objects.get().region == "Hunan"


def test_services_open_nobody_without_it(contract, now):
    with pytest.raises(RequiredValueMissing) as refused:
        create_customer(number="N-1", **COMPANY, custom_values={"contract": " "}, at=now)

    assert (refused.value.key, str(refused.value.message)) == ("contract", MISSING)
    assert values() == {"OLD": {}}


def test_archive_that_a_shipment_opens_goes_without(contract, now):
    open_archives([Archive(number="N-1", name="From a shipment")], at=now)

    assert values() == {"OLD": {}, "N-1": {}}
    assert judged(now) == {"OLD", "N-1"}


def test_file_opens_nobody_without_it_and_changes_who_is_there(contract, supervisor, now):
    file = "number,company_name,region,contract\nOLD,,Hunan,\nN-1,A,,\nN-2,B,,Spot\n"

    plan = outcomes(checked(file, by=supervisor, at=now))
    batch = imported(file, by=supervisor, at=now)

    assert plan == [(2, "updated", ""), (3, "refused", MISSING), (4, "created", "")]
    assert outcomes(batch) == plan
    assert values() == {"OLD": {}, "N-2": {"contract": "Spot"}}


def test_programs_are_told_what_is_missing(contract):
    partner = Partner()

    refused = partner.send("post", "/customers", {"number": "N-1", "company_name": "A"})
    opened = partner.send("put", "/customers/by-number/N-1", {"company_name": "A", "custom_values": {"contract": "S"}})
    match = {"If-Match": opened.headers["ETag"]}
    path = f"/customers/{opened.json()['id']}"
    emptied = partner.send("patch", path, {"custom_values": {"contract": None}}, **match)
    changed = partner.send("patch", path, {"custom_values": {"contract": "Spot"}}, **match)

    assert [refused.status_code, emptied.status_code] == [400, 400]
    for answer in (refused, emptied):
        assert answer.json()["errors"] == [
            {"pointer": "#/custom_values", "code": "required_value_missing", "detail": MISSING}
        ]
    check_described("/customers/{id}", changed.json(), method="patch")
    assert changed.json()["custom_values"] == {"contract": "Spot"}
    assert values() == {"OLD": {}, "N-1": {"contract": "Spot"}}


def test_programs_write_and_read_own_values(before, administrator, now):
    for key, kind in (("lorries", "number"), ("paid", "date")):
        add_custom_field(key=key, label=key.title(), kind=kind, by=administrator, at=now)
    partner, path = Partner(), f"/customers/{before.pk}"

    first = partner.send("patch", path, {"custom_values": {"lorries": "12.50"}}, **{"If-Match": '"1"'})
    second = partner.send("patch", path, {"custom_values": {"paid": "2026-05-01"}}, **{"If-Match": '"2"'})
    same = partner.send("put", "/customers/by-number/OLD", {"custom_values": {"lorries": "12.5"}})
    third = partner.send("patch", path, {"custom_values": {"lorries": ""}}, **{"If-Match": '"3"'})
    wrong = partner.send("patch", path, {"custom_values": {"paid": "soon"}}, **{"If-Match": '"4"'})
    unknown = partner.send("patch", path, {"custom_values": {"dock": "7"}}, **{"If-Match": '"4"'})

    assert first.json()["custom_values"] == {"lorries": "12.5"}
    assert second.json()["custom_values"] == {"lorries": "12.5", "paid": "2026-05-01"}
    assert same.json()["version"] == 3
    assert third.json()["custom_values"] == {"paid": "2026-05-01"}
    assert [each.json()["errors"][0]["pointer"] for each in (wrong, unknown)] == [
        "#/custom_values/paid",
        "#/custom_values/dock",
    ]
    assert values() == {"OLD": {"paid": "2026-05-01"}}
    assert partner.get("/customers").json()["data"][0]["custom_values"] == {"paid": "2026-05-01"}


def test_rows_of_programs_that_lack_it_are_refused_one_by_one(contract, now):
    rows = [
        {"number": "N-1", "company_name": "A"},
        {"number": "N-2", "company_name": "B", "custom_values": {"contract": "Spot"}},
        {"number": "OLD", "region": "Hunan"},
        {"number": "N-3", "company_name": "C", "custom_values": {"dock": "7"}},
    ]

    results = write_customers(rows=rows, by=Partner().key, at=now)

    assert [str(result.status) for result in results] == ["failed", "created", "updated", "failed"]
    assert values() == {"OLD": {}, "N-2": {"contract": "Spot"}}


def test_quality_names_who_lacks_it_as_long_as_it_is_required(before, administrator, now):
    make_customer(at=now, number="FULL")
    assert judged(now) == set()
    field = add_custom_field(key="contract", label="Contract", kind="text", is_required=True, by=administrator, at=now)
    facts = {"label": "Contract", "order": 1, "by": administrator, "at": now}

    assert judged(now) == {"OLD", "FULL"}
    Customer.objects.filter(number="FULL").update(custom_values={"contract": "Spot"})
    assert judged(now) == {"OLD"}
    update_custom_field(field=field, **facts)
    assert set(ChangedCustomer.objects.values_list("customer_id", flat=True)) == {before.pk}
    assert judged(now) == set()
    update_custom_field(field=field, is_required=True, **facts)
    assert judged(now) == {"OLD"}
    retire_custom_field(field=field, by=administrator, at=now)
    assert judged(now) == set()
    revive(field=field, by=administrator, at=now)
    assert judged(now) == {"OLD"}


def test_fault_leads_to_the_customers_form(client_for, agent, contract, before, now):
    page = client_for(agent).get(reverse("customers:panel", args=[before.pk, "quality"])).content.decode()

    assert "A required field is empty" in page
    assert reverse("customers:update", args=[before.pk]) in page


def test_settings_page_makes_a_field_required(client_for, administrator, tenant):
    client = client_for(administrator)
    data = {"label": "Contract", "key": "contract", "kind": "text", "order": 10, "is_required": "on"}
    client.post(reverse("customers:add_custom_field"), data)

    listed = client.get(reverse("customers:custom_fields")).content.decode()

    assert "Required" in listed
