from customers.models.archive import (
    BEST_QUALITY,
    MAX_GROUP_NAME,
    MAX_TAG_LENGTH,
    MAX_TAGS,
    Customer,
    CustomerGroup,
    CustomerManager,
    CustomerSeries,
    CustomField,
)
from customers.models.consents import Consent, ConsentEntry, PreferenceLink, Purpose, PurposeText, in_language
from customers.models.follow_ups import CalendarFeed, FollowUp, FollowUpPolicy
from customers.models.handovers import ManagerTerm
from customers.models.needs import CustomerNeed
from customers.models.people import Address, Contact, ContactPoint
from customers.models.quality import ChangedCustomer, CustomerFault
from customers.models.sameness import CustomerMerge, CustomerToken, DuplicateCandidate, MergedRow
from customers.models.timeline import Interaction
from customers.models.values import FilteredValue

__all__ = [
    "BEST_QUALITY",
    "MAX_GROUP_NAME",
    "MAX_TAGS",
    "MAX_TAG_LENGTH",
    "Address",
    "CalendarFeed",
    "ChangedCustomer",
    "Consent",
    "ConsentEntry",
    "Contact",
    "ContactPoint",
    "CustomField",
    "Customer",
    "CustomerFault",
    "CustomerGroup",
    "CustomerManager",
    "CustomerMerge",
    "CustomerNeed",
    "CustomerSeries",
    "CustomerToken",
    "DuplicateCandidate",
    "FilteredValue",
    "FollowUp",
    "FollowUpPolicy",
    "Interaction",
    "ManagerTerm",
    "MergedRow",
    "PreferenceLink",
    "Purpose",
    "PurposeText",
    "in_language",
]
