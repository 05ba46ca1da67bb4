import io
from pathlib import PurePath
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.web.exports import Column
from core.web.lists import ChoiceFilter, DateRangeFilter, ListView, PrefixFilter, Sort
from core.web.views import StaffFormView, StaffView
from shipments.enums import ScanKind, ShipmentException, ShipmentStatus, TransportMode, ValueAddedService
from shipments.filters import CustomerFilter
from shipments.forms import ColumnsForm, UploadForm
from shipments.ingest import Outline
from shipments.models import ImportRun, ScanEvent, Shipment
from shipments.permissions import IMPORT, VIEW
from shipments.querysets import for_list, for_record, runs_for_list
from shipments.results import in_language, unpack, write_result
from shipments.services import AlreadyImported, import_received, outline_of, receive_file

SCAN_ICONS = {
    ScanKind.PICKED_UP: "package-import",
    ScanKind.SORTED: "arrows-split",
    ScanKind.DEPARTED: "truck-delivery",
    ScanKind.ARRIVED: "building-warehouse",
    ScanKind.OUT_FOR_DELIVERY: "truck-delivery",
    ScanKind.DELIVERED: "circle-check",
    ScanKind.EXCEPTION: "alert-triangle",
}


class ShipmentListView(ListView):
    permission_required = VIEW
    template_name = "shipments/shipment_list.html"
    filters = (
        PrefixFilter(name="waybill", label=_("Waybill"), field="waybill_number", max_length=40),
        CustomerFilter(name="customer", label=_("Customer number")),
        ChoiceFilter(name="status", label=_("Status"), choices=ShipmentStatus.choices),
        PrefixFilter(name="service", label=_("Service"), field="service_product", max_length=60),
        ChoiceFilter(name="transport_mode", label=_("Transport"), choices=TransportMode.choices),
        DateRangeFilter(name="accepted", label=pgettext_lazy("time", "Accepted"), field="accepted_at"),
    )
    sorts = (Sort("accepted", pgettext_lazy("time", "Accepted"), column="accepted_at", descending_first=True),)
    default_sort = "-accepted"
    export_name = "shipments"
    export_title = _("Shipments")
    export_columns = (
        Column(_("Waybill number"), lambda shipment: shipment.waybill_number),
        Column(_("Customer number"), lambda shipment: shipment.customer.number),
        Column(_("Status"), lambda shipment: shipment.get_status_display()),
        Column(pgettext_lazy("time", "Accepted"), lambda shipment: shipment.accepted_at),
        Column(_("Promised"), lambda shipment: shipment.promised_at),
        Column(pgettext_lazy("time", "Delivered"), lambda shipment: shipment.delivered_at),
        Column(_("Service"), lambda shipment: shipment.service_product),
        Column(_("Transport"), lambda shipment: shipment.get_transport_mode_display()),
        Column(_("City of origin"), lambda shipment: shipment.origin_city),
        Column(_("City of destination"), lambda shipment: shipment.destination_city),
        Column(_("Weight in grams"), lambda shipment: shipment.weight_g),
        Column(_("Freight"), lambda shipment: shipment.freight),
        Column(_("Surcharges"), lambda shipment: shipment.surcharges),
        Column(_("Refunds"), lambda shipment: shipment.refunds),
        Column(_("Contribution"), lambda shipment: shipment.contribution),
    )

    def get_queryset(self) -> QuerySet[Shipment]:
        return for_list(Shipment.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(may_import=may(self.request.user, IMPORT), **context)


class ShipmentDetailView(StaffView, TemplateView):
    permission_required = VIEW
    template_name = "shipments/shipment_detail.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        shipment = get_object_or_404(for_record(Shipment.objects.all()), pk=self.kwargs["pk"])
        return super().get_context_data(
            shipment=shipment,
            services=[ValueAddedService(code).label for code in shipment.services],
            exceptions=[ShipmentException(code).label for code in shipment.exceptions],
            scans=[_scan_as_event(scan) for scan in shipment.scans.all()],
            **context,
        )


def _scan_as_event(scan: ScanEvent) -> dict[str, Any]:
    words = " · ".join(part for part in (scan.place, scan.outlet, scan.courier) if part)
    title = scan.get_kind_display()
    if scan.exception:
        title = f"{title}: {scan.get_exception_display()}"
    return {"icon": SCAN_ICONS[ScanKind(scan.kind)], "title": title, "text": words, "at": scan.happened_at}


class ImportListView(ListView):
    permission_required = IMPORT
    template_name = "shipments/import_list.html"
    sorts = (Sort("received", _("Received"), column="received_at", descending_first=True),)
    default_sort = "-received"

    def get_queryset(self) -> QuerySet[ImportRun]:
        return runs_for_list(ImportRun.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        now = timezone.now()
        runs = [(run, run.state(now)) for run in context["rows"]]
        return super().get_context_data(runs=runs, **context)


class UploadView(StaffFormView):
    permission_required = IMPORT
    template_name = "shipments/import_form.html"
    form_class = UploadForm
    error_fields = dict.fromkeys(
        ("file_too_large", "wrong_encoding", "not_text", "unreadable_file", "wrong_separator", "empty_file"), "file"
    )

    def save(self, form: UploadForm) -> str:
        file = form.cleaned_data["file"]
        run = receive_file(content=file.read(), file_name=file.name, by=self.request.user, at=timezone.now())
        return reverse("shipments:columns", args=[run.pk])


class ImportColumnsView(StaffFormView):
    """The second step: which column is which. A file that is imported already has its result instead."""

    permission_required = IMPORT
    template_name = "shipments/import_columns.html"
    form_class = ColumnsForm
    success_message = _("The file is imported.")

    @cached_property
    def run(self) -> ImportRun:
        return get_object_or_404(ImportRun.objects.defer("result"), pk=self.kwargs["pk"])

    @cached_property
    def outline(self) -> Outline:
        return outline_of(self.run)

    @property
    def result_url(self) -> str:
        return reverse("shipments:import", args=[self.run.pk])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().get(request, *args, **kwargs) if self.run.content else redirect(self.result_url)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().post(request, *args, **kwargs) if self.run.content else redirect(self.result_url)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "columns": self.outline.columns}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(run=self.run, outline=self.outline, **context)

    def save(self, form: ColumnsForm) -> str:
        try:
            import_received(run=self.run, mapping=form.cleaned_data, at=timezone.now())
        except AlreadyImported:
            self.success_message = AlreadyImported.message
        return self.result_url


class ImportDetailView(StaffView, TemplateView):
    permission_required = IMPORT
    template_name = "shipments/import_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        runs = ImportRun.objects.select_related("received_by").defer("content", "result")
        run = get_object_or_404(runs, pk=self.kwargs["pk"])
        if run.started_at is None:
            return redirect("shipments:columns", run.pk)
        problems = [(problem, in_language(problem["reasons"], get_language())) for problem in run.problems]
        state = run.state(timezone.now())
        return self.render_to_response(self.get_context_data(run=run, state=state, problems=problems))


class ImportResultView(StaffView):
    permission_required = IMPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        run = get_object_or_404(ImportRun.objects.defer("content"), pk=self.kwargs["pk"])
        if run.result is None:
            raise Http404
        text = io.StringIO(newline="")
        write_result(text, unpack(run.result, get_language()))
        # Spreadsheets take a file for UTF-8 by the mark at its beginning.
        response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        name = f"{PurePath(run.file_name).stem or 'shipments'}-result.csv"
        response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
