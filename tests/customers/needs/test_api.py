"""Special needs over the API."""

import pytest
from django.test import Client

from customers.models import CustomerNeed
from customers.services.needs import add_need
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

LIST_QUERIES = 7


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


@pytest.fixture
def partner(tenant):
    return Partner()


def test_need_is_added_changed_and_removed(partner, customer):
    base = f"/customers/{customer.pk}/needs"

    added = partner.send("post", base, {"kind": "cold_chain", "from_degree": 2, "to_degree": 8})
    path = added.headers["Location"].removeprefix("/api/v1")
    changed = partner.send("patch", path, {"to_degree": 6}, If_Match=added.headers["ETag"])
    late = partner.send("patch", path, {"to_degree": 5}, If_Match=added.headers["ETag"])

    check_described("/customers/{customer}/needs", added.json(), method="post", status=201)
    check_described("/customers/{customer}/needs/{id}", changed.json(), method="patch")
    assert (changed.json()["from_degree"], changed.json()["to_degree"], changed.json()["days"]) == (2, 6, None)
    assert late.status_code == 412
    assert CustomerNeed.objects.get().details == {"from_degree": 2, "to_degree": 6}
    assert partner.send("delete", path).status_code == 204
    assert CustomerNeed.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"kind": "cold_chain", "from_degree": 2}, (400, ["#/to_degree"])),
        ({"kind": "cold_chain", "from_degree": True, "to_degree": 8}, (400, ["#/from_degree"])),
        ({"kind": "fragile", "floor": 3}, (400, ["#/floor"])),
        ({"kind": "time_window", "days": [9], "opens": "09:00", "closes": "10:00"}, (400, ["#/days/0"])),
        ({"kind": "floor", "floor": 3}, (409, ["#/kind"])),
    ],
)
def test_need_that_does_not_fit_is_refused(partner, customer, now, body, refusal):
    add_need(customer=customer, kind="floor", details={"floor": 6}, by=None, at=now)

    answer = partner.send("post", f"/customers/{customer.pk}/needs", body)

    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == refusal
    assert CustomerNeed.objects.count() == 1


def test_list_hides_what_stands_in_words(partner, customer, now):
    details = {"rule": "monthly"}
    add_need(customer=customer, kind="invoice", details=details, text="To Li Na", by=None, at=now)

    (need,) = partner.get(f"/customers/{customer.pk}/needs").json()["data"]

    assert (need["kind"], need["rule"], need["text"]) == ("invoice", "monthly", "****")


def test_list_asks_the_same_number_of_queries(tenant, partner, customer, now, django_assert_num_queries):
    add_need(customer=customer, kind="fragile", details={}, by=None, at=now)
    path = f"/customers/{customer.pk}/needs"
    partner.get(path)
    for hour in range(3):
        window = {"days": [1], "opens": "08:00", "closes": f"1{hour}:00"}
        add_need(customer=customer, kind="time_window", details=window, by=None, at=now)

    with outside(tenant), django_assert_num_queries(LIST_QUERIES):
        answer = Client().get(f"{API}{path}", headers=partner.headers)

    assert len(answer.json()["data"]) == 4
