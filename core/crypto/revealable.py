"""What may be revealed one by one: rooms register the fields that their pages show masked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from core.tenancy.models import TenantModel


@dataclass(frozen=True, kw_only=True)
class Revealable:
    """One masked field. `owner` gives the record whose history shows the reveal, `url` the page to go back to."""

    kind: str
    label: str | Promise
    model: type[TenantModel]
    field: str
    permission: str
    owner: Callable[[Any], TenantModel]
    url: Callable[[Any], str]


_fields: dict[str, Revealable] = {}


def register(**facts: Any) -> Revealable:
    """Add a field (see Revealable); raises ValueError for a kind that is taken."""
    revealable = Revealable(**facts)
    if revealable.kind in _fields:
        raise ValueError(f"Something is revealed as {revealable.kind!r} already.")
    _fields[revealable.kind] = revealable
    return revealable


def find(kind: str) -> Revealable | None:
    return _fields.get(kind)


def registered() -> list[Revealable]:
    """Return everything that may be revealed, by kind."""
    return [_fields[kind] for kind in sorted(_fields)]
