from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area
from core.partners import scopes

declare_area(_("Tiers"), "tiering")

VIEW = declare("tiering.view", label=_("See tiers and their policy"), roles=set(Role)).name
MANAGE = declare("tiering.manage", label=_("Change the tier policy and tiers"), roles={Role.SUPERVISOR}).name

scopes.declare("tiers:read", label=_("Read tiers and their history"), permissions={VIEW})
