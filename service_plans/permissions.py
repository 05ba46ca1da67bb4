from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

declare_area(_("Service plans"), "service_plans")

VIEW = declare(
    "service_plans.view",
    label=_("See service plans"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.MARKETING, Role.ANALYST, Role.PRIVACY_OFFICER},
).name
WRITE = declare(
    "service_plans.write",
    label=_("Write service plans, propose them and share them with the customer"),
    roles={Role.SUPERVISOR, Role.ACCOUNT_MANAGER},
).name
APPROVE = declare(
    "service_plans.approve",
    label=_("Approve service plans that others wrote"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("service_plans:read", label=_("Read service plans, personal data masked"), permissions={VIEW})
