"""The pages of contacts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.crypto.masking import mask_phone
from customers.models import Contact, ContactPoint
from customers.services import (
    ContactPointChange,
    NewContactPoint,
    add_contact,
    update_contact,
)
from tests.customers.contacts.kept import BEFORE, PHONE, stored
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

LIST_QUERIES = 7


def rows(*rows, initial=0, **form):
    """What a browser posts for the contact and the rows of its points."""
    data = {"points-TOTAL_FORMS": len(rows), "points-INITIAL_FORMS": initial, **form}
    for index, row in enumerate(rows):
        data.update({f"points-{index}-{name}": value for name, value in row.items()})
    return data


def row_of(point, **changes):
    row = {"id": str(point.pk), "kind": point.kind, "value": "", **changes}
    return {**row, **({"is_preferred": "on"} if point.is_preferred and "is_preferred" not in changes else {})}


def test_add_contact_from_the_page(client_for, agent, customer):
    url = reverse("customers:create_contact", args=[customer.pk])
    client = client_for(agent)
    shown = client.get(url)
    data = rows(
        {"kind": "phone", "value": "138 1234 5678", "is_preferred": "on"},
        {"kind": "phone", "value": ""},
        name="Li Na",
        position="Buyer",
        is_primary="on",
    )

    response = client.post(url, data)

    assert shown.context["form"]["is_primary"].value() is True
    assert response.url == reverse("customers:detail", args=[customer.pk])
    assert stored(Contact.objects.get()) == ("Li Na", "Buyer", True, [("phone", PHONE, True)])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "phone", "value": "123"}, "This is no phone number."),
        ({"kind": "email", "value": "nobody"}, "This is no e-mail address."),
        ({"kind": "phone", "value": "", "is_preferred": "on"}, "Enter the number or address."),
        ({"kind": "pigeon", "value": "coo"}, "pigeon is not one of the available choices"),
    ],
)
def test_add_contact_with_a_bad_point_says_so_beside_it_and_keeps_what_was_typed(
    client_for, agent, customer, row, words
):
    url = reverse("customers:create_contact", args=[customer.pk])

    response = client_for(agent).post(url, rows(row, name="Li Na"))

    body = response.content.decode()
    assert response.status_code == 422
    assert words in body
    assert 'value="Li Na"' in body
    assert row["value"] in body
    assert Contact.objects.count() == 0


@pytest.mark.parametrize(
    "points",
    [
        {"points-TOTAL_FORMS": "x"},
        {"points-TOTAL_FORMS": "9999", "points-INITIAL_FORMS": "0"},
        {},
    ],
)
def test_add_contact_with_tampered_rows_is_refused(client_for, agent, customer, points):
    url = reverse("customers:create_contact", args=[customer.pk])
    if points.get("points-TOTAL_FORMS") == "9999":
        points = {**points, **{f"points-{n}-value": f"wechat{n}" for n in range(30)}}
        points.update({f"points-{n}-kind": "wechat" for n in range(30)})

    response = client_for(agent).post(url, {"name": "Li Na", **points})

    assert response.status_code == 422
    assert Contact.objects.count() == 0


def test_two_preferred_ways_are_refused(client_for, agent, customer):
    row = {"kind": "wechat", "value": "lina", "is_preferred": "on"}
    url = reverse("customers:create_contact", args=[customer.pk])

    response = client_for(agent).post(url, rows(row, row, name="Li Na"))

    assert "Only one way to be reached can be the preferred one." in response.content.decode()
    assert Contact.objects.count() == 0


def test_edit_page_masks_what_is_stored_and_keeps_it(client_for, agent, contact):
    url = reverse("customers:update_contact", args=[contact.customer_id, contact.pk])
    client = client_for(agent)
    phone, email = contact.points.order_by("id")

    body = client.get(url).content.decode()
    response = client.post(url, rows(row_of(phone), row_of(email), initial=2, version=1, is_primary="on", name=""))

    assert mask_phone(PHONE) in body
    assert [secret for secret in (PHONE, "Li Na", "li.na@", "13812345678") if secret in body] == []
    assert response.status_code == 302
    assert stored(contact) == ("Li Na", "", True, BEFORE[3])


def test_edit_page_removes_a_stored_point(client_for, agent, contact):
    url = reverse("customers:update_contact", args=[contact.customer_id, contact.pk])
    phone, email = contact.points.order_by("id")
    data = rows(row_of(phone, is_removed="on"), row_of(email), initial=2, version=1, position="Buyer", is_primary="on")

    response = client_for(agent).post(url, data)

    assert response.status_code == 302
    assert stored(contact) == ("Li Na", "Buyer", True, [("email", "li.na@shop.example", False)])


def test_edit_page_refuses_something_new_beside_a_removal(client_for, agent, contact):
    url = reverse("customers:update_contact", args=[contact.customer_id, contact.pk])
    phone = contact.points.get(kind="phone")
    row = row_of(phone, is_removed="on", value="13900001111")

    response = client_for(agent).post(url, rows(row, initial=1, version=1, is_primary="on"))

    assert response.status_code == 422
    assert "Either enter something new or remove what is stored, not both." in response.content.decode()
    assert stored(contact) == BEFORE


def test_edit_page_changed_meanwhile_shows_both_versions(client_for, agent, contact, now):
    url = reverse("customers:update_contact", args=[contact.customer_id, contact.pk])
    phone, email = contact.points.order_by("id")
    gone = ContactPointChange(point_id=email.pk, kind="email", is_removed=True)
    update_contact(contact=contact, version=1, position="<b>Boss</b>", is_primary=True, points=[gone], by=agent, at=now)
    data = rows(row_of(phone), row_of(email), initial=2, version=1, position="Mine", is_primary="on", name="Li Li")
    client = client_for(agent)

    first = client.post(url, data)
    refused = stored(contact)
    taken = {f"choice-{name}": "mine" for name in ("position", "name", "points")}
    second = client.post(url, {**data, "seen": 2, **taken})

    body = first.content.decode()
    assert first.status_code == 422
    assert 'value="Mine"' in body
    assert "</span>&lt;b&gt;Boss&lt;/b&gt;" in body
    assert 'name="seen" value="2"' in body
    assert refused == ("Li Na", "<b>Boss</b>", True, [("phone", PHONE, True)])
    assert second.status_code == 302
    assert stored(contact) == ("Li Li", "Mine", True, [("phone", PHONE, True)])


def test_remove_contact_says_before_what_goes(client_for, agent, contact):
    client = client_for(agent)
    page = client.get(reverse("customers:update_contact", args=[contact.customer_id, contact.pk]))
    url = reverse("customers:remove_contact", args=[contact.customer_id, contact.pk])

    asked = client.get(url)
    response = client.post(url)

    assert "2 ways to reach them are removed." in page.content.decode()
    assert "left without a primary contact" in page.content.decode()
    assert asked.status_code == 405
    assert response.status_code == 302
    assert (Contact.objects.count(), ContactPoint.objects.count()) == (0, 0)


@pytest.mark.parametrize("name", ["update_contact", "remove_contact"])
def test_contact_under_another_customers_address_is_not_found(client_for, agent, contact, now, name):
    other = make_customer(at=now)

    response = client_for(agent).post(reverse(f"customers:{name}", args=[other.pk, contact.pk]))

    assert response.status_code == 404
    assert stored(contact) == BEFORE


def test_contact_of_another_tenant_is_not_found_and_not_changed(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        customer = make_customer(at=now)
        points = [NewContactPoint(kind="phone", value="13912341234")]
        theirs = add_contact(customer=customer, name="Secret Name", points=points, at=now)
    client = client_for(agent)

    answers = [
        client.get(reverse("customers:contacts", args=[customer.pk])),
        client.get(reverse("customers:create_contact", args=[customer.pk])),
        client.post(reverse("customers:create_contact", args=[customer.pk]), rows(name="Mine")),
        client.get(reverse("customers:update_contact", args=[customer.pk, theirs.pk])),
        client.post(reverse("customers:update_contact", args=[customer.pk, theirs.pk]), rows(version=1, name="Mine")),
        client.post(reverse("customers:remove_contact", args=[customer.pk, theirs.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    with inside(other_tenant, leaving=tenant):
        assert [contact.name for contact in Contact.objects.all()] == ["Secret Name"]


@pytest.mark.parametrize("name", ["create_contact", "update_contact", "remove_contact"])
def test_contact_pages_are_refused_to_who_may_only_look(client_for, analyst, contact, name):
    args = [contact.customer_id] if name == "create_contact" else [contact.customer_id, contact.pk]

    response = client_for(analyst).post(reverse(f"customers:{name}", args=args), rows(version=1, name="Mine"))

    assert response.status_code == 403
    assert stored(contact) == BEFORE


@pytest.mark.parametrize("count", [3, 300])
def test_contact_list_asks_the_same_number_of_queries(count, client_for, agent, now, django_assert_num_queries):
    customer = make_customer(at=now)
    for minute in range(count):
        points = [NewContactPoint(kind="wechat", value="lina")]
        add_contact(customer=customer, name="Li Na", points=points, at=now + timedelta(minutes=minute))
    client = client_for(agent)
    url = reverse("customers:contacts", args=[customer.pk])
    client.get(url)

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(url)

    assert len(response.context["rows"]) == min(count, 50)
    assert bool(response.context["list"].more_url) is (count == 300)


def test_contact_list_holds_one_customers_contacts_alone(client_for, agent, contact, now):
    add_contact(customer=make_customer(at=now), name="Wang Fang", at=now)

    response = client_for(agent).get(reverse("customers:contacts", args=[contact.customer_id]))

    assert [row.pk for row in response.context["rows"]] == [contact.pk]


def test_new_contact_page_says_nothing_of_stored_values(client_for, agent, contact):
    client = client_for(agent)

    new = client.get(reverse("customers:create_contact", args=[contact.customer_id])).content.decode()
    edit = client.get(reverse("customers:update_contact", args=[contact.customer_id, contact.pk])).content.decode()

    assert "A stored one is shown masked" not in new
    assert "A stored one is shown masked" in edit
