"""Open work that goes with a customer to whoever looks after it next; rooms name theirs in AppConfig.ready()."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.accounts.holdings import Holding, holdings
from core.accounts.models import User
from core.accounts.permissions import may
from core.tenancy.errors import DomainError

_names: list[str] = []


def register(name: str) -> None:
    """Let what is registered as this kind of `core.accounts.holdings` go with its `customer`.

    Raises KeyError for a kind that there is not, ValueError for one that is named already.
    """
    if holdings()[name].name in _names:
        raise ValueError(f"{name!r} goes with customers already.")
    _names.append(name)


def kinds() -> list[Holding]:
    """Return every kind that goes with a customer."""
    return [holdings()[name] for name in _names]


def count_open_work(*, customer_id: uuid.UUID, of: User, at: datetime) -> list[tuple[Holding, int]]:
    """Return of which kinds somebody has how much open for a customer; one query for each kind."""
    counted = [(kind, kind.rows(of, at=at).filter(customer=customer_id).count()) for kind in kinds()]
    return [(kind, count) for kind, count in counted if count]


def move_open_work(
    takers: Mapping[uuid.UUID, tuple[uuid.UUID, User]], *, by: Any, at: datetime
) -> dict[uuid.UUID, int]:
    """Give what the former manager of each customer has open for it to the new one; return how much, by customer.

    `takers` are (the former one's id, the new one) by the customer's id; the caller holds the customers. One query for
    each kind, and the service of its room for each row. What the new one may not do, or its service refuses, stays.
    """
    moved = dict.fromkeys(takers, 0)
    givers = User.objects.in_bulk({giver for giver, _taker in takers.values()})
    for kind in kinds() if givers else ():
        rows = kind.rows(list(givers), at=at).filter(customer__in=list(takers)).order_by("pk")
        for row in rows:
            giver, taker = takers[row.customer_id]
            holder = getattr(row, kind.model._meta.get_field(kind.field).attname)
            if holder != giver or (kind.permission and not may(taker, kind.permission)):
                continue
            try:
                moved[row.customer_id] += kind.hand_over(row=row, of=givers[giver], to=taker, by=by, at=at)
            except DomainError:
                continue
    return moved
