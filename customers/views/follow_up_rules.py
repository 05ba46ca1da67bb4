from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from core.web.trail import history_of
from core.web.views import StaffFormView
from customers.follow_ups.rules import current_policy
from customers.forms.follow_up_rules import FollowUpRulesForm, rules_initial
from customers.models import FollowUpPolicy
from customers.permissions import FOLLOW_UPS_CONFIGURE
from customers.services.follow_up_rules import PolicyChanged, create_policy

SHOWN_VERSIONS = 20


class FollowUpRulesView(StaffFormView):
    """How the rules act that open follow-ups: what is in force, to be changed."""

    permission_required = FOLLOW_UPS_CONFIGURE
    template_name = "customers/followup_rules_form.html"
    form_class = FollowUpRulesForm
    success_message = _("In force from now on; follow-ups that are open stay as they are.")

    def get_initial(self) -> Mapping[str, Any]:
        return rules_initial(current_policy())

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        newest = FollowUpPolicy.objects.order_by("-version")[:SHOWN_VERSIONS]
        history = history_of(*newest, user=self.request.user)
        return super().get_context_data(in_force=current_policy(), history=history, **context)

    def form_refused(self, form: FollowUpRulesForm, error: DomainError) -> HttpResponse:
        if isinstance(error, PolicyChanged):
            # Whoever has read what is in force now may replace it.
            form.data = form.data.copy()
            form.data["replaces"] = current_policy().version
            form.show_in_force(current_policy())
        return super().form_refused(form, error)

    def save(self, form: FollowUpRulesForm) -> str:
        create_policy(
            rules=form.settings, replaces=form.cleaned_data["replaces"], by=self.request.user, at=timezone.now()
        )
        return reverse("customers:follow_up_rules")
