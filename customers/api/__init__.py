"""Customers with their contacts, addresses, timelines and follow-ups over the API."""

from customers.api.customers import CustomerViewSet
from customers.api.follow_ups import FollowUpViewSet
from customers.api.interactions import InteractionViewSet
from customers.api.merges import MergeViewSet
from customers.api.parts import AddressViewSet, ContactViewSet

__all__ = [
    "AddressViewSet",
    "ContactViewSet",
    "CustomerViewSet",
    "FollowUpViewSet",
    "InteractionViewSet",
    "MergeViewSet",
]
