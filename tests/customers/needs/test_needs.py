"""Special needs: what each kind takes, who changed them, and where they are shown."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.enums import NeedKind
from customers.models import Customer, CustomerNeed, FollowUp
from customers.needs.kinds import KINDS, MOST_WINDOWS, BadNeed, checked_details, words_of
from customers.services import erase_customer, merge_customers, undo_merge
from customers.services.needs import (
    NeedChanged,
    NeedGone,
    NeedTwice,
    TooManyWindows,
    add_need,
    change_need,
    remove_need,
)
from shipments.models import Shipment
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

GOOD = {
    NeedKind.FRAGILE: ({}, "Fragile goods"),
    NeedKind.COLD_CHAIN: ({"from_degree": 2, "to_degree": 8}, "Cold chain, 2 to 8 °C"),
    NeedKind.DANGEROUS: ({"hazard_class": "3"}, "Class 3, flammable liquids"),
    NeedKind.TIME_WINDOW: ({"days": [1, 3], "opens": "09:00", "closes": "12:00"}, "Mon, Wed, 09:00–12:00"),
    NeedKind.FLOOR: ({"floor": 6}, "Floor 6, no lift"),
    NeedKind.LANGUAGE: ({"language": "yue"}, "Speaks Cantonese"),
    NeedKind.INVOICE: ({"rule": "special_vat"}, "Special VAT invoice"),
}
BAD = [
    (NeedKind.FRAGILE, {"floor": 2}, "floor"),
    (NeedKind.COLD_CHAIN, {"from_degree": 2}, "to_degree"),
    (NeedKind.COLD_CHAIN, {"from_degree": 8, "to_degree": 2}, "to_degree"),
    (NeedKind.COLD_CHAIN, {"from_degree": -200, "to_degree": 2}, "from_degree"),
    (NeedKind.DANGEROUS, {"hazard_class": "12"}, "hazard_class"),
    (NeedKind.TIME_WINDOW, {"days": [], "opens": "09:00", "closes": "12:00"}, "days"),
    (NeedKind.TIME_WINDOW, {"days": [8], "opens": "09:00", "closes": "12:00"}, "days"),
    (NeedKind.TIME_WINDOW, {"days": [1], "opens": "9", "closes": "12:00"}, "opens"),
    (NeedKind.TIME_WINDOW, {"days": [1], "opens": "12:00", "closes": "09:00"}, "closes"),
    (NeedKind.FLOOR, {}, "floor"),
    (NeedKind.FLOOR, {"floor": 1}, "floor"),
    (NeedKind.LANGUAGE, {"language": "tlh"}, "language"),
    (NeedKind.INVOICE, {}, "rule"),
]
# As many as before needs were shown.
DAY_QUERIES, RECORD_QUERIES, SHIPMENT_QUERIES = 14, 9, 8


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


def add_all(customer, now):
    for kind, (details, _words) in GOOD.items():
        add_need(customer=customer, kind=kind, details=details, by=None, at=now)


def url_of(need, name="update_need"):
    return reverse(f"customers:{name}", args=[need.customer_id, need.pk])


@pytest.mark.parametrize("kind", list(NeedKind))
def test_every_kind_is_checked_and_said(kind):
    details, words = GOOD[kind]

    assert set(GOOD) == set(KINDS) == set(NeedKind)
    assert checked_details(kind, details) == details
    assert words_of(kind, details) == words


@pytest.mark.parametrize(
    ("days", "words"), [([1, 2, 3, 4, 5], "Mon–Fri"), ([1, 2], "Mon, Tue"), ([1, 2, 3, 6, 7], "Mon–Wed, Sat, Sun")]
)
def test_days_in_a_row_are_said_as_first_and_last(days, words):
    assert words_of("time_window", {"days": days, "opens": "09:00", "closes": "12:00"}) == f"{words}, 09:00–12:00"


@pytest.mark.parametrize(("kind", "details", "field"), BAD)
def test_details_that_do_not_fit_are_refused_by_name(kind, details, field):
    with pytest.raises(BadNeed) as refusal:
        checked_details(kind, details)

    assert refusal.value.field == field


def test_need_is_added_changed_and_removed(customer, agent, now):
    need = add_need(customer=customer, kind="floor", details={"floor": 6}, by=agent, at=now)
    changed = change_need(need=need, version=1, details={"floor": 7}, by=agent, at=now)
    remove_need(need=changed, version=2, by=agent, at=now)

    trail = AuditEvent.objects.filter(subject_id=customer.pk, action__startswith="need").order_by("pk")
    assert [(each.action, each.details) for each in trail] == [
        ("need.added", {"need_kind": "floor"}),
        ("need.updated", {"need_kind": "floor"}),
        ("need.removed", {"need_kind": "floor"}),
    ]
    told = OutboxEvent.objects.filter(name="customer.updated", subject_id=customer.pk)
    assert [event.payload["changed"] for event in told] == [["needs"]] * 3
    assert CustomerNeed.objects.count() == 0


def test_need_changed_or_removed_meanwhile_changes_nothing(customer, agent, now):
    need = add_need(customer=customer, kind="floor", details={"floor": 6}, by=agent, at=now)
    change_need(need=need, version=1, details={"floor": 7}, by=agent, at=now)

    with pytest.raises(NeedChanged):
        change_need(need=need, version=1, details={"floor": 8}, by=agent, at=now)
    with pytest.raises(NeedChanged):
        remove_need(need=need, version=1, by=agent, at=now)

    stored = CustomerNeed.objects.get()
    assert (stored.details, stored.version) == ({"floor": 7}, 2)
    remove_need(need=stored, by=agent, at=now)
    with pytest.raises(NeedGone):
        change_need(need=need, version=2, details={"floor": 8}, by=agent, at=now)


def test_one_of_a_kind_but_several_windows(customer, now):
    add_all(customer, now)

    for kind, (details, _words) in GOOD.items():
        with pytest.raises(NeedTwice):
            add_need(customer=customer, kind=kind, details=details, by=None, at=now)
    window = GOOD[NeedKind.TIME_WINDOW][0]
    for hour in range(MOST_WINDOWS - 1):
        more = {**window, "closes": f"{13 + hour}:00"}
        add_need(customer=customer, kind="time_window", details=more, by=None, at=now)
    with pytest.raises(TooManyWindows):
        add_need(customer=customer, kind="time_window", details={**window, "days": [7]}, by=None, at=now)

    assert CustomerNeed.objects.count() == len(GOOD) - 1 + MOST_WINDOWS


def test_need_from_the_page_of_its_kind(client_for, agent, customer):
    client = client_for(agent)
    url = reverse("customers:create_need", args=[customer.pk, "time_window"])

    refused = client.post(url, {"days": ["1"], "opens": "12:00", "closes": "09:00"})
    response = client.post(url, {"days": ["3", "1"], "opens": "09:00", "closes": "12:00"})

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["closes"]
    assert response.url == reverse("customers:detail", args=[customer.pk])
    assert CustomerNeed.objects.get().details == GOOD[NeedKind.TIME_WINDOW][0]
    assert client.get(reverse("customers:create_need", args=[customer.pk, "nonsense"])).status_code == 404


def test_page_of_a_need_keeps_its_text_and_never_shows_it(client_for, agent, customer, now):
    need = add_need(
        customer=customer, kind="invoice", details={"rule": "monthly"}, text="To Li Na only", by=agent, at=now
    )
    client = client_for(agent)

    body = client.get(url_of(need)).content.decode()
    client.post(url_of(need), {"version": 1, "rule": "special_vat"})
    kept = CustomerNeed.objects.get()
    client.post(url_of(need), {"version": 2, "rule": "special_vat", "text-remove": "on"})

    assert "Li Na" not in body
    assert (kept.details, kept.text) == ({"rule": "special_vat"}, "To Li Na only")
    assert CustomerNeed.objects.get().text is None


def test_page_of_a_need_changed_meanwhile_shows_both_versions(client_for, agent, customer, now):
    need = add_need(customer=customer, kind="floor", details={"floor": 6}, by=agent, at=now)
    change_need(need=need, version=1, details={"floor": 7}, by=agent, at=now)

    response = client_for(agent).post(url_of(need), {"version": 1, "floor": "8"})

    assert response.status_code == 422
    assert 'name="seen" value="2"' in response.content.decode()
    assert CustomerNeed.objects.get().details == {"floor": 7}


def test_need_is_removed_from_its_page(client_for, agent, customer, now):
    need = add_need(customer=customer, kind="fragile", details={}, by=agent, at=now)

    response = client_for(agent).post(url_of(need, "remove_need"))

    assert response.url == reverse("customers:detail", args=[customer.pk])
    assert CustomerNeed.objects.count() == 0


def test_need_of_another_tenant_is_not_found_and_not_changed(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = add_need(customer=make_customer(at=now), kind="fragile", details={}, by=None, at=now)
    client = client_for(agent)

    answers = [client.get(url_of(theirs)), client.post(url_of(theirs, "remove_need"))]

    assert [answer.status_code for answer in answers] == [404, 404]
    with inside(other_tenant, leaving=tenant):
        assert CustomerNeed.objects.count() == 1


def test_pages_show_what_is_needed_without_asking_more(client_for, agent, customer, now, django_assert_num_queries):
    add_all(customer, now)
    shipment = Shipment.objects.create(customer=customer, waybill_number="W-1", accepted_at=now, freight="1.00")
    client = client_for(agent)
    customer_url = reverse("customers:detail", args=[customer.pk])
    client.get(customer_url)

    page = client.get(customer_url).content.decode()
    with django_assert_num_queries(SHIPMENT_QUERIES):
        waybill = client.get(reverse("shipments:detail", args=[shipment.pk])).content.decode()
    form = client.get(f"{reverse('service_requests:create')}?shipment={shipment.pk}").content.decode()

    for _details, words in GOOD.values():
        assert words in page
        assert words in waybill
        assert words in form


@pytest.mark.parametrize("rows", [3, 90])
def test_my_day_tells_what_whoever_calls_has_to_know(client_for, agent, now, rows, django_assert_num_queries):
    for number in range(rows):
        customer = make_customer(at=now, number=f"D-{number}")
        add_all(customer, now)
        make_follow_up(customer=customer, subject=f"Call {number}", assignee=agent, due_at=now, at=now)
    FollowUp.objects.update(due_at=now - timedelta(days=1))
    client = client_for(agent)
    client.get(reverse("customers:my_day"))

    with django_assert_num_queries(DAY_QUERIES):
        body = client.get(reverse("customers:my_day")).content.decode()
    follow_up = client.get(reverse("customers:follow_up", args=[FollowUp.objects.first().pk])).content.decode()

    assert body.count("Speaks Cantonese") == body.count("Mon, Wed, 09:00–12:00") == rows
    assert "Cold chain" not in body
    assert "Speaks Cantonese" in follow_up


def test_merge_unites_the_needs_and_undoing_parts_them(supervisor, now, tenant, client_for):
    kept, absorbed = make_customer(at=now, number="K"), make_customer(at=now, number="A")
    add_need(customer=kept, kind="fragile", details={}, by=None, at=now)
    add_need(customer=absorbed, kind="fragile", details={}, by=None, at=now)
    add_need(customer=absorbed, kind="floor", details={"floor": 6}, by=None, at=now)

    merge = merge_customers(kept=kept, absorbed=absorbed, versions=(1, 1), by=supervisor, at=now)

    body = client_for(supervisor).get(reverse("customers:detail", args=[kept.pk])).content.decode()
    assert CustomerNeed.objects.filter(customer=kept).count() == 3
    assert "Floor 6, no lift" in body
    assert body.count('aria-label="Edit Fragile goods"') == 2
    undo_merge(merge=merge, by=supervisor, at=now)
    assert sorted(CustomerNeed.objects.values_list("customer__number", "kind")) == [
        ("A", "floor"),
        ("A", "fragile"),
        ("K", "fragile"),
    ]


def test_erasure_takes_the_needs_away(supervisor, customer, now):
    add_need(customer=customer, kind="invoice", details={"rule": "monthly"}, text="To Li Na", by=None, at=now)

    figures = erase_customer(customer=customer, reason="request", by=supervisor, at=now)

    assert figures["needs"] == 1
    assert CustomerNeed.objects.count() == 0
    assert Customer.objects.count() == 1
