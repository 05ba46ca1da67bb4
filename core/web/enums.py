from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RowOutcome(models.TextChoices):
    """What became of one row of many that were to be changed."""

    CHANGED = "changed", _("Changed so")
    UNCHANGED = "unchanged", _("Was so already")
    REFUSED = "refused", pgettext_lazy("change of a row", "Refused")
