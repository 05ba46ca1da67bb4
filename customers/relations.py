"""What is kept of customers: rooms register each kind of it in AppConfig.ready().

It drives the erasure of a customer and the copy of all its data; a test finds a foreign key that nobody registered.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.functional import Promise

from core.tenancy.models import TenantModel
from customers.models import Customer


@dataclass(frozen=True, kw_only=True)
class Relation:
    """One kind of what is kept of a customer, in `model`.

    `rows(customer)` is what a copy of the customer's data holds, by id, all fields in clear but those `left_out`;
    None where it is a copy itself. `personal(customer)` counts what an erasure takes away, None where all of it
    stays; `erase(customer)` takes it away, None where it goes with something else.
    """

    label: str | Promise
    model: type[TenantModel]
    rows: Callable[[Customer], QuerySet] | None = None
    left_out: frozenset[str] = field(default_factory=frozenset)
    personal: Callable[[Customer], int] | None = None
    erase: Callable[[Customer], object] | None = None


_relations: dict[str, Relation] = {}


def register(key: str, relation: Relation) -> None:
    """Add what a room keeps; raises ValueError for a key that is taken.

    The key names the rows in a copy and the count in the trail.
    """
    if _relations.setdefault(key, relation) is not relation:
        raise ValueError(f"Something is kept of customers as {key!r} already.")


def relations() -> dict[str, Relation]:
    """Return all that is kept of a customer, in the order of registration."""
    return dict(_relations)


def erased() -> dict[str, Relation]:
    """Return what an erasure takes something away of."""
    return {key: relation for key, relation in _relations.items() if relation.personal is not None}


def copied() -> dict[str, Relation]:
    """Return what a copy of a customer's data holds."""
    return {key: relation for key, relation in _relations.items() if relation.rows is not None}
