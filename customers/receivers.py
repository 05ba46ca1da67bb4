"""What follows for staff from events of this room."""

from datetime import datetime

from core.accounts.models import User
from core.events.models import OutboxEvent
from core.web.notices import notify
from customers.enums import FollowUpOrigin, FollowUpState
from customers.follow_ups.querysets import leaders_of
from customers.models import FollowUp
from customers.services.follow_up_steps import GIVEN

OVERDUE = "follow_up_overdue"
# Of what is made for many at once, or comes again, people find out in their day; of what a rule saw they are told by
# the room in which it happened.
TOLD_OF = (FollowUpOrigin.HAND, FollowUpOrigin.PARTNER)


def tell_assignee(*, event: OutboxEvent, at: datetime) -> None:
    """Tell whoever is to do a follow-up that somebody else or a partner asked for."""
    if event.payload["origin"] not in TOLD_OF:
        return
    found = FollowUp.objects.filter(pk=event.subject_id, state=FollowUpState.OPEN, assignee__is_active=True)
    follow_up = found.select_related("assignee").first()
    if follow_up is not None and follow_up.assignee_id != follow_up.created_by_id:
        _notify(follow_up.assignee, GIVEN, event)


def tell_leaders(*, event: OutboxEvent, at: datetime) -> None:
    """Tell those who lead the team or department that something was not done in time."""
    follow_up = FollowUp.objects.filter(pk=event.subject_id).select_related("assignee", "team").first()
    if follow_up is None or follow_up.state != FollowUpState.OPEN:
        return
    for leader in leaders_of(follow_up):
        _notify(leader, OVERDUE, event)


def _notify(user: User, kind: str, event: OutboxEvent) -> None:
    notify(user=user, kind=kind, source_id=event.pk, subject_id=event.subject_id, facts={}, at=event.occurred_at)
