"""What else is kept of a customer as a person: rooms that keep something register it in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from customers.models import Customer


@dataclass(frozen=True, kw_only=True)
class Relation:
    """`count(customer)` tells how much there is, before anything is erased; `erase(customer)` takes it away.

    What goes with something else, as the columns of the customer do, has no `erase`.
    """

    label: str | Promise
    count: Callable[[Customer], int]
    erase: Callable[[Customer], object] | None


_relations: dict[str, Relation] = {}


def register(
    key: str,
    *,
    label: str | Promise,
    count: Callable[[Customer], int],
    erase: Callable[[Customer], object] | None = None,
) -> None:
    """Add what a room keeps; raises ValueError for a key that is taken. The key names the count in the trail."""
    if key in _relations:
        raise ValueError(f"Something is erased as {key!r} already.")
    _relations[key] = Relation(label=label, count=count, erase=erase)


def relations() -> dict[str, Relation]:
    """Return everything that is erased with a customer, in the order of registration."""
    return dict(_relations)
