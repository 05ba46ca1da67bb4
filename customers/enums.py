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


class Stage(models.TextChoices):
    """Where a customer stands in its life with the courier; 生命周期. Who has not shipped yet is a lead."""

    LEAD = "lead", _("Lead")
    NEW = "new", pgettext_lazy("stage of a customer", "New")
    GROWING = "growing", _("Growing")
    MATURE = "mature", _("Mature")
    DECLINING = "declining", _("Declining")
    LOST = "lost", pgettext_lazy("stage of a customer", "Lost")
    WON_BACK = "won_back", _("Won back")


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


class FollowUpKind(models.TextChoices):
    """What is to be done."""

    CALL = "call", _("Call")
    EMAIL = "email", pgettext_lazy("way of contact", "E-mail")
    MESSAGE = "message", pgettext_lazy("way of contact", "Message")
    VISIT = "visit", _("Visit")
    CHECK = "check", _("Look into it")
    OTHER = "other", pgettext_lazy("kind of follow-up", "Other")


class FollowUpState(models.TextChoices):
    OPEN = "open", pgettext_lazy("state of a follow-up", "Open")
    DONE = "done", pgettext_lazy("state of a follow-up", "Done")
    CANCELLED = "cancelled", pgettext_lazy("state of a follow-up", "Cancelled")


class FollowUpOrigin(models.TextChoices):
    """How a follow-up came about."""

    HAND = "hand", _("By hand")
    BULK = "bulk", _("For many at once")
    RULE = "rule", _("By a rule")
    SERIES = "series", _("The next of a series")
    PARTNER = "partner", _("By a partner")


class Priority(models.IntegerChoices):
    """How much it presses; the first first."""

    URGENT = 1, _("Urgent")
    HIGH = 2, pgettext_lazy("priority", "High")
    NORMAL = 3, pgettext_lazy("priority", "Normal")
    LOW = 4, pgettext_lazy("priority", "Low")


class Recurrence(models.TextChoices):
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    YEARLY = "yearly", _("Every year")


class Assignment(models.TextChoices):
    """By what a follow-up comes to somebody."""

    HAND = "hand", _("The one chosen here")
    PORTFOLIO = "portfolio", _("The customer's account manager")
    LOAD = "load", _("Whoever of the team has the fewest open ones")


class PurposeBasis(models.TextChoices):
    """What allows personal data to be used for a purpose."""

    CONSENT = "consent", _("Consent")
    CONTRACT = "contract", pgettext_lazy("what a use rests on", "The contract")
    INTEREST = "interest", _("Legitimate interest")


class ConsentState(models.TextChoices):
    GIVEN = "given", pgettext_lazy("consent", "Given")
    WITHDRAWN = "withdrawn", pgettext_lazy("consent", "Withdrawn")


class ConsentSource(models.TextChoices):
    """How somebody said yes or no."""

    PHONE = "phone", _("By phone")
    PERSON = "person", _("In person")
    PAPER = "paper", _("In writing")
    WEB = "web", _("On a web page or in an app")
    LINK = "link", _("In the preference centre")
    FORM = "form", _("In the lead form")


# What people and partners write down; the preference centre and the lead form say themselves that it was there.
TOLD_SOURCES = [choice for choice in ConsentSource.choices if choice[0] not in {ConsentSource.LINK, ConsentSource.FORM}]


class ContactReason(models.TextChoices):
    """Why somebody may be contacted for a purpose, or may not."""

    CONSENTED = "consented", _("Consent was given")
    CONTRACT = "contract", _("Needed for the contract")
    INTEREST = "interest", _("Legitimate interest, no objection")
    ERASED = "erased", _("Personal data was erased")
    NOT_IN_USE = "not_in_use", _("There is no such purpose in use")
    NOT_COVERED = "not_covered", _("The purpose does not cover this channel")
    NO_CONSENT = "no_consent", _("No consent was given")
    WITHDRAWN = "withdrawn", _("Consent was withdrawn")
    OPTED_OUT = "opted_out", _("Objected")
    TEXT_CHANGED = "text_changed", _("Consent was given to an older text")
    LAPSED = "lapsed", _("Consent has lapsed")
    UNREACHABLE = "unreachable", _("No contact point for this channel")


ALLOWING = (ContactReason.CONSENTED, ContactReason.CONTRACT, ContactReason.INTEREST)
# What must be known of somebody to be reached by a channel; a visit needs an address.
POINT_OF_CHANNEL = {
    Channel.PHONE: ContactPointKind.PHONE,
    Channel.SMS: ContactPointKind.PHONE,
    Channel.EMAIL: ContactPointKind.EMAIL,
    Channel.WECHAT: ContactPointKind.WECHAT,
}


class HandoverReason(models.TextChoices):
    """Why another account manager, or nobody, looks after a customer from then on."""

    WORKLOAD = "workload", _("Workload")
    AREA = "area", _("Work is divided in another way")
    TIER = "tier", _("Its tier changed")
    WISH = "wish", _("The customer asked for it")
    ABSENCE = "absence", _("Leave or absence")
    UNREACHABLE = "unreachable", _("Nobody could be reached")
    NO_NEED = "no_need", _("No need for now")
    OTHER = "other", _("Another reason")
    OPENED = "opened", _("Since the archive was opened")
    EDITED = "edited", _("Changed among the facts")
    IMPORTED = "imported", _("Brought in by a file or a program")
    LEFT = "left", _("A colleague handed over what was theirs")
    CLAIMED = "claimed", _("Claimed from the pool")
    RETURNED = "returned", _("Nobody spoke with the customer for too long")
    ASSIGNED = "assigned", _("Assigned by capacity")
    REBALANCED = "rebalanced", _("Portfolios rebalanced")
    MERGED = "merged", _("Merged with another customer")


HANDOVER_REASONS = (
    HandoverReason.WORKLOAD,
    HandoverReason.AREA,
    HandoverReason.TIER,
    HandoverReason.WISH,
    HandoverReason.ABSENCE,
    HandoverReason.OTHER,
)
HANDOVER_CHOICES = [(reason.value, reason.label) for reason in HANDOVER_REASONS]
