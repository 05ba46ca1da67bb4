from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MoveCause(models.TextChoices):
    """By what a customer came into another stage."""

    EVALUATION = "evaluation", _("Evaluation")
    SHIPMENT = "shipment", _("A shipment")
    HAND = "hand", pgettext_lazy("what moves a customer", "By hand")
    MERGE = "merge", _("A merge of two customers")
    UNMERGE = "unmerge", _("A merge undone")


# These bring no customer further: it stands where the other one stood.
OF_MERGES = (MoveCause.MERGE, MoveCause.UNMERGE)


class LeadState(models.TextChoices):
    """How far a lead is; 线索."""

    NEW = "new", pgettext_lazy("state of a lead", "New")
    CONTACTED = "contacted", _("Contacted")
    QUALIFIED = "qualified", _("Qualified")
    CONVERTED = "converted", _("Converted")
    LOST = "lost", pgettext_lazy("state of a lead", "Lost")


OPEN = (LeadState.NEW, LeadState.CONTACTED, LeadState.QUALIFIED)
OPEN_CHOICES = [(state.value, state.label) for state in OPEN]


class LeadAssignment(models.TextChoices):
    """To whom a lead comes that is captured."""

    HAND = "hand", _("Nobody: who takes it")
    LOAD = "load", _("Whoever has the fewest open leads")


class ForWhom(models.TextChoices):
    """Who does a step of a playbook."""

    MANAGER = "manager", _("The account manager, or who is in charge of the lead")
    TEAM = "team", _("Whoever of a team has the fewest open follow-ups")
    ROLE = "role", _("Whoever of a role has the fewest open follow-ups")
