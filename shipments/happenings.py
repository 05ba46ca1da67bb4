"""What the rest of the house is told of shipments, by the statements that write them."""

from core.events.statement import telling
from core.events.waking import wake_for

NAMES = ("shipment.created", "shipment.updated", "shipment.delivered", "shipment.exception")
# What a writer says of each shipment in `written`; of a new one there is nothing from before.
WRITTEN = """id uuid, waybill_number text, customer_id uuid, accepted_at timestamptz, is_new boolean, status text,
    delivered_at timestamptz, exceptions text[], old_status text, old_exceptions text[]"""
# In the same order, for a `returning` of the table `s`. A statement reads the table as it was before it began, so the
# old values are still there to be read.
RETURNING = """s.id, s.waybill_number, s.customer_id, s.accepted_at, s.xmax = 0, s.status, s.delivered_at, s.exceptions,
    case when s.xmax <> 0 then
        (select o.status from shipments_shipment o where o.tenant_id = s.tenant_id and o.id = s.id) end,
    case when s.xmax <> 0 then
        (select o.exceptions from shipments_shipment o where o.tenant_id = s.tenant_id and o.id = s.id) end"""
NEW_EXCEPTIONS = """array(select unnest(exceptions) except select unnest(old_exceptions) order by 1)"""
FACTS = {"waybill_number": "waybill_number", "customer_id": "customer_id"}


def telling_of_shipments() -> str:
    """Return the parts of a `with` that publish what became of the shipments in `written`, a table or a part.

    The parameters are %(tenant)s and %(at)s; the writer calls `wake_for_shipments` beside it.
    """
    return ",".join(
        (
            telling("shipment.created", of="written where is_new", subject="id", payload={**FACTS, "status": "status"}),
            telling(
                "shipment.updated", of="written where not is_new", subject="id", payload={**FACTS, "status": "status"}
            ),
            telling(
                "shipment.delivered",
                of="written where status = 'delivered' and old_status is distinct from 'delivered'",
                subject="id",
                payload={**FACTS, "delivered_at": "delivered_at"},
            ),
            telling(
                "shipment.exception",
                of="written where not exceptions <@ coalesce(old_exceptions, '{}')",
                subject="id",
                payload={**FACTS, "exceptions": NEW_EXCEPTIONS},
            ),
        )
    )


def wake_for_shipments() -> None:
    """Wake a worker after the commit, if anybody receives events of shipments."""
    wake_for(*NAMES)
