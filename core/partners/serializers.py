import copy
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import exceptions, serializers

from core.partners.problems import MOST_FAULTS
from core.partners.revealing import CONTEXT
from core.tenancy.scope import current_tenant

EXAMPLE_ID = "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"
RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
AMOUNT = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,2})?")
NOT_A_MOMENT = gettext_lazy("Give a time with its offset from UTC, such as 2026-01-31T08:00:00Z.")


def example(value: dict[str, Any] | str) -> OpenApiExample:
    """Return a body or an answer to show in the description; a test validates it."""
    return OpenApiExample("Example", value=value)


class UtcDateTimeField(serializers.DateTimeField):
    """A time in UTC, whatever zone the request works in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "default_timezone": UTC})


class OptionalChoiceField(serializers.ChoiceField):
    """A choice that nobody need have made: null, where the database keeps empty text."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **{**kwargs, "allow_null": True})

    def to_representation(self, value: str) -> str | None:
        return value or None


class Money(serializers.Serializer):
    """An amount in the courier's currency."""

    amount = serializers.DecimalField(max_digits=16, decimal_places=2)
    currency = serializers.CharField(min_length=3, max_length=3)

    def to_representation(self, instance: Decimal) -> dict[str, str]:
        return {"amount": f"{instance:.2f}", "currency": current_tenant().currency}


class SparseFields:
    """Leaves out fields of a serializer: `only` leaves the named ones, `expand` those of `expandable` that it names.

    `is_whole` is for parts of a record, which never lack a field.
    """

    is_whole: ClassVar[bool] = False
    expandable: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *args: Any,
        only: Collection[str] | None = None,
        expand: Collection[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        hidden = set() if expand is None else set(self.expandable) - set(expand)
        if only is not None:
            hidden |= set(self.fields) - set(only)
        for name in hidden:
            del self.fields[name]


def _unbound(field: serializers.Field) -> serializers.Field:
    """Return a field that can be bound to a serializer; only what has fields itself need be made anew for that."""
    return copy.deepcopy(field) if isinstance(field, serializers.BaseSerializer) else copy.copy(field)


class ResourceSerializer(SparseFields, serializers.ModelSerializer):
    """What is shown of a row."""

    _made: ClassVar[dict[type, dict[str, serializers.Field]]] = {}
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: UtcDateTimeField,
    }

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields, made from the model once for each class: that takes longer than to fill most answers."""
        made = self._made.get(type(self))
        if made is None:
            made = self._made[type(self)] = super().get_fields()
        return {name: _unbound(field) for name, field in made.items()}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        answer = super().to_representation(instance)
        revealed = self.context.get(CONTEXT)
        in_a_list = isinstance(self.parent, serializers.ListSerializer) and self.parent is self.root
        if revealed is not None and (self is self.root or in_a_list):
            revealed.end_record()
        return answer

    def build_standard_field(self, field_name: str, model_field: models.Field) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if model_field.choices and model_field.blank:
            field_class = OptionalChoiceField
        return field_class, kwargs


class TextField(serializers.CharField):
    """Text, and nothing that could be made into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """true or false, and nothing that is like them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "string", "format": "date-time"})
class MomentField(serializers.Field):
    """A time that says its offset from UTC (RFC 3339)."""

    default_error_messages = {"invalid": NOT_A_MOMENT}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not RFC3339.fullmatch(data):
            self.fail("invalid")
        try:
            return datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")


class TextsField(serializers.ListField):
    """A list of texts, whose length is looked at before what stands in it."""

    def to_internal_value(self, data: Any) -> list[str]:
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class IdField(serializers.UUIDField):
    """An id, as text."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class InputSerializer(serializers.Serializer):
    """What an action reads from a body. A field that it does not know is refused by name, never left out.

    `shown` are fields of answers: of them it is said that they cannot be written.
    """

    shown: ClassVar[Collection[str]] = ()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        names = data if isinstance(data, Mapping) else ()
        if unknown := list(islice((name for name in names if name not in self.fields), MOST_FAULTS)):
            raise serializers.ValidationError({name: [self.unknown(name)] for name in unknown})
        return super().to_internal_value(data)

    def unknown(self, name: str) -> exceptions.ErrorDetail:
        """Return what is wrong with a name that is none of the fields."""
        if name in self.shown:
            return exceptions.ErrorDetail(_("This field cannot be written."), code="not_writable")
        known = ", ".join(self.fields)
        return exceptions.ErrorDetail(_("Known here: %(names)s.") % {"names": known}, code="unknown_field")


@extend_schema_field({"type": "string", "pattern": rf"^{AMOUNT.pattern}$", "examples": ["12.50"]})
class AmountField(TextField):
    """A sum of money as text."""

    default_error_messages = {"bad_amount": gettext_lazy("Give the amount as text, such as 12.50.")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not AMOUNT.fullmatch(text):
            self.fail("bad_amount")
        return text


class MoneyInput(InputSerializer):
    """An amount in the courier's currency."""

    amount = AmountField()
    currency = TextField(min_length=3, max_length=3)

    def validate_currency(self, currency: str) -> str:
        if currency != current_tenant().currency:
            words = _("Amounts are in %(currency)s here.") % {"currency": current_tenant().currency}
            raise serializers.ValidationError(words, code="wrong_currency")
        return currency

    def validate(self, attrs: dict[str, str]) -> Decimal:
        return Decimal(attrs["amount"])


class FaultSerializer(serializers.Serializer):
    """What is wrong with one part of a request."""

    pointer = serializers.CharField(
        help_text="A JSON pointer: to the place in the body, or #/query/… for a parameter and #/headers/… for a header."
    )
    parameter = serializers.CharField(required=False, help_text="The parameter of the address.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """A problem document (RFC 9457). `code` is stable; title and detail are for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    errors = FaultSerializer(many=True)
