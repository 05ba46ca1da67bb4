"""Shipments as programs send them: each names the facts that it says, and no others are touched."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.turns import wait_for_imports
from shipments.models import Shipment
from shipments.outcomes import Outcome
from shipments.rows import BLANKS, CUSTOMER, FIELDS, REQUIRED, WAYBILL, Memo, RowRefused, parsers_of, weigh
from shipments.writing import COLUMNS, write_chunk

ALWAYS = frozenset(REQUIRED)
RECORDED_AT_ONCE = 10_000
NEEDED = _("A shipment that is not there yet needs this.")
STORED = f"""
    select s.id, s.version, s.customer_id, c.number, {", ".join(f"s.{name}" for name in COLUMNS)}
    from shipments_shipment s
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
        self.outcome = Outcome(0, self.waybill_number)


@dataclass(frozen=True, slots=True)
class StoredShipment:
    """A shipment that is there; `values` are in the order of FIELDS, and in its forms."""

    id: uuid.UUID
    version: int
    customer_id: uuid.UUID
    values: list[Any]


@transaction.atomic
def upsert_shipments(*, sent: Sequence[SentShipment], by: ApiKey | User | None, at: datetime) -> None:
    """Create the shipments or change the named facts of those that are there, in a few statements.

    No waybill stands twice among them. A customer without an archive gets one, as with files.
    """
    wait_for_imports()
    # What one of them names is written for all: for the others as it is stored.
    present = ALWAYS.union(*(each.facts for each in sent))
    # All but the waybill, which stands apart.
    lacking = [each.waybill_number for each in sent if len(each.facts) < len(present) - 1]
    stored = stored_shipments(lacking) if lacking else {}
    rows, taken = [], []
    for each in sent:
        known = stored.get(each.waybill_number)
        missing = [name for name in REQUIRED[1:] if name not in each.facts] if known is None else ()
        if missing:
            each.outcome.fail("required", NEEDED, *missing)
            continue
        before = dict(zip(FIELDS, known.values, strict=True)) if known else BLANKS
        values = list({**before, **each.facts}.values())
        values[WAYBILL] = each.waybill_number
        for code in weigh(values):
            each.outcome.warn(code)
        rows.append(values)
        taken.append(each)
    if not rows:
        return
    written = write_chunk(rows, tenant_id=required_tenant_id(), present=present, by=by, at=at).shipments
    for each in taken:
        found = written.get(each.waybill_number)
        if found is not None:
            each.outcome.status = "created" if found.is_new else "updated"


def record_shipments(*, rows: Iterable[Mapping[str, str]], by: User | None, at: datetime) -> list[Outcome]:
    """Write shipments, given as text by the names of FIELDS, and return what became of each, in order.

    No waybill stands twice among them. Naive times are local to the tenant.
    """
    parsers = {name: Memo(parse) for name, parse in parsers_of(ZoneInfo(current_tenant().time_zone), at).items()}
    sent, outcomes = [], []
    for line, row in enumerate(rows, start=1):
        try:
            facts = {name: parsers[name][text] for name, text in row.items()}
        except RowRefused as refusal:
            outcomes.append(Outcome(line, row["waybill_number"]))
            outcomes[-1].fail(refusal.code, refusal.message, refusal.field)
            continue
        sent.append(SentShipment(facts.pop("waybill_number"), facts))
        outcomes.append(sent[-1].outcome)
    for start in range(0, len(sent), RECORDED_AT_ONCE):
        upsert_shipments(sent=sent[start : start + RECORDED_AT_ONCE], by=by, at=at)
    return outcomes


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


def stored_shipments(waybills: Sequence[str]) -> dict[str, StoredShipment]:
    """Return the shipments that are there, by waybill; one query."""
    with connection.cursor() as cursor:
        cursor.execute(STORED, [required_tenant_id(), list(waybills)])
        found = {}
        for shipment_id, version, customer_id, *columns in cursor.fetchall():
            values = list(BLANKS.values())
            for place, value in zip(PLACES, columns, strict=True):
                values[place] = "{" + ",".join(value) + "}" if isinstance(value, list) else value
            found[values[WAYBILL]] = StoredShipment(shipment_id, version, customer_id, values)
        return found
