"""The shipments of a demo courier and the scans of the newest of them, as files that could have come from outside."""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from courier_crm.demo.couriers import Courier

DAYS = 730
MONTHS = DAYS // 30 + 1
SHIPMENTS_PER_CUSTOMER = 30
DAYS_WITH_SCANS = 60
DAYS_OF_TROUBLE = 45
LATE_SHARE = 0.05
# With this the biggest dozen or so of four hundred customers reach the amounts of a new tenant's tier policy.
PALLETS = 2.5
# November's sales and the lull of the new year, January first.
SEASON = (0.9, 0.6, 1.0, 1.0, 1.0, 1.15, 0.95, 0.95, 1.05, 1.1, 1.7, 1.4)
HEADER = (
    "waybill_number",
    "customer_number",
    "status",
    "accepted_at",
    "picked_up_at",
    "promised_at",
    "delivered_at",
    "freight",
    "surcharges",
    "refunds",
    "declared_value",
    "goods_category",
    "service_product",
    "transport_mode",
    "booking_channel",
    "packaging",
    "services",
    "exceptions",
    "weight_g",
    "origin_city",
    "origin_region",
    "destination_city",
    "destination_region",
)
# Mode of transport, days on the way, price of a shipment and of each kilogram, share of all shipments.
PRODUCTS = (("air", 1, 22, 9, 20), ("road", 3, 12, 3, 55), ("rail", 4, 10, 2, 10), ("same_city", 0, 15, 2, 15))


@dataclass(frozen=True, kw_only=True)
class Shipper:
    """A customer's place and habits: its weight among all, its active days and how busy each month is.

    `trouble` is the share of its newest shipments that go wrong, beside what goes wrong anyway.
    """

    number: str
    city: tuple[str, str]
    weight: float
    first: int
    last: int
    moods: Sequence[float]
    trouble: float = 0


def shipment_file(chance: random.Random, courier: Courier, shippers: list[Shipper], *, today: date) -> bytes:
    """Return a CSV file of the shipments accepted in the days before `today`, earliest first."""
    total = len(shippers) * SHIPMENTS_PER_CUSTOMER
    # Who comes late or leaves early ships less.
    shares = [shipper.weight * (shipper.last - shipper.first) for shipper in shippers]
    start = today - timedelta(days=DAYS)
    orders = []
    for shipper, share in zip(shippers, shares, strict=True):
        days = range(shipper.first, shipper.last)
        odds = [_busyness(shipper, day, start + timedelta(days=day)) for day in days]
        count = max(1, round(total * share / sum(shares))) if share else 0
        orders += [(day, shipper) for day in chance.choices(days, odds, k=count)]
    orders.sort(key=lambda order: (order[0], order[1].number))

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for serial, (day, shipper) in enumerate(orders, start=1):
        waybill = f"{courier.prefix}{start.year}{serial:08}"
        writer.writerow(_shipment(chance, courier, shipper, waybill, start + timedelta(days=day), today=today))
    return text.getvalue().encode()


