"""Who moves when: demotions that wait, tiers set by hand, what is kept and told of each move."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from core.events.models import OutboxEvent
from customers.models import Customer
from tests.factories.tiering import IN_WINDOW, RULES, make_shipped
from tiering.models import TierChange, TierOverride
from tiering.services import (
    create_policy,
    end_override,
    evaluate_tiers,
    set_override,
)

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
    then = evaluate_tiers(as_of=second, at=now)
    after = evaluate_tiers(as_of=second, at=now)

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
    create_policy(**{**RULES, "vip_percent": 30, "mid_percent": 30}, by=None, at=now)
    make_shipped("old", (IN_WINDOW, "50"), at=now)
    make_shipped("new", (LONG_AGO, "1"), (datetime(2026, 3, 2, 4, tzinfo=UTC), "99"), at=now)
    make_shipped("next", (LONG_AGO, "1"), (datetime(2026, 3, 3, 4, tzinfo=UTC), "98"), at=now)

    tiers = []
    for day in (1, 2, 3, 3, 3, 4, 4, 5):
        evaluate_tiers(as_of=date(2026, 3, day), at=now)
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


def test_override_ended_by_hand_leaves_the_tier_to_the_next_evaluation(tenant, now, supervisor):
    customer = make_shipped("a", (LONG_AGO, "1"), at=now)
    override = set_override(customer=customer, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)

    end_override(override=override, by=supervisor, at=now)
    kept = standing("a").tier
    evaluate_tiers(as_of=AS_OF, at=now)

    assert kept == "vip"
    assert standing("a").tier == "low"
    assert TierOverride.objects.filter(ended_at=None).count() == 0


def test_weightiest_moves_are_those_of_the_best_tiers(tenant, now):
    for n in range(20):
        make_shipped(f"c{n:02}", (IN_WINDOW, str(100 - n)), at=now)
    make_shipped("later", (LONG_AGO, "1"), (datetime(2026, 3, 2, 4, tzinfo=UTC), "999"), at=now)
    create_policy(**{**RULES, "demotion_runs": 1}, by=None, at=now)
    evaluate_tiers(as_of=AS_OF, at=now)

    moves = evaluate_tiers(as_of=AS_OF + timedelta(days=1), at=now).weightiest_moves(3)

    assert [(move.number, move.from_tier, move.to_tier, move.rank) for move in moves] == [
        ("later", "low", "vip", 1),
        ("c01", "vip", "mid", 3),
        ("c04", "mid", "low", 6),
    ]
