"""What may be done on the page of a shipment."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from core.tenancy.scope import current_tenant
from core.web.record_pages import Action, RecordPage
from shipments.models import Shipment
from shipments.permissions import VIEW


def find_shipment(pk: uuid.UUID, user: Any) -> Shipment | None:
    return Shipment.objects.filter(pk=pk).first()


def waybill_of(shipment: Shipment) -> str:
    return urlencode({"waybill": shipment.waybill_number})


SHIPMENT_PAGE = RecordPage(
    url_name="shipments:detail",
    permission=VIEW,
    load=find_shipment,
    name_of=lambda shipment: shipment.waybill_number,
)
SHIPMENT_ACTIONS = (
    Action(
        name="tracking",
        label=_("Open the page to track it"),
        icon="map-pin",
        url=lambda shipment: f"{reverse('shipments:track', args=[current_tenant().slug])}?{waybill_of(shipment)}",
        order=50,
    ),
    Action(
        name="customer",
        label=_("Open the customer"),
        icon="user",
        url=lambda shipment: reverse("customers:detail", args=[shipment.customer_id]),
        permission="customers.view",
        is_in_header=False,
    ),
)
