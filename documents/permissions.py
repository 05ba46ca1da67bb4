from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area

declare_area(_("Files"), "documents")

VIEW = declare(
    "documents.view",
    label=_("See and download files of customers, each time recorded"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.PRIVACY_OFFICER},
).name
ADD = declare(
    "documents.add",
    label=_("Add files to customers, and remove one's own"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER},
).name
REMOVE = declare(
    "documents.remove",
    label=_("Remove files that others added"),
    roles={Role.SUPERVISOR, Role.PRIVACY_OFFICER},
).name
