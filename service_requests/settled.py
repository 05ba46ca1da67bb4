"""What working hours and deadlines are in force, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.web.navigation import Part
from service_requests.enums import RequestKind
from service_requests.policies import DEADLINES, RULES, TIERS, days_in_words, deadline_name
from service_requests.services import current_policy

URL_NAME = "service_requests:policy"
_RUN = gettext_lazy("When deadlines of service requests run, and which of them fall due.")
_BY_TIER = gettext_lazy("How many working hours such a request may take, by the customer's tier.")
POLICY_PARTS = (
    *(
        Part(key=name, label=label, changes=_RUN, url_name=URL_NAME, fields=(name,), told=name)
        for name, label in RULES.items()
    ),
    *(
        Part(
            key=deadline_name(kind),
            label=DEADLINES[deadline_name(kind)],
            changes=_BY_TIER,
            url_name=URL_NAME,
            fields=tuple(f"{kind}-{tier}" for tier in TIERS),
            told=deadline_name(kind),
        )
        for kind in RequestKind
    ),
)


def policy_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    policy = current_policy()
    return {
        "days": days_in_words(policy),
        "opens_at": f"{policy.opens_at:%H:%M}",
        "closes_at": f"{policy.closes_at:%H:%M}",
        "holidays": _count(len(policy.holidays)),
        "extra_days": _count(len(policy.extra_days)),
        **{deadline_name(kind): _hours(by_tier) for kind, by_tier in policy.hours.items()},
    }


def _count(days: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _hours(by_tier: Mapping[str, int]) -> str:
    said = [_("%(tier)s %(hours)s h") % {"tier": label, "hours": by_tier[tier]} for tier, label in TIERS.items()]
    return _(", ").join(said)
