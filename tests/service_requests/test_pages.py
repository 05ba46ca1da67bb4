"""The queue and the page of a service request."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, reverse_lazy

from core.accounts.services import create_department
from core.audit.models import AuditEvent
from core.web.models import Draft
from customers.services import add_contact
from service_requests.enums import RequestState
from service_requests.models import ServicePolicy, ServiceRequest
from service_requests.services import (
    close_request,
    current_policy,
    resume_request,
    take_request,
    wait_with_request,
)
from shipments.models import Shipment
from tests.factories.accounts import inside
from tests.factories.customers import make_customer, panels_of
from tests.factories.service_requests import open_for, open_many

LIST = "/service-requests/"
LIST_QUERIES = 13
RECORD_QUERIES = 9


def page(request):
    return reverse("service_requests:detail", args=[request.pk])


def step(name, request):
    return reverse(f"service_requests:{name}", args=[request.pk])


def stored(request):
    return ServiceRequest.objects.get(pk=request.pk)


@pytest.fixture
def at_now(now):
    with time_machine.travel(now, tick=False):
        yield now


@pytest.fixture
def client(client_for, agent, at_now):
    return client_for(agent)


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(client, now, rows, django_assert_num_queries):
    open_many(rows, at=now)
    client.get(LIST)

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(LIST)

    assert len(response.context["rows"]) == min(rows, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_record_page_asks_the_same_number_of_queries(client, now, rows, django_assert_num_queries):
    open_many(rows, at=now)
    request = ServiceRequest.objects.order_by("serial").first()
    client.get(page(request))

    with django_assert_num_queries(RECORD_QUERIES):
        response = client.get(page(request))

    assert response.status_code == 200


def test_queue_shows_what_is_unfinished_the_most_urgent_first(client, agent, now):
    slow = open_for(at=now, kind="invoice")
    quick = open_for(at=now, kind="booking")
    late = open_for(at=now - timedelta(days=7))
    done = open_for(at=now)
    close_request(request=done, state=RequestState.DONE, outcome="ok", by=agent, at=now)

    response = client.get(LIST)

    assert [row.pk for row in response.context["rows"]] == [late.pk, quick.pk, slow.pk]
    assert response.content.decode().count("badge bg-red-lt") == 1
    assert [count for _label, count, _url in response.context["counts"]] == [1, 3, 0, 0]


def test_what_waits_is_in_nobodys_way_and_comes_back_to_its_place(client, agent, now):
    slow = open_for(at=now, kind="invoice")
    quick = open_for(at=now, kind="booking")
    first = open_for(at=now - timedelta(days=7))
    waiting = wait_with_request(request=first, waits_for="customer", by=agent, at=now - timedelta(days=7))

    def queue(**params):
        return [row.pk for row in client.get(LIST, params).context["rows"]]

    assert queue() == [quick.pk, slow.pk]
    assert queue(state="waiting") == [first.pk]
    assert set(queue(state="unfinished")) == {first.pk, quick.pk, slow.pk}
    assert queue(overdue="yes") == []

    resumed = resume_request(request=waiting, by=agent, at=now)

    places = {each.pk: ServiceRequest.objects.get(pk=each.pk).queue_at for each in (slow, quick, resumed)}
    assert resumed.queue_at > first.queue_at
    assert queue() == sorted(places, key=lambda pk: (places[pk], pk))
    assert queue(state="waiting") == []


@pytest.mark.parametrize("state", ["", "unfinished", "waiting", "in_progress"])
def test_the_queue_is_read_from_the_index_of_what_is_unfinished(client, now, state):
    open_many(3, at=now)
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST, {"state": state})
    [asked] = [
        each["sql"] for each in captured if 'ORDER BY "service_requests_servicerequest"."queue_at"' in each["sql"]
    ]

    with connection.cursor() as cursor:
        # Without the statistics of a large table the planner would rather read it whole.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute("explain " + asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Scan using service_request_queue" in plan


def test_counts_lead_to_what_they_count(client, agent, now):
    take_request(request=open_for(at=now), by=agent, at=now)
    for assignee in (agent, None):
        request = open_for(at=now, assignee=assignee)
        wait_with_request(request=request, waits_for="customer", by=agent, at=now)
    open_for(at=now - timedelta(days=9))

    counts = client.get(LIST).context["counts"]

    assert [count for _label, count, _url in counts] == [1, 1, 1, 2]
    assert [len(client.get(url).context["rows"]) for _label, _count, url in counts] == [1, 1, 1, 2]


@pytest.mark.parametrize("page", [LIST, reverse_lazy("customers:follow_ups")])
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_what_is_or_is_not_overdue_is_found_without_reading_all_that_is(client, page, answer):
    with CaptureQueriesContext(connection) as queries:
        client.get(page, {"overdue": answer})

    listed = [query["sql"] for query in queries if '"due_at" < ' in query["sql"] and " LIMIT " in query["sql"]]
    assert listed
    assert not [sql for sql in listed if " IN (SELECT" in sql]


def test_filters(client, agent, now):
    desk = create_department(name="Desk", by=None, at=now)
    customer = make_customer(at=now, number="C-1")
    first = open_for(customer, at=now, kind="invoice", department=desk, assignee=agent)
    second = open_for(at=now - timedelta(days=9))
    third = open_for(at=now)
    close_request(request=third, state=RequestState.DECLINED, outcome="no", by=agent, at=now)

    def shown(**params):
        return [row.number for row in client.get(LIST, params).context["rows"]]

    assert shown() == [second.number, first.number]
    assert shown(state="declined") == [third.number]
    assert shown(state="all", sort="-opened") == [third.number, first.number, second.number]
    assert shown(overdue="yes") == [second.number]
    assert shown(overdue="no") == [first.number]
    assert shown(kind="invoice") == [first.number]
    assert shown(department=desk.pk) == [first.number]
    assert shown(department="none") == [second.number]
    assert shown(assignee=agent.pk) == [first.number]
    assert shown(assignee="none") == [second.number]
    assert shown(number="SR000001") == [first.number]
    assert shown(customer="C-1") == [first.number]
    assert shown(opened_to="2026-02-27") == [second.number]
    assert shown(state="eaten") == []
    assert shown(assignee="somebody") == []


def test_opening_from_the_menu_finds_the_customer_by_waybill(client, agent, now):
    customer = make_customer(at=now)
    shipment = Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)

    response = client.post(reverse("service_requests:create"), {"kind": "chase", "waybill": " w-1", "text": "Where?"})

    request = ServiceRequest.objects.get()
    assert (response.status_code, response.url) == (302, page(request))
    assert (request.customer, request.shipment, request.opened_by, request.text) == (
        customer,
        shipment,
        agent,
        "Where?",
    )


def test_opening_from_a_customers_page(client, now):
    customer = make_customer(at=now)
    url = f"{reverse('service_requests:create')}?customer={customer.pk}"

    form = client.get(url).context["form"]
    client.post(url, {"kind": "invoice", "text": "For March"})

    assert "number" not in form.fields
    assert ServiceRequest.objects.get().customer == customer


def test_opening_from_a_shipments_page(client, now):
    customer = make_customer(at=now)
    shipment = Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)
    url = f"{reverse('service_requests:create')}?shipment={shipment.pk}"

    assert client.get(url).context["form"]["waybill"].value() == "W-1"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"waybill": "NONE", "text": "x"}, "waybill"),
        ({"number": "NONE", "text": "x"}, "number"),
        ({"text": "x"}, "number"),
        ({"waybill": "W-1", "number": "C-2", "text": "x"}, "waybill"),
        ({"waybill": "W-1", "text": " "}, "text"),
    ],
)
def test_opening_says_beside_the_field_what_is_wrong(client, now, typed, field):
    customer = make_customer(at=now)
    make_customer(at=now, number="C-2")
    Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)

    response = client.post(reverse("service_requests:create"), {"kind": "chase", **typed})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert ServiceRequest.objects.count() == 0


@pytest.mark.parametrize("asked", ["customer", "shipment"])
def test_opening_for_another_tenants_record_is_not_found(client, tenant, other_tenant, now, asked):
    with inside(other_tenant, leaving=tenant):
        customer = make_customer(at=now)
        shipment = Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)
    foreign = {"customer": customer, "shipment": shipment}[asked]
    url = reverse("service_requests:create")

    assert client.get(url, {asked: str(foreign.pk)}).status_code == 404
    assert client.get(url, {asked: "nonsense"}).status_code == 404
    refused = client.post(url, {"kind": "chase", "text": "x", "waybill": "W-1"})
    assert refused.status_code == 422
    assert ServiceRequest.objects.count() == 0


def test_what_is_typed_is_kept_as_a_draft_of_the_customer(client, now):
    customer = make_customer(at=now)

    client.post(f"{reverse('service_requests:create')}?customer={customer.pk}", {"draft": "keep", "text": "Where"})

    assert Draft.objects.get().subject_id == customer.pk


def test_page_hides_what_is_personal_and_offers_the_reveal(client, now):
    customer = make_customer(at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    request = open_for(customer, at=now, text="Lin Mei asks; call 13812345678.")

    text = client.get(page(request)).content.decode()

    assert "L****i asks; call 1******5678." in text
    assert "13812345678" not in text
    assert reverse("console:reveal", args=["service-request", request.pk]) in text


def test_page_offers_the_next_step(client, agent, now):
    request = open_for(at=now)

    def offered():
        text = client.get(page(request)).content.decode()
        names = ("take", "resume", "finish", "wait", "move", "decline")
        return [name for name in names if step(name, request) in text]

    assert offered() == ["take", "wait", "move", "decline"]
    client.post(step("take", request))
    assert offered() == ["finish", "wait", "move", "decline"]
    client.post(step("wait", request), {"waits_for": "customer"})
    assert offered() == ["resume", "finish", "move", "decline"]
    client.post(step("resume", request))
    assert stored(request).state == RequestState.IN_PROGRESS
    client.post(step("finish", request), {"outcome": "Delivered"})
    assert offered() == []
    assert f"?customer={request.customer_id}" in client.get(page(request)).content.decode()
    assert (stored(request).state, stored(request).outcome) == (RequestState.DONE, "Delivered")


def test_moving_and_declining(client, now, supervisor):
    desk = create_department(name="Desk", by=None, at=now)
    request = open_for(at=now)

    client.post(step("move", request), {"department": desk.pk, "assignee": supervisor.pk})
    assert (stored(request).department, stored(request).assignee) == (desk, supervisor)
    empty = client.post(step("decline", request), {"outcome": ""})
    client.post(step("decline", request), {"outcome": "Not ours"})

    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["outcome"])
    assert (stored(request).state, stored(request).outcome) == (RequestState.DECLINED, "Not ours")


def test_a_step_that_comes_too_late_is_refused_in_words(client, agent, now):
    request = open_for(at=now)
    close_request(request=request, state=RequestState.DONE, outcome="ok", by=agent, at=now)

    taken = client.post(step("take", request), follow=True)
    waited = client.post(step("wait", request), {"waits_for": "customer"})

    words = "Somebody else has closed this request already."
    assert words in taken.content.decode()
    assert (waited.status_code, words in waited.content.decode()) == (422, True)
    assert stored(request).outcome == "ok"


def test_who_may_only_read_is_offered_nothing(client_for, analyst, at_now):
    request = open_for(at=at_now)
    client = client_for(analyst)

    text = client.get(page(request)).content.decode()

    assert step("take", request) not in text
    assert client.post(step("take", request)).status_code == 403
    assert client.get(reverse("service_requests:create")).status_code == 403
    assert "Open a service request" not in client.get(LIST).content.decode()


def test_pages_of_customer_and_shipment_show_requests(client, now):
    customer = make_customer(at=now)
    shipment = Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now)
    request = open_for(customer, at=now, shipment=shipment)
    other = open_for(at=now)

    of_customer = panels_of(client, customer)
    of_shipment = client.get(reverse("shipments:detail", args=[shipment.pk])).content.decode()
    timeline = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()

    for text in (of_customer, of_shipment):
        assert page(request) in text
        assert page(other) not in text
    assert f"?customer={customer.pk}" in of_customer
    assert f"?shipment={shipment.pk}" in of_shipment
    assert f"{request.number}: Chase a parcel" in timeline


def test_search_finds_the_number(client, now):
    request = open_for(at=now)

    response = client.get(reverse("web:search"), {"q": request.number.lower()})

    assert (response.status_code, response.url) == (302, page(request))


class TestPolicyPage:
    URL = "/settings/service-requests/"

    def typed(self, **changes):
        policy = current_policy()
        hours = {f"{kind}-{tier}": value for kind, each in policy.hours.items() for tier, value in each.items()}
        facts = {"days": policy.days, "opens_at": "09:00", "closes_at": "18:00", "replaces": policy.version}
        return {**facts, **hours, "holidays": "", "extra_days": "", **changes}

    def test_change(self, client_for, supervisor, at_now):
        client = client_for(supervisor)

        response = client.post(
            self.URL, self.typed(**{"opens_at": "08:30", "holidays": "2026-10-01\n2026-10-02", "chase-vip": 1})
        )

        policy = current_policy()
        assert (response.status_code, policy.version) == (302, 2)
        assert (policy.opens_at.isoformat(), [str(day) for day in policy.holidays]) == (
            "08:30:00",
            ["2026-10-01", "2026-10-02"],
        )
        assert (policy.hours["chase"]["vip"], policy.created_by) == (1, supervisor)
        assert client.get(self.URL).context["form"]["chase-vip"].value() == 1
        assert AuditEvent.objects.filter(action="service_policy.changed").count() == 1

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"days": []}, "days"),
            ({"closes_at": "08:00"}, "closes_at"),
            ({"holidays": "first of May"}, "holidays"),
            ({"chase-vip": 0}, "chase-vip"),
        ],
    )
    def test_what_cannot_be_stands_beside_its_field(self, client_for, supervisor, at_now, typed, field):
        response = client_for(supervisor).post(self.URL, self.typed(**typed))

        assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
        assert ServicePolicy.objects.count() == 1

    def test_two_at_once(self, client_for, supervisor, at_now):
        client, first = client_for(supervisor), self.typed(opens_at="08:00")
        client.post(self.URL, self.typed(opens_at="07:00"))

        refused = client.post(self.URL, first)

        text = refused.content.decode()
        assert refused.status_code == 422
        assert "Somebody else has put other working hours or deadlines in force meanwhile." in text
        assert "In force now: 07:00:00" in text
        again = {**first, "replaces": refused.context["form"].data["replaces"]}
        assert client.post(self.URL, again).status_code == 302
        assert current_policy().opens_at.hour == 8
