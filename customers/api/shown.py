"""What the API shows of customers."""

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from core.crypto.fields import readable
from core.crypto.masking import mask_name
from core.partners.revealing import PersonalField
from core.partners.serializers import EXAMPLE_ID, Money, ResourceSerializer, example
from customers.enums import CustomerKind, MatchReason
from customers.models import Address, Contact, ContactPoint, Customer
from customers.permissions import REVEAL
from customers.places import lacks_place

HIDDEN = "****"
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
    "group": "Harbour Group",
    "referrer": "SD-00007",
    "tags": ["chilled"],
    "preferred_channel": "email",
    "preferred_language": "en",
    "account_manager_id": EXAMPLE_ID,
    "custom_values": {"contract": "Framework", "lorries": "12", "renewed_on": "2026-01-31"},
    "tier": "vip",
    "tier_since": "2026-03-02",
    "segment": None,
    "self_service": None,
    "self_service_since": None,
    "stage": "mature",
    "stage_since": "2026-01-15",
    "contribution": {"amount": "18250.00", "currency": "CNY"},
    "window_shipment_count": 311,
    "shipment_count": 1204,
    "first_shipment_at": "2024-05-06T01:30:00Z",
    "last_shipment_at": "2026-03-01T09:12:00Z",
    "created_at": "2024-05-01T02:00:00Z",
    "quality": 95,
    "version": 3,
}
EXAMPLE_CONTACT = {
    "id": EXAMPLE_ID,
    "name": "L***n",
    "position": "Buyer",
    "is_primary": True,
    "points": [
        {
            "id": EXAMPLE_ID,
            "kind": "phone",
            "value": "+86*******5678",
            "is_preferred": True,
            "source": "hand",
            "added_at": "2026-01-15T02:00:00Z",
            "verified_at": "2026-02-03T08:40:00Z",
            "verified_how": "call",
            "opted_out_at": None,
            "opted_out_how": None,
        }
    ],
    "version": 1,
}
EXAMPLE_NEED = {
    "id": EXAMPLE_ID,
    "kind": "cold_chain",
    "from_degree": 2,
    "to_degree": 8,
    "hazard_class": None,
    "days": None,
    "opens": None,
    "closes": None,
    "floor": None,
    "language": None,
    "rule": None,
    "text": "",
    "version": 1,
}
EXAMPLE_ADDRESS = {
    "id": EXAMPLE_ID,
    "label": "Warehouse",
    "country": "GB",
    "region": "Merseyside",
    "city": "Liverpool",
    "district": "",
    "division_code": "",
    "street": "12 Doc****",
    "postal_code": "L3 4AA",
    "is_primary": True,
    "notes": [],
    "version": 2,
}
# What is odd of an address and yet taken.
PLACE_UNKNOWN = "place_unknown"


class ContactPointSerializer(ResourceSerializer):
    """One way to reach a contact, mostly hidden: what is opted out is not to be used any more."""

    is_whole = True

    value = PersonalField(stored=lambda point: point.value, masked=lambda point: point.masked_value, permission=REVEAL)

    class Meta:
        model = ContactPoint
        fields = (
            "id",
            "kind",
            "value",
            "is_preferred",
            "source",
            "added_at",
            "verified_at",
            "verified_how",
            "opted_out_at",
            "opted_out_how",
        )
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE_CONTACT)])
class ContactSerializer(ResourceSerializer):
    """Somebody who speaks for the customer; the name is mostly hidden."""

    name = PersonalField(
        stored=lambda contact: contact.name, masked=lambda contact: contact.masked_name, permission=REVEAL
    )
    points = ContactPointSerializer(many=True, read_only=True)

    class Meta:
        model = Contact
        fields = ("id", "name", "position", "is_primary", "points", "version")
        read_only_fields = fields


