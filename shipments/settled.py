"""What the rules of late and silent shipments come to, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise

from core.web.navigation import Part
from shipments.services import current_policy
from shipments.words import HELP, RULES, hours_in_words

POLICY_PARTS = tuple(
    Part(key=name, label=label, changes=HELP[name], url_name="shipments:policy", fields=(name,), told=name)
    for name, label in RULES.items()
)


def policy_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    policy = current_policy()
    return {name: hours_in_words(getattr(policy, name)) for name in RULES}
