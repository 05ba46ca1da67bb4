import time
from datetime import timedelta
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from core.web.public import PublicView
from shipments.enums import FOUND_BY_CLOCK, ScanKind, ShipmentException
from shipments.icons import SCAN_ICONS
from shipments.models import ScanEvent
from shipments.services import current_policy
from shipments.tracking.finding import find_tracked, seal, tracked
from shipments.tracking.forms import TrackingForm
from shipments.tracking.limits import WINDOW_SECONDS, may_ask

NOT_FOUND = _("We have no parcel with this waybill and these digits. Check both, or ask whoever sent it.")
TOO_MANY = _("This was asked too often. Try again in an hour.")


class TrackView(PublicView, FormView):
    """Asks for waybill and digits; what is known is answered under an address of its own, so that it can be reloaded.

    That there is no such waybill and that the digits are wrong is one answer.
    """

    http_method_names = ["get", "post"]
    template_name = "shipments/tracking/ask.html"
    form_class = TrackingForm

    def get_initial(self) -> dict[str, Any]:
        return {"waybill": self.request.GET.get("waybill", "")[:40]}

    def form_valid(self, form: Form) -> HttpResponse:
        waybill, tail = form.cleaned_data["waybill"], form.cleaned_data["tail"]
        if not may_ask(self.request, waybill, now=time.time()):
            form.add_error(None, TOO_MANY)
            response = self._asked_again(form, status=429)
            response.headers["Retry-After"] = str(WINDOW_SECONDS)
            return response
        shipment_id = find_tracked(waybill=waybill, tail=tail)
        if shipment_id is None:
            form.add_error(None, NOT_FOUND)
            return self._asked_again(form, status=422)
        return redirect("shipments:trace", slug=self.tenant.slug, sealed=seal(shipment_id))

    def form_invalid(self, form: Form) -> HttpResponse:
        return self._asked_again(form, status=422)

    def _asked_again(self, form: Form, *, status: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=status)


class TraceView(PublicView, TemplateView):
    """Where a parcel is and was; nothing of a person: no names, no courier, no customer."""

    http_method_names = ["get"]
    template_name = "shipments/tracking/trace.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shipment = tracked(kwargs["sealed"]).first()
        if shipment is None:
            return redirect("shipments:track", slug=self.tenant.slug)
        scans = shipment.scans.order_by("-happened_at", "-id").defer("courier")
        # We are sorry when our people are told, not while a scan of the delivery may be on its way.
        promised_before = timezone.now() - timedelta(hours=current_policy().grace_hours)
        context = self.get_context_data(
            shipment=shipment,
            is_late=shipment.is_past_promise(promised_before),
            exceptions=[ShipmentException(code).label for code in shipment.exceptions if code not in FOUND_BY_CLOCK],
            scans=[_shown(scan) for scan in scans],
        )
        return self.render_to_response(context)


def _shown(scan: ScanEvent) -> dict[str, Any]:
    title = scan.get_kind_display()
    if scan.exception:
        title = f"{title}: {scan.get_exception_display()}"
    where = " · ".join(part for part in (scan.place, scan.outlet) if part)
    return {"icon": SCAN_ICONS[ScanKind(scan.kind)], "title": title, "where": where, "at": scan.happened_at}
