from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare

VIEW = declare("tiering.view", label=_("See tiers and their policy"), roles=set(Role)).name
MANAGE = declare("tiering.manage", label=_("Change the tier policy and tiers"), roles={Role.SUPERVISOR}).name
