"""How good the records of all customers are, or of those that one person looks after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F

from core.accounts.models import User
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from customers.enums import Fault
from customers.models import BEST_QUALITY, ChangedCustomer, Customer, CustomerFault
from customers.quality.rules import WEIGHTS

JOB = "customers.quality"
NIGHTS = 90
# The lowest of each band.
BANDS = (0, 50, 70, 90, BEST_QUALITY)


@dataclass(frozen=True)
class Figures:
    """How many customers there are of each quality, and how many with each fault, the weightiest first."""

    by_quality: Mapping[int, int]
    by_fault: Mapping[Fault, int]

    @property
    def customers(self) -> int:
        return sum(self.by_quality.values())

    @property
    def average(self) -> float | None:
        """The mean quality of the customers; None where there are none."""
        total = sum(quality * count for quality, count in self.by_quality.items())
        return round(total / self.customers, 1) if self.customers else None

    @property
    def faultless(self) -> int:
        return self.by_quality.get(BEST_QUALITY, 0)

    @property
    def bands(self) -> list[tuple[str, int]]:
        """How many customers are in each band of quality, the worst first."""
        ends = [*(lowest - 1 for lowest in BANDS[1:]), BEST_QUALITY]
        return [
            (
                f"{lowest}–{highest}" if lowest < highest else str(lowest),
                sum(count for quality, count in self.by_quality.items() if lowest <= quality <= highest),
            )
            for lowest, highest in zip(BANDS, ends, strict=True)
        ]


def figures_of(manager: User | None = None) -> Figures:
    """Return the figures of all customers, or of those that `manager` looks after: two queries."""
    customers, faults = Customer.objects.filter(erased_at=None), CustomerFault.objects.all()
    if manager is not None:
        customers = customers.filter(account_manager=manager)
        faults = faults.filter(customer__account_manager=manager)
    by_quality = dict(customers.values_list("quality").annotate(count=Count("*")).order_by())
    by_fault = dict(faults.values_list("fault").annotate(count=Count("*")).order_by())
    return Figures(by_quality, {fault: by_fault[fault] for fault in WEIGHTS if fault in by_fault})


def is_waiting() -> bool:
    """Say whether customers that changed are still to be judged."""
    return ChangedCustomer.objects.exists()


def keep_figures(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Return the figures of the night, which are kept with its run."""
    figures = figures_of()
    return {
        "customers": figures.customers,
        "average": figures.average,
        "faultless": figures.faultless,
        "faults": {fault.value: count for fault, count in figures.by_fault.items()},
    }


def nights() -> list[tuple[date, float]]:
    """Return the mean quality of the last nights, the oldest first; one query."""
    done = JobRun.objects.filter(job=JOB, state=JobState.DONE).order_by("-business_date")
    kept = done.values_list("business_date", F("result__average"))[:NIGHTS]
    return [(day, average) for day, average in reversed(kept) if average is not None]
