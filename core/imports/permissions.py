from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area

declare_area(_("Files brought in"), "imports")

# Beside it, each kind asks for its own.
IMPORTS = declare("imports.use", label=_("Bring in files, and undo it"), roles={Role.SUPERVISOR}).name
