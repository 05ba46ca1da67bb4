"""What can be done to many customers at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.web.lists.actions import BulkAction
from customers.enums import HandoverReason
from customers.forms.bulk import AssignForm, TagForm
from customers.forms.groups import GroupForm
from customers.models import Customer
from customers.permissions import ASSIGN, EDIT
from customers.services import Outcome, add_tag, hand_over_customer, put_into_group, remove_tag

Service = Callable[..., tuple[Customer, Outcome]]


def _by(service: Service) -> Callable[..., bool]:
    """Return what changes one row by a service that takes the form's values by their names."""

    def apply(*, row: Customer, values: dict[str, Any], by: User, at: datetime) -> bool:
        _customer, outcome = service(customer=row, **values, by=by, at=at)
        return outcome == Outcome.UPDATED

    return apply


def _assign(*, row: Customer, values: dict[str, Any], by: User, at: datetime) -> bool:
    reason = values["reason"] or HandoverReason.OTHER
    _customer, outcome = hand_over_customer(customer=row, to=values["account_manager"], reason=reason, by=by, at=at)
    return outcome == Outcome.UPDATED


ACTIONS = (
    BulkAction(
        name="assign",
        list_name="customers",
        label=gettext_lazy("Assign an account manager"),
        icon="user-check",
        permission=ASSIGN,
        form=AssignForm,
        apply=_assign,
        words=lambda values: _("Account manager: %(name)s") % {"name": values["account_manager"].name},
    ),
    BulkAction(
        name="group",
        list_name="customers",
        label=gettext_lazy("Put into a group"),
        icon="sitemap",
        permission=EDIT,
        form=GroupForm,
        apply=_by(put_into_group),
        words=lambda values: (
            _("Group: %(name)s") % {"name": values["group"]} if values["group"] else _("Out of their groups")
        ),
    ),
    BulkAction(
        name="add-tag",
        list_name="customers",
        label=gettext_lazy("Add a tag"),
        icon="tag",
        permission=EDIT,
        form=TagForm,
        apply=_by(add_tag),
        words=lambda values: _("Add the tag %(tag)s") % {"tag": values["tag"]},
    ),
    BulkAction(
        name="remove-tag",
        list_name="customers",
        label=gettext_lazy("Remove a tag"),
        icon="tag-off",
        permission=EDIT,
        form=TagForm,
        apply=_by(remove_tag),
        words=lambda values: _("Remove the tag %(tag)s") % {"tag": values["tag"]},
    ),
)
