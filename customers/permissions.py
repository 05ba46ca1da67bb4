from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare

EVERYBODY = set(Role)

VIEW = declare("customers.view", label=_("See customers"), roles=EVERYBODY).name
EDIT = declare(
    "customers.edit",
    label=_("Create and edit customers"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER},
).name
