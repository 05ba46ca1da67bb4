"""Parcels of valued customers of a demo courier that are late or silent as the day begins, as the clock finds them."""

from datetime import date, datetime, time, timedelta

from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import Tier
from customers.models import Customer
from shipments.scans import record_scans
from shipments.upserting import record_shipments
from shipments.watching import watch_shipments

# Days ago accepted, days from today promised, and the kinds of its scans with how many hours ago each was.
LATE = (3, -1, (("picked_up", 62), ("departed", 55), ("arrived", 20), ("out_for_delivery", 15)))
SILENT = (4, 1, (("picked_up", 86), ("departed", 77)))
BOTH = (5, -2, (("picked_up", 110), ("departed", 100)))
PARCELS = ((Tier.VIP, 0, LATE), (Tier.VIP, 1, SILENT), (Tier.VIP, 2, BOTH), (Tier.MID, 0, SILENT), (Tier.MID, 1, LATE))


def make_watched(courier: Courier, *, today: date) -> None:
    """Send a parcel for some customers by their tier and place in it, and let the clock look at all that are there."""
    at = day_start(today, courier.time_zone)
    rows, scans = [], []
    known = {tier: _numbers_in(tier) for tier in (Tier.VIP, Tier.MID)}
    for serial, (tier, place, (days_ago, promised_in, trace)) in enumerate(PARCELS, start=1):
        numbers = known[tier]
        if not numbers:
            continue
        waybill = f"{courier.prefix}{today.year}8{serial:07}"
        (origin, region), (goal, goal_region) = courier.cities[serial], courier.cities[-serial]
        rows.append(
            {
                "waybill_number": waybill,
                "customer_number": numbers[place % len(numbers)],
                "accepted_at": f"{today - timedelta(days=days_ago)} 09:30",
                "promised_at": f"{today + timedelta(days=promised_in)} 18:00",
                "status": "in_transit",
                "freight": "68.00",
                "service_product": courier.products["road"],
                "transport_mode": "road",
                "goods_category": courier.goods[0],
                "origin_city": origin,
                "origin_region": region,
                "destination_city": goal,
                "destination_region": goal_region,
            }
        )
        midnight = datetime.combine(today, time())
        scans += [
            {
                "waybill_number": waybill,
                "kind": kind,
                "happened_at": f"{midnight - timedelta(hours=hours)}",
                "place": goal if kind in {"arrived", "out_for_delivery"} else origin,
                "outlet": courier.outlet_form.format(city=origin, number=serial),
                "courier": f"{courier.prefix}{200 + serial}",
                "exception": "",
            }
            for kind, hours in trace
        ]
    if rows:
        record_shipments(rows=rows, by=None, at=at)
        record_scans(rows=scans, at=at)
    while watch_shipments(at=at):
        pass


def _numbers_in(tier: Tier) -> list[str]:
    found = Customer.objects.filter(tier=tier).order_by("-contribution", "number")
    return list(found.values_list("number", flat=True))
