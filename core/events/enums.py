from django.db import models
from django.utils.translation import gettext_lazy as _


class DeliveryState(models.TextChoices):
    """How far an event has come with one receiver; a dead letter waits for a person's decision."""

    DUE = "due", _("Due")
    DONE = "done", _("Done")
    DEAD = "dead", _("Dead letter")


UNSETTLED = (DeliveryState.DUE, DeliveryState.DEAD)


class DeliveryFault(models.TextChoices):
    """What is said of a receiver that was cut off; else its `error` is the name of what it raised."""

    TOOK_TOO_LONG = "took_too_long", _("It took longer than it may and was cut off")
    LOCKED_OUT = "locked_out", _("It waited too long for what somebody else held")
