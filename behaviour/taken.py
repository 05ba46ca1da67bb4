"""What the API takes of behaviour: bounded facts, and nothing in which somebody may stand."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from behaviour.enums import BehaviourKind, BehaviourSource, PageSection
from behaviour.services import SentEvent
from core.crypto.masking import mask_text
from core.partners.serializers import (
    EXAMPLE_ID,
    IdField,
    InputSerializer,
    MomentField,
    MoneyInput,
    TextField,
    example,
)
from customers.numbers import BadNumber, clean_number

EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
# Letters of any language, in words; no digits, so no street, phone or address of a machine.
CITY = re.compile(r"[^\W\d_]+\.?(?:[ '’\-][^\W\d_]+\.?)*")
PRODUCT = re.compile(r"\w+(?:[ +./\-]\w+)*")
SHOWN = ("id", "received_at")
EXAMPLE_FACTS = {
    "event_id": "web-5f1c2e8a",
    "kind": "quote",
    "source": "web",
    "happened_at": "2026-03-01T09:12:00Z",
    "section": "prices",
    "product": "Next day",
    "origin_city": "Shanghai",
    "destination_city": "Hangzhou",
    "amount": {"amount": "23.50", "currency": "CNY"},
}


class ShapedField(TextField):
    """Text of one shape, in which nothing looks like a phone, an e-mail or a longer number of somebody."""

    default_error_messages = {
        "invalid_shape": _("Write it in this form: %(form)s."),
        "looks_personal": _("This looks like personal data, which is not accepted here."),
    }

    def __init__(self, *, shape: re.Pattern[str], form: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._shape, self._form = shape, form

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if text and mask_text(text) != text:
            self.fail("looks_personal")
        if text and not self._shape.fullmatch(text):
            message = self.error_messages["invalid_shape"] % {"form": self._form}
            raise serializers.ValidationError(message, code="invalid")
        return text


class BehaviourEventFacts(InputSerializer):
    """What a customer did, by its id or its number. Send nothing of a person: no names, addresses or free text."""

    shown = SHOWN

    customer_id = IdField(required=False)
    customer_number = TextField(max_length=40, required=False)
    event_id = TextField(max_length=64, help_text="Your own id of it: letters, digits and . _ : - only.")
    kind = serializers.ChoiceField(BehaviourKind.choices)
    source = serializers.ChoiceField(BehaviourSource.choices)
    happened_at = MomentField(help_text="When it happened, within the last 30 days.")
    section = serializers.ChoiceField(PageSection.choices, required=False, allow_blank=True)
    product = ShapedField(
        shape=PRODUCT, form="Next day", max_length=60, required=False, allow_blank=True, help_text="A service product."
    )
    origin_city = ShapedField(shape=CITY, form="Shanghai", max_length=60, required=False, allow_blank=True)
    destination_city = ShapedField(shape=CITY, form="Hangzhou", max_length=60, required=False, allow_blank=True)
    amount = MoneyInput(required=False, allow_null=True)

    def validate_event_id(self, text: str) -> str:
        if not EVENT_ID.fullmatch(text):
            raise serializers.ValidationError(_("Letters a to z, digits and . _ : - only."), code="invalid")
        return text

    def validate_customer_number(self, text: str) -> str:
        try:
            return clean_number(text)
        except BadNumber as error:
            raise serializers.ValidationError(error.message, code=error.code) from error

    def validate(self, attrs: dict[str, Any]) -> SentEvent:
        """Return the event as the service takes it."""
        named = {name: attrs.pop(name) for name in ("customer_id", "customer_number") if name in attrs}
        if len(named) != 1:
            words = _("Name the customer by its id or by its number, and not by both.")
            raise serializers.ValidationError({"customer_number": [words]}, code="one_of_two")
        return SentEvent(event_id=attrs.pop("event_id"), facts=attrs, **named)


@extend_schema_serializer(examples=[example({"customer_number": "SD-00042", **EXAMPLE_FACTS})])
class BehaviourEventInput(BehaviourEventFacts):
    """One event to keep."""


@extend_schema_serializer(examples=[example({"customer_id": EXAMPLE_ID, **EXAMPLE_FACTS})])
class BehaviourEventRow(BehaviourEventFacts):
    """An event among many."""
