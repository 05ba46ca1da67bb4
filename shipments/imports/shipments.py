"""Shipments that come in by files: what their columns mean, and what becomes of each row."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.crypto.masking import mask_name, mask_text
from core.imports.enums import RowStatus
from core.imports.kinds import ImportField, ImportKind, Row, Words, in_words
from core.imports.running import keep_row
from core.imports.texts import meaning_of_choices, plain_moment
from core.tenancy.scope import current_tenant, required_tenant_id
from customers.enums import CustomerKind
from customers.opening import known_archives
from customers.turns import wait_for_imports
from shipments.enums import (
    BookingChannel,
    Packaging,
    ShipmentException,
    ShipmentStatus,
    TransportMode,
    ValueAddedService,
)
from shipments.labels import LABELS
from shipments.permissions import IMPORT
from shipments.rows import (
    ACCEPTED,
    CUSTOMER,
    FIELDS,
    GOODS,
    KIND,
    MOMENT,
    NAME,
    REQUIRED,
    SHORT_MOMENT,
    STATUS_SYNONYMS,
    WARNINGS,
    WAYBILL,
    RowParser,
    RowRefused,
    outlying_days,
)
from shipments.undoing import WrittenShipment, undo_shipments
from shipments.upserting import ALWAYS, StoredShipment, stored_shipments
from shipments.writing import write_chunk

NAMES = {
    "waybill_number": (
        *("运单", "运单编号", "单号", "快递单号", "物流单号", "面单号"),
        *("waybill", "awb", "tracking number", "tracking no", "consignment", "shipment id"),
    ),
    "customer_number": (
        *("编号", "客户号", "客户代码", "客户编码", "客户ID", "寄件客户", "月结账号"),
        *("customer", "customer no", "customer id", "account number", "shipper"),
    ),
    "customer_name": ("客户", "公司", "公司名称", "寄件公司", "寄件人", "company", "company name", "shipper name"),
    "customer_kind": ("客户类型", "customer type"),
    "status": ("运单状态", "物流状态", "shipment status", "state"),
    "accepted_at": (
        *("收寄时间", "受理日期", "揽件时间", "下单时间", "寄件时间", "寄件日期", "日期"),
        *("accepted", "acceptance", "order date", "ship date", "date"),
    ),
    "picked_up_at": ("取件时间", "提货时间", "pickup", "picked up", "pickup time"),
    "promised_at": ("承诺时间", "预计送达", "预计到达", "应派时间", "promised", "due", "eta", "estimated delivery"),
    "delivered_at": ("签收时间", "送达时间", "妥投时间", "delivered", "delivery date", "delivery time"),
    "freight": ("运费金额", "基础运费", "price", "charge", "shipping cost"),
    "surcharges": ("附加费用", "杂费", "surcharge", "extra charges"),
    "refunds": ("退款金额", "退费", "refund"),
    "declared_value": ("声明价值", "保价金额", "货值", "value", "insured value"),
    "cod_amount": ("代收金额", "代收款", "cod"),
    "goods_category": ("品名", "货物类别", "物品类型", "托寄物", "category", "goods", "content"),
    "service_product": ("产品类型", "服务类型", "时效产品", "product", "service type"),
    "transport_mode": ("运输", "mode", "transport"),
    "booking_channel": ("下单渠道", "渠道", "channel"),
    "packaging": ("包装类型", "packing"),
    "services": ("增值业务", "value added services"),
    "exceptions": ("异常类型", "异常情况", "exception"),
    "weight_g": ("重量g", "克重", "weight g", "grams"),
    "length_cm": ("长cm", "长", "length"),
    "width_cm": ("宽cm", "宽", "width"),
    "height_cm": ("高cm", "高", "height"),
    "origin_city": ("寄件城市", "始发城市", "发货城市", "origin", "from city"),
    "origin_region": ("寄件省份", "始发省份", "from region", "from state"),
    "destination_city": ("收件城市", "目的城市", "到货城市", "destination", "to city"),
    "destination_region": ("收件省份", "目的省份", "to region", "to state"),
}
CHOICES = {
    "customer_kind": CustomerKind,
    "status": ShipmentStatus,
    "transport_mode": TransportMode,
    "booking_channel": BookingChannel,
    "packaging": Packaging,
    "services": ValueAddedService,
    "exceptions": ShipmentException,
}
# Several of them stand in one cell.
LISTS = {"services", "exceptions"}
MOMENTS = ("accepted_at", "picked_up_at", "promised_at", "delivered_at")
# By their values these are recognised in a column whose head says nothing.
TOLD_BY_VALUES = ("status", "transport_mode", "booking_channel", "packaging")
MASKS: dict[str, Callable[[str], str]] = {
    "customer_name": mask_name,
    **dict.fromkeys(
        ("goods_category", "service_product", "origin_city", "origin_region", "destination_city", "destination_region"),
        mask_text,
    ),
}
# Each part writes the figures of its customers, at its end: so a large one is quicker than many, and agents who work on
# the same customers wait for a moment only.
ROWS_PER_PART = 20_000
MOST_OF_A_DAY = 2
WITHOUT_CATEGORY = "-"
PLACES = {name: place for place, name in enumerate(FIELDS)}
# What does not stand in the shipment itself.
OF_CUSTOMER = {"customer_number", "customer_name", "customer_kind"}


def fields() -> list[ImportField]:
    """Return the facts of a shipment."""
    return [
        ImportField(
            name=name,
            label=LABELS[name],
            is_required=name in REQUIRED,
            names=NAMES[name],
            looks_like=_looks_like(name),
            mask=MASKS.get(name, str),
        )
        for name in FIELDS
    ]


def _looks_like(name: str) -> Callable[[str], bool] | None:
    if name == "accepted_at":
        return lambda text: any(form.fullmatch(plain_moment(text)) for form in (MOMENT, SHORT_MOMENT))
    if name not in TOLD_BY_VALUES:
        return None
    meaning, known = meaning_of_choices(CHOICES[name]), {*CHOICES[name].values}
    known |= STATUS_SYNONYMS.keys() if name == "status" else set()
    return lambda text: meaning(text).casefold() in known


def reader(present: Collection[str], at: datetime) -> Callable[[Row], None]:
    """Return what reads a row into the values of a shipment, in the order of FIELDS."""
    words = {name: meaning_of_choices(choices, is_list=name in LISTS) for name, choices in CHOICES.items()}
    words |= dict.fromkeys(MOMENTS, plain_moment)
    words = {name: meaning for name, meaning in words.items() if name in present}
    parser = RowParser(fields=list(present), time_zone=current_tenant().time_zone, at=at, words=words)

    def read(row: Row) -> None:
        try:
            values, warnings = parser.parse(row.cells)
        except RowRefused:
            for refusal in parser.refusals(row.cells):
                row.refuse(refusal.reason, LABELS[refusal.field])
            return
        row.values = {"shipment": values}
        row.key = values[WAYBILL]
        row.marks = (row.key,)
        row.gist = f"{values[ACCEPTED].toordinal()}{'' if values[GOODS] else WITHOUT_CATEGORY}"
        if warnings:
            row.warnings = [warning(code) for code in warnings]

    return read


@cache
def warning(code: str) -> Words:
    """Return what a warning says in each language."""
    return in_words(WARNINGS[code])


def weigh_whole(tally: Mapping[str, int]) -> Callable[[str], list[Words]] | None:
    """Find the days far from all others, and whether it is odd that goods have no category."""
    days = [
        day
        for gist, count in tally.items()
        for day in [int(gist.removesuffix(WITHOUT_CATEGORY))] * min(count, MOST_OF_A_DAY)
    ]
    odd = outlying_days(days)
    uncategorised = sum(count for gist, count in tally.items() if gist.endswith(WITHOUT_CATEGORY))
    is_odd_without = 0 < uncategorised * 2 < sum(tally.values())
    if not odd and not is_odd_without:
        return None

    def say(gist: str) -> list[Words]:
        said = [warning("date_outlier")] if int(gist.removesuffix(WITHOUT_CATEGORY)) in odd else []
        if is_odd_without and gist.endswith(WITHOUT_CATEGORY):
            said.append(warning("missing_category"))
        return said

    return say


def plan(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Say what would become of the rows."""
    stored = _merge(rows)
    customers = known_archives(list({row.values["shipment"][CUSTOMER] for row in rows}))
    for row in rows:
        values = row.values["shipment"]
        known, row.owner_id = stored.get(row.key), customers.get(values[CUSTOMER])
        if known is None:
            row.status = RowStatus.CREATED
            continue
        row.record_id = known.id
        is_changed = known.customer_id != row.owner_id or _changed(known, row)
        row.status = RowStatus.UPDATED if is_changed else RowStatus.UNCHANGED


