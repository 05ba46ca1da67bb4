from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.rules import RulesFormView
from customers.follow_ups.rules import current_policy
from customers.forms.follow_up_rules import FollowUpRulesForm, rules_initial
from customers.models import FollowUpPolicy
from customers.permissions import FOLLOW_UPS_CONFIGURE
from customers.services.follow_up_rules import PolicyChanged, create_policy


class FollowUpRulesView(RulesFormView):
    """How the rules act that open follow-ups: what is in force, to be changed."""

    permission_required = FOLLOW_UPS_CONFIGURE
    template_name = "customers/followup_rules_form.html"
    form_class = FollowUpRulesForm
    model = FollowUpPolicy
    overtaken = PolicyChanged
    title = _("Rules of follow-ups")
    success_message = _("In force from now on; follow-ups that are open stay as they are.")

    def rules_in_force(self) -> FollowUpPolicy:
        return current_policy()

    def get_initial(self) -> Mapping[str, Any]:
        return rules_initial(current_policy())

    def save(self, form: FollowUpRulesForm) -> str:
        create_policy(
            rules=form.settings, replaces=form.cleaned_data["replaces"], by=self.request.user, at=timezone.now()
        )
        return reverse("customers:follow_up_rules")
