"""Moves between stages: what the night makes of shipments, and no other than the table has."""

import csv
from datetime import UTC, date, timedelta
from io import StringIO

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from core.jobs.nightly import run_job
from customers.enums import Stage
from customers.models import Customer, Interaction
from customers.services import merge_customers
from lifecycle.enums import MoveCause
from lifecycle.models import StageChange
from lifecycle.moves import ALLOWED, MOVES, is_allowed, reachable_by_hand
from lifecycle.receivers import move_shipper, tell_timeline
from lifecycle.services import DateAhead, evaluate_stages, move_by_shipment
from shipments.models import Shipment
from shipments.upserting import record_shipments
from tests.factories.accounts import inside
from tests.factories.customers import make_customer
from tests.factories.lifecycle import in_stage, keep_figures, make_regular, ship, told

AS_OF = date(2026, 3, 1)
DAY = timedelta(days=1)


def night(now, *, as_of=AS_OF):
    return evaluate_stages(as_of=as_of, at=now)


def stage_of(customer):
    return Customer.objects.get(pk=customer.pk).stage


def test_every_move_of_the_table_is_named_once():
    assert len(ALLOWED) == len(MOVES) == 25
    assert {move.before for move in MOVES} == set(Stage)


def test_lead_that_ships_is_new_and_the_night_after_what_its_figures_say(tenant, now):
    steady = make_regular(at=now - DAY, since=400)

    assert night(now)["moves"] == {"lead>new": 1}
    assert night(now)["moved"] == 0
    assert night(now + DAY, as_of=AS_OF + DAY)["moves"] == {"new>mature": 1}
    assert stage_of(steady) == "mature"


@pytest.mark.parametrize(
    ("before", "after"),
    [("100.00", "mature"), ("60.00", "growing"), ("190.00", "declining"), ("125.00", "mature"), ("79.00", "growing")],
)
def test_trend_decides_by_its_own_windows(tenant, now, before, after):
    customer = make_regular(at=now - DAY, since=56, freight="100.00")
    Shipment.objects.bulk_create(
        Shipment(waybill_number=f"E{day}", customer=customer, accepted_at=now - timedelta(days=day), freight=before)
        for day in range(64, 240, 7)
    )
    keep_figures(customer)
    in_stage(customer, Stage.NEW, since=now - timedelta(days=200))

    night(now)

    assert stage_of(customer) == after
    change = StageChange.objects.get()
    assert (change.cause, change.as_of, change.policy_version) == (MoveCause.EVALUATION, AS_OF, 1)
    assert change.contribution > 0 < change.usual


def test_young_customer_stays_new(tenant, now):
    customer = in_stage(make_regular(at=now - DAY, since=80), Stage.NEW, since=now - timedelta(days=80))

    assert night(now)["moved"] == 0
    assert stage_of(customer) == "new"


def test_nobody_goes_to_and_fro_within_the_least_days(tenant, now):
    customer = in_stage(make_regular(at=now - DAY, since=400), Stage.GROWING, since=now - timedelta(days=10))

    assert night(now)["moved"] == 0
    in_stage(customer, Stage.GROWING, since=now - timedelta(days=20))
    assert night(now)["moves"] == {"growing>mature": 1}


@pytest.mark.parametrize(
    ("every", "silent", "after"),
    [
        (7, 62, "lost"),
        (7, 55, "mature"),
        (25, 100, "mature"),
        (25, 152, "lost"),
        (60, 170, "mature"),
        (60, 185, "lost"),
    ],
)
def test_silence_is_held_against_its_own_rhythm(tenant, now, every, silent, after):
    end = now - DAY - timedelta(days=silent)
    customer = make_regular(at=end, since=every * 8, every=every)
    in_stage(customer, Stage.MATURE, since=now - timedelta(days=5))

    night(now)

    assert stage_of(customer) == after


def test_few_shipments_have_no_rhythm(tenant, now):
    customer = make_customer(at=now)
    ship(customer, at=now - timedelta(days=170))
    in_stage(customer, Stage.MATURE, since=now - timedelta(days=5))

    assert night(now)["moved"] == 0
    Shipment.objects.update(accepted_at=now - timedelta(days=182))
    keep_figures(customer)
    assert night(now)["moves"] == {"mature>lost": 1}


def test_lost_one_that_ships_is_won_back_and_then_what_its_figures_say(tenant, now):
    customer = in_stage(make_regular(at=now - DAY, since=700, until=400), Stage.LOST, since=now - timedelta(days=200))
    assert night(now)["moved"] == 0

    ship(customer, at=now - DAY)
    assert night(now)["moves"] == {"lost>won_back": 1}

    assert night(now + DAY, as_of=AS_OF + DAY)["moved"] == 0
    ship(customer, at=now + timedelta(days=60))
    later = timedelta(days=61)
    assert night(now + later, as_of=AS_OF + later)["moves"] == {"won_back>growing": 1}


def test_customer_whose_shipments_came_to_another_is_a_lead_again(tenant, now):
    customer = make_customer(at=now)
    ship(customer, at=now - DAY)
    night(now)
    Shipment.objects.all().delete()
    keep_figures(customer)

    assert night(now + DAY, as_of=AS_OF + DAY)["moves"] == {"new>lead": 1}
    assert night(now + 2 * DAY, as_of=AS_OF + 2 * DAY)["moved"] == 0


