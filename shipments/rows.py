"""The rules for one row of a shipment file: text in, values of a Shipment or a reason out. No database.

Every column has its own memo, because dates, places, sums and products repeat a great deal in real files.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from customers.enums import CustomerKind
from customers.numbers import BadNumber, clean_number
from shipments.enums import (
    FOUND_BY_CLOCK,
    BookingChannel,
    Packaging,
    ShipmentException,
    ShipmentStatus,
    TransportMode,
    ValueAddedService,
)

REQUIRED = ("waybill_number", "customer_number", "accepted_at", "freight")
STATUS_SYNONYMS = {
    "canceled": ShipmentStatus.CANCELLED,
    "shipped": ShipmentStatus.IN_TRANSIT,
    "invoiced": ShipmentStatus.ACCEPTED,
    "processing": ShipmentStatus.ACCEPTED,
    "created": ShipmentStatus.ACCEPTED,
}
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LARGEST_MINOR = 10**13
LARGEST_WEIGHT_G = 10**9
LARGEST_SIDE_CM = 10**5
OUTLIER_DAYS = 180
MEMO_SIZE = 50_000
LONGEST_NUMBER = 40

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MONEY = re.compile(r"([+-]?)([0-9]{1,13})(?:\.([0-9]{1,2}))?")
DECIMAL = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,10}))?")
MOMENT = re.compile(
    r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}"
    r"(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
# As spreadsheets write them: the month, the day and the hour may have one digit.
SHORT_MOMENT = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:([ T])([0-9]{1,2})(:.*))?")

WARNINGS: dict[str, Promise] = {
    "picked_up_before_acceptance": _("Picked up before it was accepted; kept as it is."),
    "promised_before_acceptance": _("Promised for a time before it was accepted; kept as it is."),
    "delivered_before_acceptance": _("Delivered before it was accepted; kept as it is."),
    "scanned_before_acceptance": _("Scanned before it was accepted; kept as it is."),
    "delivered_but_not_marked": _("Has a time of delivery and another status; both are kept as they are."),
    "refunds_exceed_charges": _("The refunds are more than freight and surcharges; kept as they are."),
    "zero_freight": _("The freight is 0; kept as it is."),
    "zero_weight": _("A weight of 0 is kept as unknown."),
    "zero_size": _("A length, width or height of 0 is kept as unknown."),
    "address_for_city": _("An e-mail address stands for a city; left out."),
    "missing_category": _("The category of the goods is empty, unlike in most rows; kept as unknown."),
    "date_outlier": _("Accepted more than 180 days away from every other row of the file; kept as it is."),
}


class RowRefused(Exception):
    """A row breaks a rule: a stable `code`, a `reason`, and a message that names the column `field`."""

    def __init__(self, code: str, reason: str | Promise, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason
        self.message = format_lazy("{}: {}", field, reason) if field else reason
        self.field = field

    @classmethod
    def of(cls, code: str, field: str, reason: str | Promise) -> "RowRefused":
        return cls(code, reason, field)


class ParsedRow(NamedTuple):
    """`values` are in the order of FIELDS; `warnings` are keys of WARNINGS."""

    values: tuple[Any, ...]
    warnings: tuple[str, ...]


class Memo(dict[str, Any]):
    """What a parser made of each text, up to MEMO_SIZE of them."""

    def __init__(self, parse: Callable[[str], Any]) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, text: str) -> Any:
        value = self.parse(text)
        if len(self) >= MEMO_SIZE:
            self.clear()
        self[text] = value
        return value


def _clean(field: str, text: str) -> str:
    text = text.strip()
    if not text.isprintable() and CONTROL.search(text):
        raise RowRefused.of("control_character", field, _("holds a control character."))
    return text


def text_parser(field: str, longest: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        text = _clean(field, text)
        if len(text) > longest:
            raise RowRefused.of("too_long", field, _("is too long."))
        return text

    return parse


def number_parser(field: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        try:
            number = clean_number(text)
        except BadNumber:
            raise RowRefused.of("control_character", field, _("holds an invisible character.")) from None
        if not number:
            raise RowRefused.of("missing_value", field, _("is empty."))
        if len(number) > LONGEST_NUMBER:
            raise RowRefused.of("too_long", field, _("is too long."))
        return number

    return parse


def money_parser(field: str, *, empty: int | None, required: bool = False) -> Callable[[str], int | None]:
    """Return a parser into minor units; no sum may be negative."""

    def parse(text: str) -> int | None:
        text = text.strip()
        match = MONEY.fullmatch(text) or MONEY.fullmatch(_clean(field, text))
        if not text:
            if required:
                raise RowRefused.of("missing_value", field, _("is empty."))
            return empty
        if match is None:
            raise RowRefused.of(
                "bad_amount", field, _("is not an amount such as 1200.50, without signs of currency or thousands.")
            )
        sign, whole, places = match.groups()
        minor = int(whole) * 100 + int((places or "").ljust(2, "0"))
        if sign == "-" and minor:
            raise RowRefused.of("negative_amount", field, _("is negative."))
        if minor > LARGEST_MINOR:
            raise RowRefused.of("too_large", field, _("is too large."))
        return minor

    return parse


def whole_parser(field: str, largest: int) -> Callable[[str], int | None]:
    """Return a parser that rounds half up to a whole number; an empty cell is None."""

    def parse(text: str) -> int | None:
        match = DECIMAL.fullmatch(text) or DECIMAL.fullmatch(text := _clean(field, text))
        if not text:
            return None
        if match is None:
            raise RowRefused.of("bad_number", field, _("is not a number from 0 up."))
        whole, places = match.groups()
        number = int(whole) + (1 if places and places[0] >= "5" else 0)
        if number > largest:
            raise RowRefused.of("too_large", field, _("is too large."))
        return number

    return parse


def moment_parser(
    field: str, zone: ZoneInfo, at: datetime, *, required: bool = False, planned: bool = False
) -> Callable[[str], datetime | None]:
    """Return a parser into UTC; a `planned` time may lie in the future."""
    latest = at + timedelta(days=3660 if planned else 1)

    def parse(text: str) -> datetime | None:
        is_moment = MOMENT.fullmatch(text) or MOMENT.fullmatch(text := _with_two_digits(_clean(field, text)))
        if not text:
            if required:
                raise RowRefused.of("missing_value", field, _("is empty."))
            return None
        if not is_moment:
            raise RowRefused.of("bad_date", field, _("is not a time such as 2026-03-01 08:00 or 2026/3/1."))
        try:
            moment = datetime.fromisoformat(text.replace("/", "-"))
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise RowRefused.of("bad_date", field, _("is not a date that exists.")) from None
        if moment < EARLIEST:
            raise RowRefused.of("date_too_early", field, _("lies before the year 2000."))
        if moment > latest:
            raise RowRefused.of("date_in_future", field, _("lies in the future."))
        return moment

    return parse


def _with_two_digits(text: str) -> str:
    match = SHORT_MOMENT.fullmatch(text)
    if match is None:
        return text
    year, month, day, between, hour, rest = match.groups()
    date = f"{year}-{month:0>2}-{day:0>2}"
    return f"{date}{between}{hour:0>2}{rest}" if between else date


def _choice(
    field: str, text: str, choices: type[TextChoices], synonyms: Mapping[str, str], unsaid: Collection[str]
) -> str:
    word = text.lower()
    word = synonyms.get(word, word)
    if word in unsaid:
        raise RowRefused.of("found_by_clock", field, format_lazy(_("“{}” is found by the clock alone."), text[:40]))
    if word not in choices.values:
        raise RowRefused.of("unknown_value", field, format_lazy(_("does not know “{}”."), text[:40]))
    return str(word)


def choice_parser(
    field: str,
    choices: type[TextChoices],
    synonyms: Mapping[str, str] | None = None,
    unsaid: Collection[str] = (),
) -> Callable[[str], str]:
    def parse(text: str) -> str:
        text = _clean(field, text)
        return _choice(field, text, choices, synonyms or {}, unsaid) if text else ""

    return parse


def choices_parser(field: str, choices: type[TextChoices], unsaid: Collection[str] = ()) -> Callable[[str], str]:
    """Return a parser of a list parted by semicolons into PostgreSQL's text of an array."""

    def parse(text: str) -> str:
        words = [word.strip() for word in _clean(field, text).split(";")]
        found = {_choice(field, word, choices, {}, unsaid) for word in words if word}
        return "{" + ",".join(sorted(found)) + "}"

    return parse


