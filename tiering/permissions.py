from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

declare_area(_("Tiers"), "tiering")

VIEW = declare("tiering.view", label=_("See tiers and their policy"), roles=set(Role)).name
ASK = declare(
    "tiering.ask",
    label=_("Ask that a customer's tier be set by hand"),
    roles={Role.SUPERVISOR, Role.ACCOUNT_MANAGER},
).name
MANAGE = declare(
    "tiering.manage", label=_("Write tier policies, evaluate tiers and end those set by hand"), roles={Role.SUPERVISOR}
).name
APPROVE = declare(
    "tiering.approve",
    label=_("Approve tier policies and tiers by hand that others wrote or asked for"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("tiers:read", label=_("Read tiers and their history"), permissions={VIEW})
