"""What is removed twice at once is told once; the second is told that it is gone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.tenancy.scope import tenant_scope
from customers.models import Address, Contact
from customers.services import (
    AddressGone,
    ContactGone,
    CustomFieldInUse,
    CustomFieldRetired,
    InteractionGone,
    add_address,
    add_contact,
    add_custom_field,
    record_interaction,
    remove_address,
    remove_contact,
    remove_interaction,
    retire_custom_field,
    revive_custom_field,
)
from tests.factories.accounts import make_tenant, make_user, sign_in
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer
from tests.factories.partners import Partner


def contact_of(customer, at):
    return add_contact(customer=customer, name="Li Na", at=at)


def address_of(customer, at):
    return add_address(customer=customer, street="1 Hill Road", at=at)


PARTS = {
    "contact": (contact_of, remove_contact, ContactGone),
    "address": (address_of, remove_address, AddressGone),
}
PATHS = {"contact": "contacts", "address": "addresses"}
# A savepoint and its release, the customer and the part locked, the row deleted, the trail, the event; for a contact
# also its points, entries of the timeline, consents and link to say so, and the search index made anew.
REMOVAL_QUERIES = {"contact": 16, "address": 7}


def told(action):
    return AuditEvent.objects.filter(action=action).count()


@pytest.mark.parametrize("part", PARTS)
def test_second_removal_is_refused_and_told_to_nobody(part, agent, now):
    add, remove, gone = PARTS[part]
    row = add(make_customer(at=now), now)
    remove(**{part: type(row).objects.get()}, by=agent, at=now)
    events = OutboxEvent.objects.count()

    with pytest.raises(gone):
        remove(**{part: row}, by=agent, at=now + timedelta(minutes=1))

    assert told(f"{part}.removed") == 1
    assert OutboxEvent.objects.count() == events


def test_second_removal_of_an_entry_is_refused(agent, now):
    entry = record_interaction(customer=make_customer(at=now), kind="note", text="Asked", by=agent, at=now)
    remove_interaction(interaction=type(entry).objects.get(), by=agent, at=now)

    with pytest.raises(InteractionGone):
        remove_interaction(interaction=entry, by=agent, at=now)

    assert told("interaction.removed") == 1


def test_field_is_retired_and_taken_up_again_once(administrator, now):
    field = add_custom_field(key="staff", label="Staff", kind="text", by=administrator, at=now)

    retire_custom_field(field=field, by=administrator, at=now)
    with pytest.raises(CustomFieldRetired):
        retire_custom_field(field=field, by=administrator, at=now)
    revive_custom_field(field=field, by=administrator, at=now)
    with pytest.raises(CustomFieldInUse):
        revive_custom_field(field=field, by=administrator, at=now)

    assert (told("custom_field.retired"), told("custom_field.revived")) == (1, 1)


@pytest.mark.parametrize("part", PARTS)
def test_removal_locks_by_a_literal_number_of_queries(part, agent, now, django_assert_num_queries):
    add, remove, _gone = PARTS[part]
    row = add(make_customer(at=now), now)

    with django_assert_num_queries(REMOVAL_QUERIES[part]):
        remove(**{part: row}, by=agent, at=now)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", PARTS)
def test_page_says_that_somebody_else_was_first(part, now, others):
    add, remove, gone = PARTS[part]
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        agent = make_user(role=Role.AGENT, at=now)
        row = add(make_customer(at=now), now)
    client = Client()
    sign_in(client, agent)
    url = reverse(f"customers:remove_{part}", args=[row.customer_id, row.pk])

    with tenant_scope(swift):
        remove(**{part: row}, by=agent, at=now)
        second = others(client.post, path=url, follow=True)
        wait_until_waiting(1, for_lock="transactionid")

    answer = second.result()
    assert answer.status_code == 200
    assert [str(message) for message in answer.context["messages"]] == [str(gone.message)]
    with tenant_scope(swift):
        assert told(f"{part}.removed") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", PARTS)
def test_api_answers_that_it_is_not_there(part, now, others):
    add, remove, gone = PARTS[part]
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        row = add(make_customer(at=now), now)
        headers = Partner().headers
    path = f"/api/v1/customers/{row.customer_id}/{PATHS[part]}/{row.pk}"

    with tenant_scope(swift):
        remove(**{part: row}, by=None, at=now)
        second = others(Client().delete, path=path, headers=headers)
        wait_until_waiting(1, for_lock="transactionid")

    answer = second.result()
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == gone.code
    with tenant_scope(swift):
        assert told(f"{part}.removed") == 1
        assert (Contact.objects.count(), Address.objects.count()) == (0, 0)
