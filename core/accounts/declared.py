from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare

declare("people.manage", label=_("Manage people and departments"), roles={Role.ADMINISTRATOR})
declare("jobs.view", label=_("See background work"), roles={Role.SUPERVISOR})
declare("keys.manage", label=_("Manage API keys"), roles={Role.ADMINISTRATOR})
