"""The pipeline as a board, and what it comes to month by month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
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
from core.web.reading_order import NamedChoiceField
from core.web.views import StaffView
from development.enums import DealStage
from development.models import Opportunity, PipelineRules
from development.permissions import VIEW, WRITE
from development.querysets import cards, expected_by_month, on_board, sums_by_stage, workers
from development.services import rules_in_force
from development.stages import CLOSED, OPEN

MONTHS = 12
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


class ForecastView(StaffView, TemplateView):
    """What open opportunities come to, by the month in which they are expected to close."""

    permission_required = VIEW
    template_name = "development/forecast.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        today = local_date(timezone.now(), current_tenant().time_zone)
        first = today.replace(day=1)
        found, rules = expected_by_month(), rules_in_force()
        months = [months_after(first, place) for place in range(MONTHS)]
        expected = {month: _sums(found, month, rules) for month in months}
        late = _total((each for each in found if each[0] < first), rules)
        later = _total((each for each in found if each[0] > months[-1]), rules)
        in_sight = [*expected.values(), late, later]
        return super().get_context_data(
            total=sum((freight for freight, _counted in in_sight), Decimal(0)),
            counted=sum((counted for _freight, counted in in_sight), Decimal(0)),
            late=late[0],
            later=later[0],
            chances=[(stage.label, rules.chance(stage)) for stage in OPEN],
            figures={
                "title": _("Freight a month, by the month of the expected close"),
                "kind": "bar",
                "money": current_tenant().currency,
                "labels": [f"{month:%Y-%m}" for month in months],
                "series": [
                    {"name": _("Expected"), "values": [expected[month][0] for month in months]},
                    {"name": _("Counted on"), "values": [expected[month][1] for month in months]},
                ],
            },
            **context,
        )


def _sums(found: Iterable[tuple[date, str, Decimal]], month: date, rules: PipelineRules) -> tuple[Decimal, Decimal]:
    return _total((each for each in found if each[0] == month), rules)


def _total(found: Iterable[tuple[date, str, Decimal]], rules: PipelineRules) -> tuple[Decimal, Decimal]:
    """Return what is expected, and what of it is counted on."""
    expected = counted = Decimal("0.00")
    for _month, stage, freight in found:
        expected += freight
        counted += weighted(freight, rules.chance(stage))
    return expected, counted
