"""Confirmed moves between portfolios: each row by the service that moves one, by a background job."""

import json
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.jobs.models import BackgroundJob
from core.tenancy.errors import DomainError
from core.web import bulk, exports
from core.web.lists.actions import BulkAction
from customers.enums import HandoverReason
from customers.models import Customer
from portfolios.forms import PlanForm
from portfolios.permissions import MANAGE
from portfolios.planning import parse_sent
from portfolios.selectors import load_portfolios
from portfolios.services import current_policy, perform_move


class MovesNotUnderstood(DomainError):
    code = "moves_not_understood"
    message = _("The moves are not understood. Open the proposal again.")


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
    page=lambda job: reverse("portfolios:moved", args=[job.pk]),
)


def start_moves(*, sent: Sequence[str], reason: HandoverReason, by: User, at: datetime) -> BackgroundJob:
    """Start the job that does moves, each as `Proposal.sent` has it, and keep the loads of those whom they touch.

    Raises MovesNotUnderstood, or what `bulk.start` does.
    """
    policy = current_policy()
    moves = [move for move in map(parse_sent, sent) if move is not None]
    people = {pk for _customer, *both, _tier in moves for pk in both if pk is not None}
    loads = {str(each.person.pk): astuple(each.as_load) for each in load_portfolios(people, policy=policy)}
    before = {"weights": policy.weights, "loads": loads}
    form = PlanForm({"plan": json.dumps(sent), "before": json.dumps(before), "reason": reason.value})
    if not form.is_valid():
        raise MovesNotUnderstood
    rows = list(form.cleaned_data["plan"])
    selection = bulk.Selection(view=exports.find(MOVES.list_name)(), query="", rows=rows)
    return bulk.start(action=MOVES, selection=selection, form=form, by=by, at=at)
