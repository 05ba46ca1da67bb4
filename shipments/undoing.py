"""Undoing what a file brought in: shipments and scans as they were, unless somebody touched them since."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record_many
from core.tenancy.copying import rewrite
from customers.models import Customer
from customers.services.undoing import Written, undo_customers
from customers.turns import wait_for_imports
from shipments.models import ScanEvent, Shipment
from shipments.upserting import SentShipment, upsert_shipments
from shipments.writing import recount_shipments

GONE = _("It is not there any more.")
CHANGED = _("Somebody or a scan changed it since.")
IN_USE = _("Something hangs on it by now, such as scans or a service request.")
CUSTOMER_GONE = _("The customer that it belonged to is not there any more.")
# What scans move on of a shipment.
MOVED = ("status", "picked_up_at", "delivered_at", "exceptions", "silent_since")


@dataclass(slots=True)
class WrittenShipment:
    """A shipment that was written: its version since, and the facts before, as `SentShipment` has them.

    `kept` says why it stays as it is, None where it was undone.
    """

    shipment_id: uuid.UUID
    is_new: bool
    version: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    kept: Promise | None = None


@dataclass(slots=True)
class WrittenScan:
    """A scan that was added, its shipment's version since and before, and what the scan moved on of it."""

    scan_id: uuid.UUID
    shipment_id: uuid.UUID
    version: int
    version_before: int
    facts: Mapping[str, Any]
    kept: Promise | None = None


@transaction.atomic
def undo_shipments(
    *, written: Sequence[WrittenShipment], archives: Sequence[uuid.UUID], by: User, at: datetime
) -> None:
    """Remove shipments that are new and restore the facts of others; a few statements, however many there are.

    Of the `archives` that were opened for them go those that nobody touched and on which nothing hangs any more.
    """
    wait_for_imports()
    ids = [each.shipment_id for each in written]
    found = Shipment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    stored = {shipment.pk: shipment for shipment in found}
    used = _used([each.shipment_id for each in written if each.is_new])
    there = _customers_there(each.facts["customer_number"] for each in written if "customer_number" in each.facts)
    for each in written:
        shipment = stored.get(each.shipment_id)
        if shipment is None:
            each.kept = GONE
        elif shipment.version != each.version:
            each.kept = CHANGED
        elif each.is_new and shipment.pk in used:
            each.kept = IN_USE
        elif each.facts.get("customer_number", "") not in {"", *there}:
            each.kept = CUSTOMER_GONE
    undone = [each for each in written if each.kept is None]
    _remove([stored[each.shipment_id] for each in undone if each.is_new], by, at)
    restored = [SentShipment(stored[each.shipment_id].waybill_number, each.facts) for each in undone if not each.is_new]
    _restore(restored, by, at)
    if archives:
        opened = [Written(record_id=archive, is_new=True, version=1) for archive in archives]
        undo_customers(written=opened, by=by, at=at)


def _used(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Return the shipments on which anything hangs; one query for each foreign key to them."""
    used: set[uuid.UUID] = set()
    for each in Shipment._meta.get_fields(include_hidden=True):
        if each.one_to_many:
            name = each.field.attname
            rows = each.related_model.objects.filter(**{f"{name}__in": ids})
            used |= set(rows.values_list(name, flat=True).distinct())
    return used


def _customers_there(numbers: Iterable[str]) -> set[str]:
    return set(Customer.with_merged.filter(number__in=set(numbers)).values_list("number", flat=True))


def _remove(shipments: Sequence[Shipment], by: User, at: datetime) -> None:
    if not shipments:
        return
    record_many(
        "shipment.removed",
        shipments,
        by=by,
        at=at,
        details=lambda shipment: {"waybill_number": shipment.waybill_number},
    )
    Shipment.objects.filter(pk__in=[shipment.pk for shipment in shipments])._raw_delete(Shipment.objects.db)
    recount_shipments({shipment.customer_id for shipment in shipments})


def _restore(sent: Sequence[SentShipment], by: User, at: datetime) -> None:
    """Write what stood there, those together that name the same facts."""
    alike: dict[frozenset[str], list[SentShipment]] = {}
    for each in sent:
        alike.setdefault(frozenset(each.facts), []).append(each)
    for group in alike.values():
        upsert_shipments(sent=group, by=by, at=at)


@transaction.atomic
def undo_scans(*, written: Sequence[WrittenScan], by: User, at: datetime) -> None:
    """Remove scans, and take their shipments back to where these were before, unless somebody touched them since.

    Of a shipment with several scans the newest written comes first. A shipment that is again what it was has the
    version that it had.
    """
    wait_for_imports()
    ids = [each.shipment_id for each in written]
    found = Shipment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    stored = {shipment.pk: shipment for shipment in found}
    scans = set(ScanEvent.objects.filter(pk__in=[each.scan_id for each in written]).values_list("pk", flat=True))
    moved = {}
    for each in written:
        shipment = stored.get(each.shipment_id)
        if shipment is None or each.scan_id not in scans:
            each.kept = GONE
        elif shipment.version != each.version:
            each.kept = CHANGED
        elif each.version_before != each.version:
            for name, value in each.facts.items():
                setattr(shipment, name, value)
            shipment.version = each.version_before
            moved[shipment.pk] = shipment
    undone = [each for each in written if each.kept is None]
    ScanEvent.objects.filter(pk__in=[each.scan_id for each in undone]).delete()
    rewrite(list(moved.values()), [*MOVED, "version"])
    scans_left = ScanEvent.objects.filter(shipment=OuterRef("pk")).order_by("-happened_at").values("happened_at")
    Shipment.objects.filter(pk__in={each.shipment_id for each in undone}).update(last_scan_at=Subquery(scans_left[:1]))
    record_many("shipment.updated", moved.values(), by=by, at=at)
