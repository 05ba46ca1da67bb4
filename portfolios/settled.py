"""What the rules of portfolios come to, as the settings show it."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise

from core.web.navigation import Part
from portfolios.services import current_policy
from portfolios.words import HELP, RULES, rule_in_words

POLICY_PARTS = tuple(
    Part(key=name, label=label, changes=HELP[name], url_name="portfolios:policy", fields=(name,), told=name)
    for name, label in RULES.items()
)


def policy_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    policy = current_policy()
    return {name: rule_in_words(name, policy) for name in RULES}
