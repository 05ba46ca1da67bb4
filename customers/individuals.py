"""Archives of persons that shipments open: the name is personal data, which a company's is not."""

from collections.abc import Mapping
from datetime import datetime

from core.events.services import publish_many
from core.tenancy.scope import required_tenant_id
from customers.enums import CustomerKind
from customers.models import Customer
from customers.search_index import index_customers


def open_individuals(*, names: Mapping[str, str], at: datetime) -> None:
    """Open an archive for each number that has none, with the person's name; those that there are stay as they are.

    The caller holds the turn of the tenant's imports.
    """
    known = set(Customer.objects.filter(number__in=list(names)).values_list("number", flat=True))
    made = [
        Customer(
            tenant_id=required_tenant_id(),
            number=number,
            kind=CustomerKind.INDIVIDUAL,
            person_name=name or None,
            created_at=at,
        )
        for number, name in names.items()
        if number not in known
    ]
    if not made:
        return
    # Somebody may open one of them by hand meanwhile: theirs stands.
    Customer.objects.bulk_create(made, ignore_conflicts=True, batch_size=2000)
    stand = set(Customer.objects.filter(pk__in=[customer.pk for customer in made]).values_list("pk", flat=True))
    index_customers(stand)
    publish_many("customer.created", [(each.pk, {"number": each.number}) for each in made if each.pk in stand], at=at)
