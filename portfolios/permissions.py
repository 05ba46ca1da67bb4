from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes
from customers.permissions import ASSIGN

# Who has a portfolio, with or without customers in it.
MANAGERS = frozenset({Role.ACCOUNT_MANAGER})

declare_area(_("Portfolios and the pool"), "portfolios")

VIEW = declare(
    "portfolios.view",
    label=_("See portfolios, the pool, and how many people each tier needs"),
    roles={Role.SUPERVISOR, Role.ACCOUNT_MANAGER, Role.ANALYST},
).name
CLAIM = declare(
    "portfolios.claim",
    label=_("Claim customers from the pool, and release one's own"),
    roles={Role.SUPERVISOR, Role.ACCOUNT_MANAGER},
).name
MANAGE = declare(
    "portfolios.manage",
    label=_("Hand customers over, and decide on capacities, assignment and the pool"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("portfolios:read", label=_("Read portfolios and handovers"), permissions={VIEW})
scopes.declare("portfolios:write", label=_("Hand customers over"), permissions={MANAGE, ASSIGN})
