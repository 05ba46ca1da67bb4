"""What the search box shows before anything is typed: what somebody opened lately and often, if they may see it."""

import re

import pytest
from django.conf import settings as product
from django.urls import reverse
from redis import Redis

from core.accounts import opened
from core.accounts.opened import MOST_KNOWN, SECONDS, note_opened, opened_by
from core.accounts.services import deactivate_user
from core.console.erasure import erase_tenant
from core.tenancy import volatile
from core.web import search
from core.web.context import PREVIEW
from customers.models import Customer
from customers.services import erase_customer
from shipments.models import Shipment
from tests.factories.accounts import inside, outside
from tests.factories.customers import make_customer

# The session, the user, the tenant, the savepoint, and one for each kind of record.
QUERIES_OF_NO_KIND = 4


@pytest.fixture(autouse=True)
def no_rest():
    """A test that found Redis away leaves no rest to the next."""
    yield
    volatile.Rest.until = 0.0


@pytest.fixture
def customers(tenant, now):
    return [make_customer(at=now, number=f"K-{number}", company_name=f"Kiln {number}") for number in range(4)]


def visit(client, *records, page="customers:detail", **headers):
    for record in records:
        assert client.get(reverse(page, args=[record.pk]), **headers).status_code == 200


def shown(client, *, path="") -> list[tuple[str, list[str]]]:
    """Return the groups under the box: of each its label and the names in it."""
    body = client.post(reverse("web:live_search"), {"q": "", "path": path}).content.decode()
    groups = body.split('<div role="group" aria-label="')[1:]
    return [(each.split('"')[0], re.findall(r'live-title">(\S+(?: \d)?)', each)) for each in groups]


def test_what_was_opened_last_comes_first_and_once(client_for, agent, customers):
    client = client_for(agent)
    visit(client, *customers[:3], customers[0])

    assert shown(client) == [("Recently opened", ["Kiln 0", "Kiln 2", "Kiln 1"])]
    assert [each.times for each in opened_by(agent)] == [2, 1, 1]


def test_record_on_whose_page_somebody_is_stands_not_under_the_box(client_for, agent, customers):
    client = client_for(agent)
    visit(client, *customers[:2])

    here = reverse("customers:detail", args=[customers[1].pk])
    assert shown(client, path=here) == [("Recently opened", ["Kiln 0"])]
    assert shown(client, path="https://[bad") == [("Recently opened", ["Kiln 1", "Kiln 0"])]


def test_what_is_opened_often_stands_there_besides(client_for, agent, tenant, now):
    often, *others = [make_customer(at=now, number=f"K-{number}", company_name=f"Kiln {number}") for number in range(8)]
    client = client_for(agent)
    visit(client, often, often, often, *others)

    assert shown(client) == [
        ("Recently opened", [f"Kiln {number}" for number in (7, 6, 5, 4, 3, 2)]),
        ("Often opened", ["Kiln 0"]),
    ]


def test_records_of_every_kind_say_what_they_are(client_for, agent, customers, now):
    shipment = Shipment.objects.create(customer=customers[0], waybill_number="W-1", accepted_at=now)
    client = client_for(agent)
    visit(client, customers[0])
    visit(client, shipment, page="shipments:detail")

    body = client.get(reverse("web:search")).content.decode()

    assert re.findall(r'hit-title">(.*?)<', body) == ["W-1", "Kiln 0"]
    assert re.findall(r'hit-why"><span[^>]*>(.*?)<', body) == ["Shipments", "Customers"]
    assert "What are you looking for?" not in body


def test_page_of_search_says_what_can_be_typed_where_nothing_was_opened(client_for, agent, customers):
    client = client_for(agent)

    assert "What are you looking for?" in client.get(reverse("web:search")).content.decode()
    assert client.post(reverse("web:live_search"), {"q": ""}).content.decode().strip() == ""
    assert "Nothing found" in client.post(reverse("web:live_search"), {"q": "zzzz"}).content.decode()


