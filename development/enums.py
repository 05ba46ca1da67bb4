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


class ServiceKind(models.TextChoices):
    """What a service of the catalogue does for a customer."""

    DISTRIBUTION = "distribution", _("Distribution")
    PROMOTION = "promotion", _("Promotion")
    SELLING = "selling", _("Selling")
    AFTER_SALES = "after_sales", _("After-sales")


class PriceBasis(models.TextChoices):
    PER_PARCEL = "per_parcel", _("per parcel")
    PER_KILOGRAM = "per_kilogram", _("per kilogram")
    PER_MONTH = "per_month", _("per month")
    ONCE = "once", pgettext_lazy("price", "once")


class Measure(models.TextChoices):
    """What a service should make better, measured from the customer's shipments."""

    COST = "cost", _("Cost per parcel")
    DAYS = "days", _("Days to deliver")
    RETURNS = "returns", _("Share of returns, per cent")
    ON_TIME = "on_time", _("Delivered on time, per cent")


class ProposalState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("state of a proposal", "Draft")
    PROPOSED = "proposed", pgettext_lazy("state of a proposal", "Waits for approval")
    APPROVED = "approved", pgettext_lazy("state of a proposal", "Approved")
    ACCEPTED = "accepted", pgettext_lazy("state of a proposal", "Accepted")
    DECLINED = "declined", pgettext_lazy("state of a proposal", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("state of a proposal", "Withdrawn")
    DROPPED = "dropped", pgettext_lazy("state of a proposal", "Dropped")


# What nobody has approved yet, and what the customer has answered.
UNAPPROVED = (ProposalState.DRAFT, ProposalState.PROPOSED, ProposalState.DROPPED)
ANSWERED = (ProposalState.ACCEPTED, ProposalState.DECLINED)
