"""What a customer's timeline tells of opportunities and proposals, and their figures in words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.tenancy.scope import current_tenant
from core.web.templatetags.web import format_money
from development.enums import DealStage, Measure
from development.models import ProposalLine


def opened_in_words(facts: Mapping[str, Any]) -> str:
    return _("Opportunity %(number)s") % {"number": facts["number"]}


def moved_in_words(facts: Mapping[str, Any]) -> str:
    return _("Opportunity %(number)s: from %(old)s to %(new)s") % {
        "number": facts["number"],
        "old": DealStage(facts["old"]).label,
        "new": DealStage(facts["new"]).label,
    }


def accepted_in_words(facts: Mapping[str, Any]) -> str:
    return _("Proposal %(number)s, version %(edition)s, accepted by the customer") % facts


def declined_in_words(facts: Mapping[str, Any]) -> str:
    return _("Proposal %(number)s, version %(edition)s, declined by the customer") % facts


def price_in_words(line: ProposalLine) -> str:
    """Return what a line costs; empty where it has no price of its own."""
    if line.price is None:
        return ""
    return f"{format_money(line.price, current_tenant().currency)} {line.get_price_basis_display()}"


def figure_in_words(measure: str, figure: Decimal | None) -> str:
    """Return a figure of a measure with its unit."""
    if figure is None:
        return "–"
    if measure == Measure.COST:
        return format_money(figure, current_tenant().currency)
    if measure == Measure.DAYS:
        return _("%(figure)s days") % {"figure": f"{figure.normalize():f}"}
    return f"{figure.normalize():f}%"
