"""Follow-ups that were not done in time: their priority goes up, and those who lead are told, once."""

from datetime import datetime, timedelta

from django.db import transaction

from core.audit.services import record
from core.events.services import publish_many
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from core.tenancy.working_time import working_calendar
from customers.enums import FollowUpState, Priority
from customers.models import FollowUp
from customers.services.follow_ups import told

# So long in working time a follow-up may still be on its way.
GRACE = timedelta(hours=1)
BATCH = 500


def escalate_all(*, at: datetime) -> int:
    """Escalate what is overdue of every active tenant, each in its scope; return how many."""
    count = 0
    for tenant in Tenant.objects.filter(is_active=True).order_by("pk"):
        with tenant_scope(tenant):
            while found := escalate_overdue(at=at):
                count += found
    return count


@transaction.atomic
def escalate_overdue(*, at: datetime) -> int:
    """Escalate the active tenant's follow-ups, up to BATCH, that are overdue by more than GRACE; return how many.

    Only while people work, and counted in working time, so that nobody is alarmed at night. A snoozed one is due when
    it was. Once for each due time: one that is rescheduled may become overdue again.
    """
    calendar = working_calendar()
    if not calendar.is_open(at):
        return 0
    overdue = FollowUp.objects.filter(state=FollowUpState.OPEN, escalated_at=None, due_at__lt=calendar.back(at, GRACE))
    # Who holds one is about to do something with it: the next time.
    rows = list(overdue.select_for_update(of=("self",), skip_locked=True).order_by("due_at", "id")[:BATCH])
    for follow_up in rows:
        follow_up.escalated_at = at
        follow_up.priority = max(follow_up.priority - 1, Priority.URGENT)
        follow_up.version += 1
        record("follow_up.overdue", subject=follow_up, by=None, at=at)
    FollowUp.objects.bulk_update(rows, ["escalated_at", "priority", "version"])
    publish_many("follow_up.overdue", [(each.pk, told(each)) for each in rows], at=at)
    return len(rows)
