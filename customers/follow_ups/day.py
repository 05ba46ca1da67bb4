"""Follow-ups as work of somebody's day."""

from collections.abc import Mapping

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import ngettext

from customers.day import DONE, MOST, MOST_DONE, OVERDUE, SNOOZED, TODAY, WHOLE, Day, KindOfWork, Work
from customers.enums import FollowUpState
from customers.follow_ups.querysets import counts_of_day, for_list, of_day
from customers.follow_ups.words import Shown, show
from customers.models import FollowUp
from customers.permissions import FOLLOW_UPS_WORK


def find(day: Day) -> list[Work]:
    return [_work(shown) for shown in show(of_day(day.user, before=day.ends, at=day.at)[: MOST + 1])]


def done(day: Day) -> list[Work]:
    return [_work(shown) for shown in show(for_list(_done(day)).order_by("-closed_at")[:MOST_DONE])]


def count(day: Day) -> Mapping[str, int]:
    return {**counts_of_day(day.user, before=day.ends, at=day.at), DONE: _done(day).count()}


def address(day: Day, figure: str) -> str:
    """Return the list of what a figure counts."""
    due = {"state": FollowUpState.OPEN, "hands": day.user.pk, "due_to": day.on, "sort": "due"}
    asked = {
        OVERDUE: {"overdue": "yes", "snoozed": "no", **due},
        TODAY: {"overdue": "no", "snoozed": "no", **due},
        SNOOZED: {"snoozed": "yes", **due},
        WHOLE: {"snoozed": "no", **due},
        DONE: {"state": FollowUpState.DONE, "closed_by": day.user.pk, "closed_from": day.on},
    }[figure]
    return f"{reverse('customers:follow_ups')}?{urlencode(asked)}"


def _done(day: Day) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(closed_by=day.user, state=FollowUpState.DONE, closed_at__gte=day.starts)


def _work(shown: Shown) -> Work:
    follow_up = shown.follow_up
    return Work(
        record=follow_up,
        subject=shown.subject,
        url=reverse("customers:follow_up", args=[shown.pk]),
        kind=follow_up.get_kind_display(),
        customer=follow_up.customer,
        due_at=follow_up.due_at,
        closed_at=follow_up.closed_at,
        steps="customers/day_steps.html",
        undo="customers/day_undo.html",
        is_promised=follow_up.is_promised,
        priority=follow_up.priority,
        charge=follow_up.team.name if follow_up.team and not follow_up.assignee_id else "",
        is_nobodys=not (follow_up.assignee_id or follow_up.team_id),
    )


FOLLOW_UPS = KindOfWork(
    key="follow_ups",
    permission=FOLLOW_UPS_WORK,
    words=lambda count: ngettext("%(count)s follow-up", "%(count)s follow-ups", count) % {"count": count},
    find=find,
    done=done,
    count=count,
    address=address,
)
