import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from core.jobs.nightly import run_job
from customers.models import Customer
from shipments.models import Shipment
from tests.factories.accounts import inside
from tests.factories.tiering import IN_WINDOW, RULES, make_shipped, put_in_force
from tiering.models import TierChange
from tiering.services import BadDate, BadWindow, DateAhead, current_policy, draft_policy, evaluate_tiers
from tiering.services.evaluation import PLANNER

AS_OF = date(2026, 3, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def reference(weights=(100, 0, 0), window=90):
    """Say again, in plain Python and from the definition alone, what the statement must find."""
    windows, firsts = defaultdict(list), {}
    for customer_id, accepted_at, contribution in Shipment.objects.values_list(
        "customer_id", "accepted_at", "contribution"
    ):
        day = accepted_at.astimezone(SHANGHAI).date()
        if day <= AS_OF:
            firsts[customer_id] = min(accepted_at, firsts.get(customer_id, accepted_at))
        if AS_OF - timedelta(days=window) < day <= AS_OF:
            windows[customer_id].append(contribution)
    numbers = dict(Customer.objects.values_list("pk", "number"))
    rows = [(sum(windows[pk], Decimal(0)), len(windows[pk]), first, numbers[pk]) for pk, first in firsts.items()]

    def score(row):
        amount = sum(other[0] < row[0] for other in rows)
        frequency = sum(other[1] < row[1] for other in rows)
        tenure = sum(other[2] > row[2] for other in rows)
        return sum(weight * rank for weight, rank in zip(weights, (amount, frequency, tenure), strict=True))

    ordered = sorted(rows, key=lambda row: (-score(row), -row[0], -row[1], row[2], row[3]))
    vip, mid = ceil(Decimal(len(rows)) * 5 / 100), ceil(Decimal(len(rows)) * 20 / 100)
    return [
        (
            number,
            "low" if not shipments or rank > mid else "mid" if rank > vip else "vip",
            rank,
            contribution,
            shipments,
        )
        for rank, (contribution, shipments, _first, number) in enumerate(ordered, start=1)
    ]


def found(result):
    return [(c.number, c.tier, c.rank, c.contribution, c.shipment_count) for c in result.customers]


def scatter(seed, now):
    """Customers with many equal sums, counts and first shipments, about the edges of the window and days."""
    chance = random.Random(seed)
    edges = [
        datetime(2025, 12, 1, tzinfo=SHANGHAI),
        datetime(2025, 12, 2, tzinfo=SHANGHAI),
        datetime(2026, 3, 1, tzinfo=SHANGHAI),
        datetime(2026, 3, 2, tzinfo=SHANGHAI),
    ]
    for n in range(chance.randint(1, 45)):
        moments = [
            chance.choice(edges) + timedelta(seconds=chance.choice([-1, 0, 1]), days=chance.choice([0, 0, 3]))
            for _ in range(chance.randint(0, 4))
        ]
        make_shipped(
            f"{chance.choice('aBc')}-{n}",
            *[(moment, chance.choice(["10.00", "20.00", "0.01", "-5.00"])) for moment in moments],
            at=now,
        )


@pytest.mark.parametrize("seed", range(12))
def test_evaluation_finds_what_the_definition_says(tenant, now, seed):
    scatter(seed, now)

    result = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)

    expected = reference()
    assert found(result) == expected
    assert result.ranked == len(expected)
    assert result.counts == {tier: sum(row[1] == tier for row in expected) for tier in ("vip", "mid", "low")}
    assert {m.number: (m.from_tier, m.to_tier) for m in result.moves} == {row[0]: (None, row[1]) for row in expected}


@pytest.mark.parametrize("seed", range(4))
def test_evaluation_with_weights_finds_what_the_definition_says(tenant, now, seed):
    put_in_force(**{**RULES, "weight_amount": 50, "weight_frequency": 30, "weight_tenure": 20}, by=None, at=now)
    scatter(seed + 100, now)

    result = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)

    assert result.policy_version == 2
    assert found(result) == reference(weights=(50, 30, 20))


@pytest.mark.parametrize(
    ("mode", "tiers"),
    [
        ("threshold", {"a": "vip", "b": "vip", "c": "mid", "d": "low", "e": "low"}),
        ("floor", {"a": "vip", "b": "mid", "c": "mid", "d": "low", "e": "low"}),
    ],
)
def test_evaluation_by_monthly_amounts(tenant, now, mode, tiers):
    put_in_force(**{**RULES, "mode": mode, "vip_percent": 20, "mid_percent": 60}, by=None, at=now)
    for number, freight in {"a": "90000", "b": "30000", "c": "6000", "d": "5999.99", "e": "0"}.items():
        make_shipped(number, (IN_WINDOW, freight), at=now)

    result = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)

    assert {c.number: c.tier for c in result.customers} == tiers


