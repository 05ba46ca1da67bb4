from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.imports.permissions import IMPORTS
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, PrefixFilter, Sort
from core.web.lists.columns import NOTHING
from core.web.trail import history_of
from core.web.views import StaffView
from shipments.enums import Lateness, ScanKind, ShipmentException, ShipmentStatus, TransportMode, ValueAddedService
from shipments.filters import CustomerFilter, ExceptionFilter, LatenessFilter
from shipments.icons import SCAN_ICONS
from shipments.models import ScanEvent, Shipment
from shipments.panels import panels_of
from shipments.permissions import IMPORT, VIEW
from shipments.querysets import for_list, for_record
from shipments.templatetags.shipments import exception_badges, standing_badges


class ShipmentListView(ListView):
    permission_required = VIEW
    template_name = "shipments/shipment_list.html"
    filters = (
        PrefixFilter(name="waybill", label=_("Waybill"), field="waybill_number", max_length=40),
        CustomerFilter(name="customer", label=_("Customer number")),
        ChoiceFilter(name="status", label=_("Status"), choices=ShipmentStatus.choices),
        PrefixFilter(name="service", label=_("Service"), field="service_product", max_length=60),
        ChoiceFilter(name="transport_mode", label=_("Transport"), choices=TransportMode.choices),
        LatenessFilter(name="lateness", label=_("Lateness"), field="promised_at", choices=Lateness.choices),
        ExceptionFilter(name="exception", label=_("Exception"), field="exceptions", choices=ShipmentException.choices),
        DateRangeFilter(name="promised", label=_("Promised"), field="promised_at"),
        DateRangeFilter(name="accepted", label=pgettext_lazy("time", "Accepted"), field="accepted_at"),
    )
    sorts = (Sort("accepted", pgettext_lazy("time", "Accepted"), column="accepted_at", descending_first=True),)
    default_sort = "-accepted"
    export_name = "shipments"
    export_title = _("Shipments")
    export_columns = (
        Column(
            _("Waybill number"),
            lambda shipment: shipment.waybill_number,
            name="waybill",
            url=lambda shipment: reverse("shipments:detail", args=[shipment.pk]),
            is_head=True,
        ),
        Column(_("Customer number"), lambda shipment: shipment.customer.number, name="customer_number"),
        Column(
            _("Customer"),
            lambda shipment: shipment.customer.display_name,
            name="customer",
            url=lambda shipment: reverse("customers:detail", args=[shipment.customer_id]),
        ),
        Column(
            _("Status"),
            lambda shipment: shipment.get_status_display(),
            name="status",
            draw=standing_badges,
        ),
        Column(
            pgettext_lazy("time", "Accepted"),
            lambda shipment: shipment.accepted_at,
            name="accepted",
            kind=ColumnKind.TIME,
            sort="accepted",
        ),
        Column(_("Promised"), lambda shipment: shipment.promised_at, name="promised", kind=ColumnKind.TIME),
        Column(
            pgettext_lazy("time", "Delivered"),
            lambda shipment: shipment.delivered_at,
            name="delivered",
            kind=ColumnKind.TIME,
        ),
        Column(
            _("Exceptions"),
            lambda shipment: gettext(", ").join(str(ShipmentException(each).label) for each in shipment.exceptions),
            name="exceptions",
            draw=lambda shipment: exception_badges(shipment) or NOTHING,
        ),
        Column(_("Service"), lambda shipment: shipment.service_product, name="service"),
        Column(_("Transport"), lambda shipment: shipment.get_transport_mode_display(), name="transport"),
        Column(_("City of origin"), lambda shipment: shipment.origin_city, name="origin"),
        Column(_("City of destination"), lambda shipment: shipment.destination_city, name="destination"),
        Column(_("Weight in grams"), lambda shipment: shipment.weight_g, name="weight", kind=ColumnKind.NUMBER),
        Column(_("Freight"), lambda shipment: shipment.freight, name="freight", kind=ColumnKind.MONEY),
        Column(_("Surcharges"), lambda shipment: shipment.surcharges, name="surcharges", kind=ColumnKind.MONEY),
        Column(_("Refunds"), lambda shipment: shipment.refunds, name="refunds", kind=ColumnKind.MONEY),
        Column(_("Contribution"), lambda shipment: shipment.contribution, name="contribution", kind=ColumnKind.MONEY),
    )
    page_columns = (
        "waybill",
        "customer",
        "accepted",
        "promised",
        "destination",
        "status",
        "exceptions",
        "contribution",
    )

    def get_queryset(self) -> QuerySet[Shipment]:
        return for_list(Shipment.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        may_import = may(self.request.user, IMPORT) and may(self.request.user, IMPORTS)
        return super().get_context_data(may_import=may_import, **context)


class ShipmentDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "shipments/shipment_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        shipment = get_object_or_404(for_record(Shipment.objects.all()), pk=self.kwargs["pk"])
        return super().get_context_data(
            shipment=shipment,
            services=[ValueAddedService(code).label for code in shipment.services],
            scans=[_scan_as_event(scan) for scan in shipment.scans.all()],
            panels=panels_of(shipment, self.request.user),
            history=history_of(shipment, user=self.request.user),
            **context,
        )


def _scan_as_event(scan: ScanEvent) -> dict[str, Any]:
    words = " · ".join(part for part in (scan.place, scan.outlet, scan.courier) if part)
    title = scan.get_kind_display()
    if scan.exception:
        title = f"{title}: {scan.get_exception_display()}"
    return {"icon": SCAN_ICONS[ScanKind(scan.kind)], "title": title, "text": words, "at": scan.happened_at}
