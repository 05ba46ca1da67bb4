"""Seeing one piece of personal data: why, by whom, how often, and what the trail keeps of it."""

from urllib.parse import urlsplit

import pytest
from django.db import connection

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.console.reveal import TooManyReveals
from core.crypto.revealable import registered
from core.web.trail import history_of
from customers.enums import ContactPointKind, CustomerKind
from customers.services import NewContactPoint, add_address, add_contact, record_interaction
from customers.services.follow_up_steps import complete_follow_up
from customers.services.needs import add_need
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

PHONE = "+8613800138000"


@pytest.fixture
def contact(tenant, now):
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    return add_contact(customer=make_customer(at=now), name="李小龙", points=points, at=now)


@pytest.fixture
def url(contact):
    return f"/reveal/contact-point/{contact.points.get().pk}/"


def reveals():
    return AuditEvent.objects.filter(action="personal.revealed")


def test_page_asks_why_before_it_shows_anything(client_for, agent, url):
    answer = client_for(agent).get(url)

    assert answer.status_code == 200
    assert "13800138000" not in answer.content.decode()
    assert reveals().count() == 0


def test_damaged_value_is_shown_as_such_and_takes_nothing_else_away(client_for, agent, url, contact):
    with connection.cursor() as cursor:
        cursor.execute("update customers_contactpoint set value = set_byte(value, 20, 255 - get_byte(value, 20))")

    page = client_for(agent).get(f"/customers/{contact.customer_id}/")
    answer = client_for(agent).post(url, {"reason": "callback", "note": ""})

    assert page.status_code == 200
    assert contact.masked_name in page.content.decode()
    assert answer.status_code == 500
    assert "A stored value is damaged" in answer.content.decode()
    assert reveals().count() == 0


def test_reveal_shows_the_value_once_and_is_in_the_trail(client_for, agent, url, contact):
    answer = client_for(agent).post(url, {"reason": "callback", "note": "asked us to ring"})

    assert PHONE in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    event = reveals().get()
    assert (event.actor_id, event.subject_id, event.reason) == (agent.pk, contact.customer_id, "asked us to ring")
    assert event.details == {"revealed": "contact-point", "why": "callback"}
    line = history_of(contact.customer, user=agent).lines[0]
    assert (line.actor, line.details) == (
        agent.name,
        [("Why", "To call or write to the customer"), ("Revealed", "Phone, e-mail or account")],
    )
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from audit_auditevent e where e::text like '%13800138000%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("given", [{}, {"reason": "curious"}, {"reason": "other"}])
def test_reveal_without_a_reason_shows_nothing(client_for, agent, url, given):
    answer = client_for(agent).post(url, given)

    assert answer.status_code == 422
    assert "13800138000" not in answer.content.decode()
    assert reveals().count() == 0


@pytest.mark.parametrize("role", [Role.MARKETING, Role.ANALYST])
def test_reveal_is_not_for_every_role(client_for, tenant, now, url, role):
    answer = client_for(make_user(role=role, at=now)).post(url, {"reason": "callback"})

    assert answer.status_code == 403
    assert reveals().count() == 0


def test_reveal_ends_at_the_limit_of_an_hour(client_for, agent, url, settings):
    settings.REVEALS_PER_HOUR = 2
    client = client_for(agent)

    answers = [client.post(url, {"reason": "callback"}) for _each in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "13800138000" not in answers[-1].content.decode()
    assert reveals().count() == 2


def test_reveal_beside_a_page_is_a_fragment_and_says_when_the_limit_is_reached(client_for, agent, url, settings):
    settings.REVEALS_PER_HOUR = 1
    client = client_for(agent)
    headers = {"HX-Request": "true", "HX-Target": "preview-body"}

    shown = client.post(url, {"reason": "callback"}, headers=headers)
    refused = client.post(url, {"reason": "callback"}, headers=headers)

    assert shown.status_code == 200
    assert "<html" not in shown.content.decode()
    assert "13800138000" in shown.content.decode()
    # What htmx puts in place, with the form and its error.
    assert refused.status_code == 422
    assert str(TooManyReveals.message) in refused.content.decode()
    assert reveals().count() == 1


def test_reveal_of_another_tenants_value_is_not_found(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
        theirs = add_contact(customer=make_customer(at=now), name="Someone", points=points, at=now).points.get()

    answer = client_for(agent).post(f"/reveal/contact-point/{theirs.pk}/", {"reason": "callback"})

    assert answer.status_code == 404
    assert reveals().count() == 0


def test_reveal_of_an_unknown_kind_is_not_found(client_for, agent, contact):
    assert client_for(agent).get(f"/reveal/password/{contact.pk}/").status_code == 404


def test_everything_registered_can_be_revealed(client_for, agent, contact, now):
    person = make_customer(
        at=now,
        kind=CustomerKind.INDIVIDUAL,
        person_name="王小明",
        birthday="1990-01-31",
        special_needs="Ring twice",
    )
    follow_up = make_follow_up(customer=person, subject="Ring 小明", at=now)
    follow_up = complete_follow_up(follow_up=follow_up, outcome="小明 rang back", by=agent, at=now)
    need = add_need(customer=person, kind="invoice", details={"rule": "monthly"}, text="To 小明", by=agent, at=now)
    rows = {
        "need": (need, "To 小明"),
        "follow-up": (follow_up, "Ring 小明"),
        "follow-up-outcome": (follow_up, "小明 rang back"),
        "customer-name": (person, "王小明"),
        "birthday": (person, "1990-01-31"),
        "special-needs": (person, "Ring twice"),
        "contact-name": (contact, "李小龙"),
        "contact-point": (contact.points.get(), PHONE),
        "interaction": (record_interaction(customer=person, kind="note", text="Rang 小明", at=now), "Rang 小明"),
        "address": (add_address(customer=person, street="人民路 1 号 2 室", at=now), "人民路 1 号 2 室"),
    }
    assert {each.kind for each in registered() if each.model._meta.app_label == "customers"} == set(rows)
    client = client_for(agent)

    for kind, (row, value) in rows.items():
        answer = client.post(f"/reveal/{kind}/{row.pk}/", {"reason": "correction"})
        assert value in answer.content.decode(), kind
        assert client.get(urlsplit(answer.context["back_url"]).path).status_code == 200
