"""A tenant's own fields: what they take, their settings pages, and where their values are seen."""

import pytest
from django.urls import reverse

from customers.custom_fields import BadCustomValue
from customers.models import Customer, CustomField
from customers.services import (
    BadCustomFieldChoices,
    BadCustomFieldKey,
    CustomFieldKeyTaken,
    TooManyCustomFields,
    add_custom_field,
    create_customer,
    retire_custom_field,
    update_custom_field,
    update_customer,
)
from tests.customers.test_services import FACTS
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

LIST_QUERIES = 5
EDIT_QUERIES = 9


@pytest.fixture
def fields(administrator, now):
    kinds = {"text": [], "number": [], "date": [], "choice": ["Gold", "Silver"]}
    return {
        kind: add_custom_field(
            key=f"my_{kind}", label=f"My {kind}", kind=kind, choices=choices, order=place, by=administrator, at=now
        )
        for place, (kind, choices) in enumerate(kinds.items())
    }


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("text", " By the back door ", {"my_text": "By the back door"}),
        ("text", "", {}),
        ("number", "1200.50", {"my_number": "1200.5"}),
        ("number", "-3", {"my_number": "-3"}),
        ("number", "1E+3", {"my_number": "1000"}),
        ("number", "100", {"my_number": "100"}),
        ("date", "2026-02-28", {"my_date": "2026-02-28"}),
        ("choice", "Gold", {"my_choice": "Gold"}),
        ("choice", None, {}),
    ],
)
def test_value_is_stored_by_its_kind(fields, now, kind, given, stored):
    make_customer(at=now, custom_values={f"my_{kind}": given})

    assert Customer.objects.get().custom_values == stored


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("my_text", "x" * 501),
        ("my_number", "many"),
        ("my_number", "NaN"),
        ("my_number", "1e999999"),
        ("my_number", "1.00001"),
        ("my_number", "123456789012"),
        ("my_date", "2026-02-30"),
        ("my_date", "28.02.2026"),
        ("my_choice", "Bronze"),
        ("another", "x"),
    ],
)
def test_value_that_the_field_does_not_take_is_refused(fields, now, key, value):
    with pytest.raises(BadCustomValue) as refused:
        make_customer(at=now, custom_values={key: value})

    assert refused.value.key == key
    assert Customer.objects.count() == 0


def test_update_customer_keeps_what_is_not_given(fields, now):
    customer = make_customer(at=now, custom_values={"my_text": "Stays", "my_number": "1", "my_choice": "Gold"})

    update_customer(customer=customer, version=1, **FACTS, custom_values={"my_number": "2", "my_choice": ""}, at=now)

    assert Customer.objects.get().custom_values == {"my_text": "Stays", "my_number": "2"}


def test_option_that_is_no_longer_offered_stays_where_it_was_chosen(fields, administrator, now):
    customer = make_customer(at=now, custom_values={"my_choice": "Gold"})
    field = update_custom_field(
        field=fields["choice"], label="Class", choices=["Silver"], order=1, by=administrator, at=now
    )

    update_customer(customer=customer, version=1, **FACTS, custom_values={"my_choice": "Gold"}, at=now)

    assert (field.label, field.choices) == ("Class", ["Silver"])
    assert Customer.objects.get().custom_values == {"my_choice": "Gold"}


def test_retired_field_takes_no_value_and_keeps_those_it_had(fields, administrator, now):
    customer = make_customer(at=now, custom_values={"my_text": "Kept"})
    retire_custom_field(field=fields["text"], by=administrator, at=now)

    with pytest.raises(BadCustomValue):
        update_customer(customer=customer, version=1, **FACTS, custom_values={"my_text": "New"}, at=now)
    update_customer(customer=customer, version=1, **FACTS, custom_values={"my_number": "5"}, at=now)

    assert Customer.objects.get().custom_values == {"my_text": "Kept", "my_number": "5"}


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"key": "my_text"}, CustomFieldKeyTaken),
        ({"key": "Größe"}, BadCustomFieldKey),
        ({"key": "9lives"}, BadCustomFieldKey),
        ({"key": "new", "kind": "choice", "choices": []}, BadCustomFieldChoices),
        ({"key": "new", "kind": "choice", "choices": ["x" * 101]}, BadCustomFieldChoices),
    ],
)
def test_add_custom_field_that_is_refused_changes_nothing(fields, administrator, now, facts, refusal):
    with pytest.raises(refusal):
        add_custom_field(**{"label": "New", "kind": "text", **facts}, by=administrator, at=now)

    assert CustomField.objects.count() == 4


def test_there_are_at_most_fifty_fields(administrator, now):
    for number in range(50):
        add_custom_field(key=f"field_{number}", label="Field", kind="text", by=administrator, at=now)

    with pytest.raises(TooManyCustomFields):
        add_custom_field(key="one_more", label="Field", kind="text", by=administrator, at=now)

    assert CustomField.objects.count() == 50


def test_another_tenants_fields_are_not_ours(tenant, other_tenant, administrator, now):
    add_custom_field(key="same", label="Ours", kind="text", by=administrator, at=now)
    with inside(other_tenant, leaving=tenant):
        add_custom_field(key="same", label="Theirs", kind="text", by=administrator, at=now)
        add_custom_field(key="theirs", label="Theirs", kind="text", by=administrator, at=now)

    with pytest.raises(BadCustomValue):
        create_customer(number="N-1", kind="company", custom_values={"theirs": "x"}, at=now)

    assert [field.label for field in CustomField.objects.all()] == ["Ours"]


