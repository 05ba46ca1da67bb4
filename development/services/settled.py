"""What the pipeline stands on: competitors, and the chances of each stage."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.scope import required_tenant_id
from development.models import Competitor, PipelineRules
from development.stages import OPEN

MOST_COMPETITORS = 200
LONGEST_NOTE = 2000


class CompetitorNameTaken(DomainError):
    code = "competitor_name_taken"
    message = _("There is a competitor of this name already.")


class CompetitorChanged(RecordChanged):
    code = "competitor_changed"
    message = _("Somebody else changed this competitor in the meantime. Load the page again to see it.")


class TooManyCompetitors(DomainError):
    code = "too_many_competitors"
    message = format_lazy(
        _("There are at most {most} competitors, those that were retired included."), most=MOST_COMPETITORS
    )


class BadChance(DomainError):
    code = "bad_chance"
    message = _("A chance is between 0 and 100 per cent.")


class RulesChanged(DomainError):
    code = "rules_changed"
    message = _("Somebody else has set other chances meanwhile. Look at them first.")


def rules_in_force() -> PipelineRules:
    """Return what the tenant counts on; of one that never decided, what a new tenant does."""
    return PipelineRules.objects.first() or PipelineRules()


@transaction.atomic
def set_chances(*, chances: Mapping[str, int], replaces: int, by: User, at: datetime) -> PipelineRules:
    """Count on other chances from now on; `replaces` is the version that its author has seen in force.

    Raises BadChance, or RulesChanged if another version is in force by now.
    """
    if set(chances) != set(OPEN) or not all(0 <= chance <= 100 for chance in chances.values()):
        raise BadChance
    PipelineRules.objects.bulk_create([PipelineRules(tenant_id=required_tenant_id())], ignore_conflicts=True)
    rules = PipelineRules.objects.select_for_update().get()
    if rules.version != replaces:
        raise RulesChanged
    for stage, chance in chances.items():
        setattr(rules, stage, chance)
    if rules.differs_in(OPEN):
        rules.version += 1
        rules.save()
        record("pipeline_rules.changed", subject=rules, by=by, at=at)
    return rules


@transaction.atomic
def add_competitor(*, name: str, strengths: str = "", note: str = "", by: User | None, at: datetime) -> Competitor:
    """Add a competitor. Raises CompetitorNameTaken or TooManyCompetitors."""
    if Competitor.objects.count() >= MOST_COMPETITORS:
        raise TooManyCompetitors
    competitor = Competitor(name=name.strip(), strengths=strengths.strip(), note=note.strip())
    _save(competitor)
    record("competitor.added", subject=competitor, by=by, at=at)
    return competitor


@transaction.atomic
def update_competitor(
    *, competitor: Competitor, version: int, name: str, strengths: str, note: str, by: User, at: datetime
) -> Competitor:
    """Change what is known of a competitor. Raises CompetitorChanged or CompetitorNameTaken."""
    competitor = Competitor.objects.select_for_update().get(pk=competitor.pk)
    if competitor.version != version:
        raise CompetitorChanged
    competitor.name, competitor.strengths, competitor.note = name.strip(), strengths.strip(), note.strip()
    if competitor.differs_in(("name", "strengths", "note")):
        competitor.version += 1
        _save(competitor)
        record("competitor.updated", subject=competitor, by=by, at=at)
    return competitor


@transaction.atomic
def retire_competitor(*, competitor: Competitor, by: User, at: datetime) -> Competitor:
    """Offer a competitor no more; what names it keeps it."""
    return _switch(competitor, is_active=False, action="competitor.retired", by=by, at=at)


@transaction.atomic
def revive_competitor(*, competitor: Competitor, by: User, at: datetime) -> Competitor:
    """Offer a retired competitor again."""
    return _switch(competitor, is_active=True, action="competitor.revived", by=by, at=at)


def _switch(competitor: Competitor, *, is_active: bool, action: str, by: User, at: datetime) -> Competitor:
    competitor = Competitor.objects.select_for_update().get(pk=competitor.pk)
    if competitor.is_active != is_active:
        competitor.is_active = is_active
        competitor.version += 1
        competitor.save(update_fields=["is_active", "version"])
        record(action, subject=competitor, by=by, at=at)
    return competitor


def _save(competitor: Competitor) -> None:
    try:
        with transaction.atomic():
            competitor.save()
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "competitor_name":
            raise
        raise CompetitorNameTaken from error
