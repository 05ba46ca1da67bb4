"""How far customers have come on the way to serving themselves."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from customers.models import Customer, Interaction
from customers.services import note_self_service
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer, panels_of
from tests.factories.tiering import make_shipped
from tiering.selectors import self_serving, tier_counts
from tiering.services import current_policy

pytestmark = pytest.mark.usefixtures("tenant")


def test_offer_and_answer_are_facts_with_a_date_in_timeline_and_history(agent, now):
    customer = make_customer(at=now)

    note_self_service(customer=customer, answer="offered", by=agent, at=now)
    note_self_service(customer=customer, answer="offered", by=agent, at=now + timedelta(hours=1))
    noted = note_self_service(customer=customer, answer="accepted", by=agent, at=now + timedelta(days=2))

    assert (noted.self_service, noted.self_service_since) == ("accepted", date(2026, 3, 4))
    told = Interaction.objects.filter(customer=customer, code="customer.self_service").order_by("happened_at")
    assert [(each.parameters, each.happened_at) for each in told] == [
        ({"answer": "offered"}, now),
        ({"answer": "accepted"}, now + timedelta(days=2)),
    ]
    trail = AuditEvent.objects.filter(action="customer.self_service_noted").order_by("pk")
    assert [event.changes["self_service"] for event in trail] == [[None, "offered"], ["offered", "accepted"]]
    with pytest.raises(ValueError, match="perhaps"):
        note_self_service(customer=customer, answer="perhaps", by=agent, at=now)


def test_agent_notes_it_on_the_page_and_finds_those_who_serve_themselves(client_for, agent, now):
    customer, other = (make_shipped(number, at=now, tier="low") for number in ("c", "d"))
    client = client_for(agent)

    offered = client.post(reverse("customers:self_service", args=[customer.pk, "offered"]))
    between = panels_of(client, Customer.objects.get(pk=customer.pk))
    client.post(reverse("customers:self_service", args=[customer.pk, "accepted"]))
    client.post(reverse("customers:self_service", args=[other.pk, "declined"]))
    odd = client.post(reverse("customers:self_service", args=[customer.pk, "perhaps"]))
    found = client.get(reverse("customers:list"), {"self_service": "accepted"}).context["rows"]

    assert (offered.status_code, offered.url) == (302, reverse("customers:detail", args=[customer.pk]))
    assert "Offered, 2026-" in between
    assert "It was offered" not in between
    assert "It serves itself" in between
    assert odd.status_code == 404
    assert [row.number for row in found] == ["c"]


def test_only_who_writes_down_contacts_notes_it(client_for, now):
    customer = make_shipped("c", at=now, tier="low")
    officer = client_for(make_user(role=Role.PRIVACY_OFFICER, at=now))

    refused = officer.post(reverse("customers:self_service", args=[customer.pk, "offered"]))

    assert refused.status_code == 403
    assert "It was offered" not in panels_of(officer, customer)
    assert Customer.objects.get().self_service is None


def test_share_that_moved_is_told_by_tier(tenant, other_tenant, client_for, agent, now):
    for number, tier, answer in (
        ("a", "low", "accepted"),
        ("b", "low", "declined"),
        ("c", "low", "offered"),
        ("d", "low", None),
        ("e", "mid", "accepted"),
        ("f", "vip", None),
    ):
        customer = make_shipped(number, at=now, tier=tier)
        if answer:
            note_self_service(customer=customer, answer=answer, by=agent, at=now)
    with inside(other_tenant, leaving=tenant):
        theirs = make_shipped("a", at=now, tier="low")
        note_self_service(customer=theirs, answer="accepted", by=make_user(role=Role.AGENT, at=now), at=now)

    found = self_serving(current_policy(), tier_counts())
    page = client_for(agent).get(reverse("tiering:overview"))

    told = [
        (each.tier, each.is_invited, each.customers, each.offered, each.accepted, each.declined, each.percent)
        for each in found
    ]
    assert told == [
        ("vip", False, 1, 0, 0, 0, 0),
        ("mid", False, 1, 0, 1, 0, 100),
        ("low", True, 4, 1, 1, 1, 25),
    ]
    assert page.context["self_serving"] == found
