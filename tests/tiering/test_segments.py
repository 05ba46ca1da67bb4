"""Segments of the low tier, found again in plain Python from shipments and requests."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.tenancy.ids import uuid7
from customers.enums import Segment
from customers.models import Customer
from service_requests.services import close_request, open_request
from shipments.models import Shipment
from tests.factories.customers import panels_of
from tests.factories.tiering import make_shipped, set_override
from tiering.models import SegmentChange
from tiering.selectors import segment_counts
from tiering.services import DateAhead, evaluate_all, evaluate_segments, evaluate_tiers

AS_OF = date(2026, 3, 1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


def days_before(days, seconds=0):
    return NOON - timedelta(days=days, seconds=-seconds)


def oracle(shipments, tier=None):
    """Say from the days since each shipment, and whether it was refused, in which segment its customer is."""
    days = [day for day, _refused in shipments]
    last, first = min(days, default=None), max(days, default=None)
    holds = {
        None: tier in ("vip", "mid"),
        "hesitant": any(refused and day < 90 for day, refused in shipments),
        "one_off": len(days) == 1 and last > 60,
        "inactive": bool(days) and last >= 90,
        "potential": not days or first < 30,
    }
    for segment, does in holds.items():
        if does:
            return segment
    months = {day // 30 for day in days if day < 180}
    return "regular" if 2 * len(months) > min(6, first // 30 + 1) else None


DAYS = [0, 1, 28, 29, 30, 31, 59, 60, 61, 62, 88, 89, 90, 91, 119, 120, 149, 150, 179, 180, 181, 400]
SHIPPED = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from([False] * 9 + [True])),
    max_size=7,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(SHIPPED, st.sampled_from([None, "vip", "mid", "low"])), min_size=1, max_size=8))
def test_statement_finds_what_the_rules_say(tenant, now, customers):
    with transaction.atomic():
        expected = {}
        for shipments, tier in customers:
            number = uuid7().hex
            customer = make_shipped(
                number, *[(days_before(day), "5.00") for day, _refused in shipments], at=now, tier=tier
            )
            refused = [days_before(day) for day, refused in shipments if refused]
            # Of two on a day both are refused, or none.
            Shipment.objects.filter(customer=customer, accepted_at__in=refused).update(exceptions=["refused"])
            expected[number] = oracle(shipments, tier)

        changed = evaluate_segments(as_of=AS_OF, at=now)
        again = evaluate_segments(as_of=AS_OF, at=now)

        assert dict(Customer.objects.values_list("number", "segment")) == expected
        assert changed == sum(segment is not None for segment in expected.values())
        assert changed == SegmentChange.objects.count()
        assert again == 0
        transaction.set_rollback(True)


def test_days_are_the_tenants(tenant, now):
    """Midnight in Shanghai is 16:00 in UTC: a minute before it a shipment is a day older."""
    midnight = datetime(2025, 12, 2, tzinfo=SHANGHAI)
    old = midnight - timedelta(days=400)
    inside = make_shipped("inside", (old, "5"), (old, "5"), (midnight, "5"), at=now)
    outside = make_shipped("outside", (old, "5"), (old, "5"), (midnight - timedelta(seconds=1), "5"), at=now)

    evaluate_segments(as_of=AS_OF, at=now)

    inside.refresh_from_db()
    outside.refresh_from_db()
    assert (inside.segment, outside.segment) == (None, "inactive")


@pytest.mark.parametrize(("days", "segment"), [(0, "hesitant"), (89, "hesitant"), (90, "regular")])
def test_refused_shipment_is_reason_to_doubt(tenant, now, days, segment):
    customer = make_shipped("c", *[(days_before(day), "5") for day in (1, 31, 61, 89, 90, 121)], at=now)
    shipment = Shipment.objects.filter(customer=customer, accepted_at=days_before(days)).first()
    if shipment is None:
        shipment = Shipment.objects.create(
            customer=customer, waybill_number="W", accepted_at=days_before(days), freight="5"
        )
    Shipment.objects.filter(pk=shipment.pk).update(exceptions=["late", "refused"])

    evaluate_segments(as_of=AS_OF, at=now)

    customer.refresh_from_db()
    assert customer.segment == segment


def test_declined_request_is_reason_to_doubt_and_a_done_one_is_not(tenant, now, agent):
    doubting, content = make_shipped("doubting", at=now), make_shipped("content", at=now)
    for customer, state in ((doubting, "declined"), (content, "done")):
        request = open_request(customer=customer, kind="chase", text="Where?", by=agent, at=days_before(1))
        close_request(request=request, state=state, outcome="So it is", by=agent, at=days_before(0))

    evaluate_segments(as_of=AS_OF, at=now)

    assert dict(Customer.objects.values_list("number", "segment")) == {"doubting": "hesitant", "content": "potential"}


def test_history_tells_figures_and_only_changes_are_written(tenant, now):
    customer = make_shipped("c", *[(days_before(day), "5") for day in (1, 31, 61)], at=now)
    evaluate_segments(as_of=AS_OF, at=now)
    later = now + timedelta(days=95)

    with CaptureQueriesContext(connection) as asked:
        changed = evaluate_segments(as_of=AS_OF + timedelta(days=95), at=later)

    first, second = SegmentChange.objects.order_by("changed_at")
    assert changed == 1
    assert len([query for query in asked if "with doubting" in query["sql"]]) == 1
    assert (first.from_segment, first.to_segment) == (None, "regular")
    assert (first.shipment_count, first.silent_days, first.months_shipped, first.months_known) == (3, 1, 3, 3)
    assert (second.customer, second.from_segment, second.to_segment) == (customer, "regular", "inactive")
    assert (second.silent_days, second.as_of, second.changed_at) == (96, AS_OF + timedelta(days=95), later)


def test_who_rises_leaves_the_segment_at_once(tenant, now, supervisor):
    by_hand = make_shipped("by hand", (days_before(1), "5"), at=now)
    evaluate_segments(as_of=AS_OF, at=now)
    assert segment_counts()["potential"] == 1

    set_override(customer=by_hand, tier="mid", reason="Contract", expires_on=None, by=supervisor, at=now)
    by_hand.refresh_from_db()
    by_figures = make_shipped("by figures", (days_before(1), "500"), at=now)
    Customer.objects.filter(pk=by_figures.pk).update(segment="potential")
    evaluate_tiers(as_of=AS_OF, at=now)
    by_figures.refresh_from_db()

    assert by_hand.segment is None
    assert (by_figures.tier, by_figures.segment) == ("vip", None)
    with pytest.raises(IntegrityError, match="customer_segment_of_low"), transaction.atomic():
        Customer.objects.filter(pk=by_figures.pk).update(segment=Segment.REGULAR)


def test_segments_are_evaluated_with_tiers_and_not_ahead(tenant, now):
    make_shipped("best", (days_before(1), "500"), at=now)
    make_shipped("rest", (days_before(1), "5"), at=now)

    evaluate_all(as_of=AS_OF, at=now)

    assert dict(Customer.objects.values_list("number", "segment")) == {"best": None, "rest": "potential"}
    with pytest.raises(DateAhead):
        evaluate_segments(as_of=AS_OF + timedelta(days=2), at=now)


def test_list_filters_by_segment_and_the_page_says_why(tenant, now, client_for, agent):
    customer = make_shipped("c", (days_before(70), "5"), at=now)
    make_shipped("lead", at=now)
    make_shipped("now and then", (days_before(150), "5"), (days_before(40), "5"), at=now)
    make_shipped("third", (days_before(150), "5"), (days_before(40), "5"), at=now, tier="low")
    make_shipped("best", (days_before(1), "5"), at=now, tier="vip")
    evaluate_segments(as_of=AS_OF, at=now)
    client = client_for(agent)

    shown = client.get(reverse("customers:list"), {"segment": "one_off"})
    overview = client.get(reverse("tiering:overview"))
    panel = panels_of(client, Customer.objects.get(pk=customer.pk))

    assert [row.number for row in shown.context["rows"]] == ["c"]
    assert [(segment, count, share) for segment, _label, _words, count, share in overview.context["segments"]] == [
        ("hesitant", 0, 0),
        ("one_off", 1, 25),
        ("inactive", 0, 0),
        ("potential", 1, 25),
        ("regular", 0, 0),
    ]
    assert (overview.context["segments_base"], overview.context["no_segment"]) == (4, (2, 50))
    assert "Shares are of the 4 customers in the low tier or in none" in overview.content.decode()
    assert "It has shipped once, and that was more than 60 days ago." in panel


def test_customers_without_a_manager_are_found(tenant, now, client_for, agent, account_manager):
    make_shipped("alone", at=now)
    make_shipped("looked after", at=now, account_manager=account_manager)

    shown = client_for(agent).get(reverse("customers:list"), {"unmanaged": "yes"})

    assert [row.number for row in shown.context["rows"]] == ["alone"]


def test_segments_are_counted_from_an_index_alone(tenant, now):
    Customer.objects.bulk_create(Customer(number=f"c{n}", created_at=now) for n in range(3000))
    with CaptureQueriesContext(connection) as asked:
        segment_counts()

    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort", "hashagg"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute("explain " + asked[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using customer_by_segment" in plan
