from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PolicyMode(models.TextChoices):
    PERCENTILE = "percentile", _("Share of all customers")
    THRESHOLD = "threshold", _("Monthly contribution")
    FLOOR = "floor", _("Share of all customers, with a floor")


class PolicyState(models.TextChoices):
    """Where a version stands; stale is one that waited or was a draft when another came into force."""

    DRAFT = "draft", pgettext_lazy("tier policy", "Draft")
    SUBMITTED = "submitted", _("Waits for approval")
    APPROVED = "approved", pgettext_lazy("tier policy", "Approved")
    DECLINED = "declined", pgettext_lazy("tier policy", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("tier policy", "Withdrawn")
    STALE = "stale", _("Overtaken")


# Nobody has decided on these yet.
OPEN = (PolicyState.DRAFT, PolicyState.SUBMITTED)


class MoveReason(models.TextChoices):
    EVALUATION = "evaluation", _("Evaluation")
    OVERRIDE = "override", _("Set by hand")
    OVERRIDE_ENDED = "override_ended", _("No longer set by hand")
    MERGE = "merge", _("A merge of two customers")
    UNMERGE = "unmerge", _("A merge undone")


# No evaluation made these; the trail tells of them as somebody's act.
BY_PEOPLE = (MoveReason.OVERRIDE, MoveReason.MERGE, MoveReason.UNMERGE)
OF_MERGES = (MoveReason.MERGE, MoveReason.UNMERGE)
