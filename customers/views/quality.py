from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.models import User
from core.web.lists import ChoiceFilter, Column, ListView, PrefixFilter, Sort, UserFilter
from core.web.views import StaffView
from customers.columns import columns
from customers.enums import Fault, Tier
from customers.models import Customer, CustomerFault
from customers.models.archive import RANKS_OF_ONE_QUALITY
from customers.permissions import EDIT
from customers.quality.figures import Figures, figures_of, is_waiting, nights
from customers.quality.mending import faults_in_words, kept_mends, mending_links
from customers.quality.rules import WEIGHTS
from customers.querysets import for_list

MINE = "mine"


class QualityView(StaffView, TemplateView):
    """How good the records are, and what is to mend in how many; of all customers, or of one's own."""

    permission_required = EDIT
    template_name = "customers/quality.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        is_mine = self.request.GET.get("whose") == MINE
        manager = self.request.user if is_mine else None
        figures = figures_of(manager)
        return super().get_context_data(
            figures=figures,
            is_mine=is_mine,
            is_waiting=is_waiting(),
            list_url=_list_url(manager),
            faults=[
                {
                    "label": fault.label,
                    "weight": WEIGHTS[fault],
                    "count": count,
                    "share": round(100 * count / figures.customers, 1) if figures.customers else 0,
                    "url": _list_url(manager, fault=fault.value),
                }
                for fault, count in sorted(figures.by_fault.items(), key=_by_loss)
            ],
            bands=_bands(figures),
            trend=None if is_mine else _trend(),
            **context,
        )


def _by_loss(fault: tuple[Fault, int]) -> tuple[int, str]:
    """Put first what costs all customers together most."""
    return -WEIGHTS[fault[0]] * fault[1], fault[0]


def _list_url(manager: User | None, **params: str) -> str:
    if manager is not None:
        params["account_manager"] = str(manager.pk)
    url = reverse("customers:mending")
    return f"{url}?{urlencode(params)}" if params else url


def _bands(figures: Figures) -> dict[str, Any]:
    return {
        "title": _("Customers by the quality of their record"),
        "kind": "bar",
        "labels": [label for label, _count in figures.bands],
        "series": [{"name": _("Customers"), "values": [count for _label, count in figures.bands]}],
    }


def _trend() -> dict[str, Any] | None:
    kept = nights()
    if len(kept) < 2:
        return None
    return {
        "title": _("Average quality, night by night"),
        "kind": "line",
        "labels": [day.isoformat() for day, _average in kept],
        "series": [{"name": _("Average quality"), "values": [average for _day, average in kept]}],
    }


class FaultFilter(ChoiceFilter):
    """Customers with one fault, of whom the list of faults gives the ids."""

    def apply(self, rows: QuerySet[Any], cleaned: dict[str, Any], zone: str) -> QuerySet[Any]:
        fault = cleaned.get(self.name)
        return rows.filter(pk__in=CustomerFault.objects.filter(fault=fault).values("customer")) if fault else rows


class MendingListView(ListView):
    """Customers in whose record something is to mend, each with links to where that is done."""

    permission_required = EDIT
    template_name = "customers/mending_list.html"
    filters = (
        FaultFilter(name="fault", label=gettext_lazy("To mend"), choices=Fault.choices, field="id"),
        ChoiceFilter(name="tier", label=gettext_lazy("Tier"), choices=Tier.choices, none=gettext_lazy("Not in a tier")),
        UserFilter(name="account_manager", label=gettext_lazy("Account manager")),
        PrefixFilter(name="region", label=gettext_lazy("Region"), max_length=100),
    )
    sorts = (
        Sort("mending", gettext_lazy("To mend first"), column="mending_rank", descending_first=True),
        Sort("contribution", gettext_lazy("Contribution"), descending_first=True),
    )
    default_sort = "-mending"
    export_name = "mending"
    export_title = gettext_lazy("What to mend")
    export_columns = (
        *columns("name", "number", "quality"),
        Column(
            gettext_lazy("To mend"),
            lambda row: faults_in_words(mend.label for mend in kept_mends(row)),
            name="faults",
            draw=mending_links,
        ),
        *columns("tier", "contribution", "account_manager", "region"),
    )
    page_columns = ("name", "number", "quality", "faults", "tier", "contribution", "account_manager")

    def get_queryset(self) -> QuerySet[Customer]:
        customers = Customer.objects.filter(mending_rank__gte=RANKS_OF_ONE_QUALITY)
        return for_list(customers).prefetch_related("faults")
