from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from behaviour.filters import WishFilter
from behaviour.models import CustomerBehaviour
from behaviour.permissions import VIEW
from behaviour.querysets import for_list, usable_figures
from core.web.lists import ChoiceFilter, Column, ColumnKind, DateRangeFilter, ListView, Sort, UserFilter
from customers.enums import Stage, Tier
from customers.templatetags.customers import stage_badge, tier_badge


class SeenListView(ListView):
    """The customers that agreed, with what they did on the web page and in the app."""

    permission_required = VIEW
    template_name = "behaviour/seen_list.html"
    filters = (
        WishFilter(name="wish", label=_("Wish"), field="last_wish_at"),
        ChoiceFilter(name="tier", label=_("Tier"), choices=Tier.choices, field="customer__tier"),
        ChoiceFilter(name="stage", label=_("Stage"), choices=Stage.choices, field="customer__stage"),
        UserFilter(name="manager", label=_("Account manager"), field="customer__account_manager"),
        DateRangeFilter(name="seen", label=_("Last seen"), field="last_seen_at"),
    )
    sorts = (Sort("seen", _("Last seen"), column="last_seen_at", descending_first=True),)
    default_sort = "-seen"
    export_name = "behaviour"
    export_title = _("Behaviour on the web and in the app")
    export_columns = (
        Column(
            _("Customer"),
            lambda row: row.customer.display_name,
            name="customer",
            url=lambda row: reverse("customers:detail", args=[row.customer_id]),
            is_head=True,
        ),
        Column(_("Customer number"), lambda row: row.customer.number, name="number"),
        Column(_("Last seen"), lambda row: row.last_seen_at, name="seen", kind=ColumnKind.TIME, sort="seen"),
        Column(_("Last quote"), lambda row: row.last_quote_at, name="quote", kind=ColumnKind.TIME),
        Column(_("Last basket"), lambda row: row.last_basket_at, name="basket", kind=ColumnKind.TIME),
        Column(_("Last shipment"), lambda row: row.customer.last_shipment_at, name="shipped", kind=ColumnKind.TIME),
        Column(_("Visits"), lambda row: row.visit_count, name="visits", kind=ColumnKind.NUMBER),
        Column(_("Quotes asked"), lambda row: row.quote_count, name="quotes", kind=ColumnKind.NUMBER),
        Column(_("Baskets left"), lambda row: row.basket_count, name="baskets", kind=ColumnKind.NUMBER),
        Column(
            _("Tier"),
            lambda row: row.customer.get_tier_display() or "",
            name="tier",
            draw=lambda row: tier_badge(row.customer.tier),
        ),
        Column(
            _("Stage"),
            lambda row: row.customer.get_stage_display(),
            name="stage",
            draw=lambda row: stage_badge(row.customer.stage),
        ),
        Column(
            _("Account manager"),
            lambda row: row.customer.account_manager.name if row.customer.account_manager else "",
            name="manager",
        ),
    )
    page_columns = ("customer", "seen", "quote", "basket", "shipped", "visits", "tier", "manager")

    def get_queryset(self) -> QuerySet[CustomerBehaviour]:
        return for_list(usable_figures(at=timezone.now()))
