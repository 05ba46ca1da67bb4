"""Template tags for pages that speak of shipments."""

from django import template
from django.utils.safestring import SafeString

from core.web.templatetags.web import badge
from shipments.enums import ShipmentStatus

register = template.Library()

_COLOURS = {
    ShipmentStatus.ACCEPTED: "secondary",
    ShipmentStatus.DELIVERED: "green",
    ShipmentStatus.CANCELLED: "red",
}


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """Show where a shipment stands; what is neither at its start nor at its end is under way."""
    return badge(ShipmentStatus(status).label, _COLOURS.get(ShipmentStatus(status), "blue"))
