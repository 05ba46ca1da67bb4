"""Contacts and addresses that come in by files: what their columns mean, and what becomes of each row."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.crypto.masking import mask_address, mask_email, mask_name, mask_phone
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row, in_words
from core.imports.texts import FormReader
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant
from customers.contact_points import BadContactPoint, home_country, normalised
from customers.divisions import PlaceMismatch
from customers.enums import ContactPointKind
from customers.forms.rows import AddressRowForm, ContactRowForm, PointField
from customers.imports.customers import settle_undone
from customers.names import full_name
from customers.permissions import EDIT
from customers.places import settle
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
from customers.services.undoing import Written, undo_parts

NUMBER_NAMES = (
    "编号",
    "客户号",
    "客户代码",
    "客户ID",
    "customer no",
    "customer id",
    "customer",
    "number",
    "account number",
)
CONTACT_NAMES = {
    "customer_number": NUMBER_NAMES,
    "name": ("姓名", "联系人", "联系人姓名", "contact", "contact name", "person", "last name", "surname", "姓", "姓氏"),
    "given_name": ("名", "名字", "first name", "forename"),
    "position": ("职务", "职位", "岗位", "title", "job title", "role"),
    "is_primary": ("首要", "主联系人", "是否主要", "primary", "main"),
    "phone": ("手机", "手机号", "手机号码", "电话号码", "联系电话", "mobile", "phone number", "tel", "telephone"),
    "other_phone": ("座机", "固定电话", "备用电话", "办公电话", "office phone", "phone 2", "landline"),
    "email": ("邮箱", "电子邮箱", "邮件", "mail", "email address"),
    "wechat": ("微信号", "微信", "weixin", "wechat id"),
}
ADDRESS_NAMES = {
    "customer_number": NUMBER_NAMES,
    "label": ("名称", "地址名称", "地址类型", "address type", "address name"),
    "country": ("国家", "国家/地区", "国家或地区"),
    "region": ("省", "省份", "province", "state"),
    "city": ("市", "所在城市", "town"),
    "district": ("区", "区县", "县区", "区/县", "county"),
    "street": (
        "地址",
        "详细地址",
        "街道",
        "完整地址",
        "收货地址",
        "address",
        "street address",
        "address line 1",
        "full address",
    ),
    "postal_code": ("邮编", "zip", "zip code", "postcode"),
    "is_primary": ("默认", "主地址", "是否默认", "primary", "default"),
}
POINTS = {name: field.kind for name, field in ContactRowForm.base_fields.items() if isinstance(field, PointField)}


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _is_phone(text: str) -> bool:
    try:
        normalised(ContactPointKind.PHONE, text, country=home_country(current_tenant().time_zone))
    except BadContactPoint:
        return False
    return sum(letter.isdigit() for letter in text) >= 7


LOOKS_LIKE: dict[str, Callable[[str], bool]] = {"phone": _is_phone, "other_phone": _is_phone, "email": _is_email}
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
            names=names[name],
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
            given = _in_its_place(row, given)
        row.values = {
            "facts": given,
            "points": [NewContactPoint(kind=POINTS[name], value=value) for name, value in points.items()],
        }
        row.marks = ["|".join([row.key, *kind.identity(given)])]

    return FormReader(form(), present=present, finish=finish)


def _in_its_place(row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an address with those that follow from them; warn where they contradict each other."""
    try:
        settle(as_place(given))
    except PlaceMismatch as error:
        row.warnings.append(in_words(error, AddressRowForm.base_fields[error.field].label))
    settled = settled_address(given)
    return {name: value for name, value in settled.items() if name in given or (value and name != "country")}


def _plan(kind: PartKind, *, rows: Sequence[Row], at: datetime) -> None:
    sent = [_sent(row) for row in rows]
    plan_parts(kind, sent, at=at)
    _settle(rows, sent)


def _write(kind: PartKind, *, rows: Sequence[Row], by: User, at: datetime) -> None:
    sent = [_sent(row) for row in rows]
    upsert_parts(kind, sent, by=by, at=at)
    _settle(rows, sent)


def _undo(kind: PartKind, *, rows: Sequence[Row], by: User, at: datetime) -> None:
    written = [Written(record_id=row.record_id, is_new=row.status == RowStatus.CREATED, **row.before) for row in rows]
    undo_parts(kind, written=written, by=by, at=at)
    settle_undone(rows, written)


def _sent(row: Row) -> SentPart:
    return SentPart(row.key, row.values["facts"], row.values["points"])


def _settle(rows: Sequence[Row], sent: Sequence[SentPart]) -> None:
    for row, each in zip(rows, sent, strict=True):
        if isinstance(each.outcome, DomainError):
            row.refuse(each.outcome)
            continue
        row.status = RowStatus(each.outcome)
        row.record_id, row.owner_id, row.before = each.part.pk, each.customer_id, each.before


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
        CONTACT_NAMES,
        name="contacts",
        label=_("Contacts"),
        text=_("People who speak for customers, known by the customer's number and their name."),
        icon="address-book",
        order=20,
    ),
    _kind(
        ADDRESSES,
        AddressRowForm,
        ADDRESS_NAMES,
        name="addresses",
        label=_("Addresses"),
        text=_("Places of customers, known by the customer's number, the street and the city."),
        icon="map-pin",
        order=30,
    ),
)
