from celery import shared_task
from django.utils import timezone

from customers.duplicates import match_all
from customers.quality.judging import judge_all
from customers.search_index import rank_all_tokens
from customers.services.escalation import escalate_all

# Shorter than the time between two sweeps, so that one has ended when the next begins.
RANKING_SECONDS = 45
# Leaves the worker to others for most of the time, also after an import of a million.
MATCHING_SECONDS = 20
# Ended before the next begins.
JUDGING_SECONDS = 15


@shared_task
def rank_tokens_task() -> None:
    """Put the tokens of all tenants in the order of what their customers contribute; each in its tenant's scope."""
    rank_all_tokens(seconds=RANKING_SECONDS)


@shared_task
def match_customers_task() -> None:
    """Find who may be the same among the customers of all tenants that changed; each in its tenant's scope."""
    match_all(seconds=MATCHING_SECONDS)


@shared_task
def judge_customers_task() -> None:
    """Find what is to mend in the customers of all tenants that changed; each in its tenant's scope."""
    judge_all(seconds=JUDGING_SECONDS)


@shared_task
def escalate_follow_ups_task() -> None:
    """Escalate what is overdue of all tenants; each in its tenant's scope."""
    escalate_all(at=timezone.now())