@extend_schema_serializer(examples=[example(EXAMPLE_ADDRESS)])
class AddressSerializer(ResourceSerializer):
    """A place of the customer; the street is mostly hidden."""

    street = PersonalField(
        stored=lambda address: address.street, masked=lambda address: address.masked_street, permission=REVEAL
    )
    notes = serializers.SerializerMethodField(
        help_text="What is odd of it and yet taken: place_unknown where of an address in China nothing but the street"
        " was recognised."
    )

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField([PLACE_UNKNOWN])))
    def get_notes(self, address: Address) -> list[str]:
        return [PLACE_UNKNOWN] if lacks_place(address) else []

    class Meta:
        model = Address
        fields = (
            "id",
            "label",
            "country",
            "region",
            "city",
            "district",
            "division_code",
            "street",
            "postal_code",
            "is_primary",
            "notes",
            "version",
        )
        read_only_fields = fields
        extra_kwargs = {
            "country": {"help_text": "ISO 3166, two letters."},
            "division_code": {"help_text": "Six digits of GB/T 2260; empty outside China and where it is not sure."},
        }


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
        masked=lambda customer: mask_name(readable(customer, "person_name") or ""),
        permission=REVEAL,
    )
    group = serializers.CharField(
        source="group_name", read_only=True, help_text="What the group that it belongs to is called; empty for none."
    )
    referrer = serializers.CharField(
        source="referrer_number", read_only=True, help_text="The number of the customer that brought it."
    )
    account_manager_id = serializers.UUIDField(read_only=True, allow_null=True)
    custom_values = serializers.DictField(
        child=serializers.CharField(),
        read_only=True,
        help_text="The courier's own fields by key, as text: numbers as plain decimals, dates as YYYY-MM-DD. Fields"
        " that were retired are among them.",
    )
    contribution = Money(read_only=True, help_text="In the window of the last evaluation.")
    quality = serializers.IntegerField(
        read_only=True,
        min_value=0,
        max_value=100,
        help_text="How good the record is, of 100; judged within a minute after a change.",
    )
    contacts = ContactSerializer(many=True, read_only=True)
    addresses = AddressSerializer(many=True, read_only=True)
    expandable = ("contacts", "addresses")

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
            "group",
            "referrer",
            "tags",
            "preferred_channel",
            "preferred_language",
            "account_manager_id",
            "custom_values",
            "tier",
            "tier_since",
            "segment",
            "self_service",
            "self_service_since",
            "stage",
            "stage_since",
            "contribution",
            "window_shipment_count",
            "shipment_count",
            "first_shipment_at",
            "last_shipment_at",
            "created_at",
            "quality",
            "version",
            "contacts",
            "addresses",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        example(
            {
                **EXAMPLE,
                "contacts": [EXAMPLE_CONTACT],
                "addresses": [EXAMPLE_ADDRESS],
                "special_needs": "****",
                "birthday": "",
            }
        )
    ]
)
class CustomerRecordSerializer(CustomerSerializer):
    """A customer with contacts and addresses; notes on needs and birthday are told to who may reveal them."""

    special_needs = PersonalField(
        stored=lambda customer: customer.special_needs,
        masked=lambda customer: HIDDEN if customer.special_needs else "",
        permission=REVEAL,
        help_text="Notes on needs, in words; special needs by kind stand at the address of their own.",
    )
    birthday = PersonalField(
        stored=lambda customer: customer.birthday,
        masked=lambda customer: HIDDEN if customer.birthday else "",
        permission=REVEAL,
    )
    expandable = ()

    class Meta(CustomerSerializer.Meta):
        fields = (*CustomerSerializer.Meta.fields, "special_needs", "birthday")
        read_only_fields = fields


class PossibleDuplicateSerializer(serializers.Serializer):
    """A customer that a new one may be, and what speaks for it; `score` is of 100."""

    number = serializers.CharField(source="customer.number")
    score = serializers.IntegerField(source="match.score")
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=MatchReason.choices), source="match.reasons")


@extend_schema_serializer(
    examples=[
        example({**EXAMPLE, "possible_duplicates": [{"number": "SD-00017", "score": 55, "reasons": ["name"]}]}),
    ]
)
class OpenedCustomerSerializer(CustomerRecordSerializer):
    """A customer whose archive was opened, and who of the archive it may be, the likeliest first."""

    possible_duplicates = PossibleDuplicateSerializer(many=True, read_only=True)

    class Meta(CustomerRecordSerializer.Meta):
        fields = (*CustomerRecordSerializer.Meta.fields, "possible_duplicates")
        read_only_fields = fields


class WhyFoundSerializer(serializers.Serializer):
    """What of the customer matched."""

    kind = serializers.CharField(
        help_text="number, phone, phone_tail, email, name, pinyin, initials, waybill, service_request or opportunity."
    )
    contact_name = serializers.CharField(help_text="The contact it belongs to, mostly hidden; empty: the customer.")


class HitSerializer(serializers.Serializer):
    """A customer that was found, and why."""

    customer = CustomerSerializer(expand=())
    why = WhyFoundSerializer()


@extend_schema_serializer(
    examples=[example({"data": [{"customer": EXAMPLE, "why": {"kind": "phone", "contact_name": "L***n"}}]})]
)
class HitsSerializer(serializers.Serializer):
    """The customers that match, the surest first."""

    data = HitSerializer(many=True)
