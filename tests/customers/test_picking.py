"""Choosing a customer in a form: what is offered for what is typed, and what the field takes."""

import pytest
from django import forms
from django.urls import reverse

from core.accounts.enums import Role
from customers.picking import CustomerField
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

FORMS = [
    ("customers:create_follow_up", "customer_number"),
    ("service_requests:create", "number"),
    ("service_plans:create", "number"),
    ("development:create", "customer_number"),
    ("development:write_market_note", "customer_number"),
]


class Form(forms.Form):
    customer = CustomerField()


@pytest.fixture
def kingsway(tenant, now):
    return make_customer(at=now, number="C-77", company_name="Kingsway Foods")


def test_customers_are_offered_by_any_part_of_the_name(client_for, agent, kingsway, now):
    make_customer(at=now, number="C-78", company_name="Harbour")
    answer = client_for(agent).post(reverse("customers:pick"), {"q": "kingsw"})

    body = answer.content.decode()
    assert [hit.subtitle for hit in answer.context["hits"]] == ["C-77"]
    assert 'value="C-77"' in body
    assert "Kingsway Foods" in body


def test_names_of_persons_are_offered_as_the_search_shows_them(client_for, agent, tenant, now):
    person = make_customer(at=now, number="P-1", kind="individual", company_name="", person_name="Lin Meihua")

    body = client_for(agent).post(reverse("customers:pick"), {"q": "Lin Meihua"}).content.decode()

    assert 'value="P-1"' in body
    assert person.display_name in body
    assert "Lin Meihua" not in body


def test_another_tenants_customers_are_not_offered(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="C-77", company_name="Kingsway Foods")

    for query in ("kingsw", "C-77", "", "\0"):
        answer = client_for(agent).post(reverse("customers:pick"), {"q": query})
        assert (answer.status_code, list(answer.context["hits"])) == (200, [])
    assert client_for(agent).get(reverse("customers:pick"), {"q": "kingsw"}).status_code == 405


def test_field_takes_a_number_as_it_is_typed(kingsway):
    assert Form({"customer": " ｃ-77 "}).fields["customer"].clean(" ｃ-77 ") == kingsway
    assert Form({"customer": "Kingsway"}).errors == {"customer": ["No customer has this number."]}
    assert list(Form({"customer": ""}).errors) == ["customer"]
    assert CustomerField(required=False).clean("") is None


@pytest.mark.parametrize("form", FORMS)
def test_every_form_that_asks_for_a_customer_offers_them(form, client_for, tenant, now):
    route, name = form
    client = client_for(make_user(role=Role.SUPERVISOR, at=now))

    body = client.get(reverse(route)).content.decode()

    assert body.count("data-picks") == 1
    assert f'name="{name}"' in body
    assert f'aria-controls="id_{name}-hits"' in body
    assert f'id="id_{name}-hits"' in body
