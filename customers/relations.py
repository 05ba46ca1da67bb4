"""What is kept of customers: rooms register each kind of it in AppConfig.ready().

It drives the erasure of a customer, the copy of all its data, and the merge of two; a test finds a foreign key that
nobody registered.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from core.accounts.models import User
from core.partners.models import ApiKey
from core.tenancy.models import TenantModel
from customers.models import Customer, CustomerMerge


@dataclass(frozen=True, kw_only=True)
class Relation:
    """One kind of what is kept of a customer, in `model`.

    `rows(customer)` is what a copy of the customer's data holds, by id, all fields in clear but those `left_out`;
    None where it is a copy itself. `personal(customer)` counts what an erasure takes away, None where all of it
    stays; `erase(customer)` takes it away, None where it goes with something else.

    A merge of two customers moves the rows by their foreign key `moves`, and `primary` is the mark that one of them
    bears at most; or it leaves them, and `stays` says why. `clashes(kept, absorbed)` counts rows that cannot stand
    beside those of the other. `wait()` is called before anything is locked, `recount(ids)` when rows have moved. When
    all is done, and when it is undone, `tell(merge, stood, by)` hears of it, with the kept customer's facts before.

    Rows that the system made by itself go along with a customer whose import is undone: those that are as `goes_along`
    says, all of them where it says nothing more.
    """

    label: str | Promise
    model: type[TenantModel]
    rows: Callable[[Customer], QuerySet] | None = None
    left_out: frozenset[str] = field(default_factory=frozenset)
    personal: Callable[[Customer], int] | None = None
    erase: Callable[[Customer], object] | None = None
    moves: str = ""
    primary: str = ""
    stays: str | Promise = ""
    clashes: Callable[[Customer, Customer], int] | None = None
    wait: Callable[[], None] | None = None
    recount: Callable[[Collection[uuid.UUID]], None] | None = None
    tell: Callable[[CustomerMerge, Mapping[str, Any], User | ApiKey], None] | None = None
    goes_along: Q | None = None


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


def moved() -> dict[str, Relation]:
    """Return what a merge moves to the customer that is kept."""
    return {key: relation for key, relation in _relations.items() if relation.moves}


def staying() -> dict[str, Relation]:
    """Return what a merge leaves where it is."""
    return {key: relation for key, relation in _relations.items() if relation.stays}
