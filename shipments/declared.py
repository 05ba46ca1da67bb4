"""What shipments declare: actions in the audit trail, and what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.audit import actions
from core.crypto.register import classify

actions.declare("shipments.imported", _("Shipments imported"))
actions.declare_fields(
    file=_("File"),
    created=pgettext_lazy("rows", "Created"),
    imports=_("Imported files"),
    updated=_("Updated"),
    failed=_("Failed"),
    is_finished=_("Done"),
)

classify(
    "shipments.Shipment",
    business="""waybill_number customer status accepted_at picked_up_at promised_at delivered_at freight surcharges
        refunds contribution declared_value cod_amount goods_category service_product transport_mode booking_channel
        packaging services exceptions weight_g length_cm width_cm height_cm origin_city origin_region
        destination_city destination_region""",
)
classify("shipments.ScanEvent", business="shipment kind exception happened_at place outlet courier")
classify(
    "shipments.ImportRun",
    business="""file_name received_by received_at started_at is_finished created updated unchanged failed warned""",
    personal="content problems result",
)