def parsers_of(zone: ZoneInfo, at: datetime) -> dict[str, Callable[[str], Any]]:
    """Return what reads each field from text; naive times are local to the zone."""
    return {
        "waybill_number": number_parser("waybill_number"),
        "customer_number": number_parser("customer_number"),
        "customer_name": text_parser("customer_name", 200),
        "status": choice_parser("status", ShipmentStatus, STATUS_SYNONYMS),
        "accepted_at": moment_parser("accepted_at", zone, at, required=True),
        "picked_up_at": moment_parser("picked_up_at", zone, at),
        "promised_at": moment_parser("promised_at", zone, at, planned=True),
        "delivered_at": moment_parser("delivered_at", zone, at),
        "freight": money_parser("freight", empty=None, required=True),
        "surcharges": money_parser("surcharges", empty=0),
        "refunds": money_parser("refunds", empty=0),
        "declared_value": money_parser("declared_value", empty=None),
        "cod_amount": money_parser("cod_amount", empty=None),
        "goods_category": text_parser("goods_category", 100),
        "service_product": text_parser("service_product", 60),
        "transport_mode": choice_parser("transport_mode", TransportMode),
        "booking_channel": choice_parser("booking_channel", BookingChannel),
        "packaging": choice_parser("packaging", Packaging),
        "services": choices_parser("services", ValueAddedService),
        "exceptions": choices_parser("exceptions", ShipmentException, FOUND_BY_CLOCK),
        "weight_g": whole_parser("weight_g", LARGEST_WEIGHT_G),
        "length_cm": whole_parser("length_cm", LARGEST_SIDE_CM),
        "width_cm": whole_parser("width_cm", LARGEST_SIDE_CM),
        "height_cm": whole_parser("height_cm", LARGEST_SIDE_CM),
        "origin_city": text_parser("origin_city", 100),
        "origin_region": text_parser("origin_region", 100),
        "destination_city": text_parser("destination_city", 100),
        "destination_region": text_parser("destination_region", 100),
        "customer_kind": choice_parser("customer_kind", CustomerKind),
    }


