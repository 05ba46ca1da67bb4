"""Customers with their own fields, contacts, addresses, needs, timelines, consents and follow-ups over the API."""

from customers.api.consents import ConsentEntryViewSet, ConsentViewSet, PurposeViewSet
from customers.api.custom_fields import CustomFieldViewSet
from customers.api.customers import CustomerViewSet
from customers.api.follow_ups import FollowUpViewSet
from customers.api.interactions import InteractionViewSet
from customers.api.may_contact import MayContactViewSet
from customers.api.merges import MergeViewSet
from customers.api.needs import NeedViewSet
from customers.api.parts import AddressViewSet, ContactViewSet

__all__ = [
    "AddressViewSet",
    "ConsentEntryViewSet",
    "ConsentViewSet",
    "ContactViewSet",
    "CustomFieldViewSet",
    "CustomerViewSet",
    "FollowUpViewSet",
    "InteractionViewSet",
    "MayContactViewSet",
    "MergeViewSet",
    "NeedViewSet",
    "PurposeViewSet",
]
