from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.web.context import WATCH_JOBS
from core.web.views import StaffFormView
from customers.copies import CopyReason, start_copy
from customers.models import Customer
from customers.permissions import COPY
from customers.relations import relations


class CopyForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why is it copied?"), choices=CopyReason.choices)
    note = forms.CharField(label=_("In words"), max_length=300, required=False)


class CopyCustomerView(StaffFormView):
    """Say in numbers what is copied, ask why, and have the file made."""

    permission_required = COPY
    template_name = "customers/customer_copy.html"
    form_class = CopyForm

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        figures = [(relation.label, relation.rows(self.customer).count()) for relation in relations()]
        return super().get_context_data(customer=self.customer, figures=figures, **context)

    def save(self, form: CopyForm) -> str:
        job = start_copy(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        self.request.session[WATCH_JOBS] = True
        return reverse("console:job", args=[job.pk])
