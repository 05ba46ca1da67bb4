"""Portfolios, capacities and rules; customers assigned and moved by proposals."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job
from core.web.models import BulkOutcome
from customers.enums import HandoverReason
from customers.models import Customer, FollowUp, ManagerTerm
from customers.services import hand_over_customer
from portfolios.balancing import Reason
from portfolios.models import PortfolioPolicy
from portfolios.planning import Waiting, propose_assignments, propose_moves, suggestions
from portfolios.selectors import load_portfolios
from portfolios.services import (
    BadCapacity,
    BadRule,
    CapacityChanged,
    PolicyChanged,
    WarnedTooLate,
    assign_unowned,
    create_policy,
    current_policy,
    set_capacity,
)
from portfolios.services.policies import RULES
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import make_user
from tests.factories.service_requests import open_for
from tests.portfolios.made import make_in, make_policy

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
def colleague(tenant, now):
    return make_user(role=Role.ACCOUNT_MANAGER, at=now)


@pytest.fixture
def full(account_manager, supervisor, now):
    """An account manager with 21 points of 10: two of mid, one of low."""
    set_for(account_manager, supervisor, now, points=10)
    return [
        make_in(tier, number=f"F-{place}", account_manager=account_manager, at=now + timedelta(hours=place))
        for place, tier in enumerate(("mid", "mid", "low"))
    ]


def set_for(person, by, now, **facts):
    facts = {"points": None, "tiers": [], "absent_until": None, "version": 1, **facts}
    return set_capacity(person=person, **facts, by=by, at=now)


def managers():
    return dict(Customer.objects.order_by("number").values_list("number", "account_manager"))


def done(job, now):
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    job.refresh_from_db()
    return job


def test_load_and_work(account_manager, colleague, supervisor, now):
    vip = make_in("vip", account_manager=account_manager, at=now)
    make_in("mid", account_manager=account_manager, at=now)
    make_in(None, account_manager=account_manager, at=now)
    make_follow_up(customer=vip, assignee=account_manager, due_at=now - timedelta(days=1), at=now)
    make_follow_up(customer=vip, assignee=account_manager, due_at=now + timedelta(days=1), at=now)
    open_for(vip, assignee=account_manager, at=now)
    set_for(account_manager, supervisor, now, points=72, tiers=["vip", "mid"])

    mine, theirs = sorted(load_portfolios(policy=current_policy()), key=lambda each: -each.load)

    assert (mine.person, mine.load, mine.capacity, mine.percent, mine.free) == (account_manager, 36, 72, 50, 36)
    assert mine.counts == {"vip": 1, "mid": 1, "none": 1}
    assert mine.serves == {"vip", "mid"}
    assert (theirs.person, theirs.load, theirs.capacity) == (colleague, 0, 1000)


def test_portfolios_are_counted_from_their_index_alone(account_manager, now):
    make_in("vip", account_manager=account_manager, at=now)
    with CaptureQueriesContext(connection) as captured:
        load_portfolios(policy=current_policy())
    [counting] = [each["sql"] for each in captured if "GROUP BY" in each["sql"]]

    with connection.cursor() as cursor:
        # Without the statistics of a large table the planner would rather read it whole.
        for way in ("seqscan", "bitmapscan", "sort", "hashagg"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute("explain " + counting)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using customer_account_manager" in plan


def test_counts_of_those_that_nobody_looks_after_are_capped(client_for, supervisor, now):
    Customer.objects.bulk_create(
        Customer(number=f"B-{place}", company_name="B", created_at=now, tier="vip" if place < 3 else "low")
        for place in range(1005)
    )

    page = client_for(supervisor).get(reverse("portfolios:list"))

    assert (page.context["pooled"], page.context["waiting"]) == ("1,000+", "3")


def test_the_page_tells_and_its_queries_do_not_grow(client_for, supervisor, account_manager, now):
    make_in("vip", account_manager=account_manager, at=now)
    client = client_for(supervisor)
    counted = []
    for people in (3, 30):
        for _each in range(people):
            make_in("low", account_manager=make_user(role=Role.ACCOUNT_MANAGER, at=now), at=now)
        client.get(reverse("portfolios:list"))
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("portfolios:list"))
        counted.append(len(captured))

    assert counted == [13, 13]
    assert f"?account_manager={account_manager.pk}&amp;tier=vip" in page.content.decode()


def test_rules_are_versions(supervisor, now):
    assert current_policy().version == 0

    make_policy(weight_vip=30, by=supervisor, at=now)
    make_policy(pool_tiers=["low"], by=supervisor, at=now)

    assert list(PortfolioPolicy.objects.order_by("version").values_list("version", "weight_vip")) == [(1, 30), (2, 30)]
    told = AuditEvent.objects.filter(action="portfolio_policy.changed").order_by("pk")
    assert [event.details for event in told] == [
        {"version": 1, "changed": ["weight_vip"]},
        {"version": 2, "changed": ["pool_tiers"]},
    ]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"weight_vip": 0}, BadRule),
        ({"pool_stages": ["nowhere"]}, BadRule),
        ({"silent_days": 14, "warn_days": 14}, WarnedTooLate),
    ],
)
def test_bad_rules_are_refused(supervisor, now, changes, error):
    with pytest.raises(error):
        make_policy(**changes, by=supervisor, at=now)
    assert not PortfolioPolicy.objects.exists()


def test_rules_that_were_replaced_meanwhile(supervisor, now):
    rules = {name: getattr(current_policy(), name) for name in RULES}
    make_policy(weight_vip=30, by=supervisor, at=now)

    with pytest.raises(PolicyChanged):
        create_policy(**rules, replaces=0, by=supervisor, at=now)
    assert PortfolioPolicy.objects.count() == 1


def test_capacity_that_was_changed_meanwhile(account_manager, supervisor, now):
    set_for(account_manager, supervisor, now, points=5)

    with pytest.raises(CapacityChanged):
        set_for(account_manager, supervisor, now, points=7)
    with pytest.raises(BadCapacity):
        set_for(account_manager, supervisor, now, points=-1, version=2)

    assert [each.capacity for each in load_portfolios(policy=current_policy())] == [5]
    [event] = AuditEvent.objects.filter(action="capacity.set")
    assert (event.subject_id, event.changes["points"]) == (account_manager.pk, [None, 5])


def test_settings_by_the_pages(client_for, account_manager, supervisor):
    client = client_for(supervisor)
    url = reverse("portfolios:capacity", args=[account_manager.pk])
    initial = client.get(url).context["form"].initial

    client.post(url, {"points": "30", "tiers": ["vip"], "version": initial["version"]})
    assert [(each.capacity, each.serves) for each in load_portfolios(policy=current_policy())] == [(30, {"vip"})]

    url = reverse("portfolios:policy")
    sent = {**client.get(url).context["form"].initial, "claims_a_day": 3}
    client.post(url, sent)
    assert current_policy().claims_a_day == 3


def test_vips_without_anybody_are_assigned_by_night(account_manager, colleague, supervisor, now):
    set_for(account_manager, supervisor, now, points=50)
    set_for(colleague, supervisor, now, points=30)
    for number in ("V-1", "V-2", "V-3", "V-4"):
        make_in("vip", number=number, at=now)
    make_in("mid", number="M-1", at=now)

    assert assign_unowned(business_date=now.date(), at=now) == {"assigned": 3, "left": 1}

    loads = {each.person: each.load for each in load_portfolios(policy=current_policy())}
    assert loads == {account_manager: 50, colleague: 25}
    assert managers()["M-1"] is None
    assert set(ManagerTerm.objects.values_list("reason", flat=True)) == {HandoverReason.ASSIGNED}
    assert assign_unowned(business_date=now.date(), at=now) == {"assigned": 0, "left": 1}


def test_who_is_absent_or_serves_other_tiers_gets_nothing(account_manager, colleague, supervisor, now):
    set_for(account_manager, supervisor, now, absent_until=now.date() + timedelta(days=3))
    set_for(colleague, supervisor, now, tiers=["low"])
    make_in("vip", number="V-1", at=now)

    proposed = propose_assignments(policy=current_policy(), at=now)
    assert (proposed.proposals, proposed.waiting) == ([], [Waiting("vip", 1, Reason.NOBODY_SERVES)])

    later = now + timedelta(days=4)
    assert assign_unowned(business_date=later.date(), at=later) == {"assigned": 1, "left": 0}
    assert managers() == {"V-1": account_manager.pk}


def test_those_for_whom_nobody_is_there_are_in_nobodys_way(account_manager, supervisor, now):
    make_policy(assigned_tiers=["vip", "mid", "low"], by=supervisor, at=now)
    set_for(account_manager, supervisor, now, points=11, tiers=["mid", "low"])
    for tier, count in (("vip", 3), ("mid", 3), ("low", 2)):
        for place in range(count):
            make_in(tier, number=f"{tier}-{place}", at=now)
    Customer.objects.filter(tier="vip").update(contribution=100)

    proposed = propose_assignments(policy=current_policy(), at=now, most=2)

    assert sorted(each.tier for each in proposed.proposals) == ["low", "mid"]
    everything = propose_assignments(policy=current_policy(), at=now)
    assert [(each.tier, each.count, each.reason) for each in everything.waiting] == [
        ("vip", 3, Reason.NOBODY_SERVES),
        ("mid", 2, Reason.NO_ROOM),
        ("low", 1, Reason.NO_ROOM),
    ]
    assert assign_unowned(business_date=now.date(), at=now) == {"assigned": 2, "left": 6}


def test_the_page_tells_how_many_wait_and_why(client_for, supervisor, account_manager, now):
    set_for(account_manager, supervisor, now, points=25)
    for number in ("V-1", "V-2", "V-3"):
        make_in("vip", number=number, at=now)

    page = client_for(supervisor).get(reverse("portfolios:assign"))

    assert [(tier, count) for tier, count, _reason in page.context["left"]] == [("vip", "2")]
    assert "Nobody who serves this tier has room." in page.content.decode()


@pytest.mark.usefixtures("colleague")
def test_suggestions_are_those_with_most_room(account_manager, full, now):
    found = suggestions(customer=full[0], policy=current_policy(), at=now)

    assert [free for _portfolio, free in found] == [990]


def test_rebalancing_by_a_preview_and_a_job(client_for, supervisor, colleague, full, now):
    make_follow_up(customer=full[1], assignee=full[1].account_manager, at=now)
    client = client_for(supervisor)
    page = client.get(reverse("portfolios:rebalance"))
    moves = page.context["moves"]
    assert [move["proposal"].customer.number for move in moves] == ["F-1", "F-2"]

    client.post(reverse("portfolios:rebalance"), {"move": [move["proposal"].sent for move in moves]})
    job = done(BackgroundJob.objects.get(), now)

    assert (job.state, job.counts) == ("done", {"changed": 2, "unchanged": 0, "refused": 0})
    assert [number for number, manager in managers().items() if manager == colleague.pk] == ["F-1", "F-2"]
    assert FollowUp.objects.get().assignee == colleague
    assert client.get(reverse("console:job_rows", args=[job.pk])).status_code == 200


def test_what_is_not_ticked_stays(client_for, supervisor, colleague, full, now):
    moves = client_for(supervisor).get(reverse("portfolios:rebalance")).context["moves"]

    client_for(supervisor).post(reverse("portfolios:rebalance"), {"move": [moves[0]["proposal"].sent]})
    done(BackgroundJob.objects.get(), now)

    assert [number for number, manager in managers().items() if manager == colleague.pk] == ["F-1"]


def test_a_stale_preview_refuses_what_changed(client_for, supervisor, colleague, full, now):
    client = client_for(supervisor)
    moves = client.get(reverse("portfolios:rebalance")).context["moves"]
    hand_over_customer(customer=full[1], to=supervisor, reason=HandoverReason.AREA, by=supervisor, at=now)
    Customer.objects.filter(pk=full[2].pk).update(tier="vip")

    client.post(reverse("portfolios:rebalance"), {"move": [move["proposal"].sent for move in moves]})
    job = done(BackgroundJob.objects.get(), now)

    assert job.counts == {"changed": 0, "unchanged": 0, "refused": 2}
    assert set(BulkOutcome.objects.values_list("reason", flat=True)) == {
        "Somebody else has handed this customer over meanwhile.",
        "This customer has come into another tier meanwhile. Open the proposal again.",
    }
    assert colleague.pk not in managers().values()


def test_a_confirmed_move_never_goes_above_the_capacity(client_for, supervisor, colleague, full, now):
    client = client_for(supervisor)
    moves = client.get(reverse("portfolios:rebalance")).context["moves"]
    set_for(colleague, supervisor, now, points=5)

    client.post(reverse("portfolios:rebalance"), {"move": [move["proposal"].sent for move in moves]})
    job = done(BackgroundJob.objects.get(), now)

    assert job.counts == {"changed": 1, "unchanged": 0, "refused": 1}


def test_assigning_now_by_the_page(client_for, supervisor, account_manager, now):
    make_in("vip", number="V-1", at=now)
    client = client_for(supervisor)
    [move] = client.get(reverse("portfolios:assign")).context["moves"]

    client.post(reverse("portfolios:assign"), {"move": [move["proposal"].sent]})
    done(BackgroundJob.objects.get(), now)

    assert managers() == {"V-1": account_manager.pk}


@pytest.mark.parametrize("sent", [[], ["nonsense"], ["a:b:c:vip"]])
def test_what_is_not_understood_moves_nobody(client_for, supervisor, sent):
    answer = client_for(supervisor).post(reverse("portfolios:rebalance"), {"move": sent})

    assert answer.status_code == 302
    assert not BackgroundJob.objects.exists()


@pytest.mark.usefixtures("colleague")
def test_queries_of_proposals_do_not_grow(account_manager, supervisor, now):
    set_for(account_manager, supervisor, now, points=1)
    counted = []
    for rows in (3, 60):
        for _each in range(rows):
            make_in("low", account_manager=account_manager, at=now)
        with CaptureQueriesContext(connection) as captured:
            propose_moves(policy=current_policy(), at=now)
        counted.append(len(captured))

    assert counted == [7, 7]


def test_no_more_are_read_than_could_move(account_manager, colleague, supervisor, now):
    set_for(account_manager, supervisor, now, points=0)
    set_for(colleague, supervisor, now, points=3)
    for place in range(20):
        make_in("low", number=f"L-{place}", account_manager=account_manager, at=now + timedelta(hours=place))

    with CaptureQueriesContext(connection) as captured:
        proposed = propose_moves(policy=current_policy(), at=now)

    assert [each.customer.number for each in proposed.proposals] == ["L-19", "L-18", "L-17"]
    assert [each["sql"].upper().count("LIMIT 3") for each in captured if "managerterm" in each["sql"]] == [1]


@pytest.mark.usefixtures("full", "colleague")
def test_nobody_is_read_where_nobody_has_room(colleague, supervisor, now):
    set_for(colleague, supervisor, now, points=0)

    with CaptureQueriesContext(connection) as captured:
        proposed = propose_moves(policy=current_policy(), at=now)

    assert not [each for each in captured if "managerterm" in each["sql"]]
    assert (proposed.proposals, [*proposed.plan.still_over.values()]) == ([], [11])
