"""What is to be done about shipments that went wrong."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.events.models import OutboxEvent
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.enums import FollowUpKind, Priority, Tier
from customers.follow_ups.rules import Rule, Wanted
from shipments.enums import ShipmentException
from shipments.models import Shipment
from shipments.receivers import NEWS

CODE = "shipment_exception"
MOST_SHIPMENTS = 50


def wanted_for_exception(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask for a call to a customer with whose shipments of the last weeks something went wrong, before it asks."""
    shipments = Shipment.objects.filter(pk=event.subject_id, accepted_at__gte=event.occurred_at - NEWS)
    shipment = shipments.select_related("customer").first()
    if shipment is None:
        return None
    told = {
        "id": str(shipment.pk),
        "waybill_number": shipment.waybill_number,
        "exceptions": event.payload["exceptions"],
        "promised_at": shipment.promised_at and _day(shipment.promised_at),
    }
    return Wanted(
        customer=shipment.customer,
        cause=f"{CODE}:{shipment.customer_id}",
        parameters={"shipments": [told], "left_out": 0},
    )


def add_exceptions(kept: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shipments of both, the newest first, each once with all that went wrong; the oldest are counted."""
    found = {each["id"]: each for each in kept["shipments"]}
    changed = []
    for each in new["shipments"]:
        before = found.get(each["id"], {"exceptions": []})["exceptions"]
        if not set(each["exceptions"]) <= set(before):
            changed.append({**each, "exceptions": [*before, *(one for one in each["exceptions"] if one not in before)]})
    ids = {each["id"] for each in changed}
    shipments = [*changed, *(each for each in kept["shipments"] if each["id"] not in ids)]
    left_out = kept["left_out"] + len(shipments[MOST_SHIPMENTS:])
    return {"shipments": shipments[:MOST_SHIPMENTS], "left_out": left_out}


def say_exceptions(facts: Mapping[str, Any]) -> str:
    newest, count = facts["shipments"][0], len(facts["shipments"]) + facts["left_out"]
    said = {"waybill": newest["waybill_number"], "exceptions": _in_words(newest), "day": newest["promised_at"]}
    if count > 1:
        words = ngettext(
            "%(count)s shipment went wrong, last %(waybill)s: %(exceptions)s. Call before the customer asks.",
            "%(count)s shipments went wrong, last %(waybill)s: %(exceptions)s. Call before the customer asks.",
            count,
        )
        return words % {**said, "count": count}
    if newest["promised_at"]:
        words = _("Shipment %(waybill)s, promised for %(day)s: %(exceptions)s. Call before the customer asks.")
        return words % said
    return _("Shipment %(waybill)s: %(exceptions)s. Call before the customer asks.") % said


def list_exceptions(facts: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return each shipment with what happened, and its page."""
    return [
        (
            _("%(waybill)s: %(exceptions)s") % {"waybill": each["waybill_number"], "exceptions": _in_words(each)},
            reverse("shipments:detail", args=[each["id"]]),
        )
        for each in facts["shipments"]
    ]


def _day(moment: datetime) -> str:
    return local_date(moment, current_tenant().time_zone).isoformat()


def _in_words(shipment: Mapping[str, Any]) -> str:
    return _(", ").join(str(ShipmentException(each).label) for each in shipment["exceptions"])


EXCEPTION_OF_VALUED = Rule(
    code=CODE,
    label=gettext_lazy("Something went wrong with a shipment of a valued customer"),
    event="shipment.exception",
    wanted=wanted_for_exception,
    say=say_exceptions,
    hours=4,
    tiers=(Tier.VIP.value, Tier.MID.value),
    kind=FollowUpKind.CALL,
    priority=Priority.HIGH,
    add=add_exceptions,
    happened=list_exceptions,
)
