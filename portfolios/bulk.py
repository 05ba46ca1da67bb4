"""Confirmed moves between portfolios: each row by the service that moves one, by a background job."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.web.lists.actions import BulkAction
from customers.enums import HandoverReason
from customers.models import Customer
from portfolios.forms import PlanForm
from portfolios.permissions import MANAGE
from portfolios.services import perform_move


def _move(*, row: Customer, values: dict[str, Any], by: User, at: datetime) -> bool:
    giver, taker, tier = values["plan"][row.pk]
    return perform_move(customer=row, of_id=giver, to_id=taker, tier=tier, reason=values["reason"], by=by, at=at)


MOVES = BulkAction(
    name="move-portfolios",
    list_name="customers",
    label=_("Move between portfolios"),
    icon="arrows-exchange",
    permission=MANAGE,
    form=PlanForm,
    apply=_move,
    words=lambda values: str(HandoverReason(values["reason"]).label),
    is_offered=False,
)
