"""What the API takes of customers: the same limits as on the pages."""

from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from core.accounts.models import User
from core.partners.serializers import FlagField, IdField, InputSerializer, TextField, TextsField, example
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.api.shown import ContactPointSerializer, CustomerRecordSerializer
from customers.birthdays import may_be_birthday
from customers.contact_points import MAX_LENGTH, BadContactPoint, home_country, normalised
from customers.custom_fields import MAX_TEXT_LENGTH, BadCustomValue, checked_values
from customers.enums import TOLD_PROOFS, TOLD_SOURCES, Channel, ContactPointKind, CustomerKind
from customers.models import MAX_GROUP_NAME, MAX_TAGS, CustomField
from customers.names import plain_text
from customers.numbers import BadNumber, clean_number
from customers.places import countries
from customers.querysets import active_fields
from customers.services.contacts import MAX_POINTS, NewContactPoint

MOST_HITS = 50
PLACE_PARTS = ("region", "city", "district", "street")
EXAMPLE_FACTS = {
    "kind": "company",
    "company_name": "Harbour Foods Ltd",
    "industry": "Food",
    "region": "Liverpool",
    "tags": ["chilled"],
    "preferred_channel": "email",
}


def _cleaned_number(text: str) -> str:
    try:
        return clean_number(text)
    except BadNumber as error:
        raise serializers.ValidationError(error.message, code=error.code) from error


class NameField(TextField):
    """A name or a place, kept in plain letters as the pages do."""

    def to_internal_value(self, data: Any) -> str:
        text = plain_text(super().to_internal_value(data))
        if not text and not self.allow_blank:
            self.fail("blank")
        return text


def optional(length: int, **kwargs: Any) -> NameField:
    """Return a name or a place that may be empty."""
    return NameField(max_length=length, required=False, allow_blank=True, **kwargs)