def test_customer_pages_ask_store_and_show_the_values(client_for, agent, fields):
    client = client_for(agent)
    data = {
        "number": "N-1",
        "kind": "company",
        "company_name": "Blue Kiln",
        "custom_my_text": "<b>Back door</b>",
        "custom_my_number": "12.5",
        "custom_my_date": "2026-03-01",
        "custom_my_choice": "Gold",
    }

    created = client.post(reverse("customers:create"), data)
    customer = Customer.objects.get()
    record = client.get(created.url).content.decode()
    edit = client.get(reverse("customers:update", args=[customer.pk])).content.decode()

    assert customer.custom_values == {
        "my_text": "<b>Back door</b>",
        "my_number": "12.5",
        "my_date": "2026-03-01",
        "my_choice": "Gold",
    }
    assert "<dt>My text</dt><dd>&lt;b&gt;Back door&lt;/b&gt;<" in record
    assert 'name="custom_my_number" value="12.5"' in edit
    assert 'name="custom_my_date" value="2026-03-01"' in edit
    assert '<option value="Gold" selected>' in edit


def test_customer_page_refuses_a_bad_value_beside_its_field(client_for, agent, fields, now):
    customer = make_customer(at=now, custom_values={"my_number": "1"})
    facts = {"version": 1, "kind": "company", "company_name": "Blue Kiln"}
    data = {**facts, "custom_my_number": "many", "custom_my_choice": "Bronze"}

    response = client_for(agent).post(reverse("customers:update", args=[customer.pk]), data)

    assert response.status_code == 422
    assert sorted(response.context["form"].errors) == ["custom_my_choice", "custom_my_number"]
    assert Customer.objects.get().custom_values == {"my_number": "1"}


def test_customer_changed_meanwhile_shows_the_stored_value(client_for, agent, fields, now):
    customer = make_customer(at=now, custom_values={"my_text": "Theirs", "my_number": "1.5"})
    Customer.objects.update(version=2)
    facts = {"version": 1, "kind": "company", "company_name": "Blue Kiln"}
    data = {**facts, "custom_my_text": "Mine", "custom_my_number": "1.5"}

    response = client_for(agent).post(reverse("customers:update", args=[customer.pk]), data)

    differences = {each.name: each for each in response.context["form"].conflict.differences}
    assert response.status_code == 422
    assert (differences["custom_my_text"].stands, differences["custom_my_text"].typed) == ("Theirs", "Mine")
    assert "custom_my_number" not in differences


def test_settings_pages_add_change_retire_and_revive(client_for, administrator):
    client = client_for(administrator)
    data = {"label": "Contract", "key": "contract", "kind": "choice", "choices": "Framework\n\n Spot \n", "order": 10}
    assert client.post(reverse("customers:add_custom_field"), data).status_code == 302
    field = CustomField.objects.get()

    page = client.get(reverse("customers:update_custom_field", args=[field.pk])).content.decode()
    changed = {"label": "Contracts", "key": "stolen", "kind": "text", "choices": "Framework", "order": 5}
    client.post(reverse("customers:update_custom_field", args=[field.pk]), changed)
    client.post(reverse("customers:retire_custom_field", args=[field.pk]))
    retired = CustomField.objects.get()
    listed = client.get(reverse("customers:custom_fields")).content.decode()
    client.post(reverse("customers:revive_custom_field", args=[field.pk]))

    assert field.choices == ["Framework", "Spot"]
    assert "Framework\nSpot" in page
    assert "disappears from every customer" in page
    assert (retired.key, retired.kind, retired.label, retired.choices, retired.order, retired.is_active) == (
        "contract",
        "choice",
        "Contracts",
        ["Framework"],
        5,
        False,
    )
    assert "Retired" in listed
    assert CustomField.objects.get().is_active is True


def test_settings_page_refuses_a_taken_key_beside_it(client_for, administrator, fields):
    data = {"label": "Again", "key": "my_text", "kind": "text", "order": 10}

    response = client_for(administrator).post(reverse("customers:add_custom_field"), data)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["key"]
    assert 'value="Again"' in response.content.decode()
    assert CustomField.objects.count() == 4


@pytest.mark.parametrize("count", [3, 50])
def test_pages_ask_the_same_number_of_queries(count, client_for, administrator, now, django_assert_num_queries):
    customer = make_customer(at=now)
    for number in range(count):
        add_custom_field(key=f"field_{number}", label=f"Field {number}", kind="text", by=administrator, at=now)
    client = client_for(administrator)
    client.get("/customers/")

    with django_assert_num_queries(LIST_QUERIES):
        listed = client.get(reverse("customers:custom_fields"))
    with django_assert_num_queries(EDIT_QUERIES):
        edited = client.get(reverse("customers:update", args=[customer.pk]))

    assert listed.content.decode().count("row-title") == count
    assert edited.content.decode().count('name="custom_field_') == count


@pytest.mark.parametrize("name", ["update_custom_field", "retire_custom_field", "revive_custom_field"])
def test_settings_pages_are_refused_to_an_agent(client_for, agent, fields, name):
    url = reverse(f"customers:{name}", args=[fields["text"].pk])

    response = client_for(agent).post(url, {"label": "Mine", "order": 1})

    assert response.status_code == 403
    assert CustomField.objects.get(pk=fields["text"].pk).label == "My text"
