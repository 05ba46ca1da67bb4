"""Reads that span models: what leads of each source and month cost and brought."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.utils.http import urlencode

from core.jobs.models import JobRun
from core.tenancy.clock import day_start, months_after
from core.tenancy.fields import from_minor
from core.tenancy.scope import current_tenant, required_tenant_id
from lifecycle.enums import LeadState
from lifecycle.models import Lead, LeadSource, LostReason

NIGHTLY_JOB = "lifecycle.evaluate"
MOST_MONTHS = 60
DAY = timedelta(days=1)
# What the list of leads calls it, too.
NO_SOURCE = "none"
REPORT = """
    with months as (
        select month::date from generate_series(%(first)s::date, %(last)s::date, interval '1 month') month
    ),
    captured as (
        select date_trunc('month', l.captured_at at time zone %(zone)s)::date as month, l.source_id, l.customer_id,
            l.state = 'converted' as is_converted,
            l.state = 'converted' or l.qualified_at is not null as is_qualified,
            extract(epoch from l.closed_at - l.captured_at)::bigint as seconds
        from lifecycle_lead l
        join customers_customer c
            on c.tenant_id = %(tenant)s::uuid and c.id = l.customer_id and c.merged_into_id is null
        where l.tenant_id = %(tenant)s::uuid and l.captured_at >= %(start)s and l.captured_at < %(end)s
    ),
    brought as (
        select s.customer_id, sum(s.contribution)::bigint as contribution
        from shipments_shipment s
        where s.tenant_id = %(tenant)s::uuid
            and s.customer_id in (select customer_id from captured where is_converted)
        group by s.customer_id
    ),
    counted as (
        select month, source_id, count(*) as leads,
            count(*) filter (where is_qualified) as qualified,
            count(*) filter (where is_converted) as converted,
            coalesce(sum(seconds) filter (where is_converted), 0)::bigint as seconds,
            coalesce(sum(b.contribution) filter (where is_converted), 0)::bigint as contribution
        from captured left join brought b using (customer_id)
        group by month, source_id
    ),
    costs as (
        select m.month, s.id as source_id, coalesce((
            select k.amount from lifecycle_sourcecost k
            where k.tenant_id = %(tenant)s::uuid and k.source_id = s.id and k.from_month <= m.month
            order by k.from_month desc limit 1
        ), 0) as cost
        from months m cross join lifecycle_leadsource s where s.tenant_id = %(tenant)s::uuid
    )
    select month, source_id, coalesce(leads, 0), coalesce(qualified, 0), coalesce(converted, 0),
        coalesce(seconds, 0), coalesce(cost, 0), coalesce(contribution, 0)
    from counted full join costs using (month, source_id)
    where leads > 0 or cost > 0
    order by month desc, source_id nulls last"""


@dataclass(frozen=True, kw_only=True)
class Acquired:
    """What leads of a source, or a month, or of all cost and brought; amounts in the tenant's currency."""

    leads: int
    qualified: int
    converted: int
    seconds: int
    cost: Decimal
    contribution: Decimal

    @property
    def rate(self) -> int | None:
        """How many of a hundred were converted."""
        return round(100 * self.converted / self.leads) if self.leads else None

    @property
    def days(self) -> int | None:
        """How many days it took on average until one was converted."""
        return round(self.seconds / self.converted / 86400) if self.converted else None

    @property
    def cost_per_conversion(self) -> Decimal | None:
        return (self.cost / self.converted).quantize(Decimal("0.01")) if self.converted else None


@dataclass(frozen=True)
class LostCell:
    """How many leads of one source, or of all, were lost for one reason, or for all; None is nothing to tell them by.

    `asked` are the filters of the list of leads that leave those.
    """

    count: int
    asked: dict[str, str]

    @property
    def query(self) -> str:
        return urlencode(self.asked)


@dataclass(frozen=True)
class Losses:
    """Of the leads captured in some months those that were given up: a row for each reason, a column a source.

    The most frequent come first; the first cell of a row is that of all sources.
    """

    sources: list[str]
    rows: list[tuple[str, list[LostCell]]]
    total: list[LostCell]


