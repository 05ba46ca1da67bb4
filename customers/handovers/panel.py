from typing import Any

from customers.models import Customer, ManagerTerm
from customers.querysets import selves

SHOWN = 20


def load_term_panel(customer: Customer, _user: Any) -> list[ManagerTerm]:
    """Return who looked after a customer, and those merged into it, the newest first; one query."""
    terms = ManagerTerm.objects.filter(customer__in=selves(customer)).select_related("manager")
    return list(terms.order_by("-started_at", "-pk")[:SHOWN])
