"""Follow-ups that events ask for: a VIP's shipment that went wrong, and a customer that fell into a lower tier."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.events.models import EventDelivery, OutboxEvent
from core.web.models import Notice
from customers.enums import Priority, Tier
from customers.follow_ups import rules, words
from customers.follow_ups.words import happened_of, show
from customers.models import Customer, FollowUp
from customers.services.follow_up_steps import complete_follow_up, snooze_follow_up
from shipments.follow_ups import EXCEPTION_OF_VALUED, MOST_SHIPMENTS, add_exceptions, say_exceptions
from shipments.models import Shipment
from shipments.receivers import NEWS
from shipments.scans import record_scans
from shipments.upserting import record_shipments
from tests.factories.customers import make_customer
from tests.factories.tiering import set_override, ten_customers
from tiering.services import evaluate_tiers


@pytest.fixture
def deliver(tenant, now):
    return lambda: work_off(tenant_id=tenant.pk, now=lambda: now)


@pytest.fixture
def sent(tenant, account_manager, now, deliver):
    """Import a shipment with an exception of a customer in a tier, accepted so long ago, and deliver what it tells."""

    def sent(tier, ago=timedelta(days=2)):
        customer = make_customer(at=now, number="C1", account_manager=account_manager)
        Customer.objects.filter(pk=customer.pk).update(tier=tier)
        accepted = (now - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"waybill_number,customer_number,accepted_at,freight,exceptions\nW1,C1,{accepted},1,damaged\n"
        record_shipments(rows=csv.DictReader(io.StringIO(text)), by=None, at=now)
        deliver()
        return customer

    return sent


def scan(now, exception, hour, waybill="W1"):
    happened_at = f"2026-03-01 {hour:02}:00"
    row = {"waybill_number": waybill, "kind": "exception", "happened_at": happened_at, "exception": exception}
    record_scans(rows=[row], at=now)


def test_trouble_of_a_vip_is_followed_up_with_the_facts(sent, account_manager, now):
    customer = sent("vip")

    follow_up = FollowUp.objects.get()
    assert (follow_up.customer, follow_up.assignee, follow_up.origin, follow_up.code) == (
        customer,
        account_manager,
        "rule",
        "shipment_exception",
    )
    assert (follow_up.due_at, follow_up.priority, follow_up.kind) == (now + timedelta(hours=4), 2, "call")
    told = {
        "id": str(Shipment.objects.get().pk),
        "waybill_number": "W1",
        "exceptions": ["damaged"],
        "promised_at": None,
    }
    assert follow_up.parameters == {"shipments": [told], "left_out": 0}
    assert str(show([follow_up])[0]) == "Shipment W1: Damaged. Call before the customer asks."
    with translation.override("zh-hans"):
        assert str(show([follow_up])[0]) == "运单 W1：损毁。请在客户来问之前致电。"


def test_second_trouble_of_a_shipment_opens_no_second_one_while_the_first_is_open(sent, deliver, agent, now):
    sent("vip")
    scan(now, "lost", 9)
    deliver()
    EventDelivery.objects.update(state="due")
    deliver()
    assert FollowUp.objects.count() == 1

    complete_follow_up(follow_up=FollowUp.objects.get(), by=agent, at=now)
    scan(now, "returned", 10)
    deliver()

    assert sorted(FollowUp.objects.values_list("state", flat=True)) == ["done", "open"]
    assert OutboxEvent.objects.filter(name="follow_up.created").count() == 2


def send_more(tenant, now, waybill, exceptions="", customer="C1"):
    accepted = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = f"{waybill},{customer},{accepted},1,{exceptions}\n"
    text = f"waybill_number,customer_number,accepted_at,freight,exceptions\n{row}"
    record_shipments(rows=csv.DictReader(io.StringIO(text)), by=None, at=now)


def happened(follow_up):
    return [words for words, _url in happened_of(follow_up)]


def test_trouble_of_other_shipments_is_added_to_the_one_that_is_open(sent, deliver, tenant, agent, now):
    sent("vip")
    for waybill in ("W2", "W3"):
        send_more(tenant, now, waybill, "late")
        deliver()
    scan(now, "lost", 9)
    deliver()

    follow_up = FollowUp.objects.get()
    assert happened(follow_up) == ["W1: Damaged, Lost", "W3: Late", "W2: Late"]
    subject = "3 shipments went wrong, last W1: Damaged, Lost. Call before the customer asks."
    assert str(show([follow_up])[0]) == subject
    assert (follow_up.due_at, follow_up.priority, follow_up.version) == (now + timedelta(hours=4), Priority.HIGH, 1)
    assert AuditEvent.objects.filter(action="follow_up.added_to", subject_id=follow_up.pk).count() == 3
    assert OutboxEvent.objects.filter(name="follow_up.created").count() == 1

    complete_follow_up(follow_up=follow_up, by=agent, at=now)
    send_more(tenant, now, "W4", "late")
    deliver()

    assert [happened(each) for each in FollowUp.objects.filter(state="open")] == [["W4: Late"]]


def test_page_lists_what_happened_with_links(sent, deliver, now, client_for, account_manager):
    sent("vip")
    send_more(account_manager.tenant, now, "W2", "late")
    deliver()

    body = client_for(account_manager).get(reverse("customers:follow_up", args=[FollowUp.objects.get().pk]))

    for shipment in Shipment.objects.all():
        assert f'<li><a href="{reverse("shipments:detail", args=[shipment.pk])}">' in body.content.decode()


def test_more_trouble_brings_a_snoozed_one_back_and_what_was_put_off_forward(sent, deliver, tenant, supervisor, now):
    sent("vip")
    follow_up = FollowUp.objects.get()
    later = now + timedelta(days=2)
    snooze_follow_up(follow_up=follow_up, until=later, by=supervisor, at=now)
    FollowUp.objects.update(due_at=later, priority=Priority.LOW)
    send_more(tenant, now, "W2", "late")

    deliver()

    follow_up.refresh_from_db()
    assert (follow_up.snoozed_until, follow_up.due_at) == (None, now + timedelta(hours=4))
    assert follow_up.priority == Priority.HIGH


def test_what_is_overdue_stays_overdue(sent, deliver, tenant, now):
    sent("vip")
    FollowUp.objects.update(due_at=now - timedelta(hours=1))
    send_more(tenant, now, "W2", "late")

    deliver()

    assert FollowUp.objects.get().due_at == now - timedelta(hours=1)


def test_each_customer_has_one_of_their_own(sent, deliver, tenant, now):
    sent("vip")
    other = make_customer(at=now, number="C2")
    Customer.objects.filter(pk=other.pk).update(tier="vip")
    send_more(tenant, now, "W2", "late", customer="C2")

    deliver()

    assert sorted(FollowUp.objects.values_list("customer__number", flat=True)) == ["C1", "C2"]


def test_the_oldest_of_very_many_are_counted():
    def one(number):
        return {"id": str(number), "waybill_number": f"W{number}", "exceptions": ["late"], "promised_at": None}

    facts = {"shipments": [one(0)], "left_out": 0}
    for number in range(1, MOST_SHIPMENTS + 3):
        facts = add_exceptions(facts, {"shipments": [one(number)], "left_out": 0})

    assert (len(facts["shipments"]), facts["left_out"]) == (MOST_SHIPMENTS, 3)
    assert say_exceptions(facts).startswith(f"{MOST_SHIPMENTS + 3} shipments went wrong, last W{MOST_SHIPMENTS + 2}:")
    assert add_exceptions(facts, {"shipments": [one(9)], "left_out": 0}) == facts


@pytest.mark.parametrize(("tier", "ago"), [("low", timedelta(days=2)), ("vip", NEWS + timedelta(hours=1))])
def test_trouble_of_others_and_long_ago_is_not_followed_up(sent, tier, ago):
    sent(tier, ago)

    assert Shipment.objects.get().exceptions == ["damaged"]
    assert FollowUp.objects.count() == 0


def test_rule_says_nothing_twice_under_the_bell(sent, account_manager):
    sent("vip")

    assert list(Notice.objects.values_list("user", "kind")) == [(account_manager.pk, "shipment_exception")]


@pytest.fixture
def placed(tenant, now, account_manager):
    ten_customers(now)
    evaluate_tiers(as_of=date(2026, 3, 1), at=now)
    Customer.objects.update(account_manager=account_manager)
    return Customer.objects.order_by("number")


def test_fall_is_followed_up_by_the_account_manager_once(placed, deliver, supervisor, account_manager, now):
    vip = placed.get(tier="vip")
    deliver()
    assert FollowUp.objects.count() == 0
    for tier in (Tier.MID, Tier.LOW, Tier.VIP):
        set_override(customer=vip, tier=tier, reason="A test", expires_on=None, by=supervisor, at=now)
        deliver()

    follow_up = FollowUp.objects.get()
    assert (follow_up.customer, follow_up.assignee, follow_up.parameters) == (
        vip,
        account_manager,
        {"from": "vip", "to": "mid"},
    )
    assert str(show([follow_up])[0]).startswith("Fell from VIP to Mid")


def test_fall_of_a_customer_without_account_manager_is_nobodys_work(placed, deliver, supervisor, now):
    deliver()
    Customer.objects.update(account_manager=None)
    vip = placed.get(tier="vip")

    set_override(customer=vip, tier=Tier.LOW, reason="A test", expires_on=None, by=supervisor, at=now)
    deliver()

    assert FollowUp.objects.count() == 0


def test_code_is_taken_once():
    with pytest.raises(ValueError, match="'shipment_exception' already"):
        words.register(EXCEPTION_OF_VALUED.code, str)
    with pytest.raises(ValueError, match="already"):
        rules.register(EXCEPTION_OF_VALUED)
