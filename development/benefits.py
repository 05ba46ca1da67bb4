"""Promised benefits as rules: which way is better, what a service usually brings, and what came of a promise."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from development.enums import Measure

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Figure:
    """A measure over so many shipments; None where nothing was measured."""

    measured: int
    figure: Decimal | None


def is_better(measure: str, figure: Decimal, *, than: Decimal) -> bool:
    """Say whether a figure is better: more on time, less of everything else."""
    return figure > than if measure == Measure.ON_TIME else figure < than


def reaches(measure: str, figure: Decimal, target: Decimal) -> bool:
    return figure == target or is_better(measure, figure, than=target)


def usual_target(measure: str, baseline: Decimal, percent: int) -> Decimal:
    """Return what a service that improves by so many per cent should make of a baseline; of what is late, it takes
    that share away.
    """
    share = Decimal(percent) / 100
    if measure == Measure.ON_TIME:
        return (baseline + (100 - baseline) * share).quantize(CENT)
    return (baseline * (1 - share)).quantize(CENT)


def is_best(measure: str, figure: Decimal) -> bool:
    """Say whether nothing is better than a figure, so that nothing better can be promised."""
    return figure >= 100 if measure == Measure.ON_TIME else figure <= 0


def mean(months: Iterable[tuple[int, Decimal]]) -> Figure:
    """Return the mean of months, each by how many shipments it measured."""
    count, total = 0, Decimal(0)
    for measured, figure in months:
        count += measured
        total += measured * figure
    return Figure(count, (total / count).quantize(CENT) if count else None)


def month_of(day: date) -> date:
    return day.replace(day=1)