def _busyness(shipper: Shipper, day: int, on: date) -> float:
    return shipper.moods[day // 30] * SEASON[on.month - 1] * (0.4 if on.weekday() >= 5 else 1)


def _shipment(
    chance: random.Random, courier: Courier, shipper: Shipper, waybill: str, on: date, *, today: date
) -> tuple[object, ...]:
    mode, days, base, per_kilogram, _share = chance.choices(PRODUCTS, [each[-1] for each in PRODUCTS])[0]
    accepted = datetime.combine(on, time(chance.randrange(8, 18), chance.randrange(60)))
    promised = accepted + timedelta(days=days, hours=4)
    trouble = shipper.trouble if (today - on).days <= DAYS_OF_TROUBLE else 0
    is_cancelled, is_late = chance.random() < 0.015, chance.random() < LATE_SHARE + trouble
    delivered = promised + timedelta(hours=chance.randrange(20, 60) if is_late else -chance.randrange(1, 4))
    is_delivered = not is_cancelled and delivered.date() < today
    # Who ships more ships heavier: an individual sends parcels, the biggest customers send pallets.
    weight = round(min(chance.lognormvariate(0.3, 0.9) * max(1, shipper.weight * PALLETS), 1000) * 1000)
    freight = round((base + per_kilogram * weight / 1000) * courier.price * chance.uniform(0.9, 1.2), 2)
    is_insured = chance.random() < 0.1
    damage = chance.choices(["", "damaged", "lost", "returned"], [975, 12 + 400 * trouble, 3 + 40 * trouble, 10])[0]
    refund = freight if is_cancelled else freight / 2 if damage in {"damaged", "lost"} else 0
    exceptions = [code for code in ("late" if is_late and is_delivered else "", damage) if code]
    destination = shipper.city if mode == "same_city" else chance.choice(courier.cities)
    return (
        waybill,
        shipper.number,
        "cancelled" if is_cancelled else "delivered" if is_delivered else "in_transit",
        accepted.isoformat(" "),
        "" if is_cancelled else (accepted + timedelta(minutes=chance.randrange(10, 90))).isoformat(" "),
        promised.isoformat(" "),
        delivered.isoformat(" ") if is_delivered else "",
        f"{freight:.2f}",
        f"{freight * 0.08 if is_insured else 0:.2f}",
        f"{refund:.2f}",
        f"{freight * chance.randrange(10, 80):.2f}" if is_insured else "",
        chance.choice(courier.goods),
        courier.products[mode],
        mode,
        chance.choice(("counter", "pickup", "pickup", "app", "e_commerce")),
        chance.choice(("standard", "standard", "recycled", "reusable", "paperless")),
        "insured_value" if is_insured else chance.choice(("", "", "", "signed_return", "night_pickup")),
        ";".join(exceptions),
        weight,
        *shipper.city,
        *destination,
    )


def scan_rows(chance: random.Random, courier: Courier, file: bytes, *, today: date) -> list[dict[str, str]]:
    """Return the scans, up to the start of `today`, of the shipments of the file's last DAYS_WITH_SCANS days."""
    since = (today - timedelta(days=DAYS_WITH_SCANS)).isoformat()
    end = datetime.combine(today, time())
    rows = []
    for shipment in csv.DictReader(io.StringIO(file.decode())):
        if shipment["accepted_at"] < since or not shipment["picked_up_at"]:
            continue
        past = [event for event in _trace(shipment) if event[1] < end]
        rows += [_scan(chance, courier, shipment["waybill_number"], event) for event in past]
    return rows


def _trace(shipment: dict[str, str]) -> Iterator[tuple[str, datetime, str, str]]:
    """Yield kind, local time, city and exception of each scan on a shipment's way, in order."""
    origin, destination = shipment["origin_city"], shipment["destination_city"]
    picked_up, promised = (datetime.fromisoformat(shipment[name]) for name in ("picked_up_at", "promised_at"))
    delivered = datetime.fromisoformat(shipment["delivered_at"]) if shipment["delivered_at"] else None
    goal = delivered or promised
    way = goal - picked_up
    yield "picked_up", picked_up, origin, ""
    yield "sorted", picked_up + way * 0.15, origin, ""
    yield "departed", picked_up + way * 0.25, origin, ""
    yield "arrived", picked_up + way * 0.8, destination, ""
    for exception in filter(None, shipment["exceptions"].split(";")):
        if exception == "late":
            yield "exception", promised, destination, exception
        else:
            yield "exception", picked_up + way * 0.85, destination, exception
    yield "out_for_delivery", picked_up + way * 0.9, destination, ""
    if delivered:
        yield "delivered", delivered, destination, ""


def _scan(
    chance: random.Random, courier: Courier, waybill: str, event: tuple[str, datetime, str, str]
) -> dict[str, str]:
    kind, moment, city, exception = event
    return {
        "waybill_number": waybill,
        "kind": kind,
        "happened_at": moment.isoformat(" ", "seconds"),
        "place": city,
        "outlet": courier.outlet_form.format(city=city, number=chance.randrange(1, 9)),
        "courier": f"{courier.prefix}{chance.randrange(100, 400)}",
        "exception": exception,
    }
