"""What the API takes of shipments and scans: by the same rules as files, and more strictly written.

The fields of the serializers describe what is taken; shipments, which come by the ten thousand, are read by
ShipmentReader.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from core.partners.problems import MOST_FAULTS
from core.partners.serializers import (
    AMOUNT,
    NOT_A_MOMENT,
    RFC3339,
    InputSerializer,
    MomentField,
    MoneyInput,
    TextField,
    example,
)
from core.tenancy.scope import current_tenant
from customers.enums import CustomerKind
from shipments.api.shown import EXAMPLE, EXAMPLE_SCAN, ShipmentRecordSerializer
from shipments.enums import (
    TOLD_EXCEPTIONS,
    BookingChannel,
    Packaging,
    ScanKind,
    ShipmentStatus,
    TransportMode,
    ValueAddedService,
)
from shipments.rows import LARGEST_SIDE_CM, LARGEST_WEIGHT_G, Memo, RowRefused, parsers_of

EXAMPLE_FACTS = {
    name: EXAMPLE[name]
    for name in ("customer_number", "status", "accepted_at", "freight", "service_product", "weight_g", "services")
}
Read = Callable[[Any], Any]


def _text(length: int) -> TextField:
    return TextField(max_length=length, required=False, allow_blank=True)


def _choice(choices: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices, required=False, allow_null=True)


def _whole(largest: int) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=largest, required=False, allow_null=True)


class ShipmentFacts(InputSerializer):
    """The facts of a shipment. One that is left out stays as it is; null or an empty text removes it."""

    shown = ShipmentRecordSerializer.Meta.fields

    customer_number = TextField(max_length=40, required=False)
    customer_name = _text(200)
    customer_kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    status = serializers.ChoiceField(ShipmentStatus.choices, required=False)
    accepted_at = MomentField(required=False)
    picked_up_at = MomentField(required=False, allow_null=True)
    promised_at = MomentField(required=False, allow_null=True)
    delivered_at = MomentField(required=False, allow_null=True)
    freight = MoneyInput(required=False)
    surcharges = MoneyInput(required=False)
    refunds = MoneyInput(required=False)
    declared_value = MoneyInput(required=False, allow_null=True)
    cod_amount = MoneyInput(required=False, allow_null=True)
    goods_category = _text(100)
    service_product = _text(60)
    transport_mode = _choice(TransportMode.choices)
    booking_channel = _choice(BookingChannel.choices)
    packaging = _choice(Packaging.choices)
    services = serializers.ListField(child=serializers.ChoiceField(ValueAddedService.choices), required=False)
    exceptions = serializers.ListField(child=serializers.ChoiceField(TOLD_EXCEPTIONS), required=False)
    weight_g = _whole(LARGEST_WEIGHT_G)
    length_cm = _whole(LARGEST_SIDE_CM)
    width_cm = _whole(LARGEST_SIDE_CM)
    height_cm = _whole(LARGEST_SIDE_CM)
    origin_city = _text(100)
    origin_region = _text(100)
    destination_city = _text(100)
    destination_region = _text(100)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        """Return the facts in the forms of `rows.FIELDS`. Raises ValidationError."""
        facts, faults = ShipmentReader(self, at=timezone.now()).read(data)
        if faults:
            raise serializers.ValidationError({name: [fault] for name, fault in faults.items()})
        return facts


@extend_schema_serializer(examples=[example(EXAMPLE_FACTS)])
class ShipmentUpsert(ShipmentFacts):
    """What a shipment is to be like. Who sends a new one says customer_number, accepted_at and freight."""


@extend_schema_serializer(examples=[example({"waybill_number": EXAMPLE["waybill_number"], **EXAMPLE_FACTS})])
class ShipmentRow(ShipmentFacts):
    """A shipment among many, by its waybill."""

    waybill_number = TextField(max_length=40)


class ShipmentReader:
    """Reads shipments of one request; what many of them have in common is read once."""

    def __init__(self, taken: ShipmentFacts, *, at: datetime) -> None:
        rules = parsers_of(ZoneInfo("UTC"), at)
        self._taken = taken
        self._readers = {name: _reader(field, rules[name]) for name, field in taken.fields.items()}
        self._required = [name for name, field in taken.fields.items() if field.required]

    def read(self, data: Any) -> tuple[dict[str, Any], dict[str, ErrorDetail]]:
        """Return the facts in the forms of `rows.FIELDS`, and what is wrong with others; both by name."""
        if not isinstance(data, Mapping):
            return {}, {"non_field_errors": ErrorDetail(_("Expected an object."), code="invalid")}
        facts: dict[str, Any] = {}
        faults: dict[str, ErrorDetail] = {}
        readers = self._readers
        for name, value in data.items():
            if len(faults) == MOST_FAULTS:
                break
            reader = readers.get(name)
            if reader is None:
                faults[name] = self._taken.unknown(name)
                continue
            try:
                facts[name] = reader(value)
            except RowRefused as refusal:
                faults[name] = ErrorDetail(refusal.message, code=refusal.code)
        for name in self._required:
            if name not in data:
                faults[name] = ErrorDetail(_("This field is required."), code="required")
        return facts, faults


def _refused(code: str, message: str | Promise) -> RowRefused:
    return RowRefused(code, message)


def _reader(field: serializers.Field, rule: Read) -> Read:
    """Return what reads a JSON value of the described field into what the rule makes of its text."""
    memo = Memo(rule)
    match field:
        case MoneyInput():
            read = _amount(memo, current_tenant().currency)
        case serializers.ListField():
            read = _texts(memo, frozenset(field.child.choices))
        case serializers.IntegerField():
            read = _number(memo, field.max_value)
        case serializers.ChoiceField():
            read = _one_of(memo, frozenset(field.choices))
        case MomentField():
            read = _moment(memo)
        case _:
            read = _letters(memo, field.max_length, may_be_empty=field.allow_blank)
    if not field.allow_null:
        return read
    blank = rule("")
    return lambda value: blank if value is None else read(value)


def _letters(memo: Memo, longest: int, *, may_be_empty: bool) -> Read:
    def read(value: Any) -> str:
        if type(value) is not str:
            raise _refused("invalid", _("Give a text."))
        if len(value) > longest:
            raise _refused("max_length", format_lazy(_("Give at most {most} letters."), most=longest))
        if not value and not may_be_empty:
            raise _refused("blank", _("This field may not be blank."))
        return memo[value]

    return read


def _one_of(memo: Memo, choices: frozenset[str]) -> Read:
    def read(value: Any) -> str:
        if type(value) is not str or value not in choices:
            raise _refused("invalid_choice", format_lazy(_("Known here: {names}."), names=", ".join(sorted(choices))))
        return memo[value]

    return read


def _texts(memo: Memo, choices: frozenset[str]) -> Read:
    def read(value: Any) -> str:
        if type(value) is not list or any(type(each) is not str or each not in choices for each in value):
            raise _refused("invalid", format_lazy(_("Give a list of: {names}."), names=", ".join(sorted(choices))))
        return memo[";".join(value)]

    return read


def _number(memo: Memo, largest: int) -> Read:
    def read(value: Any) -> int | None:
        if type(value) is not int or not 0 <= value <= largest:
            raise _refused("invalid", format_lazy(_("Give a whole number from 0 to {most}."), most=largest))
        return memo[str(value)]

    return read


def _moment(memo: Memo) -> Read:
    def read(value: Any) -> datetime:
        if type(value) is not str or not RFC3339.fullmatch(value):
            raise _refused("invalid", NOT_A_MOMENT)
        return memo[value.upper()]

    return read


def _amount(memo: Memo, currency: str) -> Read:
    def read(value: Any) -> int | None:
        try:
            amount, named = value["amount"], value["currency"]
            is_money = len(value) == 2 and type(value) is dict
        except (TypeError, KeyError):
            is_money = False
        if not is_money:
            raise _refused("invalid", _("Give an object with amount and currency."))
        if type(amount) is not str or not AMOUNT.fullmatch(amount):
            raise _refused("bad_amount", _("Give the amount as text, such as 12.50."))
        if named != currency:
            raise _refused("wrong_currency", format_lazy(_("Amounts are in {currency} here."), currency=currency))
        return memo[amount]

    return read


class ScanFacts(InputSerializer):
    """One scan of a shipment."""

    kind = serializers.ChoiceField(ScanKind.choices)
    happened_at = MomentField()
    place = _text(100)
    outlet = _text(100)
    courier = _text(60)
    exception = _choice(TOLD_EXCEPTIONS)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return the scan as text, in the form of `scans.record_scans`."""
        scan = super().to_internal_value(data)
        moment = scan["happened_at"]
        return {**{name: value or "" for name, value in scan.items()}, "happened_at": moment.isoformat()}


@extend_schema_serializer(examples=[example(EXAMPLE_SCAN)])
class ScanInput(ScanFacts):
    """A scan to add to a shipment: an exception for a scan of that kind, and for no other."""


@extend_schema_serializer(examples=[example({"waybill_number": EXAMPLE["waybill_number"], **EXAMPLE_SCAN})])
class ScanRow(ScanFacts):
    """A scan among many, of the shipment of a waybill."""

    waybill_number = TextField(max_length=40)
