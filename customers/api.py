from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from core.crypto.masking import mask_name
from core.partners.filters import RANGE, filters_for
from core.partners.revealing import PersonalField
from core.partners.serializers import EXAMPLE_ID, Money, ResourceSerializer, example
from core.partners.views import Resource, Sort
from customers.enums import CustomerKind
from customers.models import Address, Contact, ContactPoint, Customer
from customers.permissions import REVEAL, VIEW
from customers.querysets import for_list, for_record

EXAMPLE = {
    "id": EXAMPLE_ID,
    "number": "SD-00042",
    "kind": "company",
    "display_name": "Harbour Foods Ltd",
    "company_name": "Harbour Foods Ltd",
    "person_name": "",
    "industry": "Food",
    "region": "Liverpool",
    "source": "Referral",
    "tags": ["chilled"],
    "preferred_channel": "email",
    "preferred_language": "en",
    "account_manager_id": EXAMPLE_ID,
    "tier": "vip",
    "tier_since": "2026-03-02",
    "contribution": {"amount": "18250.00", "currency": "CNY"},
    "window_shipment_count": 311,
    "shipment_count": 1204,
    "first_shipment_at": "2024-05-06T01:30:00Z",
    "last_shipment_at": "2026-03-01T09:12:00Z",
    "created_at": "2024-05-01T02:00:00Z",
    "version": 3,
}
EXAMPLE_CONTACT = {
    "id": EXAMPLE_ID,
    "name": "L***n",
    "position": "Buyer",
    "is_primary": True,
    "points": [{"kind": "phone", "value": "+86*******5678", "is_preferred": True}],
}
EXAMPLE_ADDRESS = {
    "id": EXAMPLE_ID,
    "label": "Warehouse",
    "region": "Merseyside",
    "city": "Liverpool",
    "street": "12 Doc****",
    "postal_code": "L3 4AA",
    "is_primary": True,
}


class ContactPointSerializer(ResourceSerializer):
    """One way to reach a contact, mostly hidden."""

    value = PersonalField(stored=lambda point: point.value, masked=lambda point: point.masked_value, permission=REVEAL)

    class Meta:
        model = ContactPoint
        fields = ("kind", "value", "is_preferred")
        read_only_fields = fields


class ContactSerializer(ResourceSerializer):
    """Somebody who speaks for the customer; the name is mostly hidden."""

    name = PersonalField(
        stored=lambda contact: contact.name, masked=lambda contact: contact.masked_name, permission=REVEAL
    )
    points = ContactPointSerializer(many=True, read_only=True)

    class Meta:
        model = Contact
        fields = ("id", "name", "position", "is_primary", "points")
        read_only_fields = fields


class AddressSerializer(ResourceSerializer):
    """A place of the customer; the street is mostly hidden."""

    street = PersonalField(
        stored=lambda address: address.street, masked=lambda address: address.masked_street, permission=REVEAL
    )

    class Meta:
        model = Address
        fields = ("id", "label", "region", "city", "street", "postal_code", "is_primary")
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE)])
class CustomerSerializer(ResourceSerializer):
    """A company or a person with an archive; names of persons are mostly hidden."""

    display_name = PersonalField(
        stored=lambda customer: customer.revealed_name,
        masked=lambda customer: customer.display_name,
        is_personal=lambda customer: customer.kind == CustomerKind.INDIVIDUAL,
        permission=REVEAL,
    )
    person_name = PersonalField(
        stored=lambda customer: customer.person_name,
        masked=lambda customer: mask_name(customer.person_name or ""),
        permission=REVEAL,
    )
    account_manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    contribution = Money(read_only=True, help_text="In the window of the last evaluation.")

    class Meta:
        model = Customer
        fields = (
            "id",
            "number",
            "kind",
            "display_name",
            "company_name",
            "person_name",
            "industry",
            "region",
            "source",
            "tags",
            "preferred_channel",
            "preferred_language",
            "account_manager_id",
            "tier",
            "tier_since",
            "contribution",
            "window_shipment_count",
            "shipment_count",
            "first_shipment_at",
            "last_shipment_at",
            "created_at",
            "version",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[example({**EXAMPLE, "contacts": [EXAMPLE_CONTACT], "addresses": [EXAMPLE_ADDRESS]})]
)
class CustomerRecordSerializer(CustomerSerializer):
    """A customer with contacts and addresses."""

    contacts = ContactSerializer(many=True, read_only=True)
    addresses = AddressSerializer(many=True, read_only=True)

    class Meta(CustomerSerializer.Meta):
        fields = (*CustomerSerializer.Meta.fields, "contacts", "addresses")
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="List customers"),
    retrieve=extend_schema(summary="Retrieve a customer with contacts and addresses"),
)
class CustomerViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Customers. Personal data is masked as on the pages."""

    model = Customer
    permission_required = VIEW
    serializer_class = CustomerSerializer
    record_serializer_class = CustomerRecordSerializer
    filters = filters_for(
        Customer,
        {
            "number": ("number", ("eq", "in")),
            "tier": ("tier", ("eq", "in", "is_null")),
            "contribution": ("contribution", RANGE),
            "created_at": ("created_at", RANGE),
        },
    )
    sorts = (Sort("created_at"), Sort("contribution"), Sort("number"))
    default_sort = "-created_at"

    def rows(self) -> QuerySet[Any]:
        customers = Customer.objects.all()
        return for_list(customers) if self.action == "list" else for_record(customers)
