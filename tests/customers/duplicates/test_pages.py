"""The page of possible duplicates, and what a customer's page says of them."""

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from customers.duplicates import match_some
from customers.models import Customer, DuplicateCandidate
from tests.factories.customers import make_customer

QUERIES = 8


def make_pairs(count, *, at):
    for number in range(count):
        for letter in "AB":
            make_customer(at=at, number=f"{letter}-{number}", company_name=f"{chr(0x4E00 + 40 * number)}{number}号仓储")
    while match_some(at=at, batch=100):
        pass


@pytest.mark.parametrize("pairs", [3, 300])
def test_list_shows_pairs_and_asks_the_same_number_of_queries(
    pairs, client_for, supervisor, now, django_assert_num_queries
):
    make_pairs(pairs, at=now)
    client = client_for(supervisor)
    client.get(reverse("customers:duplicates"))
    with django_assert_num_queries(QUERIES):
        page = client.get(reverse("customers:duplicates")).content.decode()
    assert page.count("data-row") == min(pairs, 50)
    assert "?other=B-" in page or "?other=A-" in page


def test_pair_is_told_apart_and_compared_again(client_for, supervisor, now):
    make_pairs(1, at=now)
    client, pair = client_for(supervisor), DuplicateCandidate.objects.get()
    page = client.post(reverse("customers:dismiss_duplicate", args=[pair.pk]), follow=True).content.decode()
    assert "data-row" not in page
    assert AuditEvent.objects.filter(action="customer.duplicate_dismissed").count() == 2
    page = client.get(reverse("customers:duplicates"), {"state": "dismissed"}).content.decode()
    assert page.count("data-row") == 1
    client.post(reverse("customers:reopen_duplicate", args=[pair.pk]))
    assert client.get(reverse("customers:duplicates")).content.decode().count("data-row") == 1


def test_new_customer_says_at_once_whom_it_may_be(client_for, supervisor, now):
    make_customer(at=now, number="A-1", company_name="Kingsway Foods Ltd")
    client = client_for(supervisor)
    facts = {"number": "B-1", "kind": "company", "company_name": "KINGSWAY FOODS LIMITED"}
    asked = client.post(reverse("customers:create"), facts)
    facts["create_anyway"] = asked.context["shown_ids"]
    page = client.post(reverse("customers:create"), facts, follow=True).content.decode()
    new = Customer.objects.get(number="B-1")
    assert f"{reverse('customers:merge', args=[new.pk])}?other=A-1" in page
    pair = DuplicateCandidate.objects.get()
    there = {"next": reverse("customers:detail", args=[new.pk])}
    page = client.post(reverse("customers:dismiss_duplicate", args=[pair.pk]), there, follow=True).content.decode()
    assert "?other=A-1" not in page
    elsewhere = client.post(reverse("customers:reopen_duplicate", args=[pair.pk]), {"next": "https://evil.example/"})
    assert elsewhere.url == reverse("customers:duplicates")


def test_who_may_not_merge_is_not_asked(client_for, agent, now):
    make_pairs(1, at=now)
    client = client_for(agent)
    assert client.get(reverse("customers:duplicates")).status_code == 403
    customer = Customer.objects.first()
    assert "?other=" not in client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    pair = DuplicateCandidate.objects.get()
    assert client.post(reverse("customers:dismiss_duplicate", args=[pair.pk])).status_code == 403
