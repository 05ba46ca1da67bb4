"""Who moves when: demotions that wait, tiers set by hand, what is kept and told of each move."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core.events.models import OutboxEvent
from customers.models import Customer
from customers.shipment_figures import set_shipments
from shipments.models import Shipment
from tests.factories.tiering import IN_WINDOW, RULES, make_shipped, put_in_force, set_override
from tiering.models import TierChange
from tiering.services import OverrideEnded, end_override, evaluate_tiers

AS_OF = date(2026, 3, 1)
LONG_AGO = datetime(2024, 5, 1, 4, tzinfo=UTC)


def standing(number):
    return Customer.objects.get(number=number)


def two_customers(now):
    """`old` was the first and falls behind `new`, who starts to ship on 2 March."""
    make_shipped("old", (IN_WINDOW, "50"), at=now)
    make_shipped("new", (LONG_AGO, "1"), (datetime(2026, 3, 2, 4, tzinfo=UTC), "99"), at=now)


def test_demotion_waits_for_two_runs_of_different_dates(tenant, now):
    two_customers(now)
    evaluate_tiers(as_of=AS_OF, at=now)
    first, second = date(2026, 3, 2), date(2026, 3, 3)

    once = evaluate_tiers(as_of=first, at=now)
    again = evaluate_tiers(as_of=first, at=now)
    waiting = standing("old")
    then = evaluate_tiers(as_of=second, at=now + timedelta(days=1))
    after = evaluate_tiers(as_of=second, at=now + timedelta(days=1))

    assert [(m.number, m.from_tier, m.to_tier) for m in once.moves] == [("new", "low", "vip")]
    assert again.moves == []
    assert (waiting.tier, waiting.lower_tier, waiting.lower_runs, waiting.lower_as_of) == (
        "vip",
        "low",
        1,
        first,
    )
    assert [(m.number, m.from_tier, m.to_tier) for m in then.moves] == [("old", "vip", "low")]
    assert after.moves == []


def test_demotion_goes_to_the_better_tier_of_the_streak(tenant, now):
    put_in_force(**{**RULES, "vip_percent": 30, "mid_percent": 30}, by=None, at=now)
    make_shipped("old", (IN_WINDOW, "50"), at=now)
    make_shipped("new", (LONG_AGO, "1"), (datetime(2026, 3, 2, 4, tzinfo=UTC), "99"), at=now)
    make_shipped("next", (LONG_AGO, "1"), (datetime(2026, 3, 3, 4, tzinfo=UTC), "98"), at=now)

    tiers = []
    for day in (1, 2, 3, 3, 3, 4, 4, 5):
        evaluate_tiers(as_of=date(2026, 3, day), at=now + timedelta(days=3))
        tiers.append((day, standing("old").tier))

    assert tiers == [
        (1, "vip"),
        (2, "vip"),
        (3, "mid"),
        (3, "mid"),
        (3, "mid"),
        (4, "mid"),
        (4, "mid"),
        (5, "low"),
    ]


def test_dry_run_demotes_at_once_and_writes_nothing(tenant, now):
    two_customers(now)
    evaluate_tiers(as_of=AS_OF, at=now)
    before = list(Customer.objects.order_by("pk").values())

    result = evaluate_tiers(as_of=date(2026, 3, 2), dry_run=True, at=now)

    assert {m.number for m in result.moves} == {"old", "new"}
    assert list(Customer.objects.order_by("pk").values()) == before
    assert TierChange.objects.count() == 2
    assert OutboxEvent.objects.filter(name="customer.tier_changed").count() == 2


def test_each_change_is_kept_with_its_figures_and_told(tenant, now):
    customer = make_shipped("a", (IN_WINDOW, "12.50"), (IN_WINDOW, "0.25"), at=now)

    evaluate_tiers(as_of=AS_OF, at=now)

    change = TierChange.objects.get()
    event = OutboxEvent.objects.get(name="customer.tier_changed")
    customer.refresh_from_db()
    assert (change.customer_id, change.from_tier, change.to_tier, change.reason) == (
        customer.pk,
        None,
        "vip",
        "evaluation",
    )
    assert (change.rank, change.ranked, change.contribution, change.shipment_count) == (
        1,
        1,
        Decimal("12.75"),
        2,
    )
    assert (change.as_of, change.window_days, change.policy_version) == (AS_OF, 90, 1)
    assert (customer.tier, customer.tier_since, customer.contribution) == ("vip", AS_OF, Decimal("12.75"))
    assert change.pk.version == event.pk.version == 7
    assert (event.subject_id, event.version) == (customer.pk, 1)
    assert event.payload == {
        "number": "a",
        "from": None,
        "to": "vip",
        "reason": "evaluation",
        "as_of": "2026-03-01",
    }


def test_override_holds_until_it_expires_and_then_moves_at_once(tenant, now, supervisor):
    customer = make_shipped("a", (LONG_AGO, "1"), at=now)
    evaluate_tiers(as_of=AS_OF, at=now)
    override = set_override(
        customer=customer, tier="vip", reason="Contract", expires_on=date(2026, 3, 4), by=supervisor, at=now
    )

    held = evaluate_tiers(as_of=date(2026, 3, 3), with_customers=True, at=now + timedelta(days=2))
    after = evaluate_tiers(as_of=date(2026, 3, 4), at=now + timedelta(days=3))

    override.refresh_from_db()
    assert [c.tier for c in held.customers] == ["vip"]
    assert held.moves == []
    assert [(m.from_tier, m.to_tier) for m in after.moves] == [("vip", "low")]
    assert override.ended_at == now + timedelta(days=3)
    assert list(TierChange.objects.order_by("id").values_list("to_tier", "reason")) == [
        ("low", "evaluation"),
        ("vip", "override"),
        ("low", "override_ended"),
    ]
    assert OutboxEvent.objects.filter(name="customer.tier_changed").count() == 3


@pytest.mark.parametrize("expires_on", [None, date(2026, 4, 1)])
def test_override_ended_by_hand_leaves_the_tier_to_the_next_evaluation(tenant, now, supervisor, agent, expires_on):
    customer = make_shipped("a", (LONG_AGO, "1"), at=now)
    override = set_override(
        customer=customer, tier="vip", reason="Contract", expires_on=expires_on, by=supervisor, at=now
    )

    end_override(override=override, by=agent, at=now)
    kept = standing("a").tier
    evaluate_tiers(as_of=AS_OF, at=now + timedelta(hours=1))

    assert kept == "vip"
    assert standing("a").tier == "low"
    override.refresh_from_db()
    assert (override.approved_by, override.expires_on) == (supervisor, expires_on)
    assert (override.ended_by, override.end_requested_at, override.ended_at) == (agent, now, now + timedelta(hours=1))
    with pytest.raises(OverrideEnded):
        end_override(override=override, by=supervisor, at=now + timedelta(hours=2))


def test_override_in_place_of_another_says_who_ended_the_earlier(tenant, now, supervisor, agent):
    customer = make_shipped("a", (LONG_AGO, "1"), at=now)
    first = set_override(customer=customer, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)
    second = set_override(customer=customer, tier="mid", reason="Smaller", expires_on=None, by=agent, at=now)
    end_override(override=second, by=supervisor, at=now)
    set_override(customer=customer, tier="low", reason="None", expires_on=None, by=agent, at=now + timedelta(hours=1))

    for override, ended_by, ended_at in ((first, agent, now), (second, supervisor, now + timedelta(hours=1))):
        override.refresh_from_db()
        assert (override.ended_by, override.ended_at) == (ended_by, ended_at)


def lose_all_shipments(customer):
    """Leave the customer as an import does that gives all its shipments to another."""
    Shipment.objects.filter(customer=customer).delete()
    set_shipments([(customer.pk, 0, None, None)])


def test_customer_without_shipments_any_more_loses_tier_and_figures(tenant, now):
    customer = make_shipped("gone", (IN_WINDOW, "200"), at=now)
    make_shipped("stays", (IN_WINDOW, "100"), at=now)
    evaluate_tiers(as_of=AS_OF, at=now)
    lose_all_shipments(customer)

    tried = evaluate_tiers(as_of=AS_OF, dry_run=True, with_customers=True, at=now)
    done = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now + timedelta(hours=1))
    again = evaluate_tiers(as_of=AS_OF, at=now + timedelta(hours=2))

    customer = standing("gone")
    assert (customer.tier, customer.tier_since, customer.contribution, customer.window_shipment_count) == (
        None,
        None,
        Decimal(0),
        0,
    )
    assert [(c.number, c.tier, c.rank) for c in done.customers] == [("stays", "vip", 1)]
    assert (done.ranked, done.counts) == (1, {"vip": 1, "mid": 0, "low": 0})
    assert sorted((m.number, m.from_tier, m.to_tier, m.rank) for m in done.moves) == [
        ("gone", "vip", None, None),
        ("stays", "low", "vip", 1),
    ]
    assert (tried.moves, tried.counts, tried.customers) == (done.moves, done.counts, done.customers)
    assert [move.number for move in done.weightiest_moves(2)] == ["stays", "gone"]
    assert (again.moves, again.written) == ([], 0)
    change = TierChange.objects.get(customer=customer, to_tier=None)
    assert (change.from_tier, change.reason, change.rank, change.contribution) == ("vip", "evaluation", None, 0)
    told = OutboxEvent.objects.filter(name="customer.tier_changed", subject_id=customer.pk).order_by("id").last()
    assert (told.payload["from"], told.payload["to"]) == ("vip", None)


def test_tier_set_by_hand_holds_without_shipments_until_it_ends(tenant, now, supervisor):
    customer = make_shipped("lead", at=now)
    override = set_override(customer=customer, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)

    held = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)
    kept = standing("lead").tier
    end_override(override=override, by=supervisor, at=now)
    ended = evaluate_tiers(as_of=AS_OF, at=now + timedelta(hours=1))

    assert (held.moves, held.customers, held.ranked, kept) == ([], [], 0, "vip")
    assert [(m.number, m.from_tier, m.to_tier) for m in ended.moves] == [("lead", "vip", None)]
    assert ended.counts == {"vip": 0, "mid": 0, "low": 0}
    assert standing("lead").tier is None
    assert TierChange.objects.order_by("id").last().reason == "override_ended"
    override.refresh_from_db()
    assert override.ended_at == now + timedelta(hours=1)


def test_weightiest_moves_are_those_of_the_best_tiers(tenant, now):
    for n in range(20):
        make_shipped(f"c{n:02}", (IN_WINDOW, str(100 - n)), at=now)
    make_shipped("later", (LONG_AGO, "1"), (datetime(2026, 3, 2, 4, tzinfo=UTC), "999"), at=now)
    put_in_force(**{**RULES, "demotion_runs": 1}, by=None, at=now)
    evaluate_tiers(as_of=AS_OF, at=now)

    moves = evaluate_tiers(as_of=AS_OF + timedelta(days=1), at=now).weightiest_moves(3)

    assert [(move.number, move.from_tier, move.to_tier, move.rank) for move in moves] == [
        ("later", "low", "vip", 1),
        ("c01", "vip", "mid", 3),
        ("c04", "mid", "low", 6),
    ]
