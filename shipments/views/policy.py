from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.rules import RulesFormView
from shipments.forms import ShipmentPolicyForm, policy_initial
from shipments.models import ShipmentPolicy
from shipments.permissions import CONFIGURE
from shipments.services import PolicyChanged, create_policy, current_policy


class ShipmentPolicyView(RulesFormView):
    """When shipments are late or silent: what is in force, to be changed."""

    permission_required = CONFIGURE
    template_name = "shipments/policy_form.html"
    form_class = ShipmentPolicyForm
    model = ShipmentPolicy
    overtaken = PolicyChanged
    title = _("Late and silent shipments")
    success_message = _("In force from now on; what was found already stays.")

    def rules_in_force(self) -> ShipmentPolicy:
        return current_policy()

    def get_initial(self) -> Mapping[str, Any]:
        return policy_initial(current_policy())

    def save(self, form: ShipmentPolicyForm) -> str:
        create_policy(**form.cleaned_data, by=self.request.user, at=timezone.now())
        return reverse("shipments:policy")
