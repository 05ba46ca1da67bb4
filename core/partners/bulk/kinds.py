"""What can be sent by the thousand; rooms register theirs in AppConfig.ready()."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework.exceptions import ValidationError

from core.accounts.permissions import may
from core.partners.problems import Refusals, Refused, facts_of, problem_document
from core.tenancy.errors import DomainError


class RowStatus(models.TextChoices):
    """What became of a row."""

    CREATED = "created", pgettext_lazy("rows", "Created")
    UPDATED = "updated", _("Updated")
    UNCHANGED = "unchanged", _("Unchanged")
    FAILED = "failed", _("Failed")


@dataclass(slots=True)
class RowResult:
    """What became of one row: `problem` says why it failed, `warnings` are codes of what was kept nevertheless."""

    status: str
    warnings: Collection[str] = ()
    problem: Mapping[str, Any] | None = None

    @classmethod
    def failed(cls, status: int = 400, **facts: Any) -> "RowResult":
        """Return a failure whose problem document has these members."""
        return cls(RowStatus.FAILED, problem=problem_document(status, **facts))

    @classmethod
    def of(cls, error: Refused | DomainError | ValidationError, refusals: Refusals) -> "RowResult":
        """Return the failure of a row for the reason for which a request of it alone would be refused."""
        status, facts = facts_of(error, refusals)
        return cls.failed(status, **facts)


@dataclass(frozen=True, kw_only=True)
class BulkKind:
    """One kind of rows: `write(rows=…, by=…, at=…)` does a part and returns a result for each row, in their order.

    `number_of` returns what a row calls its record, "" where it cannot be told. Where rows are `one_per_number`, a
    second row of a number is not written: the same again is unchanged, another fails. `rows_per_part` is how many are
    one transaction.
    """

    name: str
    label: str | Promise
    permission: str
    number_of: Callable[[Mapping[str, Any]], str]
    one_per_number: bool
    rows_per_part: int
    write: Callable[..., Sequence[RowResult]]


_kinds: dict[str, BulkKind] = {}


def keep(kind: BulkKind) -> None:
    """Add a kind. Raises ValueError for a name that is taken."""
    if kind.name in _kinds:
        raise ValueError(f"There are rows of the kind {kind.name!r} already.")
    _kinds[kind.name] = kind


def kind_named(name: str) -> BulkKind:
    """Return the kind of the name. Raises KeyError."""
    return _kinds[name]


def kinds_of(actor: Any) -> list[str]:
    """Return the names of the kinds that somebody may send."""
    return [name for name, kind in _kinds.items() if may(actor, kind.permission)]
