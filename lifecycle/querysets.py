"""The shapes in which stages and leads are read."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from core.accounts.models import User
from customers.models import Customer
from lifecycle.enums import OF_MERGES, OPEN, LeadState
from lifecycle.models import Lead, StageChange

SHOWN_ON_RECORD = 50
UNSEEN = ("customer__special_needs", "customer__birthday")


def changes_for_list(changes: Any) -> QuerySet[StageChange]:
    """Bring each move with its customer and who made it, in one query."""
    return changes.select_related("customer", "moved_by").defer(*UNSEEN)


def changes_of(customer: Customer) -> list[StageChange]:
    """Return the newest moves of a customer, in one query."""
    changes = StageChange.objects.filter(customer=customer).select_related("moved_by")
    return list(changes.order_by("-changed_at", "-id")[:SHOWN_ON_RECORD])


def leads_for_list(leads: Any) -> QuerySet[Lead]:
    """Bring each lead with its customer, source and who is in charge, in one query; none of one that was merged."""
    related = leads.filter(customer__merged_into=None)
    return related.select_related("customer", "source", "assignee", "lost_reason").defer("wish", *UNSEEN)


def lead_for_record(leads: Any) -> QuerySet[Lead]:
    """Bring the same with what they ship and who captured it."""
    related = leads.select_related("customer", "source", "assignee", "lost_reason", "captured_by")
    return related.defer(*UNSEEN)


def newest_lead_of(customer: Customer) -> Lead | None:
    leads = Lead.objects.filter(customer=customer).select_related("source", "assignee", "lost_reason").defer("wish")
    return leads.order_by("-captured_at", "-id").first()


def unfinished(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    return leads.filter(closed_at=None)


def lead_counts(user: User) -> dict[str, Any]:
    """Count the open leads: nobody's, the user's own, new and qualified ones; one query."""
    return unfinished(Lead.objects.filter(customer__merged_into=None)).aggregate(
        nobodys=Count("pk", filter=Q(assignee=None)),
        own=Count("pk", filter=Q(assignee=user)),
        new=Count("pk", filter=Q(state=LeadState.NEW)),
        qualified=Count("pk", filter=Q(state=LeadState.QUALIFIED)),
    )


def loads() -> dict[Any, int]:
    """Return how many open leads each colleague has."""
    return dict(Lead.objects.filter(state__in=OPEN).order_by().values_list("assignee").annotate(count=Count("pk")))


def stage_counts() -> dict[str, int]:
    """Return how many customers stand in each stage; one query."""
    return dict(Customer.objects.values_list("stage").annotate(count=Count("*")).order_by())


def changes_since(changes: QuerySet[StageChange], since: datetime) -> dict[tuple[str, str], int]:
    """Return how often each move was made since a moment, but for those of merges; one query."""
    made = changes.filter(changed_at__gte=since).exclude(cause__in=OF_MERGES)
    counted = made.values_list("from_stage", "to_stage").annotate(count=Count("*"))
    return {(before, after): count for before, after, count in counted.order_by(F("count").desc())}
