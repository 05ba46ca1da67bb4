from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.partners.models import ApiKey
from core.tenancy.errors import DomainError
from customers.models import Customer, ManagerTerm
from customers.services import Outcome, hand_over_customer


class AlreadyThere(DomainError):
    code = "already_there"
    message = _("This is who looks after the customer already.")


@transaction.atomic
def hand_over(*, customer: Customer, to: User | None, reason: str, by: User | ApiKey, at: datetime) -> ManagerTerm:
    """Give a customer into somebody's care, or nobody's; return the time that began, for nobody the one that ended.

    Raises AlreadyThere, ManagerGone, NeedsManager or CustomerMerged.
    """
    customer, outcome = hand_over_customer(customer=customer, to=to, reason=reason, by=by, at=at)
    if outcome == Outcome.UNCHANGED:
        raise AlreadyThere
    newest = ManagerTerm.objects.filter(customer=customer).order_by("-started_at", "-pk")
    return newest[:1].get()
