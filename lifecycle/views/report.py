from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from core.tenancy.clock import months_after
from core.web.views import StaffView
from lifecycle.forms import MonthField, today
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
        return self.render_to_response(self.get_context_data(form=shown, report=report))
