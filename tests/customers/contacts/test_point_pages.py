"""Marking contact points from their customer's page."""

import re

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from customers.models import Contact, ContactPoint
from customers.services import NewContactPoint, add_contact, opt_out_point
from tests.customers.contacts.kept import PHONE
from tests.customers.contacts.test_pages import row_of, rows
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

BUTTON = re.compile(r'action="([^"]+)" data-guard data-undo>.*?name="undo" value="([^"]+)"', re.DOTALL)


@pytest.fixture
def phone(contact):
    return contact.points.select_related("contact").get(kind="phone")


def url_of(name, point):
    return reverse(f"customers:{name}", args=[point.contact.customer_id, point.pk])


def told():
    return list(
        AuditEvent.objects.filter(action__startswith="contact_point.").order_by("pk").values_list("action", flat=True)
    )


def undo_on(client, response):
    page = client.get(response.url).content.decode()
    [(place, undo_id)] = BUTTON.findall(page)
    return client.post(place, {"undo": undo_id})


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (("verify_point", "doubt_point", "call"), "Verified"),
        (("opt_out_point", "allow_point", "phone"), "Do not use"),
    ],
)
def test_point_is_marked_and_the_mark_taken_away(client_for, agent, phone, mark, words):
    first, then, how = mark
    client = client_for(agent)
    page = reverse("customers:detail", args=[phone.contact.customer_id])
    badge = re.compile(rf"</i> {words}</span>")
    assert not badge.search(client.get(page).content.decode())

    response = client.post(url_of(first, phone), {"how": how})
    assert response.url == page
    assert badge.search(client.get(page).content.decode())
    client.post(url_of(then, phone))

    assert not badge.search(client.get(page).content.decode())
    assert len(told()) == 2


def test_mark_is_undone_by_its_notice(client_for, agent, phone):
    client = client_for(agent)
    before = ContactPoint.objects.filter(pk=phone.pk).values().get()

    undo_on(client, client.post(url_of("opt_out_point", phone), {"how": "web"}))

    assert ContactPoint.objects.filter(pk=phone.pk).values().get() == before
    assert told() == ["contact_point.opted_out", "contact_point.restored"]


def test_mark_is_not_undone_where_the_contact_changed_since(client_for, agent, phone, now):
    client = client_for(agent)
    response = client.post(url_of("verify_point", phone), {"how": "reply"})
    [(place, undo_id)] = BUTTON.findall(client.get(response.url).content.decode())
    Contact.objects.update(version=9)

    client.post(place, {"undo": undo_id})

    assert ContactPoint.objects.get(pk=phone.pk).verified_how == "reply"


@pytest.mark.parametrize(("name", "typed"), [("verify_point", {"how": "guess"}), ("opt_out_point", {})])
def test_mark_without_a_reason_is_refused(client_for, agent, phone, name, typed):
    before = ContactPoint.objects.filter(pk=phone.pk).values().get()

    response = client_for(agent).post(url_of(name, phone), typed)

    assert response.status_code == 302
    assert ContactPoint.objects.filter(pk=phone.pk).values().get() == before
    assert told() == []


def test_who_may_not_edit_marks_nothing(client_for, analyst, phone):
    client = client_for(analyst)
    page = client.get(reverse("customers:detail", args=[phone.contact.customer_id])).content.decode()

    answers = [client.post(url_of(name, phone), {"how": "phone"}) for name in ("opt_out_point", "verify_point")]

    assert "point-panel" not in page
    assert [answer.status_code for answer in answers] == [403, 403]
    assert told() == []


def test_point_of_another_customer_or_tenant_is_not_found(client_for, agent, phone, other_tenant, now):
    tenant, other = agent.tenant, make_customer(number="C-2", at=now)
    with inside(other_tenant, leaving=tenant):
        points = [NewContactPoint(kind="phone", value=PHONE)]
        theirs = add_contact(customer=make_customer(at=now), name="Wei", points=points, at=now).points.get()
        theirs = ContactPoint.objects.select_related("contact").get(pk=theirs.pk)
    client = client_for(agent)
    wrong = reverse("customers:opt_out_point", args=[other.pk, phone.pk])

    answers = [client.post(url, {"how": "phone"}) for url in (wrong, url_of("opt_out_point", theirs))]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert ContactPoint.objects.get(pk=phone.pk).opted_out_at is None


def test_contact_form_shows_what_is_known_and_refuses_to_prefer_what_is_out(client_for, agent, contact, phone, now):
    opt_out_point(point=phone, how="phone", by=agent, at=now)
    url = reverse("customers:update_contact", args=[contact.customer_id, contact.pk])
    client = client_for(agent)
    body = client.get(url).content.decode()
    stored = list(ContactPoint.objects.order_by("id"))
    posted = [row_of(point, **({"is_preferred": "on"} if point.pk == phone.pk else {})) for point in stored]

    response = client.post(url, rows(*posted, initial=2, position="Boss", is_primary="on", version=2))

    assert "Do not use" in body
    assert "By hand" in body
    assert "By phone" in body
    assert response.status_code == 422
    assert "cannot be the preferred way" in response.content.decode()
    assert (Contact.objects.get().position, ContactPoint.objects.filter(is_preferred=True).count()) == ("Buyer", 0)
