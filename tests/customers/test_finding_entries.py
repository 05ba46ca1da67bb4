"""Entries of a timeline are found by what they say, as far as the reader sees it."""

import pytest
from django.urls import reverse

from customers.services import add_contact, record_interaction
from customers.views import interactions
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

HTMX = {"HX-Request": "true", "HX-Target": "timeline-entries"}
QUERIES = 8
SAID = (
    ("call", "inbound", "Asked for Ｐallets; ring 13812345678"),
    ("visit", "inbound", "Pallets arrived"),
    ("note", "", "發票 sent"),
)


@pytest.fixture
def customer(tenant, agent, now):
    customer = make_customer(number="C-1", company_name="Blue Kiln", at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    for kind, direction, text in SAID:
        record_interaction(customer=customer, kind=kind, direction=direction, text=text, by=agent, at=now)
    return customer


def found(client, customer, words, address="", headers=HTMX, **more):
    url = address or reverse("customers:find_entries", args=[customer.pk])
    return client.post(url, {"words": words, **more}, headers=headers)


@pytest.mark.parametrize(
    ("words", "more", "texts"),
    [
        ("pallets", {}, 2),
        ("PALLETS", {"kind": "visit"}, 1),
        ("发票", {}, 1),
        ("nothing like it", {}, 0),
        ("13812345678", {}, 0),
        ("", {}, 3),
    ],
)
def test_entries_are_found_as_they_are_shown(client_for, customer, words, more, texts):
    answer = found(client_for(customer.interactions.first().recorded_by), customer, words, **more)

    assert (answer.status_code, len(answer.context["entries"])) == (200, texts)
    assert words not in answer.request["PATH_INFO"] + answer.request["QUERY_STRING"] or not words


def test_without_scripts_it_is_a_page(client_for, agent, customer):
    client = client_for(agent)

    page = found(client, customer, "pallets", headers={})

    assert "<h1" in page.content.decode()
    assert "2 of 3 entries hold these words." in page.content.decode()
    assert found(client, customer, " ", headers={}).url == reverse("customers:interactions", args=[customer.pk])


def test_older_entries_are_read_from_where_it_stopped(client_for, agent, customer, monkeypatch):
    monkeypatch.setattr(interactions, "MOST_READ", 2)
    client = client_for(agent)

    first = found(client, customer, "pallets")
    further = found(client, customer, "pallets", address=first.context["more_url"])

    assert [len(each.context["entries"]) for each in (first, further)] == [1, 1]
    assert further.context["more_url"] == ""


@pytest.mark.parametrize("rows", [3, 300])
def test_it_takes_as_many_queries_for_many(client_for, agent, customer, rows, django_assert_num_queries):
    now = customer.created_at
    for _number in range(rows):
        record_interaction(customer=customer, kind="note", text="Pallets", by=agent, at=now)
    client = client_for(agent)
    found(client, customer, "pallets")

    with django_assert_num_queries(QUERIES):
        answer = found(client, customer, "pallets")

    assert len(answer.context["entries"]) == min(rows + 2, 100)


def test_another_tenants_timeline_is_not_there(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=now)

    assert found(client_for(agent), theirs, "pallets").status_code == 404
