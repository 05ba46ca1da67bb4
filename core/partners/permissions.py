from django.utils.translation import gettext_lazy as _

from core.accounts.permissions import declare
from core.partners import scopes

JOBS = declare("api.jobs", label=_("Follow what was sent over the API"), roles=()).name

scopes.declare("jobs:read", label=_("Follow what was sent at once, row by row"), permissions={JOBS})
