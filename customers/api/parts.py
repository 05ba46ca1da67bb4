"""Contacts and addresses: parts of a customer, at addresses below its own."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from core.partners.filters import filters_for
from core.partners.views import Resource, Sort
from customers.api.shown import AddressSerializer, ContactSerializer
from customers.api.taken import AddressChanges, AddressInput, ContactChanges, ContactInput
from customers.models import Address, Contact, Customer
from customers.permissions import EDIT, VIEW
from customers.querysets import with_points
from customers.services import (
    add_address,
    add_contact,
    change_address,
    change_contact,
    remove_address,
    remove_contact,
)

CUSTOMER = OpenApiParameter("customer", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The customer's id.")


class PartOfCustomer(ListModelMixin, RetrieveModelMixin, Resource):
    """What contacts, addresses and entries of the timeline have in common."""

    permission_required = VIEW
    write_permission = EDIT
    customer_fields: ClassVar[Sequence[str]] = ("id",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is None:
            return
        self.customer = get_object_or_404(Customer.objects.only(*self.customer_fields), pk=self.kwargs["customer"])

    def location_of(self, row: Any) -> str:
        return reverse(f"api:{self.basename}-detail", args=[self.customer.pk, row.pk])


@extend_schema(parameters=[CUSTOMER])
@extend_schema_view(
    list=extend_schema(summary="List the contacts of a customer"),
    retrieve=extend_schema(summary="Retrieve a contact"),
)
class ContactViewSet(PartOfCustomer):
    """The people who speak for a customer."""

    model = Contact
    serializer_class = ContactSerializer
    inputs = {"create": ContactInput, "partial_update": ContactChanges}
    refusals = {
        "bad_contact_point": (400, "/points"),
        "contact_point_twice": (400, "/points"),
        "preferred_opted_out": (400, "/points"),
        "no_such_contact_point": (400, "/points"),
        "too_many_contact_points": (400, "/points"),
        "customer_merged": (404, None),
        "contact_changed": (412, None),
        "contact_gone": (404, None),
    }
    filters = filters_for(Contact, {})
    sorts = (Sort("created_at"),)
    default_sort = "created_at"

    def rows(self) -> QuerySet[Any]:
        return with_points(Contact.objects.filter(customer=self.customer))

    @extend_schema(summary="Add a contact")
    def create(self, request: Request, customer: str) -> Response:
        """Add somebody who speaks for the customer."""
        contact = add_contact(customer=self.customer, **self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(contact, status=201, location=self.location_of(contact))

    @extend_schema(summary="Change a contact")
    def partial_update(self, request: Request, customer: str, pk: str) -> Response:
        """Change the named facts. If-Match is required, for staff edits the same record."""
        contact = self.get_object()
        changes = self.read_input()
        version = self.check_version(contact, is_required=True)
        change_contact(contact=contact, changes=changes, version=version, by=request.auth, at=timezone.now())
        return self.answer_with(contact)

    @extend_schema(summary="Remove a contact")
    def destroy(self, request: Request, customer: str, pk: str) -> Response:
        """Remove a contact with every way to reach them, for good."""
        contact = get_object_or_404(self.rows(), pk=pk)
        version = self.check_version(contact, is_required=False)
        remove_contact(contact=contact, version=version, by=request.auth, at=timezone.now())
        return Response(status=204)


@extend_schema(parameters=[CUSTOMER])
@extend_schema_view(
    list=extend_schema(summary="List the addresses of a customer"),
    retrieve=extend_schema(summary="Retrieve an address"),
)
class AddressViewSet(PartOfCustomer):
    """The places of a customer."""

    model = Address
    serializer_class = AddressSerializer
    inputs = {"create": AddressInput, "partial_update": AddressChanges}
    refusals = {
        "place_mismatch": (400, None),
        "customer_merged": (404, None),
        "address_changed": (412, None),
        "address_gone": (404, None),
    }
    filters = filters_for(Address, {})
    sorts = (Sort("id"),)
    default_sort = "id"

    def rows(self) -> QuerySet[Any]:
        return Address.objects.filter(customer=self.customer)

    @extend_schema(summary="Add an address")
    def create(self, request: Request, customer: str) -> Response:
        """Add a place of the customer."""
        address = add_address(customer=self.customer, **self.read_input(), by=request.auth, at=timezone.now())
        return self.answer_with(address, status=201, location=self.location_of(address))

    @extend_schema(summary="Change an address")
    def partial_update(self, request: Request, customer: str, pk: str) -> Response:
        """Change the named facts. If-Match is required, for staff edits the same record."""
        address = self.get_object()
        changes = self.read_input()
        version = self.check_version(address, is_required=True)
        change_address(address=address, changes=changes, version=version, by=request.auth, at=timezone.now())
        return self.answer_with(address)

    @extend_schema(summary="Remove an address")
    def destroy(self, request: Request, customer: str, pk: str) -> Response:
        """Remove an address, for good."""
        address = get_object_or_404(self.rows(), pk=pk)
        version = self.check_version(address, is_required=False)
        remove_address(address=address, version=version, by=request.auth, at=timezone.now())
        return Response(status=204)
