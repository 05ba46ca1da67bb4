from collections.abc import Collection
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from core.partners.revealing import CONTEXT
from core.tenancy.scope import current_tenant

EXAMPLE_ID = "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"


def example(value: dict[str, Any]) -> OpenApiExample:
    """Return an answer to show in the description; a test validates it."""
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


class ResourceSerializer(serializers.ModelSerializer):
    """What is shown of a row; `only` leaves the named fields."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: UtcDateTimeField,
    }

    def __init__(self, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if only is not None:
            for name in set(self.fields) - set(only):
                del self.fields[name]

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


class FaultSerializer(serializers.Serializer):
    """What is wrong with one part of a request."""

    parameter = serializers.CharField(required=False, help_text="The parameter of the address.")
    pointer = serializers.CharField(required=False, help_text="The place in the body, a JSON pointer.")
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
