"""What tiers get: where it is enforced, what is missing, and what it costs."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

import pytest

from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.web.models import Notice
from core.web.notices import lines_of
from customers.enums import Tier
from customers.models import Customer
from service_requests.models import ServiceRequest
from service_requests.services import open_request, resume_request, wait_with_request
from shipments.models import Shipment
from tests.factories.customers import panels_of
from tests.factories.tiering import IN_WINDOW, RULES, make_shipped, put_in_force, set_override, ten_customers
from tiering.entitlements import costs, entitled
from tiering.selectors import trial_of
from tiering.services import current_policy, draft_policy, evaluate_last_day, evaluate_tiers, try_policy, write_policy

AS_OF = date(2026, 3, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
COSTLY = {
    **RULES,
    "mid_head_start": 8,
    "head_start_cost": Decimal("12.50"),
    "manager_cost": Decimal("300.10"),
    "mid_rebate": 3,
    "low_rebate": 1,
}


def cost_by_hand(rules, standing, *, window):
    """Say again, customer by customer and in fractions, what a month costs: `standing` is (tier, contribution)."""
    found = defaultdict(Fraction)
    for tier, contribution in standing:
        if rules[f"{tier}_head_start"]:
            found[tier] += Fraction(rules["head_start_cost"])
        if rules[f"{tier}_manager"]:
            found[tier] += Fraction(rules["manager_cost"])
        found[tier] += Fraction(max(contribution, Decimal(0))) * rules[f"{tier}_rebate"] / 100 * 30 / window
    return {tier: Decimal(floor(found[tier] * 100 + Fraction(1, 2))) / 100 for tier in Tier.values}


def contributions(window):
    sums = defaultdict(Decimal)
    for customer_id, accepted_at, contribution in Shipment.objects.values_list(
        "customer_id", "accepted_at", "contribution"
    ):
        if AS_OF - timedelta(days=window) < accepted_at.astimezone(SHANGHAI).date() <= AS_OF:
            sums[customer_id] += contribution
    return sums


@pytest.mark.parametrize("seed", range(4))
def test_cost_of_a_trial_is_what_each_customer_costs(tenant, now, seed):
    chance = random.Random(seed)
    for n in range(chance.randint(1, 40)):
        shipped = [
            (IN_WINDOW - timedelta(days=chance.randrange(120)), chance.choice(["900.00", "33.33", "0.07", "-20.00"]))
            for _ in range(chance.randint(1, 4))
        ]
        make_shipped(f"c{n}", *shipped, at=now)
    put_in_force(**COSTLY, at=now)
    evaluate_tiers(as_of=AS_OF, at=now)
    wanted = {**COSTLY, "vip_percent": 20, "mid_percent": 30, "vip_rebate": 2, "manager_cost": Decimal(80)}
    wanted["window_days"] = chance.choice([30, 90])

    draft = draft_policy(**wanted)
    tried = evaluate_tiers(as_of=AS_OF, draft=draft, dry_run=True, with_customers=True, at=now)
    found = costs(current_policy(), draft, before=tried.before, after=tried.after, window_days=tried.window_days)

    window = wanted["window_days"]
    sums = contributions(window)
    as_it_is = [(tier, sums[pk]) for pk, tier in Customer.objects.values_list("pk", "tier")]
    would_be = {customer.number: customer.tier for customer in tried.customers}
    then = [(would_be[number], sums[pk]) for pk, number in Customer.objects.values_list("pk", "number")]
    assert {cost.tier: cost.before for cost in found} == cost_by_hand(COSTLY, as_it_is, window=window)
    assert {cost.tier: cost.after for cost in found} == cost_by_hand(wanted, then, window=window)
    assert {tier: standing.customers for tier, standing in tried.after.items()} == tried.counts


def test_trial_of_an_empty_tenant_costs_nothing(tenant, now):
    policy = write_policy(**COSTLY, by=None, at=now)
    try_policy(policy=policy, at=now)

    cost = trial_of(policy).cost
    assert (cost.before, cost.after, cost.difference) == (0, 0, 0)


def test_request_of_a_vip_stands_earlier_in_the_queue(tenant, agent, now):
    ten_customers(now)
    evaluate_tiers(as_of=AS_OF, at=now)
    low, vip = Customer.objects.get(number="c9"), Customer.objects.get(number="c0")

    first = open_request(customer=low, kind="chase", text="Where?", by=agent, at=now)
    second = open_request(customer=vip, kind="invoice", text="A paper", by=agent, at=now + timedelta(hours=1))

    assert (first.head_start_hours, first.queue_at) == (0, first.due_at)
    assert (second.head_start_hours, second.queue_at) == (24, second.due_at - timedelta(hours=24))
    assert second.due_at > first.due_at
    assert list(ServiceRequest.objects.order_by("queue_at")) == [second, first]


def test_head_start_stays_when_a_request_waited(tenant, agent, now):
    ten_customers(now)
    evaluate_tiers(as_of=AS_OF, at=now)
    vip = Customer.objects.get(number="c0")
    request = open_request(customer=vip, kind="chase", text="Where?", by=agent, at=now)
    wait_with_request(request=request, waits_for="customer", by=agent, at=now)
    put_in_force(**{**RULES, "vip_head_start": 5}, at=now)

    resumed = resume_request(request=request, by=agent, at=now + timedelta(days=2))

    assert resumed.due_at > request.due_at
    assert resumed.queue_at == resumed.due_at - timedelta(hours=24)


@pytest.fixture
def without_managers(tenant, now):
    ten_customers(now)
    evaluate_tiers(as_of=AS_OF, at=now)


def run_night(day, now):
    result = evaluate_last_day(business_date=day, at=now)
    JobRun.objects.create(
        job="tiering.evaluate", business_date=day, due_at=now, finished_at=now, state=JobState.DONE, result=result
    )
    return result


def test_missing_managers_are_told_when_there_are_others_than_before(
    without_managers, tenant, supervisor, account_manager, now
):
    put_in_force(**{**RULES, "mid_manager": True}, at=now)
    results = [run_night(date(2026, 3, 2), now), run_night(date(2026, 3, 3), now + timedelta(days=1))]
    told_twice = OutboxEvent.objects.filter(name="tiers.managers_missing").count()
    Customer.objects.filter(number="c0").update(account_manager=account_manager)
    results.append(run_night(date(2026, 3, 4), now + timedelta(days=2)))
    Customer.objects.filter(number="c1").update(account_manager=account_manager)
    results.append(run_night(date(2026, 3, 5), now + timedelta(days=3)))
    work_off(tenant_id=tenant.pk, now=lambda: now)

    # Events are delivered in no certain order.
    found = Notice.objects.filter(user=supervisor, kind="account_managers_missing")
    notices = sorted(found, key=lambda notice: -notice.facts["customers"])
    assert [result["without_manager"] for result in results] == [2, 2, 1, 0]
    assert told_twice == 1
    assert [notice.facts for notice in notices] == [{"customers": 2}, {"customers": 1}]
    assert lines_of(notices)[1].words.text == "1 customer lacks the account manager that its tier gives it"


def test_customers_page_says_what_its_tier_gives_and_lacks(without_managers, client_for, agent, account_manager):
    client = client_for(agent)
    vip, mid, low = (Customer.objects.get(number=number) for number in ("c0", "c1", "c9"))

    lacking = panels_of(client, vip)
    Customer.objects.filter(pk=vip.pk).update(account_manager=account_manager)
    looked_after = panels_of(client, Customer.objects.get(pk=vip.pk))
    nothing, invited = panels_of(client, mid), panels_of(client, low)

    assert "service requests stand 24 hours earlier in the queue" in lacking
    assert "The account manager is missing" in lacking
    assert "The account manager is missing" not in looked_after
    assert "No extras" in nothing
    assert "Not offered yet" not in nothing
    assert "Is offered to serve itself on the public pages" in invited
    assert "Not offered yet" in invited


def test_tier_set_by_hand_gives_what_the_tier_gives(tenant, supervisor, now):
    customer = make_shipped("c", at=now)
    assert entitled(current_policy(), customer.tier).words == []

    set_override(customer=customer, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)
    customer.refresh_from_db()

    assert len(entitled(current_policy(), customer.tier).words) == 2
