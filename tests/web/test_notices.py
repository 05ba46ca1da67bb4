"""The bell and the page of notices: whose they are, how they read, and that they were read."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from core.accounts.enums import Role
from core.tenancy.ids import uuid7
from core.web import notices
from core.web.models import Notice
from core.web.notices import COUNT_CAP, KEEP, forget_notices, lines_of, notices_of, notify
from customers.enums import CustomerKind
from customers.models import Customer
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

PAGE_QUERIES = 8
FACTS = {"from": "low", "to": "vip", "reason": "evaluation"}


def tell(user, customer, at, **facts):
    notify(
        user=user,
        kind="tier_changed",
        source_id=uuid7(),
        subject_id=customer.pk,
        facts={**FACTS, **facts},
        at=at,
    )


def count_on_the_bell(client):
    return client.get(reverse("console:unread_count")).content.decode().strip()


def test_same_source_tells_once(account_manager, now):
    customer = make_customer(at=now)
    for _each in range(2):
        notify(
            user=account_manager,
            kind="tier_changed",
            source_id=customer.pk,
            subject_id=customer.pk,
            facts=FACTS,
            at=now,
        )

    assert Notice.objects.count() == 1


def test_notice_reads_in_the_readers_language_and_names_at_reading(account_manager, now):
    customer = make_customer(at=now, kind=CustomerKind.INDIVIDUAL, company_name="", person_name="Wang Xiaoming")
    tell(account_manager, customer, now)

    told = list(notices_of(account_manager))
    (english,) = lines_of(told)
    with translation.override("zh-hans"):
        (chinese,) = lines_of(told)

    assert english.words.text == f"{customer.display_name} moved from Low to VIP"
    assert english.words.detail == "Evaluation"
    assert english.words.url == reverse("customers:detail", args=[customer.pk])
    assert customer.display_name in chinese.words.text
    assert chinese.words.text != english.words.text
    assert "Xiaoming" not in str(list(Notice.objects.values()))


def test_bell_counts_ones_own_unread_up_to_a_cap(account_manager, agent, now, client_for):
    customer = make_customer(at=now)
    client = client_for(account_manager)
    assert count_on_the_bell(client) == ""
    tell(agent, customer, now)
    tell(account_manager, customer, now)
    assert ">1<" in count_on_the_bell(client)

    for _each in range(COUNT_CAP):
        tell(account_manager, customer, now)

    assert f">{COUNT_CAP}+<" in count_on_the_bell(client)


def test_opening_a_notice_leads_to_the_customer_and_reads_it(account_manager, now, client_for):
    customer = make_customer(at=now, company_name="Blue Kiln")
    tell(account_manager, customer, now)
    tell(account_manager, customer, now)
    opened, other = Notice.objects.order_by("pk")
    client = client_for(account_manager)

    listed = client.get(reverse("console:notices")).content.decode()
    answer = client.get(reverse("console:open_notice", args=[opened.pk]))

    assert listed.count("Blue Kiln") == 2
    assert (answer.status_code, answer.url) == (302, reverse("customers:detail", args=[customer.pk]))
    assert [notice.read_at is None for notice in Notice.objects.order_by("pk")] == [False, True]
    unread = client.get(reverse("console:notices"), {"unread": "yes"}).content.decode()
    assert (str(other.pk) in unread, str(opened.pk) in unread) == (True, False)


def test_notices_are_marked_as_read_one_by_one_and_all(account_manager, agent, now, client_for):
    customer = make_customer(at=now)
    for user in (account_manager, account_manager, account_manager, agent):
        tell(user, customer, now)
    client = client_for(account_manager)
    first = Notice.objects.filter(user=account_manager).order_by("pk")[0]

    client.post(reverse("console:read_notice", args=[first.pk]))
    assert Notice.objects.filter(read_at=None).count() == 3

    client.post(reverse("console:read_all_notices"))
    assert [notice.user for notice in Notice.objects.filter(read_at=None)] == [agent]


def test_notices_of_others_are_not_found_and_not_read(account_manager, agent, now, client_for):
    tell(agent, make_customer(at=now), now)
    notice = Notice.objects.get()
    client = client_for(account_manager)

    answers = [
        client.get(reverse("console:open_notice", args=[notice.pk])),
        client.post(reverse("console:read_notice", args=[notice.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Notice.objects.get().read_at is None


def test_who_may_not_see_a_kind_any_more_is_not_told_of_it(account_manager, now, client_for, monkeypatch):
    tell(account_manager, make_customer(at=now, company_name="Blue Kiln"), now)
    client = client_for(account_manager)
    before = client.get(reverse("console:notices")).content.decode()
    kind = replace(notices._kinds["tier_changed"], permission="people.manage")
    monkeypatch.setitem(notices._kinds, "tier_changed", kind)

    assert "Blue Kiln" in before
    assert count_on_the_bell(client) == ""
    assert "Blue Kiln" not in client.get(reverse("console:notices")).content.decode()


def test_notice_of_a_customer_that_is_gone_is_left_out(account_manager, now, client_for):
    customer = make_customer(at=now)
    tell(account_manager, customer, now)
    Customer.objects.filter(pk=customer.pk).delete()
    client = client_for(account_manager)

    answer = client.get(reverse("console:open_notice", args=[Notice.objects.get().pk]))

    assert (client.get(reverse("console:notices")).status_code, answer.status_code) == (200, 404)


@pytest.mark.parametrize("rows", [3, 300])
def test_page_asks_the_same_number_of_queries(rows, account_manager, now, client_for, django_assert_num_queries):
    customers = [make_customer(at=now) for _each in range(3)]
    for number in range(rows):
        tell(account_manager, customers[number % 3], now + timedelta(seconds=number))
    client = client_for(account_manager)
    client.get(reverse("console:notices"))

    with django_assert_num_queries(PAGE_QUERIES):
        page = client.get(reverse("console:notices"))

    assert page.status_code == 200


def test_count_is_one_query_beside_those_of_every_request(account_manager, now, client_for):
    client = client_for(account_manager)
    client.get(reverse("console:unread_count"))
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("console:unread_count"))

    assert len([query for query in queries if "web_notice" in query["sql"]]) == 1


def test_old_notices_are_forgotten(account_manager, tenant, other_tenant, now):
    customer = make_customer(at=now)
    tell(account_manager, customer, now - KEEP - timedelta(days=1))
    tell(account_manager, customer, now - KEEP + timedelta(days=1))
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=now)
        tell(make_user(role=Role.AGENT, at=now), theirs, now - KEEP * 2)

    assert forget_notices(business_date=now.date(), at=now) == {"notices": 1}
    assert Notice.objects.count() == 1
    with inside(other_tenant, leaving=tenant):
        assert Notice.objects.count() == 1


@pytest.mark.parametrize("facts", [{"to": None}, {"from": "vip", "to": "mid", "reason": "override"}])
def test_every_move_has_words(account_manager, now, facts):
    tell(account_manager, make_customer(at=now), now, **facts)

    (line,) = lines_of(list(notices_of(account_manager)))

    assert line.words.text
    assert line.words.detail
