"""What customers are worth: the figures of the night, and the page that shows them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.enums import Role
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.jobs.nightly import run_job
from customers.models import Customer
from shipments.models import Shipment
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer
from tiering.selectors import VALUE_JOB
from tiering.value import CURVE_STEPS, analyse_value
from tiering.value_shown import ShownValue

AS_OF = date(2026, 3, 1)
PAGE = "tiering:value"


def ships(number, *days_ago, freight="10.00", product="", region="", now):
    """A customer that shipped so many days before AS_OF, at noon of the courier's day."""
    customer = make_customer(number=number, region=region, at=now)
    noon = datetime(2026, 3, 1, 4, tzinfo=UTC)
    for place, days in enumerate(days_ago):
        Shipment.objects.create(
            waybill_number=f"{number}-{place}",
            customer=customer,
            accepted_at=noon - timedelta(days=days),
            freight=freight,
            service_product=product,
        )
    Customer.objects.filter(pk=customer.pk).update(first_shipment_at=noon - timedelta(days=max(days_ago)))
    return customer


def test_best_fifth_stands_at_its_place_of_the_curve(tenant, now):
    for number in range(18):
        ships(f"S-{number}", 10, freight="10.00", now=now)
    ships("BIG-1", 10, freight="410.00", now=now)
    ships("BIG-2", 10, freight="410.00", now=now)

    figures = analyse_value(as_of=AS_OF)

    assert (figures["customers"], figures["amount"]) == (20, 100_000)
    assert figures["pareto"][:4] == [41.0, 82.0, 83.0, 84.0]
    assert (len(figures["pareto"]), figures["pareto"][-1]) == (CURVE_STEPS, 100.0)


def test_scores_are_fifths_and_equals_score_equally(tenant, now):
    for number in range(5):
        ships(f"S-{number}", *range(number, 60, 10 - number), now=now)
    ships("TWIN", *range(4, 60, 6), now=now)

    rows = analyse_value(as_of=AS_OF)["rfm"]

    assert sum(count for _recency, _frequency, count, _amount, _value in rows) == 6
    assert {(recency, frequency): count for recency, frequency, count, *_rest in rows} == {
        (5, 1): 1,
        (5, 2): 1,
        (4, 3): 1,
        (3, 4): 1,
        (1, 5): 2,
    }


def test_cohort_is_kept_as_far_as_it_ships(tenant, now):
    ships("A", 0, 20, 59, now=now)
    ships("B", 59, now=now)
    ships("OLD", 0, 500, now=now)

    cohorts = {cohort["month"]: cohort["kept"] for cohort in analyse_value(as_of=AS_OF)["cohorts"]}

    assert cohorts["2026-01"] == [2, 1, 1]
    assert cohorts["2026-03"] == [0]
    assert sum(kept[0] for kept in cohorts.values()) == 2


def test_groups_are_told_the_greatest_first_and_the_rest_in_one(tenant, now):
    for number in range(14):
        ships(f"S-{number}", 3, freight=f"{100 - number}.00", region=f"R{number:02}", product="Next day", now=now)

    figures = analyse_value(as_of=AS_OF)

    assert figures["regions"][0] == ["R00", 1, 10_000]
    assert figures["regions"][-1] == [None, 2, 8800 + 8700]
    assert figures["products"] == [["Next day", 14, figures["amount"]]]
    assert figures["bands"] == [[1, 14, figures["amount"]]]


def test_window_and_courier_are_kept_apart(tenant, other_tenant, now):
    ships("EDGE", 364, now=now)
    ships("BEFORE", 365, now=now)
    with inside(other_tenant, leaving=tenant):
        ships("THEIRS", 1, now=now)

    assert analyse_value(as_of=AS_OF)["customers"] == 1


def test_refunds_beyond_what_came_in_break_nothing(tenant, now):
    customer = ships("BACK", 3, freight="0.00", now=now)
    Shipment.objects.filter(customer=customer).update(refunds="5.00")

    figures = analyse_value(as_of=AS_OF)

    assert (figures["amount"], figures["pareto"]) == (-500, [0.0] * CURVE_STEPS)


def test_axis_of_the_curve_ends_at_a_hundred(tenant, now):
    ships("S-1", 3, now=now)
    Shipment.objects.filter(customer=ships("BACK", 3, freight="0.00", now=now)).update(refunds="5.00")

    curve = ShownValue(analyse_value(as_of=AS_OF), "CNY").curve

    assert (curve["most"], max(curve["series"][0]["values"])) == (100, 100.0)


def analysed(now):
    result = run_job(VALUE_JOB, business_date=AS_OF + timedelta(days=1), at=now)
    JobRun.objects.create(
        job=VALUE_JOB,
        business_date=AS_OF + timedelta(days=1),
        state=JobState.DONE,
        due_at=now,
        finished_at=now,
        result=result,
    )


@pytest.mark.parametrize(("language", "words"), [("en", "Recency and frequency"), ("zh-hans", "最近发件与频次")])
def test_page_shows_what_the_night_found(client, tenant, now, language, words):
    client.force_login(make_user(role=Role.ANALYST, language=language, at=now))
    ships("A", 3, 9, 40, freight="123.45", region="江苏", now=now)
    ships("B", 80, now=now)
    analysed(now)

    page = client.get(reverse(PAGE)).content.decode()

    assert words in page
    assert "江苏" in page
    assert "370.35" in page
    assert "crm/js/charts.js" in page
    assert "2026-03-01" in page


def test_page_before_the_first_night_and_with_nobody(client, tenant, now):
    client.force_login(make_user(role=Role.ANALYST, at=now))
    assert "03:00" in client.get(reverse(PAGE)).content.decode()

    analysed(now)

    assert client.get(reverse(PAGE)).status_code == 200


@pytest.mark.parametrize("count", [3, 60])
def test_page_asks_once_for_the_figures_of_the_night(client, tenant, now, count):
    client.force_login(make_user(role=Role.ANALYST, at=now))
    for number in range(count):
        ships(f"S-{number}", 3, region=f"R{number}", now=now)
    analysed(now)
    client.get(reverse(PAGE))

    with CaptureQueriesContext(connection) as asked:
        client.get(reverse(PAGE))

    assert sum("jobs_jobrun" in query["sql"] for query in asked) == 1
    assert not any("shipments_shipment" in query["sql"] for query in asked)
