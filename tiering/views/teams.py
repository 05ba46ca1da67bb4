"""Which teams serve which tiers."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web.rules import SHOWN_VERSIONS
from core.web.trail import history_of
from core.web.views import StaffFormView
from tiering.enums import PolicyState
from tiering.forms import TeamsForm
from tiering.models import TierPolicy
from tiering.permissions import MANAGE
from tiering.querysets import serving
from tiering.services import mark_of, set_tier_teams


class TeamsView(StaffFormView):
    permission_required = MANAGE
    template_name = "tiering/tierteam_form.html"
    form_class = TeamsForm
    success_message = _("Saved. What comes from now on goes to these teams.")

    def get_initial(self) -> dict[str, Any]:
        teams = serving()
        return {**teams, "seen": mark_of(teams)}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        newest = TierPolicy.objects.filter(state=PolicyState.APPROVED).order_by("-version")[:SHOWN_VERSIONS]
        history = history_of(*newest, user=self.request.user, only=("tier.teams_set",))
        return super().get_context_data(history=history, **context)

    def save(self, form: TeamsForm) -> str:
        set_tier_teams(**form.facts, by=self.request.user, at=timezone.now())
        return reverse("tiering:teams")
