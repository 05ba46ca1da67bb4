import uuid
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from core.web.models import Notice
from core.web.notices import Words
from shipments.enums import ShipmentException
from shipments.models import Shipment


def describe_exceptions(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say in words what went wrong with which shipment of whom; one query."""
    shipments = (
        Shipment.objects.select_related("customer")
        .defer("customer__special_needs", "customer__birthday")
        .in_bulk({notice.subject_id for notice in notices})
    )
    return {
        notice.pk: _words(shipments[notice.subject_id], notice.facts["exceptions"])
        for notice in notices
        if notice.subject_id in shipments
    }


def _words(shipment: Shipment, exceptions: Sequence[str]) -> Words:
    labels = [str(ShipmentException(exception).label) for exception in exceptions]
    text = _("%(customer)s has trouble with a shipment: %(exceptions)s") % {
        "customer": shipment.customer.display_name,
        "exceptions": _(", ").join(labels),
    }
    return Words(text, reverse("shipments:detail", args=[shipment.pk]), shipment.waybill_number)
