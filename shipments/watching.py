"""The clock's eye on shipments under way: late once their promise has passed, silent without a sign for long.

What it finds is told as what a partner says went wrong. What was settled long ago, such as files of past years bring
in, is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction

from core.audit.statement import actor, recording
from core.tenancy.scope import required_tenant_id
from core.tenancy.sweeping import sweep_tenants
from customers.turns import take_turn_of_imports
from shipments.enums import SETTLED, UNDER_WAY, ShipmentException
from shipments.happenings import telling_of_shipments, wake_for_shipments
from shipments.models import Shipment
from shipments.receivers import NEWS
from shipments.services import current_policy

BATCH = 500
# What was late or silent for longer when the clock first saw it is no news.
RECENT = timedelta(days=7)
STATES = ", ".join(f"'{state}'" for state in UNDER_WAY)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One thing to find: too long after `clock`, where `mark` is empty, into which `noted` is put.

    Shipments with one of the exceptions in `beside` are left alone, and those without a scan where `needs_scan`: who
    never sends one is not silent.
    """

    exception: ShipmentException
    clock: str
    mark: str
    noted: str
    beside: Sequence[str]
    needs_scan: bool = False

    @property
    def finding(self) -> str:
        scanned = "and s.last_scan_at is not null" if self.needs_scan else ""
        return f"""
            select s.id, s.status, s.exceptions from shipments_shipment s
            where s.tenant_id = %(tenant)s and s.status in ({STATES}) and s.delivered_at is null
                and s.{self.mark} is null and s.{self.clock} >= %(since)s and s.{self.clock} < %(before)s
                and s.accepted_at >= %(news)s and not s.exceptions::text[] && '{{{",".join(self.beside)}}}' {scanned}
            order by s.{self.clock}, s.id limit %(batch)s"""  # noqa: S608  the names are our own

    @property
    def noting(self) -> str:
        recorded = recording(
            "shipment.updated",
            of="written where exceptions <> old_exceptions",
            kind=Shipment._meta.label_lower,
            subject="id",
            changes="jsonb_build_object('exceptions', jsonb_build_array(old_exceptions, exceptions))",
        )
        return f"""
            with found as ({self.finding} for update),
            written as (
                update shipments_shipment s
                set {self.mark} = {self.noted}, version = s.version + 1,
                    exceptions = array(
                        select unnest(s.exceptions::text[]) union select '{self.exception}' order by 1
                    )
                from found f
                where s.tenant_id = %(tenant)s and s.id = f.id
                returning s.id, s.waybill_number, s.customer_id, false as is_new, s.status, s.delivered_at,
                    s.exceptions::text[], f.status as old_status, f.exceptions::text[] as old_exceptions
            ),
            {telling_of_shipments()},
            recorded as ({recorded})
            select count(*) from written"""  # noqa: S608  the names are our own


LATE = Watch(
    exception=ShipmentException.LATE,
    clock="promised_at",
    mark="late_noted_at",
    noted="%(at)s",
    beside=(ShipmentException.LATE, *SETTLED),
)
SILENT = Watch(
    exception=ShipmentException.SILENT,
    clock="seen_at",
    mark="silent_since",
    noted="s.seen_at",
    beside=SETTLED,
    needs_scan=True,
)


def watch_all(*, at: datetime, seconds: float) -> int:
    """Note what is late or silent of every active tenant, each in its scope; return how many notes were made."""
    return sweep_tenants(partial(watch_shipments, at=at), seconds=seconds)


@transaction.atomic
def watch_shipments(*, at: datetime) -> int:
    """Note up to BATCH late shipments of the active tenant, and as many silent ones; return how many.

    Each is found late once. After another sign a shipment may be silent again, which is told only where it never was
    before. While somebody else writes shipments of the tenant nothing is noted.
    """
    policy = current_policy()
    late = _note(LATE, at - timedelta(hours=policy.grace_hours), at)
    return late + _note(SILENT, at - timedelta(hours=policy.silent_hours), at)


def _note(watch: Watch, before: datetime, at: datetime) -> int:
    values = {
        "tenant": required_tenant_id(),
        "at": at,
        "since": before - RECENT,
        "before": before,
        "news": at - NEWS,
        "batch": BATCH,
        **actor(None),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"select exists ({watch.finding})", values)
        if not cursor.fetchone()[0]:
            return 0
        # Writers of shipments take turns: what another sweep has noted meanwhile is not found again. Behind an import
        # nobody waits, for all other tenants would, too: the next sweep comes soon.
        if not take_turn_of_imports():
            return 0
        cursor.execute(watch.noting, values)
        (count,) = cursor.fetchone()
    wake_for_shipments()
    return count
