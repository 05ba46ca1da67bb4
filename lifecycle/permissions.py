from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

declare_area(_("Lifecycle"), "lifecycle")
declare_area(_("Leads"), "leads")

VIEW = declare("lifecycle.view", label=_("See stages of customers and their history"), roles=set(Role)).name
MOVE = declare(
    "lifecycle.move",
    label=_("Put customers into another stage by hand"),
    roles={Role.SUPERVISOR, Role.ACCOUNT_MANAGER},
).name
CONFIGURE = declare(
    "lifecycle.configure",
    label=_("Decide on the rules of stages, their playbooks, and the sources of leads"),
    roles={Role.SUPERVISOR},
).name
LEADS_VIEW = declare("leads.view", label=_("See leads"), roles=set(Role)).name
LEADS_WORK = declare(
    "leads.work",
    label=_("Take up leads and work on them"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.MARKETING},
).name
REPORT = declare(
    "leads.report",
    label=_("See what leads cost and bring"),
    roles={Role.SUPERVISOR, Role.MARKETING, Role.ANALYST},
).name

scopes.declare("stages:read", label=_("Read the history of stages"), permissions={VIEW})
scopes.declare("leads:read", label=_("Read leads, personal data masked"), permissions={LEADS_VIEW})
scopes.declare("leads:write", label=_("Take up leads and work on them"), permissions={LEADS_WORK})
