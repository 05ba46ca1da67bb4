from typing import Any

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.web.views import StaffFormView
from customers.models import Customer
from customers.permissions import ERASE
from customers.relations import erased
from customers.services import ErasureReason, erase_customer, erasure_figures


class EraseCustomerForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why is it erased?"), choices=ErasureReason.choices)


class EraseCustomerView(StaffFormView):
    """Say in numbers what goes for good, ask why, and erase it."""

    permission_required = ERASE
    template_name = "customers/customer_erase.html"
    form_class = EraseCustomerForm

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        figures = erasure_figures(self.customer)
        return super().get_context_data(
            customer=self.customer,
            figures=[(relation.label, figures[key]) for key, relation in erased().items()],
            is_anything_left=any(figures.values()),
            **context,
        )

    def save(self, form: EraseCustomerForm) -> str:
        erase_customer(customer=self.customer, **form.cleaned_data, by=self.request.user, at=timezone.now())
        messages.success(self.request, _("The personal data of this customer was erased."))
        return reverse("customers:detail", args=[self.customer.pk])