def test_second_run_changes_nothing(tenant, now):
    scatter(7, now)
    evaluate_tiers(as_of=AS_OF, at=now)
    before = list(Customer.objects.order_by("pk").values())
    changes = TierChange.objects.count()

    result = evaluate_tiers(as_of=AS_OF, at=now + timedelta(hours=1))

    assert result.moves == []
    assert list(Customer.objects.order_by("pk").values()) == before
    assert TierChange.objects.count() == changes > 0


def test_other_tenants_customers_are_untouched(tenant, other_tenant, now):
    make_shipped("mine", (IN_WINDOW, "5"), at=now)
    with inside(other_tenant, leaving=tenant):
        make_shipped("theirs", (IN_WINDOW, "500"), at=now)

    result = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)

    assert [(c.number, c.tier) for c in result.customers] == [("mine", "vip")]
    with inside(other_tenant, leaving=tenant):
        assert Customer.objects.get().tier is None
        assert TierChange.objects.count() == 0


def test_nightly_job_evaluates_the_day_before(tenant, now):
    make_shipped("a", (IN_WINDOW, "5"), at=now)

    result = run_job("tiering.evaluate", business_date=date(2026, 3, 2), at=now)

    assert result == {
        "as_of": "2026-03-01",
        "ranked": 1,
        "counts": {"vip": 1, "mid": 0, "low": 0},
        "moves": 1,
        "segments": 0,
        "without_manager": 1,
    }


def test_new_tenant_has_the_default_policy(tenant):
    policy = current_policy()

    assert (policy.version, policy.mode, policy.window_days) == (1, "percentile", 90)
    assert (policy.vip_percent, policy.mid_percent, policy.demotion_runs) == (5, 15, 2)


def test_evaluation_of_nobody_is_empty(tenant, now):
    result = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)

    assert (result.ranked, result.customers, result.moves) == (0, [], [])


def test_evaluation_refuses_bad_windows_and_dates(tenant, now):
    with pytest.raises(BadWindow):
        evaluate_tiers(as_of=AS_OF, window_days=0, at=now)
    with pytest.raises(BadDate):
        evaluate_tiers(as_of=date(1, 1, 2), at=now)
    with pytest.raises(BadDate):
        evaluate_tiers(as_of=date.max, at=now)


def test_evaluation_of_a_day_to_come_is_only_tried(tenant, now):
    make_shipped("a", (IN_WINDOW, "5"), at=now)
    today, tomorrow = date(2026, 3, 2), date(2026, 3, 3)

    tried = evaluate_tiers(as_of=tomorrow, dry_run=True, at=now)
    with pytest.raises(DateAhead):
        evaluate_tiers(as_of=tomorrow, at=now)

    assert tried.ranked == 1
    assert Customer.objects.get().tier is None
    assert [move.number for move in evaluate_tiers(as_of=today, at=now).moves] == ["a"]


def test_sums_are_exact_for_the_largest_and_the_negative_amounts(tenant, now):
    make_shipped("large", (IN_WINDOW, "999999999999.99"), (IN_WINDOW, "999999999999.99"), at=now)
    make_shipped("mixed", (IN_WINDOW, "167772.16"), (IN_WINDOW, "-0.01"), (IN_WINDOW, "-335544.31"), at=now)

    result = evaluate_tiers(as_of=AS_OF, with_customers=True, at=now)

    assert {c.number: c.contribution for c in result.customers} == {
        "large": Decimal("1999999999999.98"),
        "mixed": Decimal("-167772.16"),
    }


def test_only_rows_in_which_something_differs_are_written(tenant, now):
    for n in range(20):
        make_shipped(f"c{n}", (IN_WINDOW, str(n + 1)), at=now)
    make_shipped("leaves", (datetime(2025, 12, 2, 4, tzinfo=UTC), "0.50"), at=now)

    written = [evaluate_tiers(as_of=AS_OF + timedelta(days=days), at=now).written for days in (0, 0, 1, 1)]

    assert written == [21, 0, 1, 0]


def test_draft_is_tried_without_being_put_in_force(tenant, now):
    for n in range(10):
        make_shipped(f"c{n}", (IN_WINDOW, str(n + 1)), at=now)
    draft = draft_policy(**{**RULES, "vip_percent": 50})

    result = evaluate_tiers(as_of=AS_OF, draft=draft, dry_run=True, at=now)

    assert (result.policy_version, result.counts) == (2, {"vip": 5, "mid": 2, "low": 3})
    assert (current_policy().version, TierChange.objects.count()) == (1, 0)
    with pytest.raises(ValueError, match="only tried"):
        evaluate_tiers(as_of=AS_OF, draft=draft, at=now)


def test_planner_is_left_as_it_was_found(tenant, now):
    def settings():
        with connection.cursor() as cursor:
            cursor.execute("select " + ", ".join(f"current_setting('{name}')" for name in PLANNER))
            return cursor.fetchone()

    before = settings()

    evaluate_tiers(as_of=AS_OF, at=now)

    assert settings() == before != tuple(PLANNER.values())
