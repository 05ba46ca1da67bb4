from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CustomerKind(models.TextChoices):
    COMPANY = "company", _("Company")
    INDIVIDUAL = "individual", _("Individual")


class Tier(models.TextChoices):
    """The customer's tier; 大客户, 中端, 低端. Order by RANK, best first."""

    VIP = "vip", _("VIP")
    MID = "mid", _("Mid")
    LOW = "low", _("Low")


class Channel(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    WECHAT = "wechat", _("WeChat")
    VISIT = "visit", _("Visit")


class ContactPointKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    WECHAT = "wechat", _("WeChat")


class CustomFieldKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", pgettext_lazy("kind of value", "Number")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")


class InteractionKind(models.TextChoices):
    """How somebody was spoken with; a note is said to nobody, and the system tells what happened by itself."""

    CALL = "call", _("Call")
    EMAIL = "email", pgettext_lazy("way of contact", "E-mail")
    SMS = "sms", _("SMS")
    WECHAT = "wechat", _("WeChat")
    CHAT = "chat", _("Chat")
    VISIT = "visit", _("Visit")
    NOTE = "note", _("Note")
    SYSTEM = "system", _("System")


# What people write down; the rest is told by the system.
SPOKEN = tuple(kind for kind in InteractionKind if kind != InteractionKind.SYSTEM)
SPOKEN_CHOICES = [(kind.value, kind.label) for kind in SPOKEN]


class Direction(models.TextChoices):
    INBOUND = "inbound", _("From the customer")
    OUTBOUND = "outbound", _("To the customer")


class MatchReason(models.TextChoices):
    """Why two customers may be the same."""

    PHONE = "phone", _("Same phone")
    EMAIL = "email", _("Same e-mail")
    NAME = "name", _("Same name")
    ALIKE = "alike", _("Names alike")
    ADDRESS = "address", _("Same address")


class DuplicateState(models.TextChoices):
    OPEN = "open", _("Open")
    DISMISSED = "dismissed", _("Not the same")
