"""What a demo courier keeps of its customers besides: the contract, how many parcels a day, when it is renewed."""

from datetime import date, timedelta

from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import CustomFieldKind
from customers.models import Customer
from customers.services import add_custom_field
from customers.services.many import SentCustomer, upsert_customers

# One of so many was here before anybody asked for the contract.
WITHOUT = 12


def make_own_fields(courier: Courier, *, by: User, today: date) -> None:
    at = day_start(today, courier.time_zone) - timedelta(days=30)
    contract, parcels, renewal = courier.own_fields
    made = {"by": by, "at": at}
    add_custom_field(
        key="contract",
        label=contract,
        kind=CustomFieldKind.CHOICE,
        choices=courier.contracts,
        order=10,
        is_required=True,
        is_filtered=True,
        **made,
    )
    for order, key, label, kind in (
        (20, "parcels_a_day", parcels, CustomFieldKind.NUMBER),
        (30, "renewal", renewal, CustomFieldKind.DATE),
    ):
        add_custom_field(key=key, label=label, kind=kind, order=order, is_filtered=True, **made)
    numbers = Customer.objects.order_by("-contribution", "number").values_list("number", flat=True)
    sent = [
        SentCustomer(number, {"custom_values": _values(courier, place, today)})
        for place, number in enumerate(numbers)
        if place % WITHOUT != WITHOUT - 1
    ]
    upsert_customers(sent=sent, is_told=False, **made)


def _values(courier: Courier, place: int, today: date) -> dict[str, str]:
    values = {"contract": courier.contracts[place % len(courier.contracts)]}
    if place % 2 == 0:
        values["parcels_a_day"] = str(max(400 - 7 * place, 3))
    if place % 3 == 0:
        values["renewal"] = (today + timedelta(days=11 * place % 365)).isoformat()
    return values
