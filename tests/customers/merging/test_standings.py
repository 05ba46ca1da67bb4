"""Whose tier, stage and self-service the customer has in which two became one, and what they are when parted again."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers.models import Customer
from customers.services import plan_merge, undo_merge
from lifecycle.models import Lead, StageChange
from lifecycle.playbooks import wanted_for_stage
from lifecycle.services import qualify_lead, take_up_lead
from tests.customers.merging.pairs import merge, state
from tests.factories.customers import make_customer
from tiering.follow_ups import wanted_for_fall
from tiering.models import TierChange
from tiering.trail import tell_moves

SINCE = date(2025, 6, 1)


def write(customer, **facts):
    Customer.with_merged.filter(pk=customer.pk).update(**facts)
    return Customer.with_merged.get(pk=customer.pk)


@pytest.fixture
def newcomer(tenant, now):
    return make_customer(number="N-1", company_name="Kingsway", at=now)


@pytest.fixture
def important(absorbed):
    """A very important customer of long standing, which is about to fall to the middle, and was asked already."""
    return write(
        absorbed,
        tier="vip",
        tier_since=SINCE,
        lower_tier="mid",
        lower_runs=1,
        lower_as_of=date(2026, 1, 2),
        stage="mature",
        stage_since=SINCE,
        stage_held_until=date(2027, 1, 1),
        self_service="offered",
        self_service_since=SINCE,
    )


def standing(customer):
    customer = Customer.objects.get(pk=customer.pk)
    return (
        (customer.tier, customer.tier_since, customer.lower_tier, customer.lower_runs),
        (customer.stage, customer.stage_since, customer.stage_held_until),
        (customer.self_service, customer.self_service_since),
    )


def test_newcomer_stands_as_the_customer_that_it_absorbs(newcomer, important, supervisor, now):
    stood = standing(important)

    plan = plan_merge(kept=newcomer, absorbed=important)
    merge(newcomer, important, supervisor, now)

    assert [(fact.name, fact.kept, fact.absorbed) for fact in plan.takes] == [
        ("tier", None, "vip"),
        ("stage", "lead", "mature"),
        ("self_service", None, "offered"),
    ]
    assert standing(newcomer) == stood


def test_undo_restores_both_exactly(newcomer, important, supervisor, now):
    write(newcomer, segment="new", self_service=None)
    before = state(newcomer), state(important)

    done = merge(newcomer, important, supervisor, now)
    assert Customer.objects.get(pk=newcomer.pk).segment is None
    undo_merge(merge=done, by=supervisor, at=now + timedelta(days=3))

    assert (state(newcomer), state(important)) == before


def test_histories_tell_of_the_merge_and_of_its_undoing(newcomer, important, supervisor, now):
    later = now + timedelta(days=3)

    done = merge(newcomer, important, supervisor, now)
    undo_merge(merge=done, by=supervisor, at=later)

    tiers = TierChange.objects.order_by("pk").values_list(
        "customer", "from_tier", "to_tier", "reason", "shipment_count", "changed_at"
    )
    assert list(tiers) == [
        (newcomer.pk, None, "vip", "merge", 3, now),
        (newcomer.pk, "vip", None, "unmerge", 0, later),
    ]
    stages = StageChange.objects.order_by("pk").values_list(
        "customer", "from_stage", "to_stage", "cause", "moved_by", "shipment_count", "changed_at"
    )
    assert list(stages) == [
        (newcomer.pk, "lead", "mature", "merge", supervisor.pk, 3, now),
        (newcomer.pk, "mature", "lead", "unmerge", supervisor.pk, 0, later),
    ]
    told = OutboxEvent.objects.filter(name__in=["customer.tier_changed", "customer.stage_changed"]).order_by("pk")
    assert [(event.name, event.payload["from"], event.payload["to"]) for event in told] == [
        ("customer.tier_changed", None, "vip"),
        ("customer.stage_changed", "lead", "mature"),
        ("customer.tier_changed", "vip", None),
        ("customer.stage_changed", "mature", "lead"),
    ]


def test_merge_and_undoing_give_nobody_work(newcomer, important, account_manager, supervisor, now):
    write(newcomer, account_manager=account_manager)
    done = merge(newcomer, important, supervisor, now)
    undo_merge(merge=done, by=supervisor, at=now)

    fell = OutboxEvent.objects.filter(name="customer.tier_changed").latest("pk")
    came = OutboxEvent.objects.filter(name="customer.stage_changed")

    assert wanted_for_fall(fell, now) is None
    assert [list(wanted_for_stage(event, now)) for event in came] == [[], []]
    fell.payload["reason"] = "evaluation"
    assert wanted_for_fall(fell, now) is not None


def test_higher_tier_and_own_answer_stay(kept, important, supervisor, now):
    write(kept, tier="vip", tier_since=date(2024, 1, 1), self_service="declined", self_service_since=SINCE)

    assert [fact.name for fact in plan_merge(kept=Customer.objects.get(pk=kept.pk), absorbed=important).takes] == [
        "stage"
    ]
    merge(kept, important, supervisor, now)

    tier, stage, answer = standing(kept)
    assert tier == ("vip", date(2024, 1, 1), None, 0)
    assert stage[0] == "mature"
    assert answer == ("declined", SINCE)
    assert not TierChange.objects.exists()


def test_of_two_that_shipped_the_stage_is_of_who_shipped_last(kept, important, supervisor, now):
    write(kept, stage="declining", stage_since=SINCE, last_shipment_at=now + timedelta(days=9))

    merge(kept, important, supervisor, now)

    assert standing(kept)[1] == ("declining", SINCE, None)
    assert not StageChange.objects.exists()


def test_what_was_evaluated_since_stays(newcomer, important, supervisor, now):
    done = merge(newcomer, important, supervisor, now)
    write(newcomer, tier="mid", tier_since=date(2026, 3, 3), lower_tier=None, lower_runs=0, stage="declining")

    undo_merge(merge=done, by=supervisor, at=now)

    tier, stage, answer = standing(newcomer)
    assert (tier[0], stage[0], answer) == ("mid", "declining", (None, None))


def test_open_lead_is_won_and_open_again(newcomer, important, supervisor, now):
    lead = take_up_lead(customer=newcomer, source=None, by=supervisor, at=now)
    qualify_lead(lead=lead, by=supervisor, at=now)

    done = merge(newcomer, important, supervisor, now + timedelta(hours=1))
    won = Lead.objects.get()
    undo_merge(merge=done, by=supervisor, at=now + timedelta(hours=2))
    again = Lead.objects.get()

    assert (won.state, won.closed_at) == ("converted", now + timedelta(hours=1))
    assert (again.state, again.closed_at, again.customer_id) == ("qualified", None, newcomer.pk)


def test_page_says_where_the_kept_one_will_stand(client_for, supervisor, newcomer, important):
    url = f"{reverse('customers:merge', args=[newcomer.pk])}?other=A-1"

    page = client_for(supervisor).get(url).content.decode()
    other_way = client_for(supervisor).get(f"{reverse('customers:merge', args=[important.pk])}?other=N-1")

    assert "N-1 will stand as A-1 does" in page
    assert "VIP" in page
    assert "Mature" in page
    assert "will stand as" not in other_way.content.decode()


def test_trail_tells_of_a_merge_as_what_somebody_did(newcomer, important, supervisor, now):
    merge(newcomer, important, supervisor, now)

    event = AuditEvent.objects.get(action="customer.merged")

    assert (event.changes["tier"], event.changes["stage"]) == ([None, "vip"], ["lead", "mature"])
    assert tell_moves([newcomer.pk], 5) == []


def test_tags_and_own_values_go_back_one_by_one(kept, absorbed, supervisor, now):
    write(kept, tags=["a"], custom_values={"dock": "3"})
    write(absorbed, tags=["b", "c"], custom_values={"route": "North", "contract": "A"})
    done = merge(kept, absorbed, supervisor, now)
    write(kept, tags=["a", "b", "c", "new"], custom_values={"dock": "4", "route": "North", "contract": "B"})

    undo_merge(merge=done, by=supervisor, at=now)

    one = Customer.objects.get(pk=kept.pk)
    assert (one.tags, one.custom_values) == (["a", "new"], {"dock": "4", "contract": "B"})
