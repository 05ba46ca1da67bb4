"""Customers that come in by files: what their columns mean, and what becomes of each row."""

import re
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.crypto.masking import HIDDEN, mask_name, mask_text
from core.crypto.tokens import compared_name
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row, in_words
from core.imports.texts import FormReader
from core.tenancy.errors import DomainError
from core.tenancy.ids import uuid7
from customers.custom_fields import BadCustomValue, checked_values
from customers.duplicates import Newcomer, find_alike
from customers.enums import CustomerKind, CustomFieldKind, MatchReason
from customers.forms.custom_fields import PREFIX
from customers.forms.rows import CustomerRowForm, CustomerWithPartsRowForm
from customers.imports.heads import CUSTOMER as HEADS
from customers.imports.heads import owned
from customers.imports.parts import MASKS as PART_MASKS
from customers.imports.parts import is_email, is_phone, is_whole_address, settle_undone
from customers.imports.row_parts import NAMES as PART_NAMES
from customers.imports.row_parts import (
    Sent,
    is_changed,
    plan_row_parts,
    read_parts,
    refusals_of,
    sent_parts,
    write_row_parts,
    written_of,
)
from customers.models import CustomField
from customers.permissions import EDIT
from customers.querysets import active_fields
from customers.services.changes import Outcome
from customers.services.many import SentCustomer, plan_customers, upsert_customers
from customers.services.many_parts import ADDRESSES, CONTACTS
from customers.services.undoing import Written, WrittenRow, undo_rows

MOST_ALIKE = 3
# Grams repeat among names: the more customers are written together, the fewer tokens are to be made.
ROWS_PER_PART = 3000
LACKS_REFERRER = gettext_lazy("No customer has this number yet. Unless one has by then, the row is refused.")
FACTS = frozenset(CustomerRowForm.base_fields) - {"number"}
# Without one of them nothing is said of whom a row is about.
NEEDED = frozenset(("company_name", "person_name", "contact_name"))
NUMBER = re.compile(r"[A-Za-z]{1,8}[-_]?[0-9]{2,20}")
COMPANY = re.compile(
    r".{2,}(?:公司|集团|厂|商行|店|事务所|合作社)(?:[(（].*[)）])?|.+\b(?:ltd|inc|llc|gmbh|co|corp|limited|plc)\.?",
    re.IGNORECASE,
)
LOOKS_LIKE: dict[str, Callable[[str], bool]] = {
    "number": lambda text: NUMBER.fullmatch(text) is not None,
    "company_name": lambda text: COMPANY.fullmatch(text) is not None,
    "phone": is_phone,
    "other_phone": is_phone,
    "email": is_email,
    "street": is_whole_address,
}
MASKS: dict[str, Callable[[str], str]] = {
    "person_name": mask_name,
    "birthday": lambda _text: HIDDEN * 4,
    "special_needs": lambda _text: HIDDEN * 4,
    "company_name": mask_text,
    **{name: mask for name, mask in PART_MASKS.items() if name in PART_NAMES},
    "contact_name": mask_name,
}


def fields() -> list[ImportField]:
    """Return the facts of a customer, with those that the tenant keeps besides; one query."""
    own = list(active_fields())
    form = CustomerWithPartsRowForm(custom_fields=own)
    return [
        ImportField(
            name=name,
            label=field.label,
            is_required=name == "number",
            names=owned(HEADS[name]) if name in HEADS else [name.removeprefix(PREFIX)],
            looks_like=LOOKS_LIKE.get(name),
            mask=MASKS.get(name, str if name in HEADS else mask_text),
        )
        for name, field in form.fields.items()
    ]


def reader(present: Collection[str], at: datetime) -> Callable[[Row], None]:
    """Return what reads a row into the facts of a customer, and those of a contact and an address beside it."""
    own = list(active_fields())

    def finish(row: Row, given: dict[str, Any]) -> None:
        _gather(row, given, own)
        row.marks = [f"number:{row.key}"]
        company = compared_name(given.get("company_name", ""))
        points = [f"{point.kind}:{point.value}" for point in row.values["points"]]
        row.alike = [*points, *([f"name:{company}"] if company else [])]

    def glean(row: Row, given: dict[str, Any], unread: dict[str, str]) -> None:
        if "number" not in given:
            return
        # What is there and cannot be read is not missing.
        _gather(row, given | {name: text for name, text in unread.items() if name in NEEDED}, own)
        custom = {name.removeprefix(PREFIX): text for name, text in unread.items() if name.startswith(PREFIX)}
        if custom:
            row.values["facts"]["custom_values"] = row.values["facts"].get("custom_values", {}) | custom

    form = CustomerWithPartsRowForm(custom_fields=own)
    return FormReader(form, present=present, finish=finish, glean=glean)


def _gather(row: Row, given: dict[str, Any], own: Sequence[CustomField]) -> None:
    row.key = given["number"]
    facts = {name: value for name, value in given.items() if name in FACTS}
    if custom := dict(_custom_values(row, given, own)):
        facts["custom_values"] = custom
    read_parts(row, given, facts)


