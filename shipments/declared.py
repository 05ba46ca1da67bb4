"""What shipments declare: actions in the audit trail, what their fields hold of a person, and events."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.relations import Relation
from customers.turns import wait_for_imports
from shipments.enums import ScanKind, ShipmentException, ShipmentStatus, ValueAddedService
from shipments.labels import LABELS
from shipments.models import ScanEvent, Shipment
from shipments.words import RULES
from shipments.writing import recount_shipments

actions.declare("shipment.created", _("Shipment created"))
actions.declare("shipment.updated", _("Shipment changed"))
actions.declare("shipment.removed", _("Shipment removed"))
actions.declare("scan.recorded", _("Scan of a shipment recorded"))
actions.declare("shipment_policy.changed", _("Rules of late and silent shipments changed"))
actions.declare_values("scan", lambda: dict(ScanKind.choices))
actions.declare_fields(
    scan=_("Scan"),
    customer=_("Customer"),
    last_scan_at=_("Last scan"),
    late_noted_at=_("Found late by the clock"),
    silent_since=_("Silent since"),
    **LABELS,
    **RULES,
)
actions.declare_values("services", lambda: dict(ValueAddedService.choices))
actions.declare_values("exceptions", lambda: dict(ShipmentException.choices))

classify(
    "shipments.Shipment",
    business="""waybill_number customer status accepted_at picked_up_at promised_at delivered_at freight surcharges
        refunds contribution declared_value cod_amount goods_category service_product transport_mode booking_channel
        packaging services exceptions weight_g length_cm width_cm height_cm origin_city origin_region
        destination_city destination_region last_scan_at status_at seen_at late_noted_at silent_since version""",
)
classify("shipments.ShipmentPolicy", business="version grace_hours silent_hours created_by created_at")
classify("shipments.ScanEvent", business="shipment kind exception happened_at place outlet courier")

relations.register(
    "shipments",
    Relation(
        label=_("Shipments"),
        model=Shipment,
        rows=lambda customer: customer.shipments.all(),
        moves="customer",
        wait=wait_for_imports,
        recount=recount_shipments,
    ),
)
relations.register(
    "scans",
    Relation(
        label=_("Scans of shipments"),
        model=ScanEvent,
        rows=lambda customer: ScanEvent.objects.filter(shipment__customer=customer),
        stays=_("They go with their shipments."),
    ),
)

SHIPMENT = "the shipment"
WAYBILL = registry.text("the waybill number")
CUSTOMER = registry.record_id("the customer's id")
STATUS = registry.text("the shipment's status from now on", values=ShipmentStatus.values)

registry.declare(
    "shipment.created",
    version=1,
    subject=SHIPMENT,
    payload={"waybill_number": WAYBILL, "customer_id": CUSTOMER, "status": STATUS},
    doc="A shipment was taken over for the first time, in whatever state it is.",
)
registry.declare(
    "shipment.updated",
    version=1,
    subject=SHIPMENT,
    payload={"waybill_number": WAYBILL, "customer_id": CUSTOMER, "status": STATUS},
    doc="Facts of a known shipment changed, by a file, by a partner or by its scans.",
)
registry.declare(
    "shipment.delivered",
    version=1,
    subject=SHIPMENT,
    payload={
        "waybill_number": WAYBILL,
        "customer_id": CUSTOMER,
        "delivered_at": registry.moment("when it was delivered, null when nobody said", is_nullable=True),
    },
    doc="A shipment became delivered, or was taken over delivered already; told once unless it is undone.",
)
registry.declare(
    "shipment.exception",
    version=1,
    subject=SHIPMENT,
    payload={
        "waybill_number": WAYBILL,
        "customer_id": CUSTOMER,
        "exceptions": registry.texts("those that it did not have before", values=ShipmentException.values),
    },
    doc="Something went wrong with a shipment that was not known to have gone wrong before: its sender or a scan says"
    " so, or the clock, which finds it late after its promise and silent without a scan for long.",
)
