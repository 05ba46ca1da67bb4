from datetime import datetime

from django.db import transaction

from core.accounts.models import User
from core.audit.services import record
from customers.enums import DuplicateState
from customers.models import DuplicateCandidate


@transaction.atomic
def decide_on_duplicate(*, candidate: DuplicateCandidate, are_same: bool, by: User, at: datetime) -> None:
    """Say that two customers are not the same, which is not brought up again, or that they may be after all.

    Saying it twice is saying it once.
    """
    state = DuplicateState.OPEN if are_same else DuplicateState.DISMISSED
    candidates = DuplicateCandidate.objects.select_for_update(of=("self",)).select_related("first", "second")
    candidate = candidates.get(pk=candidate.pk)
    if candidate.state == state:
        return
    candidate.state = state
    candidate.save(update_fields=["state"])
    action = "customer.duplicate_reopened" if are_same else "customer.duplicate_dismissed"
    for one, other in ((candidate.first, candidate.second), (candidate.second, candidate.first)):
        record(action, subject=one, by=by, at=at, details={"other": other.number})
