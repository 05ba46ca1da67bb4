"""The pipeline as a board, and what it comes to month by month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.accounts.models import User
from core.accounts.permissions import may
from core.tenancy.clock import day_start, local_date, months_after
from core.tenancy.scope import current_tenant
from core.web.months import MonthField
from core.web.reading_order import NamedChoiceField
from core.web.views import StaffView
from development.enums import DealStage
from development.models import Opportunity, PipelineRules
from development.permissions import VIEW, WRITE
from development.querysets import cards, expected_by_month, on_board, sums_by_stage, workers
from development.services import rules_in_force
from development.stages import CLOSED, OPEN

MONTHS, MOST_MONTHS = 12, 36
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 1)
CLOSED_ON_BOARD = timedelta(days=90)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class BoardColumn:
    """One stage of the board: its first cards, and of all in it how many there are and what they come to."""

    stage: DealStage
    cards: list[Opportunity]
    count: int
    freight: Decimal
    chance: int
    url: str

    @property
    def weighted(self) -> Decimal:
        return weighted(self.freight, self.chance)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


def weighted(freight: Decimal, chance: int) -> Decimal:
    return (freight * chance / 100).quantize(CENT)


class OwnerForm(forms.Form):
    owner = NamedChoiceField(
        label=gettext_lazy("Owner"), queryset=None, required=False, empty_label=gettext_lazy("Everybody")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = workers()


class ForecastForm(OwnerForm):
    """Whose opportunities, and in which months they are expected to close: this one and the next eleven."""

    first = MonthField(label=gettext_lazy("From the month"), required=False)
    last = MonthField(label=gettext_lazy("To the month"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        this_month = local_date(timezone.now(), current_tenant().time_zone).replace(day=1)
        first = cleaned.get("first") or min(this_month, cleaned.get("last") or this_month)
        last = cleaned.get("last") or months_after(first, MONTHS - 1)
        if not self.errors and not FIRST <= first <= last <= min(LAST, months_after(first, MOST_MONTHS - 1)):
            raise ValidationError(_("Choose up to three years, the first month before the last."))
        return {**cleaned, "first": first, "last": last}


class BoardView(StaffView, TemplateView):
    """Every stage a column; of those that are closed, the ones of the last ninety days."""

    permission_required = VIEW
    template_name = "development/board.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        form = OwnerForm(self.request.GET)
        owner = form.cleaned_data.get("owner") if form.is_valid() else None
        today = local_date(timezone.now(), current_tenant().time_zone)
        return super().get_context_data(
            form=form,
            columns=self._columns(owner, today - CLOSED_ON_BOARD),
            today=today,
            may_write=may(self.request.user, WRITE),
            **context,
        )

    def _columns(self, owner: User | None, closed_from: date) -> list[BoardColumn]:
        shown = on_board(owner=owner, closed_from=day_start(closed_from, current_tenant().time_zone))
        sums, rules = sums_by_stage(shown), rules_in_force()
        by_stage: dict[str, list[Opportunity]] = defaultdict(list)
        for card in cards(shown):
            by_stage[card.deal_stage].append(card)
        asked: dict[str, Any] = {"owner": owner.pk} if owner else {}
        since = {"closed_from": closed_from.isoformat()}
        return [
            self._column(stage, by_stage[stage], sums, rules, asked | since if stage in CLOSED else asked)
            for stage in DealStage
        ]

    def _column(
        self,
        stage: DealStage,
        found: list[Opportunity],
        sums: dict[str, tuple[int, Decimal]],
        rules: PipelineRules,
        asked: Mapping[str, Any],
    ) -> BoardColumn:
        count, freight = sums.get(stage, (0, Decimal(0)))
        url = f"{reverse('development:list')}?{urlencode({'stage': stage.value, **asked})}"
        return BoardColumn(stage, found, count, freight, rules.chance(stage), url)


@dataclass(frozen=True)
class Expected:
    """What opportunities come to that close within some days, what of it is counted on, and the list of them."""

    label: str
    freight: Decimal
    counted: Decimal
    url: str


class ForecastView(StaffView, TemplateView):
    """What open opportunities come to, by the month in which they are expected to close, of everybody or of one."""

    permission_required = VIEW
    template_name = "development/forecast.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ForecastForm(request.GET)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        asked = form.cleaned_data
        shown = ForecastForm(initial=asked)
        return self.render_to_response(self.get_context_data(form=shown, **self._forecast(**asked)))

    def _forecast(self, *, owner: User | None, first: date, last: date) -> dict[str, Any]:
        found, rules = expected_by_month(owner=owner), rules_in_force()

        def expected(label: str, first: date | None, last: date | None) -> Expected:
            inside = [
                each for each in found if (first is None or first <= each[0]) and (last is None or each[0] <= last)
            ]
            return Expected(label, *_total(inside, rules), _list_of(owner, first, last))

        months = [expected(f"{month:%Y-%m}", month, month) for month in _months(first, last)]
        return {
            "total": expected(_("Expected in all"), None, None),
            "within": expected(_("Expected in these months"), first, last),
            "earlier": expected(_("Closes earlier"), None, months_after(first, -1)),
            "later": expected(_("Closes later"), months_after(last, 1), None),
            "months": months,
            "chances": [(stage.label, rules.chance(stage)) for stage in OPEN],
            "figures": {
                "title": _("Freight a month, by the month of the expected close"),
                "kind": "bar",
                "money": current_tenant().currency,
                "labels": [month.label for month in months],
                "series": [
                    {"name": _("Expected"), "values": [month.freight for month in months]},
                    {"name": _("Counted on"), "values": [month.counted for month in months]},
                ],
            },
        }


def _months(first: date, last: date) -> list[date]:
    count = 12 * (last.year - first.year) + last.month - first.month + 1
    return [months_after(first, place) for place in range(count)]


def _list_of(owner: User | None, first: date | None, last: date | None) -> str:
    """Return the list of the open opportunities that close from a month to another."""
    asked = {
        "owner": owner and owner.pk,
        "closes_from": first and first.isoformat(),
        "closes_to": last and (months_after(last, 1) - timedelta(days=1)).isoformat(),
    }
    given = {name: value for name, value in asked.items() if value}
    return f"{reverse('development:list')}?{urlencode(given)}" if given else reverse("development:list")


def _total(found: Iterable[tuple[date, str, Decimal]], rules: PipelineRules) -> tuple[Decimal, Decimal]:
    """Return what is expected, and what of it is counted on."""
    expected = counted = Decimal("0.00")
    for _month, stage, freight in found:
        expected += freight
        counted += weighted(freight, rules.chance(stage))
    return expected, counted
