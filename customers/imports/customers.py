"""Customers that come in by files: what their columns mean, and what becomes of each row."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.crypto.masking import HIDDEN, mask_name, mask_text
from core.crypto.tokens import compared_name
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row
from core.imports.running import keep_row
from core.imports.texts import FormReader
from core.tenancy.errors import DomainError
from core.tenancy.ids import uuid7
from customers.custom_fields import BadCustomValue, checked_values
from customers.duplicates import find_alike
from customers.enums import CustomerKind, CustomFieldKind, MatchReason
from customers.forms.custom_fields import PREFIX
from customers.forms.rows import CustomerRowForm
from customers.permissions import EDIT
from customers.querysets import active_fields
from customers.services.many import SentCustomer, plan_customers, upsert_customers
from customers.services.undoing import Written, undo_customers

MOST_ALIKE = 3
# Grams repeat among names: the more customers are written together, the fewer tokens are to be made.
ROWS_PER_PART = 3000
NAMES = {
    "number": (
        "编号",
        "客户号",
        "客户代码",
        "客户编码",
        "客户ID",
        "customer no",
        "customer id",
        "code",
        "account number",
    ),
    "company_name": ("公司", "企业名称", "单位名称", "客户名称", "名称", "company", "name", "account name", "customer"),
    "person_name": ("姓名", "联系人姓名", "person", "full name", "contact name"),
    "kind": ("类型", "客户类型", "type", "customer type"),
    "birthday": ("出生日期", "生日日期", "date of birth", "birthdate"),
    "industry": ("所属行业", "行业类别", "sector"),
    "region": ("区域", "所在地区", "省份", "province", "state", "area"),
    "source": ("客户来源", "线索来源", "lead source"),
    "tags": ("客户标签", "标签", "labels"),
    "account_manager": ("负责人", "客户负责人", "销售", "owner", "account owner", "manager"),
    "special_needs": ("备注", "特殊要求", "notes", "remarks", "description"),
    "preferred_channel": ("联系方式偏好", "channel"),
    "preferred_language": ("语言", "language"),
}
MASKS: dict[str, Callable[[str], str]] = {
    "person_name": mask_name,
    "birthday": lambda _text: HIDDEN * 4,
    "special_needs": lambda _text: HIDDEN * 4,
    "company_name": mask_text,
}


def fields() -> list[ImportField]:
    """Return the facts of a customer, with those that the tenant keeps besides; one query."""
    own = list(active_fields())
    form = CustomerRowForm(custom_fields=own)
    return [
        ImportField(
            name=name,
            label=field.label,
            is_required=name == "number",
            names=(*NAMES.get(name, ()), *([name.removeprefix(PREFIX)] if name.startswith(PREFIX) else [])),
            mask=MASKS.get(name, str if name in NAMES else mask_text),
        )
        for name, field in form.fields.items()
    ]


def reader(present: Collection[str], at: datetime) -> Callable[[Row], None]:
    """Return what reads a row into the facts of a customer."""
    own = list(active_fields())
    dates = {field.key for field in own if field.kind == CustomFieldKind.DATE}

    def finish(row: Row, given: dict[str, Any]) -> None:
        row.key = given["number"]
        custom = {
            name.removeprefix(PREFIX): value.isoformat() if name.removeprefix(PREFIX) in dates else value
            for name, value in given.items()
            if name.startswith(PREFIX)
        }
        row.values = {name: value for name, value in given.items() if not name.startswith(PREFIX) and name != "number"}
        try:
            if custom:
                row.values["custom_values"] = checked_values(custom, fields=own, stored={})
        except BadCustomValue as refusal:
            row.refuse(refusal, next(field.label for field in own if field.key == refusal.key))
        row.marks = [f"number:{row.key}"]
        company = compared_name(row.values.get("company_name", ""))
        row.alike = [f"name:{company}"] if company else []

    return FormReader(CustomerRowForm(custom_fields=own), present=present, finish=finish)


def plan(*, rows: Sequence[Row], at: datetime) -> None:
    """Say what would become of the rows, and who of the archive a new one may be."""
    sent = [_sent(row) for row in rows]
    plan_customers(sent)
    _settle(rows, sent)
    new = {uuid7(): row for row in rows if row.status == RowStatus.CREATED}
    names = {key: (row.values.get("company_name", ""), row.values.get("person_name", "")) for key, row in new.items()}
    for key, hits in find_alike(names).items():
        for number, match in hits[:MOST_ALIKE]:
            new[key].hint(
                lambda number=number, reasons=match.reasons: (
                    _("May be the same as customer %(number)s: %(reasons)s.")
                    % {"number": number, "reasons": _(", ").join(str(MatchReason(reason).label) for reason in reasons)}
                )
            )


def write(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Open the archives or change their facts; the file's event tells of them all."""
    sent = [_sent(row) for row in rows]
    upsert_customers(sent=sent, is_told=False, by=by, at=at)
    _settle(rows, sent)


def undo(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Remove the new customers and restore the facts of others, but for those that somebody touched since."""
    written = [
        Written(
            record_id=row.record_id,
            is_new=row.status == RowStatus.CREATED,
            version=row.before["version"],
            facts=row.before.get("facts", {}),
        )
        for row in rows
    ]
    undo_customers(written=written, by=by, at=at)
    settle_undone(rows, written)


def settle_undone(rows: Sequence[Row], written: Sequence[Written]) -> None:
    """Say of each row whether it was undone, or why not."""
    for row, each in zip(rows, written, strict=True):
        if each.kept is None:
            row.status = RowStatus.UNDONE
        else:
            keep_row(row, each.kept)


def _sent(row: Row) -> SentCustomer:
    is_person = bool(row.values.get("person_name")) and not row.values.get("company_name")
    kind = CustomerKind.INDIVIDUAL if is_person else CustomerKind.COMPANY
    return SentCustomer(row.key, row.values, kind_if_new=kind)


def _settle(rows: Sequence[Row], sent: Sequence[SentCustomer]) -> None:
    for row, each in zip(rows, sent, strict=True):
        if isinstance(each.outcome, DomainError):
            row.refuse(each.outcome)
            continue
        row.status = RowStatus(each.outcome)
        row.record_id = row.owner_id = each.customer_id
        if row.status in (RowStatus.CREATED, RowStatus.UPDATED):
            row.before = {"version": each.version, "facts": each.before or {}}


KIND = ImportKind(
    name="customers",
    label=gettext_lazy("Customers"),
    text=gettext_lazy("Known by their number: new ones are created, others brought up to date."),
    icon="users",
    permission=EDIT,
    order=10,
    key="number",
    fields=fields,
    reader=reader,
    plan=plan,
    write=write,
    undo=undo,
    rows_per_part=ROWS_PER_PART,
    list_url="customers:list",
)
