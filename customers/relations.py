"""Everything that hangs on a customer: rooms register what they keep in AppConfig.ready().

One register, so that what is erased with a person and what stands in the copy that a person may ask for are the same
rows, and a guard test finds a table that points at customers and is not here.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.functional import Promise

from core.crypto.fields import EncryptedBinaryField
from core.tenancy.models import TenantModel
from customers.models import Customer


@dataclass(frozen=True, kw_only=True)
class Relation:
    """Rows of one table: `rows(customer)` gives them.

    `erase(customer)` takes away what is personal of them; `is_personal` without it says that they go with something
    else, as points go with their contact. What is not personal stays when a person is erased.
    """

    key: str
    label: str | Promise
    model: type[TenantModel]
    rows: Callable[[Customer], QuerySet[Any]]
    is_personal: bool = False
    erase: Callable[[Customer], object] | None = None


_relations: dict[str, Relation] = {}


def register(key: str, **facts: Any) -> None:
    """Add what a room keeps (see Relation); raises ValueError for a key that is taken.

    The key names the count in the audit trail and the list in a person's copy.
    """
    if key in _relations:
        raise ValueError(f"Something hangs on a customer as {key!r} already.")
    _relations[key] = Relation(key=key, **facts)


def relations() -> list[Relation]:
    """Return everything that hangs on a customer, in the order of registration."""
    return list(_relations.values())


def personal_relations() -> list[Relation]:
    """Return what goes when a person is erased."""
    return [relation for relation in _relations.values() if relation.is_personal]


def as_data(row: TenantModel) -> dict[str, Any]:
    """Return all that a row holds, in clear, as plain data by the names of its fields."""
    return {
        field.name: _plain(getattr(row, field.attname))
        for field in row._meta.local_concrete_fields
        if field.name != "tenant" and not isinstance(field, models.BinaryField | EncryptedBinaryField)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID | Decimal) else value
