"""Anybody who knows a waybill and the end of a phone number sees where the parcel is, and nothing of a person."""

import ipaddress
import re
import secrets
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.tenancy import volatile
from core.tenancy.ids import uuid7
from core.tenancy.models import Tenant
from customers.services import NewContactPoint, add_contact, erase_customer
from customers.services.erasure import ErasureReason
from shipments.models import ScanEvent, Shipment
from shipments.tracking.limits import QUESTIONS_PER_ADDRESS, QUESTIONS_PER_WAYBILL
from tests.factories.accounts import inside, outside, somewhere
from tests.factories.customers import make_customer

TAIL, OTHER_TAIL, WRONG_TAIL = "5678", "9999", "0000"
NOBODY = "We have no parcel with this waybill and these digits."
ASKED_QUERIES = 6
TRACE_QUERIES = 8


def new_waybill():
    """One of its own for each test: how often one was asked for is counted over all of them."""
    return f"W{uuid7().hex[-12:]}".upper()


@pytest.fixture
def shipment(tenant, now):
    return ship(now)


@pytest.fixture
def foreign(tenant, other_tenant, now):
    """A shipment of another tenant."""
    with inside(other_tenant, leaving=tenant):
        return ship(now)


def ship(now, *, phones=("+8613812345678", "+8613911119999"), **facts):
    customer = make_customer(at=now, company_name="Blue Kiln", special_needs="Ring twice")
    points = [NewContactPoint(kind="phone", value=phone) for phone in phones]
    add_contact(customer=customer, name="Li Na", is_primary=True, points=points, at=now)
    facts = {"origin_city": "Shenzhen", "destination_city": "Chengdu", "status": "in_transit", **facts}
    return Shipment.objects.create(customer=customer, waybill_number=new_waybill(), accepted_at=now, **facts)


def ask(tenant, waybill, tail, *, slug="swift", client=None, **headers):
    with outside(tenant):
        data = {"waybill": waybill, "tail": tail}
        return (client or somewhere()).post(reverse("shipments:track", args=[slug]), data, headers=headers)


def trace_of(tenant, shipment, *, tail=TAIL, client=None, **headers):
    client = client or somewhere()
    url = ask(tenant, shipment.waybill_number, tail, client=client).url
    with outside(tenant):
        return client.get(url, headers=headers)


def text_of(response):
    return response.content.decode()


def test_page_asks_for_waybill_and_digits(tenant):
    with outside(tenant):
        response = somewhere().get(reverse("shipments:track", args=["swift"]), {"waybill": "SF1"})

    assert response.status_code == 200
    assert "Swift" in text_of(response)
    assert 'value="SF1"' in text_of(response)
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_trace_is_shown_without_anything_of_a_person(tenant, shipment, now):
    scan = {"place": "Wuhan", "outlet": "Wuhan East", "courier": "Zhang Wei"}
    ScanEvent.objects.create(shipment=shipment, kind="sorted", happened_at=now, **scan)
    ScanEvent.objects.create(
        shipment=shipment, kind="exception", exception="damaged", happened_at=now + timedelta(hours=20), **scan
    )

    response = trace_of(tenant, shipment)

    text = text_of(response)
    assert response.status_code == 200
    assert [each["title"] for each in response.context["scans"]] == ["Exception: Damaged", "Sorted"]
    for shown in (shipment.waybill_number, "In transit", "Shenzhen → Chengdu", "Wuhan · Wuhan East", "Swift"):
        assert shown in text
    # The tenant lives in Shanghai.
    assert "2026-03-02 12:30" in text
    assert "2026-03-03 08:30" in text
    for hidden in ("Zhang Wei", "Blue Kiln", "Li Na", "Ring twice", "5678", "1381", shipment.customer.number):
        assert hidden not in text
    assert str(shipment.customer_id) not in text


@pytest.mark.parametrize("tail", [TAIL, OTHER_TAIL, "５６７８", " 5678 "])
def test_any_phone_of_the_customer_opens_it(tenant, shipment, tail):
    assert ask(tenant, shipment.waybill_number, tail).status_code == 302


def test_waybill_may_be_written_as_it_is_said(tenant, shipment):
    assert ask(tenant, f" {shipment.waybill_number.lower()} ", TAIL).status_code == 302


def test_both_languages(tenant, shipment):
    english = trace_of(tenant, shipment, accept_language="en")
    chinese = trace_of(tenant, shipment, accept_language="zh-CN")

    assert "In transit" in text_of(english)
    assert "运输中" in text_of(chinese)
    assert 'value="zh-hans"' in text_of(english)


