"""What may be done on the page of a shipment, and of an import."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from core.tenancy.scope import current_tenant
from core.web.record_pages import Action, RecordPage, at
from shipments.models import ImportRun, Shipment
from shipments.permissions import IMPORT, VIEW


def find_shipment(pk: uuid.UUID, user: Any) -> Shipment | None:
    return Shipment.objects.filter(pk=pk).first()


def find_import(pk: uuid.UUID, user: Any) -> ImportRun | None:
    return ImportRun.objects.filter(pk=pk).first()


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

IMPORT_PAGE = RecordPage(
    url_name="shipments:import", permission=IMPORT, load=find_import, name_of=lambda run: run.file_name
)
IMPORT_ACTIONS = (
    Action(
        name="result",
        label=_("Result of every row"),
        icon="download",
        url=at("shipments:result"),
        permission=IMPORT,
        order=10,
        applies=lambda run, _user: bool(run.row_count),
    ),
    Action(
        name="see",
        label=_("See the shipments"),
        icon="package",
        url=lambda _run: reverse("shipments:list"),
        permission=VIEW,
        order=20,
        applies=lambda run, _user: run.is_finished,
        classes="btn-primary",
    ),
)
