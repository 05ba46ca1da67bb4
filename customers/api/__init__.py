"""Customers with their contacts, addresses and timelines over the API."""

from customers.api.customers import CustomerViewSet
from customers.api.interactions import InteractionViewSet
from customers.api.parts import AddressViewSet, ContactViewSet

__all__ = ["AddressViewSet", "ContactViewSet", "CustomerViewSet", "InteractionViewSet"]
