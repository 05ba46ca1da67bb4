"""What leads of each source and month cost and brought."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode

from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job, result_of
from lifecycle.models import LeadSource, LostReason, SourceCost
from lifecycle.selectors import acquisition
from lifecycle.services import lose_lead, move_by_shipment, qualify_lead, set_source_use, update_source
from tests.factories.accounts import inside
from tests.factories.lifecycle import make_lead, make_leads, ship

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
PAGE = "/leads/report/"
EXPORT = "/leads/report/export/"
PAGE_QUERIES = 7


@pytest.fixture
def source(tenant):
    return LeadSource.objects.get(name_en="Cold call")


def costs(source, amount, month, *, by, at):
    source.refresh_from_db()
    names = {"name_zh": source.name_zh, "name_en": source.name_en}
    return update_source(
        source=source, version=source.version, **names, amount=Decimal(amount), from_month=month, by=by, at=at
    )


def win(lead, *, at, freight):
    ship(lead.customer, at=at, freight=freight)
    move_by_shipment(customer_id=lead.customer_id, at=at)


def test_report_counts_costs_and_brings_by_source_and_month(source, supervisor, now):
    costs(source, "300.00", JANUARY, by=supervisor, at=now)
    costs(source, "500.00", MARCH, by=supervisor, at=now)
    start = datetime(2026, 2, 3, 4, tzinfo=UTC)
    leads = [make_lead(at=start, source=source) for _ in range(4)]
    qualify_lead(lead=leads[0], by=supervisor, at=now)
    win(leads[1], at=start + timedelta(days=10), freight="80.00")
    win(leads[2], at=start + timedelta(days=20), freight="40.00")
    ship(leads[2].customer, at=now, freight="5.00")
    make_lead(at=now)

    report = acquisition(first=FEBRUARY, last=MARCH)

    by_month = [
        (month, name, each.leads, each.qualified, each.converted, each.rate, each.days, each.cost, each.contribution)
        for month, name, each in report.by_month
    ]
    nothing = (0, 0, 0, None, None, Decimal("500.00"), Decimal("0.00"))
    assert sorted(by_month) == [
        (FEBRUARY, "Cold call", 4, 3, 2, 50, 15, Decimal("300.00"), Decimal("125.00")),
        (MARCH, "", 1, 0, 0, 0, None, Decimal("0.00"), Decimal("0.00")),
        (MARCH, "Cold call", *nothing),
    ]
    assert [(name, each.cost_per_conversion) for name, each in report.by_source] == [
        ("Cold call", Decimal("400.00")),
        ("", None),
    ]
    assert (report.total.leads, report.total.cost) == (5, Decimal("800.00"))


def test_losses_are_counted_by_reason_and_source_and_lead_to_their_leads(client_for, source, supervisor, now):
    dear, unreachable = (
        LostReason.objects.get(name_en="Too expensive"),
        LostReason.objects.get(name_en="Not to be reached"),
    )
    for reason, where in ((dear, source), (dear, None), (dear, source), (unreachable, source)):
        lose_lead(lead=make_lead(at=now, source=where), reason=reason, by=supervisor, at=now)
    old = make_lead(at=now - timedelta(days=40), source=source)
    lose_lead(lead=old, reason=dear, by=supervisor, at=now)
    make_lead(at=now, source=source)

    losses = acquisition(first=MARCH, last=MARCH).losses

    assert losses.sources == ["Cold call", ""]
    assert [(reason, [cell.count for cell in cells]) for reason, cells in losses.rows] == [
        ("Too expensive", [3, 2, 1]),
        ("Not to be reached", [1, 1, 0]),
    ]
    assert [cell.count for cell in losses.total] == [4, 3, 1]
    client = client_for(supervisor)
    page = client.get(PAGE, {"first": "2026-03", "last": "2026-03"}).content.decode()
    cells = [cell for _reason, row in (*losses.rows, ("", losses.total)) for cell in row if cell.count]
    for cell in cells:
        address = f"/leads/?{urlencode(cell.asked)}"
        assert f'href="{escape(address)}"' in page
        assert len(client.get(address).context["rows"]) == cell.count


def test_month_is_that_of_the_tenants_zone(source, now):
    make_lead(at=datetime(2026, 1, 31, 17, tzinfo=UTC), source=source)

    [(month, _name, _figures)] = acquisition(first=JANUARY, last=MARCH).by_month

    assert month == FEBRUARY


def test_cost_holds_until_the_next_and_ends_with_the_source(source, supervisor, now):
    costs(source, "300.00", JANUARY, by=supervisor, at=now)
    costs(source, "300.00", FEBRUARY, by=supervisor, at=now)
    assert SourceCost.objects.count() == 1

    set_source_use(source=source, is_active=False, by=supervisor, at=now)

    april = date(2026, 4, 1)
    report = acquisition(first=JANUARY, last=april)
    assert sorted((month, each.cost) for month, _name, each in report.by_month) == [
        (month, Decimal("300.00")) for month in (JANUARY, FEBRUARY, MARCH)
    ]


def test_other_tenants_leads_are_not_counted(tenant, other_tenant, source, now):
    with inside(other_tenant, leaving=tenant):
        make_leads(3, at=now)
    make_lead(at=now, source=source)

    assert acquisition(first=JANUARY, last=MARCH).total.leads == 1


@pytest.mark.parametrize("rows", [3, 60])
def test_page_asks_the_same_number_of_queries(client_for, supervisor, now, rows, django_assert_num_queries):
    make_leads(rows, at=now)
    client = client_for(supervisor)
    client.get(PAGE)

    with django_assert_num_queries(PAGE_QUERIES):
        response = client.get(PAGE, {"first": "2026-01", "last": "2026-03"})

    assert response.context["report"].total.leads == rows


def test_months_that_do_not_fit_are_refused(client_for, supervisor):
    client = client_for(supervisor)

    for asked in ({"first": "2026-03", "last": "2026-01"}, {"first": "1990-01"}, {"first": "x"}):
        assert client.get(PAGE, asked).status_code == 422


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_report_is_exported_as_it_is_shown(client_for, analyst, source, now, form):
    costs(source, "300.00", FEBRUARY, by=analyst, at=now)
    win(make_lead(at=now, source=source), at=now, freight="80.00")
    client = client_for(analyst)

    started = client.post(EXPORT, {"first": "2026-02", "last": "2026-03", "format": form})

    job = BackgroundJob.objects.get()
    assert started.url == reverse("console:job", args=[job.pk])
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    job.refresh_from_db()
    content = b"".join(result_of(job))
    assert (job.state, job.error, job.done) == ("done", "", 2)
    assert re.fullmatch(rf"acquisition-\d{{8}}-\d{{4}}\.{form}", job.file_name)
    if form == "xlsx":
        assert content.startswith(b"PK")
        return
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert lines[0][:4] == ["Month", "Source", "Leads", "Qualified"]
    assert lines[1:] == [
        ["2026-03", "Cold call", "1", "1", "1", "100", "0", "300.00", "300.00", "80.00"],
        ["2026-02", "Cold call", "0", "0", "0", "", "", "300.00", "", "0.00"],
    ]


def test_report_is_not_exported_for_others_nor_in_other_forms(client_for, agent, analyst):
    months = {"first": "2026-02", "last": "2026-03"}

    assert client_for(agent).post(EXPORT, {**months, "format": "csv"}).status_code == 403
    client = client_for(analyst)
    for asked in ({**months, "format": "pdf"}, {"first": "2026-03", "last": "2026-02", "format": "csv"}):
        assert client.post(EXPORT, asked).url == PAGE
    assert not BackgroundJob.objects.exists()
    assert "Export" in client.get(PAGE).content.decode()


def test_report_is_for_those_who_may(client_for, agent, analyst):
    assert client_for(agent).get(PAGE).status_code == 403
    assert client_for(analyst).get(PAGE).status_code == 200
