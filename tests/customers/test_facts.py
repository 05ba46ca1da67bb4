"""Facts of a customer edited one by one, by the form of them all."""

import re

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.enums import CustomerKind
from customers.models import Customer
from customers.services import add_address, add_contact
from tests.factories.customers import make_customer

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def customer(tenant, now):
    facts = {"region": "Bavaria", "industry": "Glass", "special_needs": "Ring twice", "tags": ["fragile"]}
    return make_customer(at=now, number="N-1", company_name="Blue Kiln", **facts)


def url_of(customer, name):
    return f"{reverse('customers:update', args=[customer.pk])}?only={name}"


def test_every_fact_of_the_page_leads_to_its_form(client_for, supervisor, customer):
    client = client_for(supervisor)
    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()

    names = re.findall(r'class="fact-edit" href="[^"]*/edit/\?only=(\w+)"', page)
    asked = {name: client.get(url_of(customer, name)).context["form"].asks_for for name in names}

    assert asked == {name: [name] for name in names}
    assert {"company_name", "kind", "account_manager", "region", "tags", "birthday", "special_needs"} <= set(names)


def test_who_does_not_decide_who_looks_after_customers_is_not_asked_for_it(
    client_for, account_manager, supervisor, customer
):
    Customer.objects.update(account_manager=supervisor)
    client = client_for(account_manager)
    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    whole = reverse("customers:update", args=[customer.pk])

    assert "only=account_manager" not in page
    assert client.get(url_of(customer, "account_manager")).status_code == 404
    sent = {"version": 1, "kind": "company", "company_name": "New", "account_manager": str(account_manager.pk)}
    assert client.post(whole, sent).status_code == 302
    stored = Customer.objects.get()
    assert (stored.company_name, stored.account_manager) == ("New", supervisor)


def test_who_may_only_look_is_offered_no_form(client_for, analyst, customer):
    client = client_for(analyst)

    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()

    assert "fact-edit" not in page
    assert client.get(url_of(customer, "region")).status_code == 403
    assert client.post(url_of(customer, "region"), {"version": 1, "region": "Kent"}).status_code == 403
    assert Customer.objects.get().region == "Bavaria"


def test_one_fact_is_changed_by_the_service_of_them_all(client_for, agent, customer):
    response = client_for(agent).post(url_of(customer, "region"), {"version": 1, "region": "Kent", "industry": "Gold"})

    stored = Customer.objects.get()
    event = AuditEvent.objects.get(action="customer.updated")
    assert response.url == reverse("customers:detail", args=[customer.pk])
    assert (stored.region, stored.industry, stored.special_needs, stored.tags, stored.version) == (
        "Kent",
        "Glass",
        "Ring twice",
        ["fragile"],
        2,
    )
    assert event.changes == {"region": ["Bavaria", "Kent"]}
    assert OutboxEvent.objects.get(name="customer.updated").payload["changed"] == ["region"]


def test_personal_fact_is_not_sent_and_empty_keeps_it(client_for, agent, customer):
    client = client_for(agent)
    url = url_of(customer, "special_needs")

    body = client.get(url).content.decode()
    kept = client.post(url, {"version": 1, "special_needs": ""})
    after_kept = Customer.objects.get().special_needs
    removed = client.post(url, {"version": 1, "special_needs": "", "special_needs-remove": "on"})

    assert "Ring twice" not in body
    assert (kept.status_code, after_kept) == (302, "Ring twice")
    assert (removed.status_code, Customer.objects.get().special_needs) == (302, None)


def test_checks_over_several_facts_hold_for_one(client_for, agent, customer):
    response = client_for(agent).post(url_of(customer, "kind"), {"version": 1, "kind": CustomerKind.INDIVIDUAL})

    assert response.status_code == 422
    assert response.context["form"].non_field_errors() == ["Name of the person: Enter the name."]
    assert Customer.objects.get().kind == CustomerKind.COMPANY


@pytest.mark.parametrize("name", ["number", "tier", "version", "began", "nothing"])
def test_what_the_form_does_not_ask_is_no_fact(client_for, agent, customer, name):
    client = client_for(agent)

    assert client.get(url_of(customer, name)).status_code == 404
    assert client.post(url_of(customer, name), {"version": 1, name: "vip"}).status_code == 404


def test_in_place_a_bad_value_comes_back_as_the_small_form(client_for, agent, customer):
    tags = ", ".join(f"t{number}" for number in range(21))

    response = client_for(agent).post(url_of(customer, "tags"), {"version": 1, "tags": tags}, **HTMX)

    body = response.content.decode()
    form_id = f"form-fact-{customer.pk}-tags"
    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == f"#{form_id}"
    assert body.startswith(f'<dd id="{form_id}"')
    assert "At most 20 tags" in body
    assert "t20" in body


def test_in_place_a_saved_fact_comes_out_of_the_records_page(client_for, agent, customer):
    client = client_for(agent)

    saved = client.post(url_of(customer, "company_name"), {"version": 1, "company_name": "Red Kiln"}, **HTMX)
    page = client.get(saved.url, HTTP_HX_TARGET=f"fact-{customer.pk}-company_name", **HTMX).content.decode()

    assert saved.status_code == 302
    assert f'<div class="fact" id="fact-{customer.pk}-company_name">' in page
    assert '<h1 class="page-title" id="page-title" hx-swap-oob="true">Red Kiln</h1>' in page
    assert 'id="changes"' in page


def test_one_fact_of_a_contact_leaves_the_ways_to_reach_them(client_for, agent, customer, now):
    contact = add_contact(customer=customer, name="Li Na", at=now)
    url = f"{reverse('customers:update_contact', args=[customer.pk, contact.pk])}?only=position"

    body = client_for(agent).get(url).content.decode()
    response = client_for(agent).post(url, {"version": 1, "position": "Buyer"})

    contact.refresh_from_db()
    assert "point-rows" not in body
    assert response.status_code == 302
    assert (contact.position, contact.name) == ("Buyer", "Li Na")


def test_one_fact_of_an_address_leaves_the_others(client_for, agent, customer, now):
    address = add_address(customer=customer, street="1 Harbour Road", city="Deal", is_primary=True, at=now)
    url = f"{reverse('customers:update_address', args=[customer.pk, address.pk])}?only=label"

    response = client_for(agent).post(url, {"version": 1, "label": "Warehouse"})

    address.refresh_from_db()
    assert response.status_code == 302
    assert (address.label, address.city, address.street, address.is_primary) == (
        "Warehouse",
        "Deal",
        "1 Harbour Road",
        True,
    )
