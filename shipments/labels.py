"""What the facts of shipments and of their scans are called."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

LABELS = {
    "waybill_number": _("Waybill number"),
    "customer_number": _("Customer number"),
    "customer_name": _("Customer name"),
    "customer_kind": _("Kind of customer"),
    "status": _("Status"),
    "accepted_at": pgettext_lazy("time", "Accepted"),
    "picked_up_at": pgettext_lazy("time", "Picked up"),
    "promised_at": _("Promised"),
    "delivered_at": pgettext_lazy("time", "Delivered"),
    "freight": _("Freight"),
    "surcharges": _("Surcharges"),
    "refunds": _("Refunds"),
    "declared_value": _("Declared value"),
    "cod_amount": _("Cash on delivery"),
    "goods_category": _("Goods"),
    "service_product": _("Service"),
    "transport_mode": _("Transport"),
    "booking_channel": _("Booked by"),
    "packaging": _("Packaging"),
    "services": _("Value-added services"),
    "exceptions": _("Exceptions"),
    "weight_g": _("Weight in grams"),
    "length_cm": _("Length in cm"),
    "width_cm": _("Width in cm"),
    "height_cm": _("Height in cm"),
    "origin_city": _("City of origin"),
    "origin_region": _("Region of origin"),
    "destination_city": _("City of destination"),
    "destination_region": _("Region of destination"),
}

SCAN_LABELS = {
    "waybill_number": LABELS["waybill_number"],
    "kind": _("Scan"),
    "happened_at": _("Time"),
    "place": _("Place"),
    "outlet": _("Outlet"),
    "courier": _("Courier"),
    "exception": _("Exception"),
}