class FactsInput(InputSerializer):
    """The facts of a customer. One that is left out stays as it is; an empty text removes it."""

    shown = CustomerRecordSerializer.Meta.fields

    kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    company_name = optional(200)
    person_name = optional(100)
    birthday = serializers.DateField(required=False, allow_null=True, input_formats=["%Y-%m-%d"])
    industry = optional(100)
    region = optional(100)
    source = optional(100)
    group = optional(MAX_GROUP_NAME, help_text="What the group is called; one that is not there yet is made.")
    referrer = TextField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="The number of the customer that brought this one. Not itself, not one that this one brought.",
    )
    tags = TextsField(child=NameField(max_length=40), max_length=MAX_TAGS, required=False)
    preferred_channel = serializers.ChoiceField(Channel.choices, required=False, allow_blank=True)
    preferred_language = serializers.ChoiceField(settings.LANGUAGES, required=False, allow_blank=True)
    account_manager_id = IdField(
        required=False, allow_null=True, help_text="Another one of a stored customer is for keys with portfolios:write."
    )
    special_needs = TextField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="Notes on needs, in words; special needs by kind stand at the address of their own.",
    )
    custom_values = serializers.DictField(
        child=TextField(max_length=MAX_TEXT_LENGTH, allow_blank=True, allow_null=True),
        required=False,
        help_text="The courier's own fields by key, as text: numbers as plain decimals, dates as YYYY-MM-DD. One that"
        " is left out stays as it is; null or an empty text removes it, unless the field is required.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._managers: dict[Any, User | None] = {}

    def validate_birthday(self, birthday: date | None) -> str:
        today = local_date(timezone.now(), current_tenant().time_zone)
        if birthday and not may_be_birthday(birthday, today=today):
            raise serializers.ValidationError(_("Enter a date from 1900 to today."))
        return birthday.isoformat() if birthday else ""

    def validate_referrer(self, number: str) -> str:
        return _cleaned_number(number)

    def validate_tags(self, tags: list[str]) -> list[str]:
        return list(dict.fromkeys(tags))

    def validate_account_manager_id(self, pk: Any) -> User | None:
        if pk is None:
            return None
        # One serializer may read thousands of rows.
        if pk not in self._managers:
            self._managers[pk] = User.objects.filter(pk=pk, is_active=True).first()
        user = self._managers[pk]
        if user is None:
            raise serializers.ValidationError(_("Nobody who works here has this id."), code="does_not_exist")
        return user

    @cached_property
    def _own_fields(self) -> list[CustomField]:
        return list(active_fields())

    def validate_custom_values(self, values: dict[str, str | None]) -> dict[str, str]:
        try:
            return checked_values(values, fields=self._own_fields, stored={})
        except BadCustomValue as error:
            raise serializers.ValidationError({error.key: [error.message]}, code=error.code) from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the account manager as the services do."""
        if "account_manager_id" in attrs:
            attrs["account_manager"] = attrs.pop("account_manager_id")
        return attrs


@extend_schema_serializer(examples=[example({"number": "SD-00042", **EXAMPLE_FACTS})])
class CustomerInput(FactsInput):
    """A customer to open an archive for."""

    number = TextField(max_length=40, required=False, help_text="Left out, it is the courier's next, such as C000042.")

    def validate_number(self, number: str) -> str:
        return _cleaned_number(number)


@extend_schema_serializer(examples=[example({"number": "SD-00042", **EXAMPLE_FACTS})])
class CustomerRow(CustomerInput):
    """A customer among many, by its number."""

    number = TextField(max_length=40)


@extend_schema_serializer(examples=[example({"region": "Chester", "account_manager_id": None})])
class CustomerChanges(FactsInput):
    """What is to change of a customer."""


@extend_schema_serializer(examples=[example(EXAMPLE_FACTS)])
class CustomerUpsert(FactsInput):
    """What a customer is to be like."""


class ContactPointInput(InputSerializer):
    """One way to reach a contact. What is said of it is kept from now on, null says that it is so no longer; left out,
    it stays as it is, and a new value is not verified.
    """

    shown = ContactPointSerializer.Meta.fields

    id = IdField(
        required=False, help_text="One that the contact has: its value stays where none is given. Not of a new contact."
    )
    kind = serializers.ChoiceField(ContactPointKind.choices)
    value = TextField(max_length=MAX_LENGTH, required=False)
    is_preferred = FlagField(required=False, default=False)
    verified_how = serializers.ChoiceField(
        TOLD_PROOFS, required=False, allow_null=True, help_text="What shows that it reaches them."
    )
    opted_out_how = serializers.ChoiceField(
        TOLD_SOURCES, required=False, allow_null=True, help_text="How they said that it is not to be used any more."
    )

    def validate(self, attrs: dict[str, Any]) -> NewContactPoint:
        point_id, value = attrs.get("id"), attrs.get("value", "")
        if not value and not point_id:
            raise serializers.ValidationError({"value": [self.fields["value"].error_messages["required"]]}, "required")
        country = home_country(current_tenant().time_zone)
        try:
            value = value and normalised(attrs["kind"], value, country=country)
        except BadContactPoint as error:
            raise serializers.ValidationError({"value": [error.message]}, code=error.code) from error
        marks = {name: attrs[name] or "" for name in ("verified_how", "opted_out_how") if name in attrs}
        return NewContactPoint(
            point_id=point_id, kind=attrs["kind"], value=value, is_preferred=attrs["is_preferred"], **marks
        )


class ContactFacts(InputSerializer):
    """The facts of a contact. `points`, where given, are all there are from then on."""

    shown = ("id", "version")

    name = NameField(max_length=100)
    position = optional(100)
    is_primary = FlagField(required=False)
    points = ContactPointInput(many=True, required=False, max_length=MAX_POINTS)

    def validate_points(self, points: list[NewContactPoint]) -> list[NewContactPoint]:
        if sum(point.is_preferred for point in points) > 1:
            raise serializers.ValidationError(_("Only one way to be reached can be the preferred one."))
        return points


@extend_schema_serializer(
    examples=[
        example(
            {
                "name": "Lin Mei",
                "position": "Buyer",
                "is_primary": True,
                "points": [{"kind": "email", "value": "lin.mei@example.com", "is_preferred": True}],
            }
        )
    ]
)
class ContactInput(ContactFacts):
    """Somebody who speaks for the customer; a primary contact takes the place of the one before."""

    def validate_points(self, points: list[NewContactPoint]) -> list[NewContactPoint]:
        if any(point.point_id for point in points):
            raise serializers.ValidationError(_("A new contact has no contact points yet."), code="does_not_exist")
        return super().validate_points(points)


@extend_schema_serializer(examples=[example({"position": "Head of purchasing"})])
class ContactChanges(ContactFacts):
    """What is to change of a contact."""

    name = NameField(max_length=100, required=False)


class AddressFacts(InputSerializer):
    """The facts of an address: its parts, or in one line what is read as parts where they are sure."""

    shown = ("id", "version", "division_code", "notes")

    label = optional(100)
    country = optional(2, help_text="ISO 3166, two letters; without one it is the country of the courier.")
    region = optional(100)
    city = optional(100)
    district = optional(100)
    street = NameField(max_length=300, required=False)
    line = NameField(max_length=300, required=False, help_text="The whole address, in the place of its parts.")
    postal_code = optional(20)
    is_primary = FlagField(required=False)

    def validate_country(self, country: str) -> str:
        if country and country not in countries():
            raise serializers.ValidationError(_("This is no country of ISO 3166."), code="invalid_choice")
        return country

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        line = attrs.pop("line", "")
        if not line:
            return attrs
        if not attrs.keys().isdisjoint(PLACE_PARTS):
            raise serializers.ValidationError({"line": [_("Send the line, or the parts, not both.")]})
        return {**attrs, **dict.fromkeys(PLACE_PARTS, ""), "street": line}


@extend_schema_serializer(
    examples=[example({"label": "Warehouse", "city": "Liverpool", "street": "12 Dock Road", "postal_code": "L3 4AA"})]
)
class AddressInput(AddressFacts):
    """A place of the customer; a primary one takes the place of the one before."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if not attrs.get("street"):
            raise serializers.ValidationError({"street": [_("Send the street, or the line.")]}, code="required")
        return attrs


@extend_schema_serializer(examples=[example({"label": "Old warehouse", "is_primary": False})])
class AddressChanges(AddressFacts):
    """What is to change of an address."""


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_HITS, "default": 10})
class LimitField(serializers.IntegerField):
    """A whole number, and no text or truth value that could be made into one."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_serializer(examples=[example({"query": "5678", "limit": 10})])
class SearchInput(InputSerializer):
    """What a caller says: a number, a waybill, a phone or its last four digits, an e-mail, any part of a name."""

    query = TextField(max_length=200)
    limit = LimitField(min_value=1, max_value=MOST_HITS, default=10)
