"""The pages of what is to mend, and what a customer's page says of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.jobs.enums import JobState
from core.jobs.models import JobRun
from customers.enums import Fault, Tier
from customers.models import Customer
from customers.quality.figures import JOB, figures_of, keep_figures
from customers.quality.judging import judge_some
from customers.services import add_contact, remove_contact
from tests.customers.quality.test_judging import make_faultless, sweep
from tests.factories.customers import make_customer, panels_of

OVERVIEW, LIST = "/customers/quality/", "/customers/quality/mending/"
OVERVIEW_QUERIES, LIST_QUERIES = 8, 10


def make_bare(count, *, at, **facts):
    for number in range(count):
        make_customer(at=at, number=f"B-{number}", company_name=f"{chr(0x4E00 + 40 * number)}{number}号仓储", **facts)
    sweep(at)


def numbers(response):
    return [row.number for row in response.context["rows"]]


@pytest.mark.parametrize("customers", [3, 300])
def test_list_asks_the_same_number_of_queries(customers, client_for, supervisor, now, django_assert_num_queries):
    make_bare(customers, at=now)
    client = client_for(supervisor)
    client.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(LIST, {"fault": "no_contact"}).content.decode()
    assert page.count("data-row") == min(customers, 50)


@pytest.mark.parametrize("customers", [3, 300])
def test_overview_asks_the_same_number_of_queries(customers, client_for, supervisor, now, django_assert_num_queries):
    make_bare(customers, at=now)
    client = client_for(supervisor)
    client.get(OVERVIEW)
    with django_assert_num_queries(OVERVIEW_QUERIES):
        response = client.get(OVERVIEW)
    assert response.context["figures"].customers == customers
    assert response.context["figures"].by_fault[Fault.NO_CONTACT] == customers


def test_overview_says_how_many_have_what_and_leads_to_them(client_for, supervisor, now):
    make_bare(2, at=now)
    make_faultless(now, number="GOOD", company_name="Kingsway")
    sweep(now)
    client = client_for(supervisor)

    page = client.get(OVERVIEW)

    assert page.context["figures"].average == round((55 + 55 + 100) / 3, 1)
    assert page.context["figures"].bands == [("0–49", 0), ("50–69", 2), ("70–89", 0), ("90–99", 0), ("100", 1)]
    worst = page.context["faults"][0]
    assert (worst["label"], worst["count"], worst["share"], worst["weight"]) == (Fault.NO_CONTACT.label, 2, 66.7, 20)
    assert sorted(numbers(client.get(worst["url"]))) == ["B-0", "B-1"]


def test_only_ones_own_customers(client_for, account_manager, supervisor, now):
    make_customer(at=now, number="MINE", account_manager=account_manager)
    make_customer(at=now, number="OTHER", account_manager=supervisor)
    sweep(now)
    client = client_for(account_manager)

    page = client.get(OVERVIEW, {"whose": "mine"})

    assert page.context["figures"].customers == 1
    assert page.context["figures"].by_fault[Fault.NO_CONTACT] == 1
    assert numbers(client.get(page.context["faults"][0]["url"])) == ["MINE"]
    assert numbers(client.get(page.context["list_url"])) == ["MINE"]
    assert len(numbers(client.get(LIST))) == 2


def test_list_has_the_worst_first_and_filters(client_for, supervisor, now):
    make_faultless(now, number="GOOD", company_name="Kingsway")
    make_faultless(now, number="FAIR", company_name="Harbour", region="")
    make_bare(2, at=now)
    Customer.objects.filter(number="B-1").update(contribution=100, tier=Tier.MID)
    sweep(now)
    client = client_for(supervisor)

    assert numbers(client.get(LIST)) == ["B-1", "B-0", "FAIR"]
    assert numbers(client.get(LIST, {"tier": "mid"})) == ["B-1"]
    assert numbers(client.get(LIST, {"fault": "no_region", "tier": "none"})) == ["B-0", "FAIR"]
    assert client.get(LIST, {"fault": "nonsense"}).status_code == 422
    assert numbers(client.get("/customers/", {"sort": "-mending"})) == ["B-1", "B-0", "FAIR", "GOOD"]


def test_row_leads_to_the_form_that_mends(client_for, supervisor, now):
    customer = make_faultless(now, number="ODD", region="")
    contact = add_contact(customer=customer, name="测试", at=now)
    sweep(now)

    page = client_for(supervisor).get(LIST).content.decode()

    assert f'href="{reverse("customers:update", args=[customer.pk])}">No region' in page
    where = reverse("customers:update_contact", args=[customer.pk, contact.pk])
    assert f'href="{where}">A contact whose name is not real' in page


def test_customers_page_says_what_is_to_mend_as_it_is_now(client_for, supervisor, now):
    customer = make_faultless(now)
    sweep(now)
    client = client_for(supervisor)
    assert "There is nothing to mend." in panels_of(client, customer)

    remove_contact(contact=customer.contacts.get(), by=supervisor, at=now)

    assert reverse("customers:create_contact", args=[customer.pk]) in panels_of(client, customer)


def test_who_may_not_edit_sees_nothing_of_it(client_for, analyst, now):
    make_bare(1, at=now)
    client = client_for(analyst)
    assert client.get(OVERVIEW).status_code == client.get(LIST).status_code == 403
    assert "to mend" not in panels_of(client, Customer.objects.get())
    assert OVERVIEW not in client.get("/customers/").content.decode()


def test_figures_of_the_night_are_kept_and_drawn(client_for, supervisor, now):
    make_bare(2, at=now)
    client = client_for(supervisor)
    assert client.get(OVERVIEW).context["trend"] is None
    for days in (2, 1):
        day = now.date() - timedelta(days=days)
        JobRun.objects.create(
            job=JOB,
            business_date=day,
            due_at=now,
            state=JobState.DONE,
            result=keep_figures(business_date=day, at=now),
        )

    trend = client.get(OVERVIEW).context["trend"]

    assert trend["series"][0]["values"] == [55.0, 55.0]
    assert JobRun.objects.first().result["faults"]["no_contact"] == 2


def test_nothing_is_shown_where_there_is_nobody(client_for, supervisor, now):
    assert figures_of().average is None
    assert judge_some(at=now) == 0
    assert "No customers yet" in client_for(supervisor).get(OVERVIEW).content.decode()
