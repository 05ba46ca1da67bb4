"""What a customer's timeline tells of opportunities."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from development.enums import DealStage


def opened_in_words(facts: Mapping[str, Any]) -> str:
    return _("Opportunity %(number)s") % {"number": facts["number"]}


def moved_in_words(facts: Mapping[str, Any]) -> str:
    return _("Opportunity %(number)s: from %(old)s to %(new)s") % {
        "number": facts["number"],
        "old": DealStage(facts["old"]).label,
        "new": DealStage(facts["new"]).label,
    }
