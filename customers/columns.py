"""The columns of customers, which every list of customers takes what it shows from."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.web.lists import Column, ColumnKind
from customers.models import Customer
from customers.templatetags.customers import quality_badge, segment_badge, stage_badge, tier_badge


def page_of(customer: Customer) -> str:
    return reverse("customers:detail", args=[customer.pk])


COLUMNS = (
    Column(_("Customer number"), lambda customer: customer.number, name="number"),
    Column(_("Name"), lambda customer: customer.display_name, name="name", url=page_of, is_head=True),
    Column(_("Kind"), lambda customer: customer.get_kind_display(), name="kind"),
    Column(
        _("Tier"),
        lambda customer: customer.get_tier_display(),
        name="tier",
        draw=lambda customer: tier_badge(customer.tier),
    ),
    Column(
        _("Stage"),
        lambda customer: customer.get_stage_display(),
        name="stage",
        draw=lambda customer: stage_badge(customer.stage),
    ),
    Column(
        _("Segment"),
        lambda customer: customer.get_segment_display(),
        name="segment",
        draw=lambda customer: segment_badge(customer.segment),
    ),
    Column(_("Self-service"), lambda customer: customer.get_self_service_display(), name="self_service"),
    Column(
        _("Contribution"),
        lambda customer: customer.contribution,
        name="contribution",
        kind=ColumnKind.MONEY,
        sort="contribution",
    ),
    Column(_("Shipments"), lambda customer: customer.shipment_count, name="shipments", kind=ColumnKind.NUMBER),
    Column(
        _("Shipments in the window"),
        lambda customer: customer.window_shipment_count,
        name="window",
        kind=ColumnKind.NUMBER,
        sort="window",
    ),
    Column(_("Last shipment"), lambda customer: customer.last_shipment_at, name="last", kind=ColumnKind.TIME),
    Column(_("Industry"), lambda customer: customer.industry, name="industry"),
    Column(_("Region"), lambda customer: customer.region, name="region"),
    Column(_("Group"), lambda customer: customer.group.name if customer.group else "", name="group"),
    Column(_("Account manager"), lambda customer: customer.account_manager, name="account_manager"),
    Column(_("Tags"), lambda customer: ", ".join(customer.tags), name="tags"),
    Column(
        _("Data quality"),
        lambda customer: customer.quality,
        name="quality",
        kind=ColumnKind.NUMBER,
        sort="mending",
        draw=lambda customer: quality_badge(customer.quality),
    ),
    Column(_("Created"), lambda customer: customer.created_at, name="created", kind=ColumnKind.TIME, sort="created"),
)
_BY_NAME = {column.name: column for column in COLUMNS}


def columns(*names: str) -> Sequence[Column]:
    """Return the columns of these names, in this order; the list has the sorts that they name."""
    return tuple(_BY_NAME[name] for name in names)
