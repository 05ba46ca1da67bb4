from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PlanState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("state of a plan", "Draft")
    PROPOSED = "proposed", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    DROPPED = "dropped", pgettext_lazy("state of a plan", "Dropped")


class ItemKind(models.TextChoices):
    """What an item of a plan is about."""

    PRODUCT = "product", _("Product and punctuality")
    PICKUP = "pickup", _("Pickup window")
    PACKAGING = "packaging", _("Packaging")
    ROUTE = "route", _("Route")
    PRICE = "price", _("Price agreement")
    BILLING = "billing", _("Billing")
    CONTACT = "contact", _("Contact and dedicated manager")
    REPORTING = "reporting", _("Reporting")


# What shipments tell of: whether these were kept is measured where they have a target.
MEASURED = (ItemKind.PRODUCT, ItemKind.PICKUP, ItemKind.PACKAGING, ItemKind.ROUTE)