def test_move_is_in_the_trail_told_and_in_the_timeline(tenant, now):
    customer = in_stage(make_regular(at=now - DAY, since=400, until=100), Stage.MATURE, since=now - timedelta(days=50))

    night(now)

    [event] = AuditEvent.objects.filter(action="customer.stage_moved")
    assert (event.subject_id, event.changes, event.actor_kind) == (
        customer.pk,
        {"stage": ["mature", "lost"]},
        "system",
    )
    assert told("customer.stage_changed") == [
        {"number": customer.number, "from": "mature", "to": "lost", "cause": "evaluation", "as_of": "2026-03-01"}
    ]
    [outbox] = OutboxEvent.objects.filter(name="customer.stage_changed")
    tell_timeline(event=outbox, at=now)
    tell_timeline(event=outbox, at=now)
    [entry] = Interaction.objects.filter(code="customer.stage_changed")
    assert entry.parameters == {"from": "mature", "to": "lost", "cause": "evaluation"}


def test_nightly_job_evaluates_the_day_before(tenant, now):
    make_regular(at=now - DAY, since=10)

    assert run_job("lifecycle.evaluate", business_date=date(2026, 3, 2), at=now) == {
        "as_of": "2026-03-01",
        "moves": {"lead>new": 1},
        "moved": 1,
        "leads": 0,
    }


def test_later_date_than_today_is_refused(tenant, now):
    make_regular(at=now - DAY, since=10)

    with pytest.raises(DateAhead):
        night(now, as_of=AS_OF + 2 * DAY)

    assert not StageChange.objects.exists()


def test_other_tenant_stays_as_it_is(tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        foreign = make_regular(at=now - DAY, since=10)
    make_regular(at=now - DAY, since=10)

    assert night(now)["moved"] == 1

    with inside(other_tenant, leaving=tenant):
        assert stage_of(foreign) == "lead"


def test_merged_customer_does_not_move(tenant, now, supervisor):
    kept, absorbed = make_regular(at=now - DAY, since=10), make_customer(at=now)
    merge_customers(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=supervisor, at=now)

    assert night(now)["moved"] == 1


def test_import_moves_a_lead_and_a_lost_one_at_once(tenant, now):
    lost = in_stage(make_regular(at=now - DAY, since=700, until=400), Stage.LOST, since=now - timedelta(days=100))
    mature = in_stage(make_regular(at=now - DAY, since=400), Stage.MATURE, since=now - timedelta(days=100))
    rows = [
        "W-1,C-NEW,delivered,2026-03-02,10.00",
        f"W-2,{lost.number},delivered,2026-03-01,10.00",
        f"W-3,{mature.number},delivered,2026-03-01,10.00",
    ]
    text = "\n".join(["waybill_number,customer_number,status,accepted_at,freight", *rows])

    record_shipments(rows=csv.DictReader(StringIO(text)), by=None, at=now)

    events = OutboxEvent.objects.filter(name="customer.shipped").order_by("payload__stage")
    assert [event.payload["stage"] for event in events] == ["lead", "lost"]
    for event in [*events, *events]:
        move_shipper(event=event, at=now)
    moved = StageChange.objects.order_by("pk").values_list("from_stage", "to_stage", "cause")
    assert list(moved) == [("lead", "new", "shipment"), ("lost", "won_back", "shipment")]


def test_old_shipment_does_not_win_a_lost_one_back(tenant, now):
    lost = in_stage(make_regular(at=now - DAY, since=700, until=400), Stage.LOST, since=now - timedelta(days=100))
    ship(lost, at=now - timedelta(days=150))

    assert move_by_shipment(customer_id=lost.pk, at=now) is None
    assert night(now)["moved"] == 0


def test_by_hand_only_what_the_table_has():
    assert reachable_by_hand("lead") == ["new"]
    assert reachable_by_hand("lost") == ["won_back"]
    assert reachable_by_hand("mature") == ["growing", "declining", "lost"]
    assert not is_allowed("mature", "new", by=MoveCause.HAND)
    assert not is_allowed("mature", "lead", by=MoveCause.HAND)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ship"), st.integers(0, 2), st.integers(-50, 20000)),
        st.tuples(st.just("pass"), st.integers(1, 130), st.just(0)),
        st.tuples(st.just("take"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("night"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_night_makes_moves_of_the_table_alone_and_each_once(tenant, now, steps):
    """Shipments, days and nights in any order; what is taken away are all shipments of a customer."""
    with transaction.atomic():
        _live(steps, now)
        transaction.set_rollback(True)


def _live(steps, clock):
    customers = [make_customer(at=clock) for _ in range(3)]
    for what, which, amount in [*steps, ("night", 0, 0)]:
        if what == "ship":
            ship(customers[which], at=clock, freight=str(max(amount, 0) / 100))
            move_by_shipment(customer_id=customers[which].pk, at=clock)
        elif what == "pass":
            clock += timedelta(days=which)
        elif what == "take":
            Shipment.objects.filter(customer=customers[which]).delete()
            keep_figures(customers[which])
        else:
            _check_night(clock)


def _check_night(clock):
    as_of = clock.astimezone(UTC).date() - DAY
    before = dict(Customer.objects.values_list("pk", "stage"))
    known = set(StageChange.objects.values_list("pk", flat=True))
    evaluate_stages(as_of=as_of, at=clock)
    after = dict(Customer.objects.values_list("pk", "stage"))
    made = StageChange.objects.exclude(pk__in=known)
    moved = {change.customer_id: (change.from_stage, change.to_stage) for change in made}
    assert all(is_allowed(*move, by=MoveCause.EVALUATION) for move in moved.values())
    assert moved == {pk: (stage, after[pk]) for pk, stage in before.items() if stage != after[pk]}

    rows = list(Customer.objects.order_by("pk").values())
    assert evaluate_stages(as_of=as_of, at=clock)["moved"] == 0
    assert list(Customer.objects.order_by("pk").values()) == rows
