"""The figures of tiering.value as a page shows them: charts, and tables whose cells are darker the more they hold."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.tenancy.fields import from_minor
from tiering.value import BANDS, CURVE_STEPS, SCORES, Figures

SHADES = 5
BEST_FIFTH = CURVE_STEPS // 5


class ShownValue:
    """What one page shows of one analysis, in the reader's language."""

    def __init__(self, figures: Figures, currency: str) -> None:
        self._figures = figures
        self._currency = currency
        self.as_of = figures["as_of"]
        self.customers = figures["customers"]
        self.amount = from_minor(figures["amount"])

    @property
    def best_fifth(self) -> float:
        """The share of all that the best fifth of the customers brings, in per cent."""
        return self._figures["pareto"][BEST_FIFTH - 1]

    @property
    def curve(self) -> dict[str, Any]:
        steps = range(CURVE_STEPS + 1)
        return {
            "title": _("Share of the contribution that the best customers bring, %"),
            "kind": "line",
            "most": 100,
            "labels": [f"{100 * step // CURVE_STEPS} %" for step in steps],
            "series": [{"name": _("Share of the contribution, %"), "values": [0, *self._figures["pareto"]]}],
        }

    @cached_property
    def matrix(self) -> list[tuple[int, list[dict[str, Any]]]]:
        """A row for each recency, the best first, with a cell for each frequency."""
        found = {(recency, frequency): rest for recency, frequency, *rest in self._figures["rfm"]}
        most = max((count for count, _amount, _value in found.values()), default=0)
        return [
            (recency, [self._cell(found.get((recency, frequency)), most) for frequency in SCORES])
            for recency in reversed(SCORES)
        ]

    def _cell(self, found: Sequence[Any] | None, most: int) -> dict[str, Any]:
        if found is None:
            return {"shade": 0}
        count, amount, value = found
        total = self._figures["amount"]
        return {
            "count": count,
            "share": round(100 * amount / total, 1) if total > 0 else 0.0,
            "value": round(value, 1),
            "shade": _shade(count, most),
        }

    @property
    def scores(self) -> Sequence[int]:
        return SCORES

    @property
    def cohorts(self) -> list[dict[str, Any]]:
        """Months that somebody began in, each with how many, and the share of them that ship so many months on."""
        return [
            {
                "month": cohort["month"],
                "count": cohort["kept"][0],
                "kept": [
                    {"share": (share := round(100 * count / cohort["kept"][0])), "shade": _shade(share, 100)}
                    for count in cohort["kept"]
                ],
            }
            for cohort in self._figures["cohorts"]
            if cohort["kept"] and cohort["kept"][0]
        ]

    @property
    def months_on(self) -> range:
        return range(max((len(cohort["kept"]) for cohort in self.cohorts), default=0))

    @property
    def regions(self) -> dict[str, Any]:
        return self._bars(_("Contribution by region of the customer"), self._named("regions", _("No region")))

    @property
    def products(self) -> dict[str, Any]:
        return self._bars(_("Contribution by product"), self._named("products", _("No product")))

    @property
    def bands(self) -> dict[str, Any]:
        bars = [(_band(lowest), amount) for lowest, _customers, amount in self._figures["bands"]]
        return self._bars(_("Contribution by number of shipments"), bars)

    def _named(self, key: str, nameless: str) -> list[tuple[str, int]]:
        return [
            (_("Others") if name is None else name or nameless, amount) for name, _count, amount in self._figures[key]
        ]

    def _bars(self, title: str, bars: Sequence[tuple[str, int]]) -> dict[str, Any]:
        amounts: list[Decimal] = [from_minor(amount) for _label, amount in bars]
        return {
            "title": title,
            "kind": "bar",
            "money": self._currency,
            "labels": [label for label, _amount in bars],
            "series": [{"name": _("Contribution"), "values": amounts}],
        }


def _shade(count: float, most: float) -> int:
    """Return how dark a cell is, from 1 to SHADES; nothing is not shaded."""
    return min(SHADES, 1 + int(SHADES * count / most)) if count and most else 0


def _band(lowest: int) -> str:
    """Return a band of numbers of shipments, as 5–19."""
    beyond = next((band for band in BANDS if band > lowest), None)
    if beyond is None:
        return f"{lowest}+"
    return str(lowest) if beyond == lowest + 1 else f"{lowest}–{beyond - 1}"
