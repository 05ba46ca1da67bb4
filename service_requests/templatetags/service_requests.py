"""Template tags for pages that speak of service requests."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.web.templatetags.web import badge, relative_time
from service_requests.enums import RequestState
from service_requests.models import ServiceRequest

register = template.Library()

_LOOKS = {
    RequestState.DONE: ("green",),
    RequestState.DECLINED: ("red",),
    RequestState.WAITING: ("orange", "player-pause"),
    RequestState.IN_PROGRESS: ("blue",),
}


@register.simple_tag
def request_badge(service_request: ServiceRequest) -> SafeString:
    """Show where a request stands."""
    state = RequestState(service_request.state)
    return badge(state.label, *_LOOKS.get(state, ("secondary",)))


@register.simple_tag
def request_deadline(service_request: ServiceRequest) -> SafeString | str:
    """Show by when a request is to be closed, and whether that has passed; its clock rests while it waits."""
    due = _("Rests") if service_request.waiting_since else relative_time(service_request.due_at)
    overdue = overdue_badge(service_request)
    return format_html("{} {}", due, overdue) if overdue else due


@register.simple_tag
def green_channel(service_request: ServiceRequest) -> SafeString | str:
    """Say that the customer's tier gave a request a head start in the queue; nothing where it did not."""
    return badge(_("Green channel"), "green", "bolt") if service_request.head_start_hours else ""


@register.simple_tag
def overdue_badge(service_request: ServiceRequest) -> SafeString | str:
    """Say that the deadline of a request has passed; nothing where it has not."""
    return badge(_("Overdue"), "red", "alarm") if service_request.is_overdue(timezone.now()) else ""
