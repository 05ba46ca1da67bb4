"""Records of customers that are known by a number of their own, such as waybills: each room names its own."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.accounts.permissions import permissions
from customers.numbers import spellings

# What rows are found: their numbers, each with the id of its customer.
Rows = Sequence[tuple[str, uuid.UUID]]


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """One kind of record. `rows(text, limit)` returns those whose number begins with the text, in order: one query."""

    kind: str
    permission: str
    rows: Callable[[str, int], Rows]


_kinds: dict[str, Numbered] = {}


def register(numbered: Numbered) -> None:
    """Add a kind of record; raises ValueError for one that is taken."""
    if _kinds.setdefault(numbered.kind, numbered) is not numbered:
        raise ValueError(f"There are records of the kind {numbered.kind!r} already.")


def owners_of(text: str, *, limit: int, seen_by: Any) -> list[tuple[uuid.UUID, str, bool]]:
    """Return whose records have the number or one that begins so, as far as somebody may see them: the customer's id,
    the kind of record, and whether it is the whole number. A query for each kind.
    """
    held, whole = permissions(seen_by), spellings(text)
    return [
        (customer_id, each.kind, number in whole)
        for each in _kinds.values()
        if each.permission in held
        for number, customer_id in each.rows(text, limit)
    ]
