from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare

VIEW = declare("shipments.view", label=_("See shipments"), roles=set(Role)).name
IMPORT = declare("shipments.import", label=_("Import shipments"), roles={Role.SUPERVISOR}).name
