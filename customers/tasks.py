from celery import shared_task

from customers.search_index import rank_all_tokens

# Shorter than the time between two sweeps, so that one has ended when the next begins.
RANKING_SECONDS = 45


@shared_task
def rank_tokens_task() -> None:
    """Put the tokens of all tenants in the order of what their customers contribute; each in its tenant's scope."""
    rank_all_tokens(seconds=RANKING_SECONDS)
