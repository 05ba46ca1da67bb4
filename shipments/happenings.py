"""What the rest of the house is told of shipments, by the statements that write them."""

from core.events.statement import telling
from core.events.waking import wake_for

NAMES = ("shipment.created", "shipment.updated", "shipment.delivered", "shipment.exception")
NEW_EXCEPTIONS = """array(select unnest(exceptions) except select unnest(old_exceptions) order by 1)"""
FACTS = {"waybill_number": "waybill_number", "customer_id": "customer_id"}


def telling_of_shipments() -> str:
    """Return the parts of a `with` that publish what became of the shipments in its part `written`.

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
