from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area

WORKERS = {Role.SUPERVISOR, Role.ACCOUNT_MANAGER, Role.MARKETING}

declare_area(_("Customer development"), "development")

VIEW = declare(
    "development.view",
    label=_("See opportunities, the pipeline and its forecast"),
    roles={*WORKERS, Role.AGENT, Role.ANALYST, Role.PRIVACY_OFFICER},
).name
WRITE = declare("development.write", label=_("Open opportunities and move them"), roles=WORKERS).name
CONFIGURE = declare(
    "development.configure",
    label=_("Decide about competitors and what is counted on in each stage"),
    roles={Role.SUPERVISOR},
).name
