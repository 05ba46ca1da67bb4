from pathlib import PurePath
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.accounts.permissions import may
from core.imports.permissions import IMPORTS
from core.web.context import WATCH_JOBS
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, PrefixFilter, Sort
from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView
from shipments.enums import ScanKind, ShipmentException, ShipmentStatus, TransportMode, ValueAddedService
from shipments.filters import CustomerFilter
from shipments.forms import ColumnsForm, UploadForm
from shipments.icons import SCAN_ICONS
from shipments.models import ImportRun, ScanEvent, Shipment
from shipments.panels import panels_of
from shipments.parts import may_go_on
from shipments.permissions import IMPORT, VIEW
from shipments.querysets import for_list, for_record, runs_for_list
from shipments.reading import Outline
from shipments.results import as_file, in_language
from shipments.samples import masked
from shipments.services import KEPT_STOPPED, receive_file, start_import
from shipments.templatetags.shipments import status_badge


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
            draw=lambda shipment: status_badge(shipment.status),
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
    page_columns = ("waybill", "customer", "accepted", "origin", "destination", "status", "service", "contribution")

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


class ImportListView(ListView):
    permission_required = IMPORT
    template_name = "shipments/import_list.html"
    sorts = (Sort("received", _("Received"), column="received_at", descending_first=True),)
    default_sort = "-received"
    export_name = "imports"
    export_title = _("Imports")
    export_columns = (
        Column(_("File"), lambda run: run.file_name),
        Column(_("Received"), lambda run: run.received_at),
        Column(_("By"), lambda run: run.received_by and run.received_by.name),
        Column(_("State"), lambda run: run.state(timezone.now()).label),
        Column(_("Rows"), lambda run: run.row_total),
        Column(pgettext_lazy("rows", "Created"), lambda run: run.created),
        Column(_("Updated"), lambda run: run.updated),
        Column(_("Unchanged"), lambda run: run.unchanged),
        Column(_("Failed"), lambda run: run.failed),
        Column(_("With a warning"), lambda run: run.warned),
    )

    def get_queryset(self) -> QuerySet[ImportRun]:
        return runs_for_list(ImportRun.objects.all())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        now = timezone.now()
        runs = [(run, run.state(now)) for run in context["rows"]]
        return super().get_context_data(runs=runs, may_bring_in=may(self.request.user, IMPORTS), **context)


class UploadView(StaffFormView):
    permission_required = IMPORT
    template_name = "shipments/import_form.html"
    form_class = UploadForm
    error_fields = dict.fromkeys(
        ("file_too_large", "wrong_encoding", "not_text", "unreadable_file", "wrong_separator", "empty_file"), "file"
    )

    def save(self, form: UploadForm) -> str:
        file = form.cleaned_data["file"]
        run = receive_file(
            stream=file.file, size=file.size, file_name=file.name, by=self.request.user, at=timezone.now()
        )
        return reverse("shipments:columns", args=[run.pk])


class ImportColumnsView(StaffFormView):
    """The second step: which column is which. A file whose import was started has its own page instead."""

    permission_required = IMPORT
    template_name = "shipments/import_columns.html"
    form_class = ColumnsForm

    @cached_property
    def run(self) -> ImportRun:
        return get_object_or_404(ImportRun.objects, pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return redirect(self.run_url) if self.run.started_at else super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return redirect(self.run_url) if self.run.started_at else super().post(request, *args, **kwargs)

    @property
    def run_url(self) -> str:
        return reverse("shipments:import", args=[self.run.pk])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "columns": self.run.columns}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        context = super().get_context_data(run=self.run, **context)
        sample = masked(self.run.sample or [], self.run.columns, context["form"].found)
        return {**context, "outline": Outline(self.run.columns, sample, self.run.row_total)}

    def save(self, form: ColumnsForm) -> str:
        job = start_import(run=self.run, mapping=form.cleaned_data, by=self.request.user, at=timezone.now())
        self.request.session[WATCH_JOBS] = True
        return reverse("console:job", args=[job.pk])


class ImportDetailView(StaffView, TemplateView):
    permission_required = IMPORT
    template_name = "shipments/import_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = get_object_or_404(ImportRun.objects.select_related("received_by", "job"), pk=self.kwargs["pk"])
        if run.started_at is None:
            return redirect("shipments:columns", run.pk)
        problems = [(problem, in_language(problem["reasons"], get_language())) for problem in run.problems or ()]
        own_job = run.job if run.job and run.job.owner_id == request.user.pk else None
        is_stopped = own_job is not None and not own_job.is_unfinished and may_go_on(own_job)
        context = {
            "run": run,
            "state": run.state(timezone.now()),
            "problems": problems,
            "own_job": own_job,
            "history": history_of(run, user=request.user),
            "goes_on_until": own_job.finished_at + KEPT_STOPPED if is_stopped else None,
        }
        return self.render_to_response(self.get_context_data(**context))


class ImportResultView(StaffView):
    permission_required = IMPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        run = get_object_or_404(ImportRun.objects, pk=self.kwargs["pk"])
        if not run.parts.exclude(result__isnull=True).exists():
            raise Http404
        response = StreamingHttpResponse(as_file(run, get_language()), content_type="text/csv; charset=utf-8")
        name = f"{PurePath(run.file_name).stem or 'shipments'}-result.csv"
        response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
