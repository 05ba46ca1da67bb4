"""What can be done with many customers, or with many follow-ups, at once."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.web.lists.actions import BulkAction
from customers.enums import FollowUpKind, FollowUpOrigin, Priority
from customers.forms.follow_ups import DUE, AssignedForm, HandOverForm, TimeField
from customers.models import Customer, FollowUp
from customers.permissions import FOLLOW_UPS_WORK, may_change_follow_up
from customers.services.follow_up_steps import hand_over_follow_up, reschedule_follow_up
from customers.services.follow_ups import LONGEST_SUBJECT, NotYours, open_follow_up


class OpenForm(AssignedForm):
    """What is to be done for each of the customers."""

    subject = forms.CharField(
        label=gettext_lazy("What is to be done"),
        max_length=LONGEST_SUBJECT,
        help_text=gettext_lazy("The same for all: name nobody here."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=FollowUpKind.choices)
    due_at = TimeField(label=DUE)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    field_order = ("subject", "kind", "due_at", "priority")


class MoveForm(forms.Form):
    due_at = TimeField(label=DUE)


def _open(*, row: Customer, values: dict[str, Any], by: User, at: datetime) -> bool:
    open_follow_up(customer=row, **values, origin=FollowUpOrigin.BULK, by=by, at=at)
    return True


def _move(*, row: FollowUp, values: dict[str, Any], by: User, at: datetime) -> bool:
    _check(row, by)
    if row.due_at == values["due_at"]:
        return False
    reschedule_follow_up(follow_up=row, **values, by=by, at=at)
    return True


def _hand_over(*, row: FollowUp, values: dict[str, Any], by: User, at: datetime) -> bool:
    _check(row, by)
    if (row.assignee, row.team) == (values["assignee"], values["team"]):
        return False
    hand_over_follow_up(follow_up=row, **values, by=by, at=at)
    return True


def _check(follow_up: FollowUp, by: User) -> None:
    if not may_change_follow_up(by, follow_up):
        raise NotYours


def _person(values: dict[str, Any]) -> str:
    named = [each.name for each in (values["assignee"], values["team"]) if each]
    return _("Hand over to %(name)s") % {"name": _(", ").join(named) or _("nobody")}


ACTIONS = (
    BulkAction(
        name="follow-up",
        list_name="customers",
        label=gettext_lazy("Open a follow-up for each"),
        icon="calendar-plus",
        permission=FOLLOW_UPS_WORK,
        form=OpenForm,
        apply=_open,
        words=lambda values: _("Follow-up: %(subject)s") % {"subject": values["subject"]},
    ),
    BulkAction(
        name="hand-over",
        list_name="follow-ups",
        label=gettext_lazy("Hand over"),
        icon="user-share",
        permission=FOLLOW_UPS_WORK,
        form=HandOverForm,
        apply=_hand_over,
        words=_person,
    ),
    BulkAction(
        name="reschedule",
        list_name="follow-ups",
        label=gettext_lazy("Reschedule"),
        icon="calendar-plus",
        permission=FOLLOW_UPS_WORK,
        form=MoveForm,
        apply=_move,
        words=lambda values: _("Due %(time)s") % {"time": f"{values['due_at']:%Y-%m-%d %H:%M}"},
    ),
)
