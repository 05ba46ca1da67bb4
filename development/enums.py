from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DealStage(models.TextChoices):
    """How far an opportunity has come, in the order of the pipeline."""

    IDENTIFIED = "identified", pgettext_lazy("stage of an opportunity", "Identified")
    QUALIFIED = "qualified", pgettext_lazy("stage of an opportunity", "Qualified")
    PROPOSED = "proposed", pgettext_lazy("stage of an opportunity", "Proposed")
    NEGOTIATING = "negotiating", pgettext_lazy("stage of an opportunity", "Negotiating")
    WON = "won", pgettext_lazy("stage of an opportunity", "Won")
    LOST = "lost", pgettext_lazy("stage of an opportunity", "Lost")


class LostReason(models.TextChoices):
    PRICE = "price", pgettext_lazy("why an opportunity was lost", "Price")
    SERVICE = "service", pgettext_lazy("why an opportunity was lost", "Service did not fit")
    COMPETITOR = "competitor", _("Went to a competitor")
    NO_NEED = "no_need", _("No need any more")
    SILENT = "silent", _("No answer")
    OTHER = "other", pgettext_lazy("why an opportunity was lost", "Something else")
