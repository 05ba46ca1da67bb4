"""Moving opportunities through the pipeline, and telling of those whose close date has passed."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.events.services import publish
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.services import tell_in_timeline
from development.enums import DealStage
from development.models import Opportunity, StageChange
from development.services.opening import hold_opportunity, told_of
from development.stages import CLOSED, OPEN, may_move

LONGEST_REMARK = 500


class MoveNotAllowed(DomainError):
    code = "move_not_allowed"
    message = _("An opportunity cannot go there from the stage it is in by now.")


class LostForNoReason(DomainError):
    code = "lost_for_no_reason"
    message = _("Say why it was lost.")


@transaction.atomic
def move_opportunity(
    *,
    opportunity: Opportunity,
    stage: str,
    lost_reason: str = "",
    remark: str = "",
    by: User | ApiKey | None,
    at: datetime,
) -> Opportunity:
    """Move an opportunity to another stage. Raises MoveNotAllowed, or LostForNoReason where it is lost for none."""
    opportunity = hold_opportunity(opportunity)
    if not may_move(old=opportunity.deal_stage, new=stage):
        raise MoveNotAllowed
    if stage == DealStage.LOST and not lost_reason:
        raise LostForNoReason
    return change_stage(opportunity, stage, lost_reason=lost_reason, remark=remark, by=by, at=at)


def change_stage(
    opportunity: Opportunity,
    stage: str,
    *,
    lost_reason: str = "",
    remark: str = "",
    by: User | ApiKey | None,
    at: datetime,
) -> Opportunity:
    """Move an opportunity that is held already, wherever it comes from."""
    old = opportunity.deal_stage
    opportunity.deal_stage = DealStage(stage)
    opportunity.stage_since = at
    opportunity.lost_reason = lost_reason if stage == DealStage.LOST else ""
    opportunity.closed_at = at if stage in CLOSED else None
    opportunity.version += 1
    opportunity.save(update_fields=["deal_stage", "stage_since", "lost_reason", "closed_at", "version"])
    change = StageChange.objects.create(
        opportunity=opportunity,
        old_stage=old,
        new_stage=stage,
        moved_by=by if isinstance(by, User) else None,
        moved_at=at,
        remark=remark.strip() or None,
    )
    record("opportunity.moved", subject=opportunity, by=by, at=at)
    tell_in_timeline(
        customer=opportunity.customer,
        code="opportunity.moved",
        parameters={"number": opportunity.number, "old": old, "new": str(stage)},
        source=f"opportunity.moved:{change.pk}",
        happened_at=at,
        at=at,
    )
    publish(
        "opportunity.stage_changed",
        subject_id=opportunity.pk,
        payload={**told_of(opportunity), "old_stage": old},
        at=at,
    )
    return opportunity


def remind_of_close_dates(*, business_date: date, at: datetime) -> dict[str, int]:
    """Tell once of each open opportunity whose expected close date has passed; a date set anew is told of anew."""
    passed = Opportunity.objects.select_for_update(of=("self",), skip_locked=True).filter(
        ~Q(reminded_for=F("closes_on")) | Q(reminded_for=None), deal_stage__in=OPEN, closes_on__lt=business_date
    )
    told = 0
    for opportunity in passed.order_by("pk"):
        opportunity.reminded_for = opportunity.closes_on
        opportunity.save(update_fields=["reminded_for"])
        publish("opportunity.close_date_passed", subject_id=opportunity.pk, payload=told_of(opportunity), at=at)
        told += 1
    return {"told": told}
