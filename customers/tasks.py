from celery import shared_task
from django.utils import timezone

from customers.search_index import rank_all_tokens
from customers.services.escalation import escalate_all

# Shorter than the time between two sweeps, so that one has ended when the next begins.
RANKING_SECONDS = 45


@shared_task
def rank_tokens_task() -> None:
    """Put the tokens of all tenants in the order of what their customers contribute; each in its tenant's scope."""
    rank_all_tokens(seconds=RANKING_SECONDS)


@shared_task
def escalate_follow_ups_task() -> None:
    """Escalate what is overdue of all tenants; each in its tenant's scope."""
    escalate_all(at=timezone.now())
