from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area, may
from core.partners import scopes
from customers.enums import InteractionKind
from customers.models import FollowUp, Interaction

EVERYBODY = set(Role)

declare_area(_("Customers"), "customers")
declare_area(_("Follow-ups"), "follow_ups")
declare_area(_("Consents"), "consents")

VIEW = declare("customers.view", label=_("See customers"), roles=EVERYBODY).name
TIMELINE = declare("customers.timeline", label=_("See timelines of customers"), roles=EVERYBODY).name
EDIT = declare(
    "customers.edit",
    label=_("Create and edit customers"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER},
).name
ASSIGN = declare(
    "customers.assign",
    label=_("Give customers to another account manager"),
    roles={Role.SUPERVISOR},
).name
MERGE = declare(
    "customers.merge",
    label=_("Merge customers that are the same, and undo it"),
    roles={Role.SUPERVISOR, Role.ACCOUNT_MANAGER},
).name
REVEAL = declare(
    "customers.reveal",
    label=_("Reveal personal data of customers, one by one"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.PRIVACY_OFFICER},
).name
COPY = declare(
    "customers.copy",
    label=_("Copy all that is kept of a customer, nothing hidden"),
    roles={Role.PRIVACY_OFFICER},
).name
ERASE = declare(
    "customers.erase",
    label=_("Erase the personal data of a customer for good"),
    roles={Role.PRIVACY_OFFICER},
).name
LOG = declare(
    "customers.log",
    label=_("Write down contacts with customers"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.MARKETING, Role.ANALYST},
).name
CORRECT = declare(
    "customers.correct",
    label=_("Remove what others wrote into a timeline"),
    roles={Role.SUPERVISOR, Role.PRIVACY_OFFICER},
).name
CONFIGURE = declare(
    "customers.configure",
    label=_("Decide which facts are kept of customers"),
    roles={Role.ADMINISTRATOR},
).name
FOLLOW_UPS_VIEW = declare("follow_ups.view", label=_("See follow-ups"), roles=EVERYBODY).name
FOLLOW_UPS_WORK = declare(
    "follow_ups.work",
    label=_("Open follow-ups, and do those that are one's own or nobody's"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.MARKETING},
).name
FOLLOW_UPS_MANAGE = declare(
    "follow_ups.manage",
    label=_("Change, hand over and cancel everybody's follow-ups"),
    roles={Role.SUPERVISOR},
).name
FOLLOW_UPS_CONFIGURE = declare(
    "follow_ups.configure",
    label=_("Decide which rules open follow-ups, and for whom"),
    roles={Role.SUPERVISOR},
).name
CONSENTS_VIEW = declare("consents.view", label=_("See what customers agreed to"), roles=EVERYBODY).name
CONSENTS_RECORD = declare(
    "consents.record",
    label=_("Write down what customers agree to, and make links by which they do it themselves"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.MARKETING, Role.PRIVACY_OFFICER},
).name
CONSENTS_CONFIGURE = declare(
    "consents.configure",
    label=_("Decide what customers may be contacted for"),
    roles={Role.ADMINISTRATOR, Role.PRIVACY_OFFICER},
).name

scopes.declare("customers:read", label=_("Read customers, personal data masked"), permissions={VIEW})
scopes.declare("customers:write", label=_("Create and change customers"), permissions={EDIT})
scopes.declare("merges:write", label=_("Merge customers that are the same, and undo it"), permissions={MERGE})
scopes.declare("interactions:read", label=_("Read timelines, personal data masked"), permissions={TIMELINE})
scopes.declare("interactions:write", label=_("Write down contacts with customers"), permissions={LOG})
scopes.declare("follow_ups:read", label=_("Read follow-ups, personal data masked"), permissions={FOLLOW_UPS_VIEW})
scopes.declare("follow_ups:write", label=_("Open and complete follow-ups"), permissions={FOLLOW_UPS_WORK})
scopes.declare("consents:read", label=_("Read purposes and consents"), permissions={CONSENTS_VIEW})
scopes.declare("consents:write", label=_("Write down what customers agree to"), permissions={CONSENTS_RECORD})
scopes.declare(scopes.PERSONAL, label=_("Read personal data as it is stored, each time recorded"), permissions={REVEAL})


def may_remove_interaction(user: Any, interaction: Interaction) -> bool:
    """Say whether somebody may remove an entry: one's own, or everybody's; never what the system told."""
    if interaction.kind == InteractionKind.SYSTEM:
        return False
    is_own = interaction.recorded_by_id == user.pk and may(user, LOG)
    return is_own or may(user, CORRECT)


def may_change_follow_up(user: Any, follow_up: FollowUp) -> bool:
    """Say whether somebody may take a step with a follow-up: one's own, one asked for oneself, or one nobody has."""
    if may(user, FOLLOW_UPS_MANAGE):
        return True
    is_free = follow_up.assignee_id is None
    return may(user, FOLLOW_UPS_WORK) and (is_free or user.pk in (follow_up.assignee_id, follow_up.created_by_id))
