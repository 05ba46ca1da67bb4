from django.db import models
from django.utils.translation import gettext_lazy as _


class ShipmentStatus(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    IN_TRANSIT = "in_transit", _("In transit")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")


# Neither at its end nor called off.
UNDER_WAY = (ShipmentStatus.ACCEPTED, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY)


class TransportMode(models.TextChoices):
    AIR = "air", _("Air")
    ROAD = "road", _("Road")
    RAIL = "rail", _("Rail")
    SAME_CITY = "same_city", _("Same city")


class BookingChannel(models.TextChoices):
    COUNTER = "counter", _("Counter")
    PICKUP = "pickup", _("Pickup")
    APP = "app", _("App")
    PARTNER = "partner", _("Partner")
    E_COMMERCE = "e_commerce", _("E-commerce")


class Packaging(models.TextChoices):
    STANDARD = "standard", _("Standard")
    RECYCLED = "recycled", _("Recycled material")
    REUSABLE = "reusable", _("Reusable box")
    PAPERLESS = "paperless", _("Electronic waybill only")


class ValueAddedService(models.TextChoices):
    INSURED_VALUE = "insured_value", _("Insured value")
    CASH_ON_DELIVERY = "cash_on_delivery", _("Cash on delivery")
    SIGNED_RETURN = "signed_return", _("Signed return")
    SPECIAL_WAREHOUSE = "special_warehouse", _("Special warehouse delivery")
    NIGHT_PICKUP = "night_pickup", _("Night pickup")
    FRESH_DELIVERY = "fresh_delivery", _("Fresh delivery")
    VIRTUAL_ADDRESS = "virtual_address", _("Virtual address")
    LATE_REFUND = "late_refund", _("Late refund")
    CUSTOMER_RESOURCES = "customer_resources", _("Customer-resource management")


class ShipmentException(models.TextChoices):
    LATE = "late", _("Late")
    LOST = "lost", _("Lost")
    DAMAGED = "damaged", _("Damaged")
    REFUSED = "refused", _("Refused")
    RETURNED = "returned", _("Returned")
    SILENT = "silent", _("No scan for long")


# What the clock alone finds; senders and scans may say all others.
FOUND_BY_CLOCK = (ShipmentException.SILENT,)
TOLD_EXCEPTIONS = [choice for choice in ShipmentException.choices if choice[0] not in FOUND_BY_CLOCK]
# Such a shipment is awaited no longer, whatever its status: nobody need be told that it is late or silent, too.
SETTLED = (ShipmentException.LOST, ShipmentException.REFUSED, ShipmentException.RETURNED)


class Lateness(models.TextChoices):
    """How a shipment stands against its promise and the clock; `SILENT` is what is silent now."""

    PAST_PROMISE = "past_promise", _("Past its promise")
    DELIVERED_LATE = "delivered_late", _("Delivered late")
    SILENT = "silent", _("Silent now")


class ScanKind(models.TextChoices):
    PICKED_UP = "picked_up", _("Picked up")
    SORTED = "sorted", _("Sorted")
    DEPARTED = "departed", _("Departed")
    ARRIVED = "arrived", _("Arrived")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    DELIVERED = "delivered", _("Delivered")
    EXCEPTION = "exception", _("Exception")
