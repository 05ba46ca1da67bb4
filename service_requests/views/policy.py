from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.web.trail import history_of
from core.web.views import StaffFormView
from service_requests.forms import PolicyForm, policy_initial
from service_requests.models import ServicePolicy
from service_requests.permissions import CONFIGURE
from service_requests.policies import TIERS
from service_requests.services import PolicyChanged, create_policy, current_policy


class PolicyView(StaffFormView):
    """Working hours and deadlines: what is in force, to be changed."""

    permission_required = CONFIGURE
    template_name = "service_requests/policy_form.html"
    form_class = PolicyForm
    error_fields = {
        "nobody_works": "days",
        "closes_before_it_opens": "closes_at",
        "too_many_dates": "holidays",
    }
    success_message = _("In force from now on; deadlines of requests that run already stay as they are.")

    def get_initial(self) -> Mapping[str, Any]:
        return policy_initial(current_policy())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        newest = ServicePolicy.objects.order_by("-version")[:20]
        return super().get_context_data(
            tiers=TIERS.values(),
            in_force=newest[0],
            history=history_of(*newest, user=self.request.user),
            **context,
        )

    def form_refused(self, form: PolicyForm, error: DomainError) -> Any:
        if isinstance(error, PolicyChanged):
            # Whoever has read what is in force now may replace it.
            form.data = form.data.copy()
            form.data["replaces"] = current_policy().version
            form.show_in_force(current_policy())
        return super().form_refused(form, error)

    def save(self, form: PolicyForm) -> str:
        create_policy(**form.rules, by=self.request.user, at=timezone.now())
        return reverse("service_requests:policy")
