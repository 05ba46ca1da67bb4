"""What was removed a moment ago, and a step with a follow-up, are as they were before when they are undone."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.finding import find_customers
from customers.models import Address, Contact, ContactPoint, FollowUp, Interaction
from customers.services import NewContactPoint, add_address, add_contact, correct_interaction, record_interaction
from customers.services.follow_up_steps import cancel_follow_up
from tests.customers.consents.said import say
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.customers import make_customer

BUTTON = re.compile(r'action="([^"]+)" data-guard data-undo>.*?name="undo" value="([^"]+)"', re.DOTALL)
PHONE = "13812345678"


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, company_name="Blue Kiln")


def undoing(client, url, **typed):
    """Do what is posted to an address; return where its undoing is posted to, and what is posted."""
    done = client.post(url, typed)
    [(place, undo_id)] = BUTTON.findall(client.get(done.url).content.decode())
    return place, {"undo": undo_id}


def rows_of(*models):
    return [list(model.objects.order_by("pk").values()) for model in models]


def clear_of(*querysets):
    return [[getattr(row, name) for row in rows for name in names] for rows, names in querysets]


def test_removed_contact_is_put_back_with_all_that_was_theirs(client_for, agent, customer, now):
    points = [
        NewContactPoint(kind="phone", value=PHONE, is_preferred=True),
        NewContactPoint(kind="email", value="l@x.de"),
    ]
    contact = add_contact(customer=customer, name="Li Na", position="Buyer", is_primary=True, points=points, at=now)
    record_interaction(customer=customer, contact=contact, kind="call", direction="inbound", text="Asked", at=now)
    before = [
        {key: value for key, value in row.items() if key not in {"name", "value"}}
        for rows in rows_of(Contact, ContactPoint, Interaction)
        for row in rows
    ]
    client = client_for(agent)

    place, sent = undoing(client, reverse("customers:remove_contact", args=[customer.pk, contact.pk]))
    assert (Contact.objects.count(), find_customers(PHONE, limit=5)) == (0, [])
    response = client.post(place, sent)

    after = [
        {key: value for key, value in row.items() if key not in {"name", "value"}}
        for rows in rows_of(Contact, ContactPoint, Interaction)
        for row in rows
    ]
    assert response.url == reverse("customers:detail", args=[customer.pk])
    assert [set(row) for row in after] == [set(row) for row in before]
    assert after == before
    assert (Contact.objects.get().name, Interaction.objects.get().contact) == ("Li Na", contact)
    assert [found.customer for found in find_customers(PHONE, limit=5)] == [customer]
    assert AuditEvent.objects.get(action="contact.restored").details == {"contact_points": 2}
    assert OutboxEvent.objects.filter(name="customer.updated").count() == 3


def test_contact_is_put_back_beside_a_new_primary_one(client_for, agent, customer, now):
    contact = add_contact(customer=customer, name="Li Na", is_primary=True, at=now)
    client = client_for(agent)
    place, sent = undoing(client, reverse("customers:remove_contact", args=[customer.pk, contact.pk]))
    other = add_contact(customer=customer, name="Wang Wei", is_primary=True, at=now)

    client.post(place, sent)

    assert dict(Contact.objects.values_list("pk", "is_primary")) == {contact.pk: False, other.pk: True}


def test_contact_that_said_no_to_something_goes_for_good(client_for, agent, customer, now):
    contact = add_contact(customer=customer, name="Li Na", at=now)
    say(customer, "withdrawn", contact=contact, at=now)

    removed = client_for(agent).post(reverse("customers:remove_contact", args=[customer.pk, contact.pk]), follow=True)

    assert BUTTON.findall(removed.content.decode()) == []
    assert not Contact.objects.exists()


def test_removed_address_is_put_back(client_for, agent, customer, now):
    facts = {"street": "1 Hill Road", "label": "Dock", "region": "Kent", "city": "Deal", "postal_code": "CT14"}
    address = add_address(customer=customer, **facts, is_primary=True, at=now)
    client = client_for(agent)

    place, sent = undoing(client, reverse("customers:remove_address", args=[customer.pk, address.pk]))
    assert Address.objects.count() == 0
    client.post(place, sent)

    stored = Address.objects.get()
    assert (stored.pk, stored.version, stored.is_primary) == (address.pk, address.version, True)
    assert {name: getattr(stored, name) for name in facts} == facts
    assert AuditEvent.objects.filter(action="address.restored").count() == 1


def test_removed_entry_is_put_back(client_for, agent, customer, now):
    entry = record_interaction(customer=customer, kind="call", direction="inbound", text="Asked", by=agent, at=now)
    before = rows_of(Interaction)[0][0] | {"text": ""}
    client = client_for(agent)

    place, sent = undoing(client, reverse("customers:remove_interaction", args=[customer.pk, entry.pk]))
    assert Interaction.objects.count() == 0
    client.post(place, sent)

    assert rows_of(Interaction)[0][0] | {"text": ""} == before
    assert Interaction.objects.get().text == "Asked"
    assert AuditEvent.objects.filter(action="interaction.restored").count() == 1


def test_what_was_removed_is_kept_encrypted(client_for, agent, customer, now):
    contact = add_contact(customer=customer, name="Li Na", at=now)
    undoing(client_for(agent), reverse("customers:remove_contact", args=[customer.pk, contact.pk]))

    with connection.cursor() as cursor:
        cursor.execute("select content, place from web_undo")
        [(content, place)] = cursor.fetchall()

    assert b"Li Na" not in bytes(content)
    assert "Li Na" not in place


STEPS = {
    "done_follow_up": {"outcome": "They are happy"},
    "cancel_follow_up": {"outcome": "Not needed"},
    "snooze_follow_up": {"minutes": "60"},
    "reschedule_follow_up": {"days": "2"},
}


@pytest.mark.parametrize("name", STEPS)
def test_step_is_taken_back(client_for, agent, customer, name):
    follow_up = make_follow_up(at=timezone.now(), customer=customer)
    before = rows_of(FollowUp)[0][0]
    client = client_for(agent)

    place, sent = undoing(client, reverse(f"customers:{name}", args=[follow_up.pk]), **STEPS[name])
    assert rows_of(FollowUp)[0][0] != before
    client.post(place, sent)

    [after] = rows_of(FollowUp)[0]
    assert {key: value for key, value in after.items() if key not in {"version", "subject"}} == {
        key: value for key, value in before.items() if key not in {"version", "subject"}
    }
    assert (after["version"], FollowUp.objects.get().subject) == (3, "Ask how it went")
    assert Interaction.objects.count() == 0
    assert AuditEvent.objects.filter(action="follow_up.step_undone").count() == 1


def test_step_is_not_taken_back_over_a_later_one(client_for, agent, supervisor, customer):
    follow_up = make_follow_up(at=timezone.now(), customer=customer, assignee=agent)
    client = client_for(agent)
    place, sent = undoing(client, reverse("customers:snooze_follow_up", args=[follow_up.pk]), minutes="60")
    cancel_follow_up(follow_up=follow_up, by=supervisor, at=timezone.now())

    response = client.post(place, sent)

    assert FollowUp.objects.get().state == "cancelled"
    assert "was changed again in the meantime" in client.get(response.url, follow=True).content.decode()


def test_what_somebody_corrected_in_the_timeline_stays(client_for, agent, customer):
    follow_up = make_follow_up(at=timezone.now(), customer=customer)
    client = client_for(agent)
    place, sent = undoing(client, reverse("customers:done_follow_up", args=[follow_up.pk]), outcome="Happy")
    told = Interaction.objects.get()
    correct_interaction(interaction=told, changes={"text": "Not so"}, version=1, by=agent, at=timezone.now())

    client.post(place, sent)

    assert (FollowUp.objects.get().state, Interaction.objects.get().text) == ("open", "Not so")


def test_series_that_went_on_is_not_taken_back(client_for, agent, customer):
    follow_up = make_follow_up(at=timezone.now(), customer=customer, recurrence="weekly")
    client = client_for(agent)

    done = client.post(reverse("customers:done_follow_up", args=[follow_up.pk]))

    assert "data-undo" not in client.get(done.url).content.decode()


def test_step_from_the_day_is_taken_back_from_the_day(client_for, agent, customer):
    follow_up = make_follow_up(at=timezone.now() - timedelta(hours=4), assignee=agent)
    client = client_for(agent)
    url = reverse("customers:done_follow_up", args=[follow_up.pk])

    day = client.post(url, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="day").content.decode()
    [(place, undo_id)] = BUTTON.findall(day)
    response = client.post(place, {"undo": undo_id}, HTTP_REFERER=reverse("customers:my_day"))

    assert response.url == reverse("customers:my_day")
    assert FollowUp.objects.get().state == "open"
