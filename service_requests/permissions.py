from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

WORKERS = {Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER}

declare_area(_("Service requests"), "service_requests")

VIEW = declare(
    "service_requests.view",
    label=_("See service requests"),
    roles={*WORKERS, Role.ANALYST, Role.PRIVACY_OFFICER},
).name
WORK = declare("service_requests.work", label=_("Open service requests and work on them"), roles=WORKERS).name
CONFIGURE = declare(
    "service_requests.configure",
    label=_("Decide about working hours and how long service requests may take"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("service_requests:read", label=_("Read service requests, personal data masked"), permissions={VIEW})
scopes.declare("service_requests:write", label=_("Open service requests and work on them"), permissions={WORK})
