from customers.models.archive import MAX_TAG_LENGTH, MAX_TAGS, Customer, CustomerManager, CustomField
from customers.models.consents import Consent, ConsentEntry, PreferenceLink, Purpose, PurposeText, in_language
from customers.models.follow_ups import CalendarFeed, FollowUp
from customers.models.needs import CustomerNeed
from customers.models.people import Address, Contact, ContactPoint
from customers.models.sameness import CustomerMerge, CustomerToken, DuplicateCandidate, MergedRow
from customers.models.timeline import Interaction

__all__ = [
    "MAX_TAGS",
    "MAX_TAG_LENGTH",
    "Address",
    "CalendarFeed",
    "Consent",
    "ConsentEntry",
    "Contact",
    "ContactPoint",
    "CustomField",
    "Customer",
    "CustomerManager",
    "CustomerMerge",
    "CustomerNeed",
    "CustomerToken",
    "DuplicateCandidate",
    "FollowUp",
    "Interaction",
    "MergedRow",
    "PreferenceLink",
    "Purpose",
    "PurposeText",
    "in_language",
]