def test_no_such_waybill_and_wrong_digits_are_one_answer(tenant, shipment):
    missing = new_waybill()

    def body_of(waybill, tail):
        response = ask(tenant, waybill, tail)
        text = re.sub('name="csrfmiddlewaretoken" value="[^"]*"', "", text_of(response))
        return response.status_code, text.replace(waybill, "").replace(tail, "")

    wrong, unknown = body_of(shipment.waybill_number, WRONG_TAIL), body_of(missing, TAIL)

    assert wrong == unknown
    assert wrong[0] == 422
    assert NOBODY in wrong[1]


@pytest.mark.parametrize("case", ["right", "wrong digits", "unknown", "another tenant's"])
def test_every_answer_asks_the_same_queries(tenant, shipment, foreign, case, django_assert_num_queries):
    waybill, tail = {
        "right": (shipment.waybill_number, TAIL),
        "wrong digits": (shipment.waybill_number, WRONG_TAIL),
        "unknown": (new_waybill(), TAIL),
        "another tenant's": (foreign.waybill_number, TAIL),
    }[case]
    ask(tenant, new_waybill(), TAIL)

    client, url = somewhere(), reverse("shipments:track", args=["swift"])
    with outside(tenant), django_assert_num_queries(ASKED_QUERIES):
        response = client.post(url, {"waybill": waybill, "tail": tail})

    assert response.status_code == (302 if case == "right" else 422)


@pytest.mark.parametrize("rows", [3, 300])
def test_trace_asks_the_same_number_of_queries(tenant, shipment, now, rows, django_assert_num_queries):
    ScanEvent.objects.bulk_create(
        ScanEvent(shipment=shipment, kind="sorted", happened_at=now + timedelta(minutes=index)) for index in range(rows)
    )
    client = somewhere()
    url = ask(tenant, shipment.waybill_number, TAIL, client=client).url
    with outside(tenant):
        client.get(url)
        with django_assert_num_queries(TRACE_QUERIES):
            response = client.get(url)

    assert len(response.context["scans"]) == rows


def test_another_tenants_waybill_is_none(tenant, foreign):
    assert ask(tenant, foreign.waybill_number, TAIL).status_code == 422
    assert ask(tenant, foreign.waybill_number, TAIL, slug="rival").status_code == 302


def test_address_of_an_answer_is_for_one_tenant_and_half_an_hour(tenant, other_tenant, shipment):
    client = somewhere()
    with time_machine.travel("2026-03-02 08:00", tick=False) as clock:
        url = ask(tenant, shipment.waybill_number, TAIL, client=client).url
        with outside(tenant):
            clock.shift(29 * 60)
            in_time = client.get(url)
            elsewhere = client.get(url.replace("/swift/", "/rival/"))
            forged = client.get(url[:-2] + "/")
            clock.shift(2 * 60)
            late = client.get(url)

    assert in_time.status_code == 200
    assert [(each.status_code, each.url) for each in (elsewhere, forged, late)] == [
        (302, "/track/rival/"),
        (302, "/track/swift/"),
        (302, "/track/swift/"),
    ]


def test_staff_of_another_tenant_is_nobody_here_and_stays_signed_in(tenant, foreign, agent, client_for):
    client = client_for(agent)
    client.defaults["REMOTE_ADDR"] = str(ipaddress.ip_address(0x0A000000 + secrets.randbelow(1 << 24)))

    response = ask(tenant, foreign.waybill_number, TAIL, slug="rival", client=client)
    with outside(tenant):
        shown = client.get(response.url)
        own = client.get(reverse("shipments:list"))

    assert shown.status_code == 200
    assert agent.name not in text_of(shown)
    assert own.status_code == 200


def test_no_such_tenant(tenant):
    with outside(tenant):
        nobody = somewhere().get("/track/nobody/")
        sandbox = somewhere().get(f"/track/{tenant.sandbox.slug}/")

    assert [nobody.status_code, sandbox.status_code] == [404, 404]


def test_tenant_that_was_switched_off(tenant):
    Tenant.objects.filter(pk=tenant.pk).update(is_active=False)
    with outside(tenant):
        assert somewhere().get("/track/swift/").status_code == 404


def test_customer_who_was_erased_is_not_found_by_digits(tenant, shipment, administrator, now):
    assert ask(tenant, shipment.waybill_number, TAIL).status_code == 302

    erase_customer(customer=shipment.customer, reason=ErasureReason.REQUEST, by=administrator, at=now)

    assert ask(tenant, shipment.waybill_number, TAIL).status_code == 422


