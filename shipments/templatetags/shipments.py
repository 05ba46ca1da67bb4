"""Template tags for pages that speak of shipments."""

from collections.abc import Iterable

from django import template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from shipments.enums import Lateness, ShipmentException, ShipmentStatus
from shipments.models import Shipment

register = template.Library()

_LOOKS = {
    Lateness.PAST_PROMISE: ("red", "clock-exclamation"),
    Lateness.DELIVERED_LATE: ("orange", "clock-exclamation"),
    Lateness.SILENT: ("orange", "radar-off"),
}
FOUND_BY_CLOCK = (ShipmentException.LATE, ShipmentException.SILENT)
_COLOURS = {
    ShipmentStatus.ACCEPTED: "secondary",
    ShipmentStatus.DELIVERED: "green",
    ShipmentStatus.CANCELLED: "red",
}


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """Show where a shipment stands; what is neither at its start nor at its end is under way."""
    return badge(ShipmentStatus(status).label, _COLOURS.get(ShipmentStatus(status), "blue"))


@register.simple_tag
def standing_badges(shipment: Shipment) -> SafeString:
    """Show where a shipment stands, and how that is against its promise and the clock."""
    lateness = (badge(each.label, *_LOOKS[each]) for each in shipment.lateness(timezone.now()))
    return _joined([status_badge(shipment.status), *lateness])


@register.simple_tag
def trouble_badges(shipment: Shipment) -> SafeString:
    """Show what else went wrong than what `standing_badges` says."""
    others = (code for code in shipment.exceptions if code not in FOUND_BY_CLOCK)
    return _joined(badge(ShipmentException(code).label, "orange", "alert-triangle") for code in others)


@register.simple_tag
def exception_badges(shipment: Shipment) -> SafeString:
    """Show what went wrong with a shipment at any time."""
    labels = (ShipmentException(code).label for code in shipment.exceptions)
    return _joined(badge(label, "orange", "alert-triangle") for label in labels)


def _joined(badges: Iterable[SafeString]) -> SafeString:
    return format_html_join(" ", "{}", ((each,) for each in badges))
