"""The group of a customer and who brought it: set by name and number, kept as references, told in the history."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.web.trail import history_of
from customers.models import Customer, CustomerGroup
from customers.services import (
    BadReferrer,
    NoSuchReferrer,
    erase_customer,
    merge_customers,
    put_into_group,
    update_customer,
)
from tests.customers.test_services import FACTS
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, number="N-1", company_name="Blue Kiln")


def change(customer, at, **facts):
    customer = Customer.objects.get(pk=customer.pk)
    return update_customer(customer=customer, version=customer.version, **{**FACTS, **facts}, at=at)


def linked(number):
    customer = Customer.objects.select_related("group", "referrer").get(number=number)
    return customer.group and customer.group.name, customer.referrer and customer.referrer.number


def only(customer, name):
    return f"{reverse('customers:update', args=[customer.pk])}?only={name}"


def test_a_new_customer_may_have_both(customer, now):
    make_customer(at=now, number="N-2", group="Harbour Group", referrer="n-1")

    assert linked("N-2") == ("Harbour Group", "N-1")


def test_a_group_is_made_once_and_stands_in_the_trail(customer, supervisor, now):
    put_into_group(customer=customer, group="Harbour Group", by=supervisor, at=now)
    put_into_group(customer=make_customer(at=now, number="N-2"), group="Harbour Group", by=supervisor, at=now)

    group = CustomerGroup.objects.get()
    added = AuditEvent.objects.get(action="customer_group.added")
    assert (linked("N-1"), linked("N-2")) == (("Harbour Group", None), ("Harbour Group", None))
    assert (added.subject_id, added.actor_id, added.details) == (group.pk, supervisor.pk, {"name": "Harbour Group"})


def test_groups_of_two_tenants_are_two(customer, tenant, other_tenant, supervisor, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="N-1", group="Harbour Group")
    put_into_group(customer=customer, group="Harbour Group", by=supervisor, at=now)

    assert CustomerGroup.objects.count() == 1
    assert linked("N-1") == ("Harbour Group", None)


def test_what_is_not_given_stays_and_what_is_empty_goes(customer, now):
    make_customer(at=now, number="N-2", group="Harbour Group", referrer="N-1")
    second = Customer.objects.get(number="N-2")

    change(second, now, company_name="New")
    assert linked("N-2") == ("Harbour Group", "N-1")
    change(second, now, group="", referrer="")
    assert linked("N-2") == (None, None)


def test_the_history_tells_from_and_to_in_names(customer, supervisor, now):
    second = make_customer(at=now, number="N-2", company_name="Second", group="Harbour Group")
    change(second, now, group="River Group", referrer="N-1", by=supervisor)

    line = history_of(second, user=supervisor).lines[0]
    told = {change.label: (change.old, change.new) for change in line.changes}
    assert told["Group"] == ("Harbour Group", "River Group")
    assert told["Referrer"] == ("–", "Blue Kiln N-1")
    assert OutboxEvent.objects.get(name="customer.updated").payload["changed"] == ["company_name", "group", "referrer"]


def refused(customer, referrer, now):
    before = Customer.objects.get(pk=customer.pk)
    with pytest.raises(BadReferrer) as refusal:
        change(customer, now, referrer=referrer)
    after = Customer.objects.get(pk=customer.pk)
    assert (after.referrer_id, after.version) == (before.referrer_id, before.version)
    return str(refusal.value)


def test_nobody_is_brought_by_whom_there_is_not(customer, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, number="THEIRS")

    assert refused(customer, "THEIRS", now) == refused(customer, "NONE", now) == str(NoSuchReferrer.message)


def test_nobody_brings_itself_nor_whom_it_was_brought_by(customer, now):
    make_customer(at=now, number="N-2", referrer="N-1")

    assert refused(customer, "N-1", now) == "A customer does not bring itself."
    assert "was brought by this customer" in refused(customer, "N-2", now)


def test_nobody_is_brought_by_who_was_merged_or_erased(customer, supervisor, now):
    gone, kept = make_customer(at=now, number="GONE"), make_customer(at=now, number="KEPT")
    merge_customers(kept=kept, absorbed=gone, versions=(1, 1), by=supervisor, at=now)
    erased = make_customer(at=now, number="E-1", kind="individual", company_name="", person_name="Li Na")
    erase_customer(customer=erased, reason="request", by=supervisor, at=now)

    assert refused(customer, "GONE", now) == "The referrer was merged into customer KEPT. Name that one."
    assert refused(customer, "E-1", now).startswith("The personal data of the referrer was erased")


def test_who_was_brought_by_somebody_erased_stays_so(supervisor, now):
    erased = make_customer(at=now, number="E-1", kind="individual", company_name="", person_name="Li Na")
    second = make_customer(at=now, number="N-2", referrer="E-1", group="Harbour Group")
    erase_customer(customer=erased, reason="request", by=supervisor, at=now)

    change(second, now, referrer="E-1", group="Harbour Group", company_name="New")

    assert linked("N-2") == ("Harbour Group", "E-1")
    assert Customer.objects.get(number="N-2").company_name == "New"


def test_both_are_edited_where_they_stand_and_undone(client_for, agent, customer, now):
    second = make_customer(at=now, number="N-2", company_name="Second", group="Harbour Group")
    client = client_for(agent)

    answer = client.post(only(second, "referrer"), {"version": 1, "referrer": "n-1"}, **HTMX, follow=True)
    assert linked("N-2") == ("Harbour Group", "N-1")
    page = client.get(reverse("customers:detail", args=[second.pk])).content.decode()
    assert f'<a href="{reverse("customers:detail", args=[customer.pk])}">Blue Kiln</a>' in page
    assert '<a href="/customers/?group=Harbour%20Group">Harbour Group</a>' in page
    assert answer.status_code == 200
    client.post(only(second, "group"), {"version": 2, "group": ""}, **HTMX)
    assert linked("N-2") == (None, "N-1")


def test_a_refusal_stands_beside_the_field(client_for, agent, customer):
    response = client_for(agent).post(only(customer, "referrer"), {"version": 1, "referrer": "N-1"})

    assert response.status_code == 422
    assert response.context["form"].errors == {"referrer": ["A customer does not bring itself."]}
    assert linked("N-1") == (None, None)


def test_the_form_of_a_new_customer_asks_for_both(client_for, agent, customer):
    facts = {"kind": "company", "number": "N-2", "company_name": "Second", "group": "Ｈarbour  Group"}
    client = client_for(agent)

    wrong = client.post(reverse("customers:create"), {**facts, "referrer": "NONE"})
    assert wrong.context["form"].errors == {"referrer": [str(NoSuchReferrer.message)]}
    assert (Customer.objects.count(), CustomerGroup.objects.count()) == (1, 0)
    client.post(reverse("customers:create"), {**facts, "referrer": "N-1"})

    assert linked("N-2") == ("Harbour Group", "N-1")


def test_list_is_filtered_by_group_and_shows_it(client_for, agent, customer, now):
    for place in range(3):
        make_customer(at=now + timedelta(minutes=place), number=f"G-{place}", group="Harbour Group")
    client = client_for(agent)

    def shown(**asked):
        return sorted(row.number for row in client.get(reverse("customers:list"), asked).context["rows"])

    assert shown(group="Harbour Group") == ["G-0", "G-1", "G-2"]
    assert shown(group="Harbour") == []
    page = client.get(reverse("customers:list"), {"group": "Harbour Group", "columns": "name,group"})
    assert [(chip.label, chip.text) for chip in page.context["list"].chips] == [("Group", "Harbour Group")]


def test_known_groups_are_offered_to_who_sees_customers(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        make_customer(at=now, group="Theirs")
    make_customer(at=now, group="River <Group>")
    make_customer(at=now, group="Harbour Group")

    answer = client_for(agent).get(reverse("customers:known_groups"), headers={"HX-Request": "true"})

    assert answer.content.decode().split("\n")[:1] == [
        '<option value="Harbour Group"><option value="River &lt;Group&gt;">'
    ]
