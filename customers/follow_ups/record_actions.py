"""What may be done on a follow-up's page, and for a customer."""

import uuid
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.web.record_pages import Action, RecordPage, at
from customers.enums import FollowUpState
from customers.follow_ups.querysets import for_list
from customers.follow_ups.words import show
from customers.models import FollowUp
from customers.permissions import FOLLOW_UPS_VIEW, FOLLOW_UPS_WORK, may_change_follow_up


def find_follow_up(pk: uuid.UUID, user: Any) -> FollowUp | None:
    return for_list(FollowUp.objects.filter(pk=pk)).first()


FOLLOW_UP_PAGE = RecordPage(
    url_name="customers:follow_up",
    permission=FOLLOW_UPS_VIEW,
    load=find_follow_up,
    name_of=lambda follow_up: show([follow_up])[0].subject,
)


def _own(*, is_open: bool) -> Callable[[FollowUp, Any], bool]:
    def applies(follow_up: FollowUp, user: Any) -> bool:
        return (follow_up.state == FollowUpState.OPEN) is is_open and may_change_follow_up(user, follow_up)

    return applies


FOLLOW_UP_ACTIONS = tuple(
    Action(
        name=name,
        label=label,
        icon=icon,
        url=at(f"customers:{url_name}"),
        permission=FOLLOW_UPS_WORK,
        order=order,
        applies=_own(is_open=name != "reopen"),
        classes="btn-primary" if name == "done" else "",
    )
    for order, (name, label, icon, url_name) in enumerate(
        (
            ("done", pgettext_lazy("step", "Done"), "check", "done_follow_up"),
            ("edit", _("Edit"), "edit", "update_follow_up"),
            ("snooze", _("Snooze"), "zzz", "snooze_follow_up"),
            ("reschedule", _("Reschedule"), "calendar-plus", "reschedule_follow_up"),
            ("hand_over", _("Hand over"), "user-share", "hand_over_follow_up"),
            ("cancel", _("Give up"), "x", "cancel_follow_up"),
            ("reopen", _("Open again"), "arrow-back-up", "reopen_follow_up"),
        )
    )
)
FOR_CUSTOMER = Action(
    name="follow_up",
    label=_("New follow-up"),
    icon="calendar-plus",
    url=at("customers:create_follow_up_for"),
    permission=FOLLOW_UPS_WORK,
    order=25,
)
