from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

WORKERS = {Role.SUPERVISOR, Role.ACCOUNT_MANAGER, Role.MARKETING}

declare_area(_("Customer development"), "development")

VIEW = declare(
    "development.view",
    label=_("See opportunities, proposals, the pipeline and its forecast"),
    roles={*WORKERS, Role.AGENT, Role.ANALYST, Role.PRIVACY_OFFICER},
).name
WRITE = declare(
    "development.write",
    label=_("Open opportunities and move them, write proposals and share them with the customer"),
    roles=WORKERS,
).name
APPROVE = declare(
    "development.approve",
    label=_("Approve proposals that others wrote"),
    roles={Role.SUPERVISOR},
).name
CONFIGURE = declare(
    "development.configure",
    label=_("Decide about competitors, the service catalogue and what is counted on in each stage"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("opportunities:read", label=_("Read opportunities, personal data masked"), permissions={VIEW})
scopes.declare("opportunities:write", label=_("Move opportunities to other stages"), permissions={WRITE})
