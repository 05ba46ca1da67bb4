"""The catalogue of what is offered, among the settings."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.web.trail import history_of
from core.web.views import StaffFormView, StaffView, StepView
from development.forms import ChangeServiceForm, ServiceForm
from development.models import CatalogueService
from development.permissions import CONFIGURE
from development.services import add_service, retire_service, revive_service, update_service


class CatalogueView(StaffView, TemplateView):
    permission_required = CONFIGURE
    template_name = "development/catalogue.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        services = CatalogueService.objects.order_by("-is_active", "kind", "id")
        return super().get_context_data(services=services, **context)


class AddServiceView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "development/service_form.html"
    form_class = ServiceForm
    error_fields = {"benefit_without_measure": "measure"}
    success_message = gettext_lazy("The service was added.")

    def save(self, form: ServiceForm) -> str:
        add_service(facts=form.facts, by=self.request.user, at=timezone.now())
        return reverse("development:catalogue")


class UpdateServiceView(StaffFormView):
    permission_required = CONFIGURE
    template_name = "development/service_form.html"
    form_class = ChangeServiceForm
    error_fields = {"benefit_without_measure": "measure"}
    success_message = gettext_lazy("Saved.")

    @cached_property
    def service(self) -> CatalogueService:
        return get_object_or_404(CatalogueService.objects, pk=self.kwargs["pk"])

    def get_initial(self) -> Mapping[str, Any]:
        return {name: getattr(self.service, name) for name in ChangeServiceForm.base_fields}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        history = history_of(self.service, user=self.request.user)
        return super().get_context_data(service=self.service, history=history, **context)

    def save(self, form: ChangeServiceForm) -> str:
        update_service(
            service=self.service,
            version=form.cleaned_data["version"],
            facts=form.facts,
            by=self.request.user,
            at=timezone.now(),
        )
        return reverse("development:catalogue")


class RetireServiceView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        service = get_object_or_404(CatalogueService.objects, pk=pk)
        said = _("%(name)s is no longer offered.") % {"name": service.name}
        return self.take(retire_service, service=service, said=said, then=reverse("development:catalogue"))


class ReviveServiceView(StepView):
    permission_required = CONFIGURE

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        service = get_object_or_404(CatalogueService.objects, pk=pk)
        said = _("%(name)s is offered again.") % {"name": service.name}
        return self.take(revive_service, service=service, said=said, then=reverse("development:catalogue"))
