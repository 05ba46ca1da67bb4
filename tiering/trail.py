"""What the trail says of tiers: which version of the policy is meant, and the moves that no person made."""

import uuid
from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from core.tenancy.scope import current_tenant
from core.web.templatetags.web import format_money
from core.web.trail import Change, Line
from customers.enums import Tier
from tiering.enums import BY_PEOPLE
from tiering.models import TierChange, TierPolicy

MOVED = "tier.moved"


def describe_policies(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    policies = TierPolicy.objects.filter(pk__in=ids).values_list("pk", "version")
    return {
        pk: (_("Version %(version)s") % {"version": version}, reverse("tiering:policy", args=[pk]))
        for pk, version in policies
    }


def tell_moves(ids: Collection[uuid.UUID], limit: int) -> list[Line]:
    """Return the newest moves of customers by evaluations, with the figure behind each; one by hand is an event."""
    moves = TierChange.objects.filter(customer_id__in=ids).exclude(reason__in=BY_PEOPLE)
    return [_line(move) for move in moves.order_by("-changed_at", "-pk")[:limit]]


def _line(move: TierChange) -> Line:
    return Line(
        at=move.changed_at,
        action=_("Tier changed"),
        actor=_("Evaluation as of %(day)s") % {"day": move.as_of},
        changes=[Change(_("Tier"), _tier(move.from_tier), _tier(move.to_tier))],
        details=[(_("Contribution"), format_money(move.contribution, current_tenant().currency))],
    )


def _tier(tier: str | None) -> str:
    return str(Tier(tier).label) if tier else "–"
