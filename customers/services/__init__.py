"""Every write to the archive of customers."""

from customers.services.addresses import AddressChanged, AddressGone, add_address, remove_address, update_address
from customers.services.contacts import (
    ContactChanged,
    ContactGone,
    ContactPointChange,
    NewContactPoint,
    TooManyContactPoints,
    add_contact,
    remove_contact,
    update_contact,
)
from customers.services.copies import CopyReason, copy_customer, copy_figures
from customers.services.custom_fields import (
    BadCustomFieldChoices,
    BadCustomFieldKey,
    CustomFieldKeyTaken,
    TooManyCustomFields,
    add_custom_field,
    retire_custom_field,
    revive_custom_field,
    update_custom_field,
)
from customers.services.customers import CustomerChanged, CustomerNumberTaken, create_customer, update_customer
from customers.services.erasure import ErasureReason, NothingToErase, erase_customer, erasure_figures
from customers.services.interactions import (
    ContactOfAnother,
    InteractionGone,
    NothingSaid,
    NotYetHappened,
    TextTooLong,
    record_interaction,
    remove_interaction,
    tell_in_timeline,
)

__all__ = [
    "AddressChanged",
    "AddressGone",
    "BadCustomFieldChoices",
    "BadCustomFieldKey",
    "ContactChanged",
    "ContactGone",
    "ContactOfAnother",
    "ContactPointChange",
    "CopyReason",
    "CustomFieldKeyTaken",
    "CustomerChanged",
    "CustomerNumberTaken",
    "ErasureReason",
    "InteractionGone",
    "NewContactPoint",
    "NotYetHappened",
    "NothingSaid",
    "NothingToErase",
    "TextTooLong",
    "TooManyContactPoints",
    "TooManyCustomFields",
    "add_address",
    "add_contact",
    "add_custom_field",
    "copy_customer",
    "copy_figures",
    "create_customer",
    "erase_customer",
    "erasure_figures",
    "record_interaction",
    "remove_address",
    "remove_contact",
    "remove_interaction",
    "retire_custom_field",
    "revive_custom_field",
    "tell_in_timeline",
    "update_address",
    "update_contact",
    "update_custom_field",
    "update_customer",
]
