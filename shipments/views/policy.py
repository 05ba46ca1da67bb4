from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.web.trail import history_of
from core.web.views import StaffFormView
from shipments.forms import ShipmentPolicyForm, policy_initial
from shipments.models import ShipmentPolicy
from shipments.permissions import CONFIGURE
from shipments.policies import PolicyChanged, create_policy, current_policy

SHOWN_VERSIONS = 20


class ShipmentPolicyView(StaffFormView):
    """When shipments are late or silent: what is in force, to be changed."""

    permission_required = CONFIGURE
    template_name = "shipments/policy_form.html"
    form_class = ShipmentPolicyForm
    success_message = _("In force from now on; what was found already stays.")

    def get_initial(self) -> Mapping[str, Any]:
        return policy_initial(current_policy())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        newest = ShipmentPolicy.objects.order_by("-version")[:SHOWN_VERSIONS]
        history = history_of(*newest, user=self.request.user)
        return super().get_context_data(in_force=current_policy(), history=history, **context)

    def form_refused(self, form: ShipmentPolicyForm, error: DomainError) -> HttpResponse:
        if isinstance(error, PolicyChanged):
            # Whoever has read what is in force now may replace it.
            form.data = form.data.copy()
            form.data["replaces"] = current_policy().version
            form.show_in_force(current_policy())
        return super().form_refused(form, error)

    def save(self, form: ShipmentPolicyForm) -> str:
        create_policy(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("shipments:policy")