def test_previews_parts_of_pages_and_refusals_are_no_visits(client_for, agent, customers, other_tenant, now):
    with inside(other_tenant, leaving=customers[0].tenant):
        theirs = make_customer(at=now, number="R-1")
    client = client_for(agent)
    visit(client, customers[0], HTTP_HX_REQUEST="true", HTTP_HX_TARGET=PREVIEW)
    visit(client, customers[1], HTTP_HX_REQUEST="true", HTTP_HX_TARGET="timeline")
    assert client.get(reverse("customers:detail", args=[theirs.pk])).status_code == 404

    assert opened_by(agent) == []
    visit(client, customers[2], HTTP_HX_REQUEST="true", HTTP_HX_BOOSTED="true")
    assert [each.pk for each in opened_by(agent)] == [customers[2].pk]


def test_nobody_sees_what_others_opened_nor_what_they_may_no_longer_see(client_for, agent, supervisor, customers):
    visit(client_for(agent), *customers)

    assert shown(client_for(supervisor)) == []
    note_opened(user=supervisor, kind="no-such-kind", pk=customers[0].pk, now=1.0)
    assert shown(client_for(supervisor)) == []


def test_role_that_may_not_see_a_kind_is_not_shown_it(client_for, agent, customers, monkeypatch):
    client = client_for(agent)
    visit(client, customers[0])
    source = search._sources["customers"]
    monkeypatch.setitem(search._sources, "customers", search.replace(source, permission="people.manage"))

    assert shown(client) == []
    assert len(opened_by(agent)) == 1


def test_merged_and_erased_customers_are_forgotten(client_for, agent, supervisor, customers, now):
    client = client_for(agent)
    person = make_customer(at=now, number="P-1", kind="individual", company_name="", person_name="Lin Mei")
    visit(client, *customers[:3], person)
    erase_customer(customer=person, reason="Asked for it", by=supervisor, at=now)
    Customer.objects.filter(pk=customers[2].pk).update(merged_into=customers[0])

    assert shown(client) == [("Recently opened", ["Kiln 1", "Kiln 0"])]
    assert {each.pk for each in opened_by(agent)} == {customers[0].pk, customers[1].pk}


def test_redis_holds_ids_alone_bounded_and_for_a_month(agent, tenant, customers, monkeypatch):
    monkeypatch.setattr(opened, "MOST_KNOWN", 2)
    for at, customer in enumerate(customers):
        note_opened(user=agent, kind="customers", pk=customer.pk, now=float(at))

    redis = Redis.from_url(product.REDIS_URL)
    places = sorted(name.decode() for name in redis.keys(f"crm:opened*:{tenant.pk}:{agent.pk}"))
    assert places == [f"crm:opened-often:{tenant.pk}:{agent.pk}", f"crm:opened:{tenant.pk}:{agent.pk}"]
    for place in places:
        assert {name.decode() for name in redis.zrange(place, 0, -1)} == {f"customers:{c.pk}" for c in customers[2:]}
        assert 0 < redis.ttl(place) <= SECONDS
    assert MOST_KNOWN == 100


@pytest.fixture
def visited(client_for, agent, customers):
    """A customer that the agent opened."""
    visit(client_for(agent), customers[0])
    assert len(opened_by(agent)) == 1
    return customers[0]


def test_who_leaves_leaves_nothing_behind(visited, agent, administrator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        deactivate_user(user=agent, by=administrator, at=visited.created_at)

    assert opened_by(agent) == []


def test_erased_tenant_leaves_nothing_behind(visited, agent, tenant, django_capture_on_commit_callbacks):
    with outside(tenant), django_capture_on_commit_callbacks(execute=True):
        erase_tenant(tenant=tenant, operator="Ops", at=visited.created_at)

    assert opened_by(agent) == []


@pytest.mark.parametrize("count", [3, 60])
def test_box_asks_once_for_each_kind(client_for, agent, now, django_assert_num_queries, count):
    client = client_for(agent)
    for at in range(count):
        note_opened(user=agent, kind="customers", pk=make_customer(at=now).pk, now=float(at))
    shown(client)

    with django_assert_num_queries(QUERIES_OF_NO_KIND + 1):
        assert len(shown(client)[0][1]) == min(count, 6)


def test_with_redis_away_pages_and_box_work(client_for, agent, customers, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client = client_for(agent)

    visit(client, customers[0])

    assert shown(client) == []
    assert "What are you looking for?" in client.get(reverse("web:search")).content.decode()