_ANY_PARSERS = parsers_of(ZoneInfo("UTC"), EARLIEST)
FIELDS = tuple(_ANY_PARSERS)
# What a field holds where the file has no column for it.
BLANKS = {field: None if field in REQUIRED else parse("") for field, parse in _ANY_PARSERS.items()}
WAYBILL, CUSTOMER, NAME, STATUS, ACCEPTED, PICKED_UP, PROMISED, DELIVERED = range(8)
FREIGHT, SURCHARGES, REFUNDS = (FIELDS.index(name) for name in ("freight", "surcharges", "refunds"))
GOODS, WEIGHT, KIND = (FIELDS.index(name) for name in ("goods_category", "weight_g", "customer_kind"))
SIDES = tuple(FIELDS.index(name) for name in ("length_cm", "width_cm", "height_cm"))
CITIES = tuple(FIELDS.index(name) for name in ("origin_city", "destination_city"))
BEFORE_ACCEPTANCE = (
    (PICKED_UP, "picked_up_before_acceptance"),
    (PROMISED, "promised_before_acceptance"),
    (DELIVERED, "delivered_before_acceptance"),
)


class RowParser:
    """Reads rows that all have the same `fields`, each a text by its field.

    Naive times are local to `time_zone`; `at` is now. A field that is not among them has its empty value. `words` are
    further words for a field's texts.
    """

    def __init__(
        self,
        *,
        fields: Collection[str],
        time_zone: str,
        at: datetime,
        words: Mapping[str, Callable[[str], str]] | None = None,
    ) -> None:
        parsers = parsers_of(ZoneInfo(time_zone), at)
        for name, meaning in (words or {}).items():
            parsers[name] = _after(meaning, parsers[name])
        self._columns = [(FIELDS.index(field), field, Memo(parsers[field])) for field in fields]

    def parse(self, cells: Mapping[str, str]) -> ParsedRow:
        """Return the values of a row. Raises RowRefused."""
        values = list(BLANKS.values())
        for index, field, memo in self._columns:
            values[index] = memo[cells[field]]
        warnings = weigh(values)
        return ParsedRow(tuple(values), warnings)

    def refusals(self, cells: Mapping[str, str]) -> list[RowRefused]:
        """Return all that is wrong with a row."""
        found = []
        for _index, field, memo in self._columns:
            try:
                memo[cells[field]]
            except RowRefused as refusal:
                found.append(refusal)
        return found


def _after(meaning: Callable[[str], str], parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: parse(meaning(text))


def weigh(values: list[Any]) -> tuple[str, ...]:
    """Work out the status where nobody says it, empty what cannot be meant, in place, and return the warnings."""
    warnings: tuple[str, ...] = ()
    accepted_at = values[ACCEPTED]
    for place, code in BEFORE_ACCEPTANCE:
        moment = values[place]
        if moment is not None and moment < accepted_at:
            warnings += (code,)
    if not values[STATUS]:
        values[STATUS] = "accepted" if values[DELIVERED] is None else "delivered"
    elif values[DELIVERED] is not None and values[STATUS] != "delivered":
        warnings += ("delivered_but_not_marked",)
    if values[REFUNDS] > values[FREIGHT] + values[SURCHARGES]:
        warnings += ("refunds_exceed_charges",)
    if not values[FREIGHT]:
        warnings += ("zero_freight",)
    return warnings + _mend(values)


def _mend(values: list[Any]) -> tuple[str, ...]:
    """Empty what cannot be meant, in place, and return the warnings."""
    found = {}
    if values[WEIGHT] == 0:
        values[WEIGHT] = None
        found["zero_weight"] = True
    for side in SIDES:
        if values[side] == 0:
            values[side] = None
            found["zero_size"] = True
    for city in CITIES:
        if "@" in values[city]:
            values[city] = ""
            found["address_for_city"] = True
    return tuple(found)


def outlying_days(days: Iterable[int]) -> set[int]:
    """Return the days (ordinals, one a row) that lie more than OUTLIER_DAYS from every other row's.

    Two rows cannot say which of them is odd, so it takes three.
    """
    ordered = sorted(days)
    if len(ordered) < 3:
        return set()
    far = [later - earlier > OUTLIER_DAYS for earlier, later in pairwise(ordered)]
    gaps = zip(ordered, [True, *far], [*far, True], strict=True)
    return {day for day, before, after in gaps if before and after}
