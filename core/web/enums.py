from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RowOutcome(models.TextChoices):
    """What became of one row of many that were to be changed."""

    CHANGED = "changed", _("Changed so")
    UNCHANGED = "unchanged", _("No change needed")
    REFUSED = "refused", pgettext_lazy("change of a row", "Refused")


class HowTold(models.TextChoices):
    """How somebody has notices of a kind beside the page, where all of them stand."""

    PAGE = "page", _("On the page only")
    AT_ONCE = "at_once", _("By mail at once")
    DAILY = "daily", _("By mail, once a day")


class MailState(models.TextChoices):
    """How far a mail of notices has come; one that is dropped had nothing to tell any more."""

    DUE = "due", _("Due")
    SENT = "sent", _("Sent")
    DROPPED = "dropped", _("Dropped")
    FAILED = "failed", _("Failed")
