"""Addresses: their service and their pages."""

import pytest
from django.urls import reverse

from customers.models import Address
from customers.services import AddressChanged, AddressGone, add_address, remove_address, update_address
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

STREET = "12 Harbour Road, Building 5"
LIST_QUERIES = 6
FACTS = {"label": "Depot", "region": "Kent", "city": "Dover", "postal_code": "CT16", "is_primary": True}


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


@pytest.fixture
def address(customer, now):
    return add_address(customer=customer, street=STREET, **FACTS, at=now)


def stored(address):
    address = Address.objects.get(pk=address.pk)
    return {"street": address.street, **{name: getattr(address, name) for name in FACTS}}


def url_of(address, name="update_address"):
    return reverse(f"customers:{name}", args=[address.customer_id, address.pk])


def test_update_address_keeps_the_street_that_is_left_empty(address, agent, now):
    update_address(address=address, version=1, **{**FACTS, "city": "Deal"}, by=agent, at=now)

    assert stored(address) == {**FACTS, "street": STREET, "city": "Deal"}


def test_update_address_changed_meanwhile_changes_nothing(address, agent, now):
    update_address(address=address, version=1, **FACTS, by=agent, at=now)

    with pytest.raises(AddressChanged):
        update_address(address=address, version=1, **{**FACTS, "city": "Late"}, by=agent, at=now)

    assert stored(address) == {**FACTS, "street": STREET}


def test_update_address_that_is_gone(address, agent, now):
    remove_address(address=Address.objects.get(), by=agent, at=now)

    with pytest.raises(AddressGone):
        update_address(address=address, version=1, **FACTS, by=agent, at=now)

    assert Address.objects.count() == 0


def test_update_address_takes_the_primary_place(customer, address, agent, now):
    second = add_address(customer=customer, street="2 Hill Road", at=now)

    update_address(address=second, version=1, **FACTS, by=agent, at=now)

    assert list(Address.objects.filter(is_primary=True)) == [second]


def test_add_address_from_the_page(client_for, agent, customer):
    data = {"street": STREET, "city": "Dover", "is_primary": "on"}

    response = client_for(agent).post(reverse("customers:create_address", args=[customer.pk]), data)

    assert response.url == reverse("customers:detail", args=[customer.pk])
    address = Address.objects.get()
    assert (address.street, address.city, address.is_primary) == (STREET, "Dover", True)


def test_add_address_without_a_street_is_refused_beside_it(client_for, agent, customer):
    response = client_for(agent).post(reverse("customers:create_address", args=[customer.pk]), {"city": "Dover"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["street"]
    assert 'value="Dover"' in response.content.decode()
    assert Address.objects.count() == 0


def test_edit_page_masks_the_street_and_keeps_it(client_for, agent, address):
    client = client_for(agent)

    body = client.get(url_of(address)).content.decode()
    response = client.post(url_of(address), {"version": 1, "city": "Deal"})

    assert 'placeholder="12 Har****"' in body
    assert "Building 5" not in body
    assert response.status_code == 302
    assert (stored(address)["street"], stored(address)["city"]) == (STREET, "Deal")


def test_edit_page_changed_meanwhile_shows_both_versions(client_for, agent, address):
    Address.objects.update(version=2, city="<i>Theirs</i>")

    response = client_for(agent).post(url_of(address), {"version": 1, "city": "Mine", "street": "1 New Road"})

    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="Mine"' in body
    assert "</span>&lt;i&gt;Theirs&lt;/i&gt;" in body
    assert "</span>12 Har****" in body
    assert 'name="seen" value="2"' in body
    assert stored(address)["street"] == STREET


def test_remove_address_says_before_what_goes(client_for, agent, address):
    client = client_for(agent)

    page = client.get(url_of(address)).content.decode()
    response = client.post(url_of(address, "remove_address"))

    assert "is removed; right afterwards you can undo it." in page
    assert "left without a primary address" in page
    assert response.status_code == 302
    assert Address.objects.count() == 0


def test_address_of_another_tenant_is_not_found_and_not_changed(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = add_address(customer=make_customer(at=now), street=STREET, **FACTS, at=now)
    client = client_for(agent)

    answers = [
        client.get(reverse("customers:addresses", args=[theirs.customer_id])),
        client.get(reverse("customers:create_address", args=[theirs.customer_id])),
        client.get(url_of(theirs)),
        client.post(url_of(theirs), {"version": 1, "city": "Mine"}),
        client.post(url_of(theirs, "remove_address")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    with inside(other_tenant, leaving=tenant):
        assert stored(theirs) == {**FACTS, "street": STREET}


@pytest.mark.parametrize("name", ["update_address", "remove_address"])
def test_address_pages_are_refused_to_who_may_only_look(client_for, analyst, address, name):
    response = client_for(analyst).post(url_of(address, name), {"version": 1, "city": "Mine"})

    assert response.status_code == 403
    assert stored(address) == {**FACTS, "street": STREET}


@pytest.mark.parametrize("count", [3, 300])
def test_address_list_asks_the_same_number_of_queries(client_for, agent, customer, count, django_assert_num_queries):
    for _ in range(count):
        add_address(customer=customer, street=STREET, at=customer.created_at)
    client = client_for(agent)
    url = reverse("customers:addresses", args=[customer.pk])
    client.get(url)

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(url)

    assert len(response.context["rows"]) == min(count, 50)
    assert len(client.get(response.context["list"].more_url or url).context["rows"]) == min(count, 50)
