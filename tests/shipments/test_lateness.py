"""Late, silent and troubled shipments are shown in words and found, on pages and over the API."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.audit.models import AuditEvent
from shipments.models import Shipment
from shipments.services import create_policy, current_policy
from shipments.watching import watch_shipments
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

HOUR = timedelta(hours=1)
LIST_QUERIES, API_QUERIES = 8, 6


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def customer(tenant, now):
    customer = make_customer(at=now, number="C-1")
    for number, ago, fields in (
        ("LATE", 50, {"status": "in_transit", "promised_at": now - 3 * HOUR, "last_scan_at": now - 50 * HOUR}),
        ("FINE", 20, {"status": "in_transit", "promised_at": now + 30 * HOUR}),
        ("DONE", 70, {"status": "delivered", "promised_at": now - 9 * HOUR, "delivered_at": now - HOUR}),
        ("GONE", 80, {"status": "cancelled", "promised_at": now - 9 * HOUR, "exceptions": ["damaged"]}),
    ):
        Shipment.objects.create(customer=customer, waybill_number=number, accepted_at=now - ago * HOUR, **fields)
    watch_shipments(at=now)
    return customer


FOUND = [
    ({"lateness": "past_promise"}, ["LATE"]),
    ({"lateness": "silent"}, ["LATE"]),
    ({"lateness": "delivered_late"}, ["DONE"]),
    ({"exception": "damaged"}, ["GONE"]),
    ({"exception": "late"}, ["LATE"]),
    ({"exception": "lost"}, []),
    ({"promised_from": "2026-03-03"}, ["FINE"]),
    ({"promised_to": "2026-03-02", "exception": "late", "lateness": "silent"}, ["LATE"]),
    ({"lateness": "somewhere"}, []),
]


@pytest.mark.parametrize(("query", "found"), FOUND)
def test_list_is_filtered(client_for, agent, customer, query, found):
    rows = client_for(agent).get(reverse("shipments:list"), query).context["rows"]

    assert [row.waybill_number for row in rows] == found


def test_list_record_and_panel_say_it_in_words(client_for, agent, customer):
    client = client_for(agent)
    late, done, fine = (Shipment.objects.get(waybill_number=number) for number in ("LATE", "DONE", "FINE"))
    words = ("Past its promise", "Silent now")

    shown = client.get(reverse("shipments:list"), {"waybill": "LATE"}).content.decode()
    assert [shown.count(each) > 1 for each in (*words, "No scan for long")] == [True] * 3
    record = client.get(reverse("shipments:detail", args=[late.pk])).content.decode()
    assert [each in record for each in (*words, "No scan for long")] == [True] * 3
    assert "Delivered late" in client.get(reverse("shipments:detail", args=[done.pk])).content.decode()
    well = client.get(reverse("shipments:detail", args=[fine.pk])).content.decode()
    assert [each in well for each in (*words, "Delivered late")] == [False] * 3
    panel = client.get(
        reverse("customers:panel", args=[customer.pk, "shipments"]), headers={"HX-Request": "true"}
    ).content.decode()
    assert [panel.count(each) for each in (*words, "Delivered late")] == [1, 1, 1]


def many(customer, count, now):
    Shipment.objects.bulk_create(
        Shipment(
            customer=customer,
            waybill_number=f"M-{index:04}",
            status="in_transit",
            accepted_at=now - 30 * HOUR + timedelta(minutes=index),
            promised_at=now - 3 * HOUR,
            exceptions=["damaged"],
        )
        for index in range(count)
    )


@pytest.mark.parametrize("rows", [3, 300])
def test_filtered_list_asks_the_same_number_of_queries(rows, client_for, agent, now, django_assert_num_queries):
    many(make_customer(at=now), rows, now)
    client = client_for(agent)
    query = {"lateness": "past_promise", "exception": "damaged", "promised_from": "2026-03-01"}
    client.get(reverse("shipments:list"), query)

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("shipments:list"), query)

    assert len(response.context["rows"]) == min(rows, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_filtered_api_asks_the_same_number_of_queries(rows, tenant, now, django_assert_num_queries):
    many(make_customer(at=now), rows, now)
    partner = Partner()
    partner.get("/shipments")
    query = {"limit": 200, "filter[lateness][eq]": "past_promise", "filter[exceptions][contains]": "damaged"}

    with outside(tenant), django_assert_num_queries(API_QUERIES):
        answer = Client().get(f"{API}/shipments", query, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter[lateness][eq]": "past_promise"}, ["LATE"]),
        ({"filter[lateness][eq]": "silent"}, ["LATE"]),
        ({"filter[lateness][eq]": "delivered_late"}, ["DONE"]),
        ({"filter[exceptions][contains]": "damaged"}, ["GONE"]),
        ({"filter[promised_at][gte]": "2026-03-03T00:00:00Z"}, ["FINE"]),
        ({"filter[promised_at][lt]": "2026-03-01T20:30:00Z", "filter[lateness][eq]": "delivered_late"}, ["DONE"]),
    ],
)
def test_api_is_filtered_and_says_how_each_stands(customer, query, found):
    answer = Partner().get("/shipments", query).json()

    check_described("/shipments", answer)
    assert [row["waybill_number"] for row in answer["data"]] == found
    stands = {"LATE": ["past_promise", "silent"], "DONE": ["delivered_late"], "GONE": [], "FINE": []}
    assert [row["lateness"] for row in answer["data"]] == [stands[number] for number in found]


def test_api_refuses_what_it_does_not_know(customer):
    partner = Partner()

    for query in ({"filter[lateness][eq]": "soon"}, {"filter[exceptions][contains]": "eaten"}):
        assert partner.get("/shipments", query).status_code == 400


def test_settings_page_changes_the_rules(client_for, supervisor, customer):
    client, url = client_for(supervisor), reverse("shipments:policy")
    client.get(url)

    assert client.post(url, {"grace_hours": 4, "silent_hours": 24, "replaces": 0}).status_code == 302

    policy = current_policy()
    assert (policy.version, policy.grace_hours, policy.silent_hours, policy.created_by) == (1, 4, 24, supervisor)
    assert "Rules of late and silent shipments changed" in client.get(url).content.decode()


def test_settings_page_refuses_and_says_what_is_in_force(client_for, supervisor, agent, customer, now):
    client, url = client_for(supervisor), reverse("shipments:policy")
    create_policy(grace_hours=1, silent_hours=30, replaces=0, by=supervisor, at=now)

    assert client_for(agent).get(url).status_code == 403
    assert client.post(url, {"grace_hours": 4, "silent_hours": 2, "replaces": 1}).status_code == 422
    answer = client.post(url, {"grace_hours": 4, "silent_hours": 30, "replaces": 0})

    assert answer.status_code == 422
    assert "In force now: 1 hour" in answer.content.decode()
    assert (current_policy().version, AuditEvent.objects.filter(action="shipment_policy.changed").count()) == (1, 1)
