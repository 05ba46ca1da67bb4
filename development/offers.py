"""Proposals as pages and files show them: what is personal hidden, benefits before and after beside the promise."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from development.benefits import Figure, mean, month_of, reaches
from development.models import BenefitMonth, CatalogueService, Proposal, ProposalLine
from development.querysets import masked
from development.words import figure_in_words, price_in_words

SHOWN_MONTHS = 6


@dataclass(frozen=True)
class Benefit:
    """A promised benefit, and what came of it: of the months before the agreement and of those after it."""

    label: str
    baseline: str
    target: str
    before: Figure
    after: Figure
    before_words: str
    after_words: str
    months: list[tuple[date, str]]
    is_kept: bool | None


@dataclass(frozen=True)
class LineShown:
    line: ProposalLine
    name: str
    text: str
    price: str
    benefit: Benefit | None


def services_in_use() -> QuerySet[CatalogueService]:
    """Return what may be offered, in the order of the catalogue."""
    return CatalogueService.objects.filter(is_active=True).order_by("kind", "id")


def for_list(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Bring opportunities, their customers and who wrote and approved, in one query; words stay in the database."""
    related = proposals.select_related("opportunity__customer", "written_by", "approved_by")
    hidden = ("foreword", "share_word", "answered_name", "answer", "opportunity__need")
    return related.defer(*hidden, "opportunity__customer__special_needs", "opportunity__customer__birthday")


def for_record(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Bring the same with words, lines and months: three queries."""
    lines = ProposalLine.objects.select_related("service").order_by("place", "id")
    months = BenefitMonth.objects.order_by("-month")
    related = proposals.select_related("opportunity__customer", "written_by", "proposed_by", "approved_by", "plan")
    return related.prefetch_related(Prefetch("lines", queryset=lines), Prefetch("lines__months", queryset=months))


def shown(proposal: Proposal, *, names: Iterable[str], points: Collection[str] | None = None) -> list[LineShown]:
    """Return the lines of a proposal read by `for_record`; `names` are hidden in their words (see masked)."""
    names = list(names)
    return [
        LineShown(
            line=line,
            name=line.service.name,
            text=masked(line, "text", names, points=points),
            price=price_in_words(line),
            benefit=_benefit(proposal, line),
        )
        for line in proposal.lines.all()
    ]


def _benefit(proposal: Proposal, line: ProposalLine) -> Benefit | None:
    if not line.measure:
        return None
    months = list(line.months.all())
    agreed = proposal.answered_at and month_of(local_date(proposal.answered_at, current_tenant().time_zone))
    this_month = month_of(local_date(timezone.now(), current_tenant().time_zone))
    # The month of the agreement itself is neither before nor after it.
    before = mean((each.measured, each.figure) for each in months if agreed and each.month < agreed)
    after = mean((each.measured, each.figure) for each in months if agreed and agreed < each.month <= this_month)
    kept = None if after.figure is None else reaches(line.measure, after.figure, line.target)
    return Benefit(
        label=line.get_measure_display(),
        baseline=figure_in_words(line.measure, line.baseline),
        target=figure_in_words(line.measure, line.target),
        before=before,
        after=after,
        before_words=figure_in_words(line.measure, before.figure),
        after_words=figure_in_words(line.measure, after.figure),
        months=[(each.month, figure_in_words(line.measure, each.figure)) for each in months[:SHOWN_MONTHS]],
        is_kept=kept,
    )