@pytest.mark.parametrize(
    ("waybill", "tail", "message"),
    [
        ("", TAIL, "This field is required."),
        ("W\u200b1", TAIL, "The number holds an invisible character."),
        ("W1", "", "This field is required."),
        ("W1", "567", "Enter four digits."),
        ("W1", "56a8", "Enter four digits."),
        ("W1", "٥٦٧٨", "Enter four digits."),
        ("W\x001", TAIL, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(tenant, waybill, tail, message):
    response = ask(tenant, waybill, tail)

    assert response.status_code == 422
    assert message in text_of(response)


class TestGuessing:
    def test_one_waybill(self, tenant, shipment):
        """From wherever it is asked, and before the right digits are among those tried."""
        answers = [ask(tenant, shipment.waybill_number, f"{at:04}") for at in range(QUESTIONS_PER_WAYBILL)]
        right = ask(tenant, shipment.waybill_number, TAIL)
        spelled = ask(tenant, shipment.waybill_number.lower(), TAIL)

        assert {answer.status_code for answer in answers} == {422}
        assert (right.status_code, right.headers["Retry-After"]) == (429, "3600")
        assert "This was asked too often." in text_of(right)
        assert spelled.status_code == 429

    def test_the_same_whether_the_waybill_is_known_or_not(self, tenant):
        missing = new_waybill()

        answers = [ask(tenant, missing, TAIL).status_code for _ in range(QUESTIONS_PER_WAYBILL + 1)]

        assert answers == [422] * QUESTIONS_PER_WAYBILL + [429]

    def test_one_address(self, tenant, shipment):
        client = somewhere()
        answers = [ask(tenant, new_waybill(), TAIL, client=client).status_code for _ in range(QUESTIONS_PER_ADDRESS)]
        right = ask(tenant, shipment.waybill_number, TAIL, client=client)
        elsewhere = ask(tenant, shipment.waybill_number, TAIL)

        assert set(answers) == {422}
        assert right.status_code == 429
        assert elsewhere.status_code == 302

    def test_one_network_of_ipv6_is_one_address(self, tenant):
        network = f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}"
        clients = [Client(REMOTE_ADDR=f"{network}::{at:x}") for at in range(1, QUESTIONS_PER_ADDRESS + 2)]

        answers = [ask(tenant, new_waybill(), TAIL, client=client).status_code for client in clients]

        assert answers == [422] * QUESTIONS_PER_ADDRESS + [429]

    def test_window_ends(self, tenant, shipment):
        with time_machine.travel("2026-03-02 08:00", tick=False) as clock:
            answers = [ask(tenant, shipment.waybill_number, TAIL).status_code for _ in range(11)]
            clock.shift(60 * 60)
            later = ask(tenant, shipment.waybill_number, TAIL)

        assert answers == [302] * 10 + [429]
        assert later.status_code == 302

    @pytest.mark.fault
    def test_redis_is_away(self, tenant, shipment, settings, monkeypatch):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(volatile.Rest, "until", 0.0)

        answers = [ask(tenant, shipment.waybill_number, TAIL).status_code for _ in range(QUESTIONS_PER_WAYBILL + 1)]

        assert answers == [302] * QUESTIONS_PER_WAYBILL + [429]


APOLOGY = "This parcel takes longer than we promised."


@pytest.mark.parametrize(
    ("facts", "is_late"),
    [
        ({"promised_at": timedelta(hours=-3)}, True),
        ({"promised_at": timedelta(hours=-1)}, False),
        ({"promised_at": timedelta(hours=1)}, False),
        ({"promised_at": timedelta(hours=-3), "status": "delivered"}, False),
        ({"promised_at": timedelta(hours=-3), "exceptions": ["returned"]}, False),
    ],
)
def test_parcel_that_is_late_is_told_so_kindly(tenant, now, facts, is_late):
    facts = {name: now + value if isinstance(value, timedelta) else value for name, value in facts.items()}
    with time_machine.travel(now, tick=False):
        body = text_of(trace_of(tenant, ship(now, **facts)))

    assert (APOLOGY in body) is is_late
    assert "Blue Kiln" not in body


def test_what_the_clock_missed_is_no_word_for_strangers(tenant, now):
    body = text_of(trace_of(tenant, ship(now, exceptions=["damaged", "silent"])))

    assert "Damaged" in body
    assert "No scan for long" not in body
