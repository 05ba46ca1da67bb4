"""What the tier policy in force says, rule by rule, and who serves which tier, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.tenancy.scope import current_tenant
from core.web.navigation import Part
from tiering.enums import PolicyMode
from tiering.querysets import serving
from tiering.rules import LABELS, TEAMS, UNUSED, in_words
from tiering.services import current_policy

CHANGES: dict[str, str | Promise] = {
    "mode": gettext_lazy("Whether the rank among all customers decides, the amount, or both."),
    "window_days": gettext_lazy("Over how many of the last days shipments count."),
    "vip_percent": gettext_lazy("How large a share of the customers comes first."),
    "mid_percent": gettext_lazy("How large a share of the customers comes next."),
    "vip_monthly": gettext_lazy("How much a customer must bring in for the highest tier."),
    "mid_monthly": gettext_lazy("How much a customer must bring in for the middle tier."),
    "weight_amount": gettext_lazy("How much money counts in the order of customers."),
    "weight_frequency": gettext_lazy("How much the number of shipments counts in the order of customers."),
    "weight_tenure": gettext_lazy("How much the time since the first shipment counts in the order of customers."),
    "demotion_runs": gettext_lazy("How long a customer keeps a tier whose rules it no longer meets."),
    "vip_head_start": gettext_lazy("How much earlier requests of VIP customers stand in the queue."),
    "mid_head_start": gettext_lazy("How much earlier requests of mid customers stand in the queue."),
    "low_head_start": gettext_lazy("How much earlier requests of low customers stand in the queue."),
    "head_start_cost": gettext_lazy("What a head start costs, for the cost of a policy."),
    "vip_manager": gettext_lazy("Whether VIP customers get an account manager of their own."),
    "mid_manager": gettext_lazy("Whether mid customers get an account manager of their own."),
    "low_manager": gettext_lazy("Whether low customers get an account manager of their own."),
    "manager_cost": gettext_lazy("What an account manager costs, for the cost of a policy."),
    "vip_rebate": gettext_lazy("What VIP customers get back of what they bring."),
    "mid_rebate": gettext_lazy("What mid customers get back of what they bring."),
    "low_rebate": gettext_lazy("What low customers get back of what they bring."),
    "vip_self_service": gettext_lazy("Whether VIP customers are to be offered self-service."),
    "mid_self_service": gettext_lazy("Whether mid customers are to be offered self-service."),
    "low_self_service": gettext_lazy("Whether low customers are to be offered self-service."),
}
POLICY_PARTS = tuple(
    Part(key=name, label=label, changes=CHANGES[name], url_name="tiering:create_policy", fields=(name,), told=name)
    for name, label in LABELS.items()
)


TEAM_PARTS = tuple(
    Part(
        key=name,
        label=label,
        changes=gettext_lazy(
            "Who is assigned customers of the tier, and gets their service requests and follow-ups when nobody is in"
            " charge."
        ),
        url_name="tiering:teams",
        fields=(name.removeprefix("teams_"),),
        told=name,
    )
    for name, label in TEAMS.items()
)


def team_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    return {
        f"teams_{tier}": _(", ").join(team.name for team in teams) or _("Everybody")
        for tier, teams in serving().items()
    }


def policy_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    """Return the rules in force; of those that the chosen mode takes no notice of, that it does so."""
    policy, currency = current_policy(), current_tenant().currency
    unused = UNUSED[PolicyMode(policy.mode)]
    values = {name: in_words(name, getattr(policy, name), currency) for name in LABELS}
    return {
        name: _("%(value)s, not used now") % {"value": said} if name in unused else said
        for name, said in values.items()
    }
