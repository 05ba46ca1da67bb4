"""What may be done on the page of an opportunity, and to open one from a customer's."""

import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from development.enums import DealStage
from development.models import Opportunity
from development.panels import create_url
from development.permissions import VIEW, WRITE
from development.stages import may_move

ICONS = {
    DealStage.IDENTIFIED: "eye",
    DealStage.QUALIFIED: "filter",
    DealStage.PROPOSED: "file-text",
    DealStage.NEGOTIATING: "messages",
    DealStage.WON: "trophy",
    DealStage.LOST: "thumb-down",
}
ORDER = list(DealStage)


def find_opportunity(pk: uuid.UUID, user: Any) -> Opportunity | None:
    return Opportunity.objects.filter(pk=pk).first()


def _moves(stage: DealStage, *, is_forward: bool) -> Callable[[Opportunity, Any], bool]:
    def applies(opportunity: Opportunity, _user: Any) -> bool:
        ahead = ORDER.index(stage) > ORDER.index(opportunity.deal_stage)
        return ahead == is_forward and may_move(old=opportunity.deal_stage, new=stage)

    return applies


def _move(stage: DealStage, *, is_forward: bool) -> Action:
    return Action(
        name=f"{'to' if is_forward else 'back_to'}_{stage}",
        label=format_lazy(_("To: {stage}"), stage=stage.label)
        if is_forward
        else format_lazy(_("Back to: {stage}"), stage=stage.label),
        icon=ICONS[stage] if is_forward else "arrow-back-up",
        url=lambda opportunity: reverse("development:move", args=[opportunity.pk, stage.value]),
        permission=WRITE,
        order=(10 if is_forward else 60) + ORDER.index(stage),
        applies=_moves(stage, is_forward=is_forward),
        classes="btn-outline-danger" if stage == DealStage.LOST else "btn-primary" if is_forward else "",
    )


OPPORTUNITY_PAGE = RecordPage(
    url_name="development:detail",
    permission=VIEW,
    load=find_opportunity,
    name_of=lambda opportunity: opportunity.title,
)
OPPORTUNITY_ACTIONS = (
    *(_move(stage, is_forward=True) for stage in ORDER[1:]),
    *(_move(stage, is_forward=False) for stage in ORDER[:-2]),
    Action(
        name="edit",
        label=_("Edit"),
        icon="edit",
        url=at("development:update"),
        permission=WRITE,
        order=50,
        applies=lambda opportunity, _user: opportunity.is_open,
    ),
)
FOR_CUSTOMER = Action(
    name="opportunity",
    label=_("Open an opportunity"),
    icon="target-arrow",
    url=create_url,
    permission=WRITE,
    order=56,
    is_in_header=False,
)
