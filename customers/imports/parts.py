"""Contacts and addresses that come in by files: what their columns mean, and what becomes of each row."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.crypto.masking import mask_address, mask_email, mask_name, mask_phone
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row, Text, in_words
from core.imports.running import keep_row
from core.imports.texts import FormReader
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.contact_points import PHONE_LETTERS, home_country
from customers.divisions import PlaceMismatch, read_line
from customers.forms.rows import AddressRowForm, ContactRowForm, PointField
from customers.imports import heads
from customers.models import Address
from customers.names import full_name
from customers.permissions import EDIT
from customers.places import UNPLACED, Place, lacks_place, settle
from customers.services.contacts import NewContactPoint
from customers.services.many_parts import (
    ADDRESSES,
    CONTACTS,
    PartKind,
    SentPart,
    as_place,
    plan_parts,
    settled_address,
    upsert_parts,
)
from customers.services.undoing import Written, WrittenRow, undo_parts

# By what a contact or an address is known.
IDENTITY = ("name", "street", "city")
POINTS = {name: field.kind for name, field in ContactRowForm.base_fields.items() if isinstance(field, PointField)}


def is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def is_phone(text: str) -> bool:
    try:
        number = phonenumbers.parse(text, home_country(current_tenant().time_zone))
    except phonenumbers.NumberParseException:
        return False
    return PHONE_LETTERS.fullmatch(text.strip()) is not None and phonenumbers.is_valid_number(number)


def is_whole_address(text: str) -> bool:
    """Say whether a line begins with a division of China and goes on below it."""
    reading = read_line(text)
    return reading.division is not None and len(reading.rest) > 2


LOOKS_LIKE: dict[str, Callable[[str], bool]] = {
    "phone": is_phone,
    "other_phone": is_phone,
    "email": is_email,
    "street": is_whole_address,
}
MASKS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "given_name": mask_name,
    "phone": mask_phone,
    "other_phone": mask_phone,
    "email": mask_email,
    "wechat": mask_name,
    "street": mask_address,
}


def _fields(form: Any, names: dict[str, Sequence[str]]) -> list[ImportField]:
    return [
        ImportField(
            name=name,
            label=field.label,
            is_required=field.required,
            names=names.get(name, ()),
            looks_like=LOOKS_LIKE.get(name),
            mask=MASKS.get(name, str),
        )
        for name, field in form.base_fields.items()
    ]


def _reader(form: Any, kind: PartKind, present: Collection[str], at: datetime) -> Callable[[Row], None]:
    def finish(row: Row, given: dict[str, Any]) -> None:
        row.key = given.pop("customer_number")
        if given_name := given.pop("given_name", ""):
            given["name"] = full_name(given["name"], given_name)
        points = {name: given.pop(name) for name in list(given) if name in POINTS}
        if kind is ADDRESSES:
            given = in_its_place(row, given)
        row.values = {
            "facts": given,
            "points": [NewContactPoint(kind=POINTS[name], value=value) for name, value in points.items()],
        }
        row.marks = ["|".join([row.key, *kind.identity(given)])]

    def glean(row: Row, given: dict[str, Any], unread: dict[str, str]) -> None:
        if number := given.pop("customer_number", ""):
            row.key = number
            facts = {name: value for name, value in given.items() if name in (*kind.names, *IDENTITY)}
            row.values = {"facts": facts, "points": []}

    return FormReader(form(), present=present, finish=finish, glean=glean)


def in_its_place(row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an address with those that follow from them; warn where they contradict each other."""
    try:
        settle(as_place(given))
    except PlaceMismatch as error:
        row.warnings.append(in_words(error, AddressRowForm.base_fields[error.field].label))
    settled = settled_address(given)
    return {name: value for name, value in settled.items() if name in given or (value and name != "country")}


def warn_where_unplaced(row: Row, where: Place | Address, label: Text) -> None:
    """Warn of an address in China of which nothing is known but the street; `label` is what the street is called."""
    if lacks_place(where):
        row.warnings.append(in_words(UNPLACED, label))


def _plan(kind: PartKind, *, rows: Sequence[Row], by: User, at: datetime) -> None:
    sent = [_sent(row) for row in rows]
    plan_parts(kind, sent, at=at)
    _settle(rows, sent)
    for row, each in zip(rows, sent, strict=True):
        if kind is ADDRESSES and each.part is not None:
            warn_where_unplaced(row, each.part, AddressRowForm.base_fields["street"].label)


def _write(kind: PartKind, *, rows: Sequence[Row], by: User, at: datetime) -> None:
    sent = [_sent(row) for row in rows]
    upsert_parts(kind, sent, by=by, at=at)
    _settle(rows, sent)


def _undo(kind: PartKind, *, rows: Sequence[Row], by: User, at: datetime) -> None:
    written = [Written(record_id=row.record_id, is_new=row.status == RowStatus.CREATED, **row.before) for row in rows]
    undo_parts(kind, written=written, by=by, at=at)
    settle_undone(rows, written)


def settle_undone(rows: Sequence[Row], written: Sequence[Written | WrittenRow]) -> None:
    """Say of each row whether it was undone, or why not."""
    for row, each in zip(rows, written, strict=True):
        if each.kept is None:
            row.status = RowStatus.UNDONE
        else:
            keep_row(row, each.kept)


def _sent(row: Row) -> SentPart:
    return SentPart(row.key, row.values["facts"], row.values["points"])


def _settle(rows: Sequence[Row], sent: Sequence[SentPart]) -> None:
    for row, each in zip(rows, sent, strict=True):
        row.owner_id = each.customer_id
        if isinstance(each.outcome, DomainError):
            row.refuse(each.outcome)
            continue
        row.status = RowStatus(each.outcome)
        row.record_id, row.before = each.part.pk, each.before


def _kind(kind: PartKind, form: Any, names: dict[str, Sequence[str]], **facts: Any) -> ImportKind:
    return ImportKind(
        permission=EDIT,
        key="customer_number",
        fields=partial(_fields, form, names),
        reader=partial(_reader, form, kind),
        plan=partial(_plan, kind),
        write=partial(_write, kind),
        undo=partial(_undo, kind),
        list_url="customers:list",
        **facts,
    )


KINDS = (
    _kind(
        CONTACTS,
        ContactRowForm,
        heads.CONTACTS,
        name="contacts",
        label=_("Contacts"),
        text=_("People who speak for customers, known by the customer's number and their name."),
        icon="address-book",
        order=20,
    ),
    _kind(
        ADDRESSES,
        AddressRowForm,
        heads.ADDRESSES,
        name="addresses",
        label=_("Addresses"),
        text=_("Places of customers, known by the customer's number, the street and the city."),
        icon="map-pin",
        order=30,
    ),
)