def _custom_values(row: Row, given: dict[str, Any], own: Sequence[CustomField]) -> Iterator[tuple[str, str]]:
    for field in own:
        value = given.get(PREFIX + field.key)
        if not value:
            continue
        told = value.isoformat() if field.kind == CustomFieldKind.DATE else value
        try:
            yield from checked_values({field.key: told}, fields=[field], stored={}).items()
        except BadCustomValue as refusal:
            row.refuse(refusal, field.label)
            # It is there, and not missing.
            yield field.key, str(told)


def plan(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Say what would become of the rows, and who of the archive a new one may be."""
    sent, parts = [_sent(row) for row in rows], sent_parts(rows)
    plan_customers(sent, by=by)
    plan_row_parts(rows, sent, parts, at=at)
    for row, each in zip(rows, sent, strict=True):
        for refusal in (*each.refusals, *refusals_of(parts, row.line)):
            row.refuse(refusal)
    _settle(rows, sent, parts)
    for row, each in zip(rows, sent, strict=True):
        if each.lacks_referrer:
            row.warnings.append(in_words(LACKS_REFERRER, _("Referrer")))
    new = {uuid7(): row for row in rows if row.status == RowStatus.CREATED}
    for key, hits in find_alike({key: _newcomer(row) for key, row in new.items()}).items():
        for number, match in hits[:MOST_ALIKE]:
            new[key].hint(
                lambda number=number, reasons=match.reasons: (
                    _("May be the same as customer %(number)s: %(reasons)s.")
                    % {"number": number, "reasons": _(", ").join(str(MatchReason(reason).label) for reason in reasons)}
                )
            )


def write(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Open the archives or change their facts; the file's event tells of them all."""
    sent, parts = [_sent(row) for row in rows], sent_parts(rows)
    upsert_customers(sent=sent, is_told=False, by=by, at=at)
    there = {row.line for row, each in zip(rows, sent, strict=True) if not isinstance(each.outcome, DomainError)}
    write_row_parts(parts, there, by=by, at=at)
    for row in rows:
        row.warnings = [*row.warnings, *map(in_words, refusals_of(parts, row.line))]
    _settle(rows, sent, parts)


def undo(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Remove the new customers and restore the facts of others, but for those that somebody touched since."""
    written = [_written(row) for row in rows]
    undo_rows(rows=written, by=by, at=at)
    settle_undone(rows, written)


def _written(row: Row) -> WrittenRow:
    parts = {kind: dict(row.before[kind.action]) for kind in (CONTACTS, ADDRESSES) if kind.action in row.before}
    return WrittenRow(
        customer=Written(
            record_id=row.record_id,
            is_new=row.status == RowStatus.CREATED,
            version=row.before["version"],
            facts=row.before.get("facts", {}),
            made_group=row.before.get("made_group", ()),
        ),
        parts={kind: Written(record_id=uuid.UUID(told.pop("id")), **told) for kind, told in parts.items()},
    )


def _sent(row: Row) -> SentCustomer:
    facts, if_new = row.values["facts"], row.values["if_new"]
    is_person = bool({**if_new, **facts}.get("person_name")) and not facts.get("company_name")
    kind = CustomerKind.INDIVIDUAL if is_person else CustomerKind.COMPANY
    return SentCustomer(row.key, facts, kind_if_new=kind, if_new=if_new, if_empty=row.values["if_empty"])


def _newcomer(row: Row) -> Newcomer:
    facts = {**row.values["if_new"], **row.values["facts"]}
    points = [(point.kind, point.value) for point in row.values["points"]]
    return Newcomer(facts.get("company_name", ""), facts.get("person_name", ""), points)


def _settle(rows: Sequence[Row], sent: Sequence[SentCustomer], parts: Sent) -> None:
    for row, each in zip(rows, sent, strict=True):
        row.owner_id = each.customer_id
        if isinstance(each.outcome, DomainError):
            row.refuse(each.outcome)
        if row.is_refused:
            continue
        is_as_before = each.outcome == Outcome.UNCHANGED and not is_changed(parts, row.line)
        row.status = RowStatus.UPDATED if each.outcome == Outcome.UNCHANGED else RowStatus(each.outcome)
        row.record_id = each.customer_id
        if is_as_before:
            row.status = RowStatus.UNCHANGED
        else:
            row.before = {
                "version": each.version,
                "facts": each.before or {},
                **({"made_group": each.made_group} if each.made_group else {}),
                **written_of(parts, row.line),
            }


KIND = ImportKind(
    name="customers",
    label=gettext_lazy("Customers"),
    text=gettext_lazy(
        "Known by their number: new ones are created, others brought up to date; with a contact and an address, if the"
        " file has them."
    ),
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
    long_fields=frozenset(("special_needs",)),
)
