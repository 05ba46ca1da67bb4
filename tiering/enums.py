from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyMode(models.TextChoices):
    PERCENTILE = "percentile", _("Share of all customers")
    THRESHOLD = "threshold", _("Monthly contribution")
    FLOOR = "floor", _("Share of all customers, with a floor")


class MoveReason(models.TextChoices):
    EVALUATION = "evaluation", _("Evaluation")
    OVERRIDE = "override", _("Set by hand")
    OVERRIDE_ENDED = "override_ended", _("No longer set by hand")
