from datetime import datetime

from django.db import transaction

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from customers.enums import SelfService
from customers.models import Customer
from customers.services.interactions import tell_in_timeline
from customers.services.locking import lock_customer

TOLD = "customer.self_service"


@transaction.atomic
def note_self_service(*, customer: Customer, answer: str, by: User, at: datetime) -> Customer:
    """Write down that a customer was offered to serve itself, or what it said; the same again changes nothing.

    Raises CustomerMerged, or ValueError for another answer.
    """
    answer = SelfService(answer)
    customer = lock_customer(customer.pk)
    if customer.self_service == answer:
        return customer
    customer.self_service = answer
    customer.self_service_since = local_date(at, current_tenant().time_zone)
    customer.save(update_fields=["self_service", "self_service_since"])
    event = record("customer.self_service_noted", subject=customer, by=by, at=at)
    tell_in_timeline(
        customer=customer,
        code=TOLD,
        parameters={"answer": answer.value},
        source=f"{TOLD}:{event.pk}",
        happened_at=at,
        at=at,
    )
    return customer
