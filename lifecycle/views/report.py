from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.jobs.running import start_job
from core.tenancy.clock import months_after
from core.tenancy.errors import DomainError
from core.web.context import WATCH_JOBS
from core.web.exports import ExportFormat
from core.web.months import MonthField
from core.web.views import StaffView, go_to
from lifecycle import report_file
from lifecycle.forms import today
from lifecycle.permissions import REPORT
from lifecycle.selectors import MOST_MONTHS, acquisition

FIRST, LAST = date(2000, 1, 1), date(2199, 12, 1)


class MonthsForm(forms.Form):
    """From which month to which."""

    first = MonthField(label=_("From the month"), required=False)
    last = MonthField(label=_("To the month"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        last = cleaned.get("last") or today().replace(day=1)
        first = cleaned.get("first") or months_after(last, -11)
        if not self.errors and not FIRST <= first <= last <= min(LAST, months_after(first, MOST_MONTHS)):
            raise ValidationError(_("Choose up to five years, the first month before the last."))
        return {"first": first, "last": last}


class ReportView(StaffView, TemplateView):
    """What leads of each source and month cost and brought."""

    permission_required = REPORT
    template_name = "lifecycle/report.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = MonthsForm(request.GET)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        report = acquisition(**form.cleaned_data)
        shown = MonthsForm(initial=form.cleaned_data)
        return self.render_to_response(self.get_context_data(form=shown, report=report, months=form.cleaned_data))


class ExportForm(MonthsForm):
    """The months of the report, and the form of the file."""

    format = forms.ChoiceField(choices=ExportFormat.choices)

    def clean(self) -> dict[str, Any]:
        months = super().clean()
        return {**months, "format": self.cleaned_data.get("format", "")}


class ExportReportView(StaffView):
    """Start the export of the report of these months."""

    permission_required = REPORT
    needs_second_step = True
    needs_fresh_sign_in = True
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ExportForm(request.POST)
        if not form.is_valid():
            messages.error(request, gettext("Choose a format for the file, and valid months."))
            return go_to(request, reverse("lifecycle:report"))
        asked = form.cleaned_data
        parameters = {name: asked[name].isoformat() for name in ("first", "last")} | {"format": asked["format"]}
        try:
            job = start_job(
                kind=report_file.KIND,
                title=gettext("Export: %(list)s") % {"list": gettext("Acquisition report")},
                parameters=parameters,
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, str(error.message))
            return go_to(request, reverse("lifecycle:report"))
        request.session[WATCH_JOBS] = True
        return go_to(request, reverse("console:job", args=[job.pk]))
