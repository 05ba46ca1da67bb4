from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Team, User
from core.audit.services import record
from core.tenancy.errors import DomainError
from customers.enums import Tier
from tiering.models import TierTeam
from tiering.querysets import serving
from tiering.services.policies import current_policy
from tiering.turns import wait_for_turn


class TeamsChanged(DomainError):
    code = "tier_teams_changed"
    message = _("Somebody else has said meanwhile which teams serve which tiers. Load the page again to see it.")


class TeamGone(DomainError):
    code = "tier_team_closed"
    message = _("One of these teams is closed.")


def mark_of(teams: Mapping[str, Collection[Team]]) -> str:
    """Return what tells one choice of teams from another."""
    return ",".join(sorted(f"{tier}:{team.pk}" for tier, chosen in teams.items() for team in chosen))


@transaction.atomic
def set_tier_teams(*, teams: Mapping[str, Collection[Team]], seen: str, by: User, at: datetime) -> None:
    """Say which teams serve which tiers from now on; of a tier without any everybody does.

    `seen` is the mark of what its author has seen; the trail tells it of the policy in force. Raises TeamsChanged or
    TeamGone.
    """
    wait_for_turn()
    before = serving()
    if seen != mark_of(before):
        raise TeamsChanged
    if any(team.closed_at is not None for chosen in teams.values() for team in chosen):
        raise TeamGone
    changed = [tier for tier in Tier.values if {*before[tier]} != {*teams.get(tier, ())}]
    if not changed:
        return
    TierTeam.objects.filter(tier__in=changed).delete()
    TierTeam.objects.bulk_create(TierTeam(tier=tier, team=team) for tier in changed for team in teams.get(tier, ()))
    details = {"changed": [f"teams_{tier}" for tier in changed]}
    record("tier.teams_set", of=current_policy(), by=by, at=at, details=details)


def pass_on_tiers(*, rows: QuerySet[TierTeam], to: Team, by: User, at: datetime) -> None:
    """Let another team serve the tiers that one served, and those it serves already but once."""
    wait_for_turn()
    tiers = sorted(rows.values_list("tier", flat=True))
    rows.filter(tier__in=TierTeam.objects.filter(team=to).values("tier")).delete()
    rows.update(team=to)
    details = {"changed": [f"teams_{tier}" for tier in tiers]}
    record("tier.teams_set", of=current_policy(), by=by, at=at, details=details)
