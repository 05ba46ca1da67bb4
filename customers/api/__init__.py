"""Customers, contacts and addresses over the API."""

from customers.api.customers import CustomerViewSet
from customers.api.parts import AddressViewSet, ContactViewSet

__all__ = ["AddressViewSet", "ContactViewSet", "CustomerViewSet"]
