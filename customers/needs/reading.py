"""The needs of customers beside whatever else is read of them: in the same query, on every row."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import F, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from customers.enums import NeedKind
from customers.models import CustomerNeed
from customers.needs.kinds import KINDS, Details, words_of

ORDER = {kind.value: place for place, kind in enumerate(KINDS)}
FACTS = ("id", "kind", "details", "version")


@dataclass(frozen=True)
class ShownNeed:
    pk: UUID
    kind: str
    details: Details

    @property
    def words(self) -> str:
        return words_of(self.kind, self.details)

    @property
    def icon(self) -> str:
        return KINDS[NeedKind(self.kind)].icon

    @property
    def colour(self) -> str:
        return KINDS[NeedKind(self.kind)].colour


def with_needs(rows: QuerySet[Any], *, customer: str = "customer_id") -> QuerySet[Any]:
    """Bring the needs of the customer that `customer` names of each row, in the same query."""
    needs = CustomerNeed.objects.filter(customer=OuterRef(customer)).order_by().values("customer")
    found = needs.annotate(found=JSONBAgg(JSONObject(**{name: F(name) for name in FACTS}), order_by="id"))
    return rows.annotate(need_rows=Subquery(found.values("found"), output_field=JSONField()))


def needs_of(row: Any, kinds: Collection[str] = ()) -> list[ShownNeed]:
    """Return the needs that with_needs brought, in the order of their kinds; of these `kinds`, if any are named."""
    found: Iterable[dict[str, Any]] = row.need_rows or ()
    shown = [ShownNeed(UUID(each["id"]), each["kind"], each["details"]) for each in found]
    return sorted((each for each in shown if not kinds or each.kind in kinds), key=lambda each: ORDER[each.kind])


def distinct(needs: Iterable[ShownNeed]) -> list[ShownNeed]:
    """Leave one of those that say the same, as both of two merged customers may."""
    return list({(each.kind, each.words): each for each in needs}.values())


def kinds_to_add(row: Any) -> list[tuple[str, str]]:
    """Return the kinds of which the customer of a row may have one more, with their words."""
    there = {each["kind"] for each in row.need_rows or ()}
    return [(kind.value, str(kind.label)) for kind in KINDS if kind not in there or KINDS[kind].may_repeat]
