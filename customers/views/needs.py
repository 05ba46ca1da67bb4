"""Special needs of a customer, each written down by the form of its kind."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.permissions import may
from core.tenancy.errors import DomainError
from core.web.records import RecordFormView
from core.web.views import StaffFormView, StaffView, go_to
from customers.enums import NeedKind
from customers.forms.needs import NeedForm, UpdateNeedForm
from customers.models import Customer, CustomerNeed
from customers.permissions import EDIT, REVEAL
from customers.services.needs import add_need, change_need, remove_need


class CreateNeedView(StaffFormView):
    permission_required = EDIT
    template_name = "customers/need_form.html"
    form_class = NeedForm
    success_message = gettext_lazy("The need was added.")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])

    @property
    def kind(self) -> NeedKind:
        if self.kwargs["kind"] not in NeedKind:
            raise Http404
        return NeedKind(self.kwargs["kind"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "kind": self.kind}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, kind=self.kind, **context)

    def save(self, form: NeedForm) -> str:
        add_need(
            customer=self.customer,
            kind=self.kind,
            details=form.details,
            text=form.text["text"],
            by=self.request.user,
            at=timezone.now(),
        )
        return reverse("customers:detail", args=[self.customer.pk])


class UpdateNeedView(RecordFormView):
    permission_required = EDIT
    template_name = "customers/need_form.html"
    form_class = UpdateNeedForm
    success_message = gettext_lazy("Saved.")

    @cached_property
    def record(self) -> CustomerNeed:
        return _need_of(self.kwargs)

    @property
    def draft_subject_id(self) -> UUID:
        return self.record.customer_id

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        need = self.record
        return super().get_context_data(
            customer=need.customer,
            need=need,
            kind=NeedKind(need.kind),
            may_reveal=may(self.request.user, REVEAL),
            **context,
        )

    def save(self, form: UpdateNeedForm) -> str:
        need = self.record
        change_need(
            need=need, version=need.version, details=form.details, **form.text, by=self.request.user, at=timezone.now()
        )
        return reverse("customers:detail", args=[need.customer_id])


class RemoveNeedView(StaffView):
    permission_required = EDIT
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        need = _need_of(kwargs)
        try:
            remove_need(need=need, version=need.version, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The need was removed."))
        return go_to(request, reverse("customers:detail", args=[need.customer_id]))


def _need_of(kwargs: dict[str, Any]) -> CustomerNeed:
    needs = CustomerNeed.objects.select_related("customer")
    return get_object_or_404(needs, pk=kwargs["need"], customer_id=kwargs["pk"])
