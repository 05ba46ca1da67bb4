from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

declare_area(_("Shipments"), "shipments")

VIEW = declare("shipments.view", label=_("See shipments"), roles=set(Role)).name
IMPORT = declare("shipments.import", label=_("Import shipments"), roles={Role.SUPERVISOR}).name
CONFIGURE = declare(
    "shipments.configure",
    label=_("Decide when shipments count as late or silent"),
    roles={Role.SUPERVISOR},
).name

scopes.declare("shipments:read", label=_("Read shipments and their scans"), permissions={VIEW})
scopes.declare("shipments:write", label=_("Create and change shipments, and add scans"), permissions={IMPORT})