@dataclass(frozen=True)
class AcquisitionReport:
    by_source: list[tuple[str, Acquired]]
    by_month: list[tuple[date, str, Acquired]]
    total: Acquired
    losses: Losses


def acquisition(*, first: date, last: date) -> AcquisitionReport:
    """Tell of leads captured from a month to another, both their first day; two statements, and two for the names."""
    zone = current_tenant().time_zone
    parameters = {
        "tenant": required_tenant_id(),
        "zone": zone,
        "first": first,
        "last": last,
        "start": day_start(first, zone),
        "end": day_start(months_after(last, 1), zone),
    }
    with connection.cursor() as cursor:
        cursor.execute(REPORT, parameters)
        rows = [(month, source, _acquired(figures)) for month, source, *figures in cursor.fetchall()]
    names = {source.pk: str(source) for source in LeadSource.objects.all()}
    by_source: dict[UUID | None, list[Acquired]] = defaultdict(list)
    for _month, source, acquired in rows:
        by_source[source].append(acquired)
    summed = [(names.get(source, ""), _sum(each)) for source, each in by_source.items()]
    return AcquisitionReport(
        by_source=sorted(summed, key=lambda row: (-row[1].converted, -row[1].leads, row[0])),
        by_month=[(month, names.get(source, ""), acquired) for month, source, acquired in rows],
        total=_sum(acquired for _month, _source, acquired in rows),
        losses=_losses(parameters, names, months={"captured_from": first, "captured_to": months_after(last, 1) - DAY}),
    )


def _losses(captured: Mapping[str, Any], names: Mapping[UUID, str], *, months: Mapping[str, date]) -> Losses:
    lost = Lead.objects.filter(
        state=LeadState.LOST,
        captured_at__gte=captured["start"],
        captured_at__lt=captured["end"],
        customer__merged_into=None,
    )
    counts: Counter[tuple[UUID | None, UUID | str | None]] = Counter()
    for reason, source, count in lost.values_list("lost_reason", "source").annotate(count=Count("pk")).order_by():
        for of_reason in (reason, None):
            for of_source in (source or NO_SOURCE, None):
                counts[of_reason, of_source] += count
    asked = {"state": LeadState.LOST.value, **{name: day.isoformat() for name, day in months.items()}}

    def cells(reason: UUID | None) -> list[LostCell]:
        of_reason = {**asked, "lost_reason": str(reason)} if reason else asked
        return [
            LostCell(counts[reason, source], {**of_reason, "source": str(source)} if source else of_reason)
            for source in (None, *sources)
        ]

    sources = [source for (reason, source), _count in counts.most_common() if reason is None and source is not None]
    reasons = [reason for (reason, source), _count in counts.most_common() if source is None and reason is not None]
    said = {reason.pk: str(reason) for reason in LostReason.objects.filter(pk__in=reasons)}
    return Losses(
        sources=[names.get(source, "") for source in sources],
        rows=[(said[reason], cells(reason)) for reason in reasons],
        total=cells(None),
    )


def last_nightly_run() -> JobRun | None:
    return JobRun.objects.filter(job=NIGHTLY_JOB).order_by("-business_date").first()


def _acquired(figures: Sequence[int]) -> Acquired:
    leads, qualified, converted, seconds, cost, contribution = figures
    return Acquired(
        leads=leads,
        qualified=qualified,
        converted=converted,
        seconds=seconds,
        cost=from_minor(cost),
        contribution=from_minor(contribution),
    )


def _sum(parts: Iterable[Acquired]) -> Acquired:
    names = ("leads", "qualified", "converted", "seconds", "cost", "contribution")
    every = list(parts)
    zero = {"cost": Decimal(0), "contribution": Decimal(0)}
    return Acquired(**{name: sum((getattr(each, name) for each in every), zero.get(name, 0)) for name in names})
