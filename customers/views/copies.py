from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.web.context import WATCH_JOBS
from core.web.views import StaffFormView
from customers.models import Customer
from customers.permissions import COPY
from customers.relations import copied
from customers.services import CopyReason, copy_customer, copy_figures


class CopyCustomerForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why is it copied?"), choices=CopyReason.choices)
    note = forms.CharField(label=_("In words"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == CopyReason.OTHER and not cleaned.get("note"):
            self.add_error("note", _("Say why."))
        return cleaned


class CopyCustomerView(StaffFormView):
    """Say in numbers what the copy will hold, ask why, and have it written."""

    permission_required = COPY
    needs_second_step = True
    needs_fresh_sign_in = True
    template_name = "customers/customer_copy.html"
    form_class = CopyCustomerForm

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        figures = copy_figures(self.customer)
        return super().get_context_data(
            customer=self.customer,
            figures=[(relation.label, figures[key]) for key, relation in copied().items()],
            **context,
        )

    def save(self, form: CopyCustomerForm) -> str:
        job = copy_customer(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        self.request.session[WATCH_JOBS] = True
        return reverse("console:job", args=[job.pk])
