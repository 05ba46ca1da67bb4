from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.rules import RulesFormView
from service_requests.forms import PolicyForm, policy_initial
from service_requests.models import ServicePolicy
from service_requests.permissions import CONFIGURE
from service_requests.policies import TIERS
from service_requests.services import PolicyChanged, create_policy, current_policy


class PolicyView(RulesFormView):
    """Working hours and deadlines: what is in force, to be changed."""

    permission_required = CONFIGURE
    template_name = "service_requests/policy_form.html"
    form_class = PolicyForm
    model = ServicePolicy
    overtaken = PolicyChanged
    title = _("Working hours and deadlines")
    error_fields = {
        "nobody_works": "days",
        "closes_before_it_opens": "closes_at",
        "too_many_dates": "holidays",
    }
    success_message = _("In force from now on; deadlines of requests that run already stay as they are.")

    def rules_in_force(self) -> ServicePolicy:
        return current_policy()

    def get_initial(self) -> Mapping[str, Any]:
        return policy_initial(current_policy())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(tiers=TIERS.values(), **context)

    def save(self, form: PolicyForm) -> str:
        create_policy(**form.rules, by=self.request.user, at=timezone.now())
        return reverse("service_requests:policy")