def write(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Create the shipments or change their facts by the statement of the API, which tells of each."""
    if not rows:
        return
    wait_for_imports()
    stored = _merge(rows)
    chunk = write_chunk(
        [row.values["shipment"] for row in rows],
        tenant_id=required_tenant_id(),
        present=ALWAYS.union(rows[0].cells),
        known=stored.keys(),
        by=by,
        at=at,
    )
    opened = dict(chunk.opened)
    for row in rows:
        number = row.values["shipment"][CUSTOMER]
        row.owner_id = chunk.customers[number]
        written, known = chunk.shipments.get(row.key), stored.get(row.key)
        if written is None:
            row.status, row.record_id = RowStatus.UNCHANGED, known and str(known.id)
            continue
        row.status = RowStatus.CREATED if written.is_new else RowStatus.UPDATED
        row.record_id = written.id
        row.before = {"version": written.version}
        if known is not None:
            row.before["facts"] = _before(known, row, is_moved=known.customer_id != row.owner_id)
        if archive := opened.pop(number, None):
            row.before["archive"] = str(archive)


def undo(*, rows: Sequence[Row], by: User, at: datetime) -> None:
    """Remove the new shipments and the archives opened for them, and restore the facts of others."""
    written = [
        WrittenShipment(
            shipment_id=row.record_id,
            is_new=row.status == RowStatus.CREATED,
            version=row.before["version"],
            facts=_as_facts(row.before.get("facts", {})),
        )
        for row in rows
    ]
    archives = [uuid.UUID(row.before["archive"]) for row in rows if "archive" in row.before]
    undo_shipments(written=written, archives=archives, by=by, at=at)
    for row, each in zip(rows, written, strict=True):
        if each.kept is None:
            row.status = RowStatus.UNDONE
        else:
            keep_row(row, each.kept)


def _merge(rows: Sequence[Row]) -> dict[str, StoredShipment]:
    """Return the shipments that are there; into rows of theirs goes what is stored where the file says nothing."""
    stored = stored_shipments([row.key for row in rows])
    for row in rows:
        known = stored.get(row.key)
        if known is None:
            continue
        values = list(known.values)
        for name, text in row.cells.items():
            if text:
                place = PLACES[name]
                values[place] = row.values["shipment"][place]
        values[NAME], values[KIND] = row.values["shipment"][NAME], row.values["shipment"][KIND]
        row.values = {"shipment": values}
    return stored


def _changed(known: StoredShipment, row: Row) -> dict[str, Any]:
    """Return what is stored of the shipment's own facts that the row changes."""
    values = row.values["shipment"]
    return {
        name: known.values[place]
        for name in row.cells
        if name not in OF_CUSTOMER and known.values[place := PLACES[name]] != values[place]
    }


def _before(known: StoredShipment, row: Row, *, is_moved: bool) -> dict[str, Any]:
    """Return what undoes the change of a shipment, as JSON."""
    facts = _changed(known, row)
    if is_moved:
        facts["customer_number"] = known.values[CUSTOMER]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


def _as_facts(before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in MOMENTS and value else value for name, value in before.items()
    }


SHIPMENTS = ImportKind(
    name="shipments",
    label=_("Shipments"),
    text=_("Known by their waybill number: new ones are created, others brought up to date."),
    icon="package",
    permission=IMPORT,
    order=40,
    key="waybill_number",
    fields=fields,
    reader=reader,
    plan=plan,
    write=write,
    undo=undo,
    weigh=weigh_whole,
    rows_per_part=ROWS_PER_PART,
    list_url="shipments:list",
)
