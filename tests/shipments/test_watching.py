"""The clock finds what is late or silent, tells of it once, and stays quiet about history."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.audit.models import AuditEvent
from core.events.dispatching import work_off
from core.events.models import OutboxEvent
from core.web.models import Notice
from customers.enums import Priority
from customers.follow_ups.words import happened_of
from customers.models import Customer, FollowUp
from shipments.enums import SETTLED, Lateness, ShipmentException
from shipments.models import ScanEvent, Shipment
from shipments.querysets import delivered_late, past_promise, silent, standing, with_exception
from shipments.scans import record_scans
from shipments.services import BadHours, PolicyChanged, create_policy, current_policy
from shipments.undoing import WrittenScan, undo_scans
from shipments.upserting import record_shipments
from shipments.watching import BATCH, LATE, RECENT, SILENT, watch_all, watch_shipments
from tests.factories.accounts import inside, outside
from tests.factories.customers import make_customer

HOUR = timedelta(hours=1)


@pytest.fixture
def customer(tenant, account_manager, now):
    customer = make_customer(at=now, number="C1", account_manager=account_manager)
    Customer.objects.filter(pk=customer.pk).update(tier="vip")
    return customer


def ship(customer, number, accepted_at, **fields):
    return Shipment.objects.create(customer=customer, waybill_number=number, accepted_at=accepted_at, **fields)


def told():
    """Return what was told of exceptions: of which waybill, which."""
    events = OutboxEvent.objects.filter(name="shipment.exception")
    return sorted((event.payload["waybill_number"], event.payload["exceptions"]) for event in events)


def scan(number, happened_at, now, kind="sorted"):
    record_scans(
        rows=[{"waybill_number": number, "kind": kind, "happened_at": happened_at.isoformat(), "exception": ""}], at=now
    )


def send(now, exceptions, number="W1", **facts):
    row = {
        "waybill_number": number,
        "customer_number": "C1",
        "accepted_at": (now - 20 * HOUR).isoformat(),
        "freight": "1",
        "exceptions": exceptions,
        **facts,
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    return record_shipments(rows=csv.DictReader(io.StringIO(text.getvalue())), by=None, at=now)


def test_late_one_is_found_once_and_told_as_what_partners_say(customer, now):
    shipment = ship(customer, "W1", now - 20 * HOUR, status="in_transit", promised_at=now - 3 * HOUR)

    assert [watch_shipments(at=now + each * HOUR) for each in (0, 0, 5)] == [1, 0, 0]

    shipment.refresh_from_db()
    assert (shipment.exceptions, shipment.late_noted_at, shipment.version) == (["late"], now, 2)
    assert told() == [("W1", ["late"])]
    line = AuditEvent.objects.get(action="shipment.updated")
    assert (line.actor_kind, line.changes) == ("system", {"exceptions": [[], ["late"]]})


@pytest.mark.parametrize(
    "fields",
    [
        {"promised_at": None},
        {"promised_at": timedelta(hours=-1)},
        {"promised_at": timedelta(hours=1)},
        {"status": "delivered"},
        {"status": "cancelled"},
        {"delivered_at": timedelta(hours=-1)},
        {"exceptions": ["late"]},
        {"exceptions": ["lost"]},
        {"exceptions": ["damaged", "returned"]},
    ],
)
def test_what_is_in_time_or_at_its_end_or_told_already_is_left(customer, now, fields):
    facts = {"promised_at": timedelta(hours=-3), "status": "in_transit", **fields}
    facts = {name: now + value if isinstance(value, timedelta) else value for name, value in facts.items()}
    shipment = ship(customer, "W1", now - 20 * HOUR, **facts)

    assert watch_shipments(at=now) == 0

    shipment.refresh_from_db()
    assert (shipment.exceptions, shipment.late_noted_at) == (facts.get("exceptions", []), None)
    assert told() == []


def test_silent_one_is_found_by_its_last_sign(customer, now):
    ship(customer, "W1", now - 60 * HOUR, last_scan_at=now - 61 * HOUR)
    ship(customer, "W2", now - 60 * HOUR, last_scan_at=now - 60 * HOUR, picked_up_at=now - 47 * HOUR)
    ship(customer, "W3", now - 90 * HOUR)
    scan("W3", now - 47 * HOUR, now)
    ship(customer, "W4", now - 90 * HOUR)
    scan("W4", now - 49 * HOUR, now)

    assert watch_shipments(at=now) == 2
    assert watch_shipments(at=now) == 0

    assert told() == [("W1", ["silent"]), ("W4", ["silent"])]
    assert Shipment.objects.get(waybill_number="W4").silent_since == now - 49 * HOUR


def test_what_nobody_ever_scans_is_not_silent(customer, now):
    """Of a sender without scans every shipment would be."""
    ship(customer, "W1", now - 60 * HOUR, status="in_transit")

    assert watch_shipments(at=now) == 0
    assert Shipment.objects.get().lateness(now) == []


@pytest.mark.parametrize(
    "sign",
    [
        {"status": "out_for_delivery"},
        {"status": "in_transit", "picked_up_at": timedelta()},
        {"status": "in_transit", "accepted_at": timedelta(hours=-1)},
    ],
)
def test_any_sign_ends_a_silence_until_the_next(customer, now, sign):
    accepted_at = now - 60 * HOUR
    ship(customer, "W1", accepted_at, status="in_transit", last_scan_at=accepted_at)
    watch_shipments(at=now)
    assert Shipment.objects.get().lateness(now) == [Lateness.SILENT]
    facts = {"accepted_at": accepted_at - now, **sign}

    send(now, "", **{n: (now + v).isoformat() if isinstance(v, timedelta) else v for n, v in facts.items()})

    shipment = Shipment.objects.get()
    assert (shipment.lateness(now), shipment.exceptions, shipment.silent_since) == ([], ["silent"], None)
    assert watch_shipments(at=now + 46 * HOUR) == 0
    assert watch_shipments(at=now + 49 * HOUR) == 1
    assert silent(Shipment.objects.all()).count() == 1
    assert told() == [("W1", ["silent"])]


def test_what_is_no_sign_leaves_a_silence(customer, now):
    accepted_at = now - 60 * HOUR
    shipment = ship(customer, "W1", accepted_at, status="in_transit", last_scan_at=accepted_at)
    watch_shipments(at=now)

    send(now, "", accepted_at=accepted_at.isoformat(), status="in_transit", picked_up_at=accepted_at.isoformat())
    scan("W1", accepted_at - HOUR, now)

    shipment.refresh_from_db()
    assert (shipment.silent_since, shipment.status_at, shipment.version) == (accepted_at, None, 3)


def test_scan_ends_a_silence_and_its_history_stays(customer, now):
    ship(customer, "W1", now - 60 * HOUR, status="in_transit", last_scan_at=now - 60 * HOUR)
    watch_shipments(at=now)
    assert Shipment.objects.get().lateness(now) == [Lateness.SILENT]

    scan("W1", now - HOUR, now)

    shipment = Shipment.objects.get()
    assert (shipment.lateness(now), shipment.exceptions, shipment.silent_since) == ([], ["silent"], None)
    assert watch_shipments(at=now) == 0
    later = now + 50 * HOUR
    assert watch_shipments(at=later) == 1
    assert Shipment.objects.get().lateness(later) == [Lateness.SILENT]
    assert told() == [("W1", ["silent"])]


def test_delivery_ends_both_and_their_history_stays(customer, now):
    ship(customer, "W1", now - 60 * HOUR, status="in_transit", promised_at=now - 5 * HOUR, last_scan_at=now - 59 * HOUR)
    watch_shipments(at=now)
    assert Shipment.objects.get().lateness(now) == [Lateness.PAST_PROMISE, Lateness.SILENT]

    scan("W1", now, now, kind="delivered")

    shipment = Shipment.objects.get()
    assert shipment.lateness(now) == [Lateness.DELIVERED_LATE]
    assert shipment.exceptions == ["late", "silent"]


@pytest.mark.parametrize("end", SETTLED)
def test_lost_refused_and_returned_ones_are_awaited_no_longer(customer, now, end):
    facts = {"status": "in_transit", "promised_at": now - 5 * HOUR, "last_scan_at": now - 59 * HOUR}
    ship(customer, "W1", now - 60 * HOUR, **facts)
    watch_shipments(at=now)
    row = {"waybill_number": "W1", "kind": "exception", "happened_at": (now - 59.5 * HOUR).isoformat()}

    record_scans(rows=[{**row, "exception": end}], at=now)

    shipments = Shipment.objects.all()
    assert shipments.get().lateness(now) == []
    assert shipments.get().silent_since == now - 59 * HOUR
    found = [list(standing(shipments, lateness, at=now)) for lateness in Lateness]
    assert found == [[], [], []]


def test_scan_that_says_nothing_new_leaves_the_version_and_tells_nothing(customer, now):
    ship(customer, "W1", now - 5 * HOUR, status="in_transit")

    scan("W1", now - HOUR, now)

    shipment = Shipment.objects.get()
    assert (shipment.version, shipment.last_scan_at, shipment.seen_at) == (1, now - HOUR, now - HOUR)
    assert OutboxEvent.objects.filter(name__startswith="shipment.").count() == 0
    scan("W1", now - 2 * HOUR, now)
    assert Shipment.objects.get().seen_at == now - HOUR


def test_partner_that_does_not_know_takes_nothing_away(customer, now):
    send(now, "damaged", promised_at=(now - 3 * HOUR).isoformat())
    watch_shipments(at=now)
    outcomes = [send(now, exceptions)[0].status for exceptions in ("damaged", "", "")]

    assert outcomes == ["unchanged", "updated", "unchanged"]
    assert Shipment.objects.get().exceptions == ["late"]
    assert watch_shipments(at=now + HOUR) == 0
    assert told() == [("W1", ["damaged"]), ("W1", ["late"])]


def test_partner_takes_back_what_it_said_itself(customer, now):
    send(now, "late;damaged")
    send(now, "")

    assert Shipment.objects.get().exceptions == []


def test_nobody_sends_what_the_clock_finds(customer, now):
    """Whoever said it could never take it back."""
    ship(customer, "W1", now - 20 * HOUR)
    row = {"waybill_number": "W1", "kind": "exception", "happened_at": now.isoformat(), "exception": "silent"}

    outcomes = [*send(now, "damaged;silent"), *record_scans(rows=[row], at=now)]

    assert [outcome.codes for outcome in outcomes] == [["found_by_clock"]] * 2
    assert outcomes[0].reasons == ["exceptions: “silent” is found by the clock alone."]
    assert Shipment.objects.get().exceptions == []
    assert ScanEvent.objects.count() == 0


def test_history_alarms_nobody(customer, now):
    """A file of what was never finished, years or weeks ago, is no news."""
    old = {"status": "in_transit"}
    ship(customer, "W1", now - timedelta(days=900), promised_at=now - timedelta(days=897), **old)
    ship(customer, "W2", now - timedelta(days=20), promised_at=now - 2 * HOUR - RECENT - HOUR, **old)
    ship(customer, "W3", now - timedelta(days=40), promised_at=now - 5 * HOUR, **old)

    assert watch_shipments(at=now) == 0
    assert told() == []
    assert all(Lateness.PAST_PROMISE in each.lateness(now) for each in Shipment.objects.all())


def test_more_than_a_batch_is_found_by_and_by(customer, now):
    Shipment.objects.bulk_create(
        Shipment(
            customer=customer,
            waybill_number=f"W{number:04}",
            status="in_transit",
            accepted_at=now - 9 * HOUR,
            promised_at=now - 3 * HOUR - timedelta(seconds=number),
        )
        for number in range(BATCH + 3)
    )

    assert [watch_shipments(at=now) for _ in range(3)] == [BATCH, 3, 0]
    assert OutboxEvent.objects.filter(name="shipment.exception").count() == BATCH + 3


def test_all_tenants_are_looked_after_each_by_itself(tenant, other_tenant, customer, now):
    ship(customer, "W1", now - 20 * HOUR, promised_at=now - 3 * HOUR)
    with inside(other_tenant, leaving=tenant):
        ship(make_customer(at=now), "W1", now - 20 * HOUR, promised_at=now - 3 * HOUR)

    with outside(tenant):
        assert watch_all(at=now, seconds=5) == 2

    assert Shipment.objects.get().exceptions == ["late"]


def test_valued_customer_is_called_before_it_asks(tenant, customer, account_manager, now):
    ship(customer, "W1", now - 20 * HOUR, status="in_transit", promised_at=now - 3 * HOUR)
    ship(customer, "W2", now - 60 * HOUR, status="in_transit", last_scan_at=now - 59 * HOUR)

    watch_shipments(at=now)
    work_off(tenant_id=tenant.pk, now=lambda: now)

    follow_up = FollowUp.objects.get()
    assert (follow_up.assignee, follow_up.priority, follow_up.due_at) == (
        account_manager,
        Priority.HIGH,
        now + timedelta(hours=4),
    )
    assert sorted(words for words, _url in happened_of(follow_up)) == ["W1: Late", "W2: No scan for long"]
    assert list(Notice.objects.values_list("user", "kind")) == [(account_manager.pk, "shipment_exception")] * 2


def test_tenant_decides_when(customer, supervisor, now):
    create_policy(grace_hours=0, silent_hours=10, replaces=0, by=supervisor, at=now)
    ship(customer, "W1", now - 9 * HOUR, promised_at=now - timedelta(minutes=1))
    ship(customer, "W2", now - 11 * HOUR, last_scan_at=now - 11 * HOUR)

    assert watch_shipments(at=now) == 2
    assert told() == [("W1", ["late"]), ("W2", ["silent"])]
    event = AuditEvent.objects.get(action="shipment_policy.changed")
    assert event.details == {"version": 1, "changed": ["grace_hours", "silent_hours"]}


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [({"grace_hours": 241}, BadHours), ({"silent_hours": 5}, BadHours), ({"replaces": 4}, PolicyChanged)],
)
def test_bad_rules_are_refused(supervisor, now, facts, refusal):
    with pytest.raises(refusal):
        create_policy(**{"grace_hours": 1, "silent_hours": 24, "replaces": 0, **facts}, by=supervisor, at=now)

    assert (current_policy().version, current_policy().grace_hours) == (0, 2)


def test_undone_scan_is_no_sign_any_more(customer, supervisor, now):
    ship(customer, "W1", now - 20 * HOUR, status="in_transit")
    scan("W1", now - 5 * HOUR, now)
    scan("W1", now - HOUR, now)
    last = ScanEvent.objects.latest("happened_at")
    shipment = Shipment.objects.get()

    undo_scans(
        written=[
            WrittenScan(scan_id=last.pk, shipment_id=shipment.pk, version=shipment.version, version_before=1, facts={})
        ],
        by=supervisor,
        at=now,
    )

    assert Shipment.objects.get().last_scan_at == now - 5 * HOUR


def plan_of(sql, values=None):
    with connection.cursor() as cursor:
        # Without the statistics of a large table the planner would rather read and sort it whole.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute("explain " + sql, values)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.fixture
def thousands(customer, now):
    """As many that are done in time as are late and noted already, so that a smaller index is the better one."""
    done = {"status": "delivered", "delivered_at": now - 5 * HOUR}
    noted = {"status": "in_transit", "late_noted_at": now, "silent_since": now, "last_scan_at": now}
    Shipment.objects.bulk_create(
        Shipment(
            customer=customer,
            waybill_number=f"W{number:05}",
            accepted_at=now - 90 * HOUR,
            promised_at=now - 4 * HOUR,
            **(noted if number % 2 else done),
        )
        for number in range(3000)
    )


@pytest.mark.parametrize(
    ("found", "index"),
    [
        (lambda rows, now: past_promise(rows, at=now).order_by("promised_at", "id"), "shipment_under_way"),
        (lambda rows, now: rows.filter(promised_at__gte=now).order_by("promised_at", "id"), "shipment_by_promise"),
        (lambda rows, _now: silent(rows).order_by("-accepted_at", "-id"), "shipment_silent"),
        (lambda rows, _now: delivered_late(rows).order_by("-accepted_at", "-id"), "shipment_delivered_late"),
        *(
            (
                lambda rows, _now, each=each: with_exception(rows, each).order_by("-accepted_at", "-id"),
                f"shipment_exception_{each}",
            )
            for each in ShipmentException.values
        ),
    ],
)
def test_lists_are_served_by_an_index_behind_the_tenant_wall(thousands, now, found, index):
    with CaptureQueriesContext(connection) as asked:
        list(found(Shipment.objects.all(), now).only("pk")[:50])

    assert f" using {index} " in plan_of(asked[0]["sql"])


@pytest.mark.parametrize(("watch", "index"), [(LATE, "shipment_to_note_late"), (SILENT, "shipment_to_note_silent")])
def test_sweep_is_served_by_an_index_behind_the_tenant_wall(thousands, tenant, now, watch, index):
    values = {"tenant": tenant.pk, "since": now - RECENT, "before": now, "news": now - RECENT, "batch": BATCH}

    plan = plan_of(watch.finding, values)

    assert f" using {index} " in plan
    [condition] = [line for line in plan.splitlines() if "Index Cond:" in line]
    assert f"({watch.clock} >= " in condition
