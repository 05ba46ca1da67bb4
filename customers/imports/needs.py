"""Special needs that come in by files: a column for each kind that fits into one."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row
from core.imports.running import keep_row
from core.imports.texts import FormReader
from core.tenancy.errors import DomainError
from customers.forms.rows import NeedsRowForm
from customers.imports.heads import OF_CUSTOMER
from customers.permissions import EDIT
from customers.services.many_needs import SentNeeds, WrittenNeeds, plan_needs, undo_needs, upsert_needs

NAMES = {
    "customer_number": OF_CUSTOMER,
    "fragile": ("易碎", "易碎品", "是否易碎", "fragile"),
    "dangerous": ("危险品", "危险货物", "是否危险品", "hazardous", "dangerous"),
    "cold_chain": ("冷链", "冷链温度", "温度", "温区", "temperature", "cold chain"),
    "floor": ("楼层", "无电梯楼层", "floor"),
    "language": ("语言", "沟通语言", "language"),
    "time_window": (
        *("时间窗", "收件时间", "取件时间", "收货时间", "派件时间", "服务时间", "上门时间", "预约时间", "时间要求"),
        *("time window", "time windows", "pickup window", "pickup hours", "opening hours", "receiving hours"),
    ),
    "invoice": ("开票", "开票要求", "发票", "invoice", "invoicing"),
}


def fields() -> list[ImportField]:
    """Return the kinds of needs for which a file has a column."""
    return [
        ImportField(name=name, label=field.label, is_required=field.required, names=NAMES[name])
        for name, field in NeedsRowForm.base_fields.items()
    ]


def reader(present: Collection[str], at: datetime) -> Callable[[Row], None]:
    """Return what reads a row into the needs of a customer; a no says that there is no such need to write down."""

    def finish(row: Row, given: dict[str, Any]) -> None:
        row.key = given.pop("customer_number")
        row.values = {"needs": {kind: details for kind, details in given.items() if details is not None}}
        row.marks = [f"needs:{row.key}"]

    def glean(row: Row, given: dict[str, Any], unread: dict[str, str]) -> None:
        if number := given.get("customer_number", ""):
            row.key, row.values = number, {"needs": {}}

    return FormReader(NeedsRowForm(), present=present, finish=finish, glean=glean)


def plan(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    sent = _sent(rows)
    plan_needs(sent)
    _settle(rows, sent)


def write(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    sent = _sent(rows)
    upsert_needs(sent, by=by, at=at)
    _settle(rows, sent)


def undo(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    written = [WrittenNeeds(row.before["needs"]) for row in rows]
    undo_needs(written, by=by, at=at)
    for row, each in zip(rows, written, strict=True):
        if each.kept is None:
            row.status = RowStatus.UNDONE
        else:
            keep_row(row, each.kept)


def _sent(rows: Sequence[Row]) -> list[SentNeeds]:
    return [SentNeeds(row.key, row.values["needs"]) for row in rows]


def _settle(rows: Sequence[Row], sent: Sequence[SentNeeds]) -> None:
    for row, each in zip(rows, sent, strict=True):
        row.owner_id = each.customer_id
        if isinstance(each.outcome, DomainError):
            row.refuse(each.outcome)
            continue
        row.status = RowStatus(each.outcome)
        row.record_id = each.customer_id
        if each.before:
            row.before = {"needs": each.before}


KIND = ImportKind(
    name="needs",
    label=_("Special needs"),
    text=_("What customers need, known by the customer's number; needs for which a file has no column stay."),
    icon="list-check",
    permission=EDIT,
    order=40,
    key="customer_number",
    fields=fields,
    reader=reader,
    plan=plan,
    write=write,
    undo=undo,
    list_url="customers:list",
)
