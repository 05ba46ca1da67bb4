from django.db import models
from django.utils.translation import gettext_lazy as _


class DeliveryState(models.TextChoices):
    """How far an event has come with one receiver; a dead letter waits for a person's decision."""

    DUE = "due", _("Due")
    DONE = "done", _("Done")
    DEAD = "dead", _("Dead letter")


UNSETTLED = (DeliveryState.DUE, DeliveryState.DEAD)
