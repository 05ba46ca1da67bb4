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

__all__ = [
    "AddressChanged",
    "AddressGone",
    "BadCustomFieldChoices",
    "BadCustomFieldKey",
    "ContactChanged",
    "ContactGone",
    "ContactPointChange",
    "CustomFieldKeyTaken",
    "CustomerChanged",
    "CustomerNumberTaken",
    "ErasureReason",
    "NewContactPoint",
    "NothingToErase",
    "TooManyContactPoints",
    "TooManyCustomFields",
    "add_address",
    "add_contact",
    "add_custom_field",
    "create_customer",
    "erase_customer",
    "erasure_figures",
    "remove_address",
    "remove_contact",
    "retire_custom_field",
    "revive_custom_field",
    "update_address",
    "update_contact",
    "update_custom_field",
    "update_customer",
]
