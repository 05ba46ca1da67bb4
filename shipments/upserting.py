"""Shipments as programs send them: each names the facts that it says, and no others are touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.audit.services import record
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id
from customers.turns import wait_for_imports
from shipments.models import Shipment
from shipments.reading import Outcome, Row
from shipments.rows import BLANKS, CUSTOMER, FIELDS, REQUIRED, WAYBILL, weigh
from shipments.writing import COLUMNS, write_chunk

ALWAYS = frozenset(REQUIRED)
NEEDED = _("A shipment that is not there yet needs this.")
STORED = f"""
    select c.number, {", ".join(f"s.{name}" for name in COLUMNS)} from shipments_shipment s
    join customers_customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id
    where s.tenant_id = %s and s.waybill_number = any(%s)"""  # noqa: S608  the names are our own
# Where the columns of STORED belong.
PLACES = (CUSTOMER, *(FIELDS.index(name) for name in COLUMNS))


class ShipmentChanged(DomainError):
    code = "shipment_changed"
    message = _("Somebody else changed this shipment in the meantime.")


class ShipmentIncomplete(DomainError):
    """A new shipment without what each has: `fields` names what is missing."""

    code = "shipment_incomplete"
    message = NEEDED

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__()
        self.fields = fields


@dataclass(slots=True)
class SentShipment:
    """The facts of one waybill by the names and in the forms of `rows.FIELDS`; `outcome` tells what became of it."""

    waybill_number: str
    facts: Mapping[str, Any]
    outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        self.outcome = Outcome(0, self.waybill_number, "unchanged")


@transaction.atomic
def upsert_shipments(*, sent: Sequence[SentShipment], by: ApiKey, at: datetime) -> None:
    """Create the shipments or change the named facts of those that are there, in a few statements.

    No waybill stands twice among them. A customer without an archive gets one, as with files.
    """
    wait_for_imports()
    # What one of them names is written for all: for the others as it is stored.
    present = ALWAYS.union(*(each.facts for each in sent))
    # All but the waybill, which stands apart.
    lacking = [each.waybill_number for each in sent if len(each.facts) < len(present) - 1]
    stored = _stored(lacking) if lacking else {}
    rows = []
    for each in sent:
        known = stored.get(each.waybill_number)
        missing = [name for name in REQUIRED[1:] if name not in each.facts] if known is None else ()
        if missing:
            each.outcome.fail("required", NEEDED, *missing)
            continue
        values = list({**(known or BLANKS), **each.facts}.values())
        values[WAYBILL] = each.waybill_number
        for code in weigh(values):
            each.outcome.warn(code)
        rows.append(Row(each.outcome, tuple(values)))
    if rows:
        write_chunk(rows, tenant_id=required_tenant_id(), present=present, by=by, at=at)


@transaction.atomic
def upsert_shipment(
    *, waybill_number: str, facts: Mapping[str, Any], version: int | None = None, by: ApiKey, at: datetime
) -> tuple[Shipment, bool]:
    """Do the same with one shipment; return it, and whether it is new.

    Raises ShipmentChanged if `version` is given and is not the stored one's (0: there is to be none), or
    ShipmentIncomplete.
    """
    wait_for_imports()
    before = Shipment.objects.filter(waybill_number=waybill_number).first()
    if version is not None and version != (before.version if before else 0):
        raise ShipmentChanged
    sent = SentShipment(waybill_number, facts)
    upsert_shipments(sent=[sent], by=by, at=at)
    if sent.outcome.status == "failed":
        raise ShipmentIncomplete(sent.outcome.fields)
    shipment = Shipment.objects.get(waybill_number=waybill_number)
    if before is None:
        record("shipment.created", subject=shipment, by=by, at=at)
    return shipment, before is None


def _stored(waybills: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what is stored of the shipments that are there, by waybill, by the names of FIELDS."""
    with connection.cursor() as cursor:
        cursor.execute(STORED, [required_tenant_id(), list(waybills)])
        found = {}
        for columns in cursor.fetchall():
            values = list(BLANKS.values())
            for place, value in zip(PLACES, columns, strict=True):
                values[place] = "{" + ",".join(value) + "}" if isinstance(value, list) else value
            found[values[WAYBILL]] = dict(zip(FIELDS, values, strict=True))
        return found
