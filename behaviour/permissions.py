from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

declare_area(_("Behaviour on the web and in the app"), "behaviour")

VIEW = declare(
    "behaviour.view",
    label=_("See what customers who agreed to it did on the web page and in the app"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.MARKETING, Role.ANALYST},
).name
RECORD = declare(
    "behaviour.record",
    label=_("Take in what customers did on the web page and in the app"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("behaviour:read", label=_("Read what customers did on the web page and in the app"), permissions={VIEW})
scopes.declare(
    "behaviour:write", label=_("Send what customers did on the web page and in the app"), permissions={RECORD}
)
