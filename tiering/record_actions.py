"""What may be done about tiers on a customer's page, and on the page of a version of the policy."""

import uuid
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, RecordPage, at
from tiering.enums import PolicyState
from tiering.models import TierPolicy
from tiering.permissions import APPROVE, ASK, MANAGE, VIEW


def find_policy(pk: uuid.UUID, user: Any) -> TierPolicy | None:
    return TierPolicy.objects.filter(pk=pk).first()


def name_of(policy: TierPolicy) -> str:
    return gettext("Tier policy, version %(version)s") % {"version": policy.version}


def is_own_draft(policy: TierPolicy, user: Any) -> bool:
    return policy.state == PolicyState.DRAFT and policy.created_by_id == user.pk


def waits(policy: TierPolicy, _user: Any) -> bool:
    return policy.state == PolicyState.SUBMITTED


def may_be_decided(policy: TierPolicy, user: Any) -> bool:
    return waits(policy, user) and policy.created_by_id != user.pk


def is_open(policy: TierPolicy, _user: Any) -> bool:
    return policy.is_open


CUSTOMER_ACTIONS = (
    Action(
        name="set_tier",
        label=_("Ask for a tier by hand"),
        icon="hand-stop",
        url=at("tiering:ask_for_tier"),
        permission=ASK,
        order=30,
        is_in_header=False,
    ),
)
POLICY_PAGE = RecordPage(url_name="tiering:policy", permission=VIEW, load=find_policy, name_of=name_of)
POLICY_ACTIONS = (
    Action(
        name="submit",
        label=_("Send for approval"),
        icon="send",
        url=at("tiering:submit_policy"),
        permission=MANAGE,
        order=10,
        applies=is_own_draft,
        confirm=lambda _policy: gettext("Its rules cannot be changed while it waits for somebody else's approval."),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="approve",
        label=_("Approve"),
        icon="check",
        url=at("tiering:approve_policy"),
        permission=APPROVE,
        order=20,
        applies=may_be_decided,
        confirm=lambda policy: (
            gettext("Version %(version)s is in force from the next evaluation on. Drafts written before are overtaken.")
            % {"version": policy.version}
        ),
        confirm_classes="btn-primary",
        classes="btn-primary",
    ),
    Action(
        name="decline",
        label=pgettext_lazy("tier policy", "Decline"),
        icon="x",
        url=at("tiering:decline_policy"),
        permission=APPROVE,
        order=30,
        applies=may_be_decided,
    ),
    Action(
        name="change",
        label=_("Change the draft"),
        icon="adjustments",
        url=at("tiering:go_on_policy"),
        permission=MANAGE,
        order=40,
        applies=is_own_draft,
    ),
    Action(
        name="go_on",
        label=_("Go on from these rules"),
        icon="copy",
        url=at("tiering:go_on_policy"),
        permission=MANAGE,
        order=50,
        applies=lambda policy, user: not is_own_draft(policy, user),
    ),
    Action(
        name="withdraw",
        label=_("Withdraw"),
        icon="trash",
        url=at("tiering:withdraw_policy"),
        permission=MANAGE,
        order=60,
        applies=is_open,
        classes="btn-outline-danger",
    ),
)
