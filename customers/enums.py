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


class Segment(models.TextChoices):
    """What kind of customer one of the low tier, or of none, is; 普通, 非积极, 潜在, 疑虑, 一次性."""

    REGULAR = "regular", pgettext_lazy("segment of customers", "Regular")
    INACTIVE = "inactive", pgettext_lazy("segment of customers", "Inactive")
    POTENTIAL = "potential", pgettext_lazy("segment of customers", "Potential")
    HESITANT = "hesitant", pgettext_lazy("segment of customers", "Hesitant")
    ONE_OFF = "one_off", pgettext_lazy("segment of customers", "One-off")


class SelfService(models.TextChoices):
    """How far a customer has come on the way to serving itself, on the public pages."""

    OFFERED = "offered", pgettext_lazy("self-service", "Offered")
    ACCEPTED = "accepted", pgettext_lazy("self-service", "Serves itself")
    DECLINED = "declined", pgettext_lazy("self-service", "Declined")


class Channel(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    WECHAT = "wechat", _("WeChat")
    VISIT = "visit", _("Visit")
    ONLINE = "online", _("Web and app")


class ContactPointKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    WECHAT = "wechat", _("WeChat")


class PointSource(models.TextChoices):
    """How a contact point came to us."""

    HAND = "hand", _("By hand")
    IMPORT = "import", _("From a file")
    PARTNER = "partner", _("By a partner")
    FORM = "form", _("In the lead form")


class PointProof(models.TextChoices):
    """What shows that somebody is reached by a contact point."""

    CALL = "call", _("Confirmed on a call")
    REPLY = "reply", _("Answered from there")
    CODE = "code", _("By a code that was sent there")
    PERSON = "person", _("Confirmed in person")
    OWNER = "owner", _("Confirmed by the customer, in the preference centre")


# What people and partners write down; the preference centre says itself that it was there.
TOLD_PROOFS = [choice for choice in PointProof.choices if choice[0] != PointProof.OWNER]


class PointSaying(models.TextChoices):
    """What somebody says of one of their contact points in the preference centre."""

    OPT_OUT = "opt_out", _("Do not use it any more")
    ALLOW = "allow", _("Allow its use again")
    CONFIRM = "confirm", _("Confirm that it is right")
    PREFER = "prefer", _("Use this one first")


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


class Fault(models.TextChoices):
    """What is to mend in the record of a customer; `customers.quality.rules` says what each weighs."""

    NO_NAME = "no_name", _("No name")
    ODD_NAME = "odd_name", _("A name that is not real")
    NO_CONTACT = "no_contact", _("No contact")
    UNREACHABLE = "unreachable", _("No phone or e-mail that works")
    BAD_PHONE = "bad_phone", _("A phone number that does not exist")
    ODD_CONTACT = "odd_contact", _("A contact whose name is not real")
    NO_MAIN_CONTACT = "no_main_contact", _("No primary contact")
    NO_ADDRESS = "no_address", _("No address")
    NO_CITY = "no_city", _("An address without a city")
    NO_MAIN_ADDRESS = "no_main_address", _("No primary address")
    NO_INDUSTRY = "no_industry", _("No industry")
    NO_REGION = "no_region", _("No region")
    NO_MANAGER = "no_manager", _("A VIP without an account manager")
    BAD_BIRTHDAY = "bad_birthday", _("An impossible birthday")
    DUPLICATE = "duplicate", _("A possible duplicate")
    NO_CONSENT = "no_consent", _("Nothing said about being contacted")
    REQUIRED_EMPTY = "required_empty", _("A required field is empty")
    ODD_LETTERS = "odd_letters", _("Full-width or invisible letters")


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
    POINT_OPTED_OUT = "point_opted_out", _("No contact point for this channel may be used any more")


ALLOWING = (ContactReason.CONSENTED, ContactReason.CONTRACT, ContactReason.INTEREST)
# What must be known of somebody to be reached by a channel; a visit needs an address, and the web and the app nothing.
POINT_OF_CHANNEL = {
    Channel.PHONE: ContactPointKind.PHONE,
    Channel.SMS: ContactPointKind.PHONE,
    Channel.EMAIL: ContactPointKind.EMAIL,
    Channel.WECHAT: ContactPointKind.WECHAT,
}


class NeedKind(models.TextChoices):
    FRAGILE = "fragile", _("Fragile goods")
    COLD_CHAIN = "cold_chain", _("Cold chain")
    DANGEROUS = "dangerous", _("Dangerous goods")
    TIME_WINDOW = "time_window", _("Time window")
    FLOOR = "floor", _("Floor without a lift")
    LANGUAGE = "language", _("Language spoken")
    INVOICE = "invoice", _("Invoice rules")


class HazardClass(models.TextChoices):
    """The classes of dangerous goods by the UN Model Regulations; 危险货物分类, GB 6944."""

    EXPLOSIVES = "1", _("Class 1, explosives")
    GASES = "2", _("Class 2, gases")
    LIQUIDS = "3", _("Class 3, flammable liquids")
    SOLIDS = "4", _("Class 4, flammable solids")
    OXIDISERS = "5", _("Class 5, oxidising substances")
    TOXIC = "6", _("Class 6, toxic substances")
    RADIOACTIVE = "7", _("Class 7, radioactive material")
    CORROSIVES = "8", _("Class 8, corrosive substances")
    OTHER = "9", _("Class 9, other dangerous substances")


class Weekday(models.IntegerChoices):
    """The days of a week by their numbers of ISO 8601."""

    MONDAY = 1, pgettext_lazy("day of a window", "Mon")
    TUESDAY = 2, pgettext_lazy("day of a window", "Tue")
    WEDNESDAY = 3, pgettext_lazy("day of a window", "Wed")
    THURSDAY = 4, pgettext_lazy("day of a window", "Thu")
    FRIDAY = 5, pgettext_lazy("day of a window", "Fri")
    SATURDAY = 6, pgettext_lazy("day of a window", "Sat")
    SUNDAY = 7, pgettext_lazy("day of a window", "Sun")


class InvoiceRule(models.TextChoices):
    MONTHLY = "monthly", _("Monthly invoice")
    SPECIAL_VAT = "special_vat", _("Special VAT invoice")
    WITH_SHIPMENT = "with_shipment", _("Invoice with each shipment")


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
