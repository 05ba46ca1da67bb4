"""By which contact point somebody is reached: the one choice that everything that is sent follows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from core.crypto.fields import Ciphertext, readable, version_of
from core.crypto.tokens import unique_gram
from core.tenancy.scope import required_tenant_id
from customers.enums import POINT_OF_CHANNEL, Channel
from customers.models import ContactPoint


class Point(NamedTuple):
    """A contact point as far as it is chosen by; its value stays encrypted."""

    customer_id: UUID
    contact_id: UUID
    id: UUID
    kind: str
    is_of_primary: bool
    is_preferred: bool
    verified_at: datetime | None
    added_at: datetime
    opted_out_at: datetime | None
    value: Ciphertext
    fingerprint: int | None


def read_points(points: QuerySet[ContactPoint]) -> list[Point]:
    """Return what the choice needs of each; one query.

    What a customer opted out of at one contact is opted out at all: give all of a kind that the customer has.
    """
    columns = (
        "contact__customer_id",
        "contact_id",
        "pk",
        "kind",
        "contact__is_primary",
        "is_preferred",
        "verified_at",
        "added_at",
        "opted_out_at",
        "value",
        "fingerprint",
    )
    return _spread_opt_outs([Point(*row) for row in points.values_list(*columns)])


def _spread_opt_outs(points: Sequence[Point]) -> list[Point]:
    opted_out: dict[tuple[UUID, str], list[Point]] = defaultdict(list)
    for point in points:
        if point.opted_out_at is not None:
            opted_out[point.customer_id, point.kind].append(point)
    return [_as_opted_out(point, opted_out.get((point.customer_id, point.kind), ())) for point in points]


def _as_opted_out(point: Point, opted_out: Iterable[Point]) -> Point:
    if point.opted_out_at is not None:
        return point
    moment = next((other.opted_out_at for other in opted_out if _is_same_value(point, other)), None)
    return point if moment is None else point._replace(opted_out_at=moment)


def _is_same_value(one: Point, other: Point) -> bool:
    if version_of(one.value) == version_of(other.value):
        return one.fingerprint == other.fingerprint
    # While keys are renewed the same value has two fingerprints.
    mine, theirs = _value_of(one), _value_of(other)
    return mine is not None and theirs is not None and unique_gram(mine) == unique_gram(theirs)


def _value_of(point: Point) -> str | None:
    return readable(ContactPoint(pk=point.id, tenant_id=required_tenant_id(), value=point.value), "value")


def points_for(points: Iterable[Point], channel: str, *, contact_id: UUID | None = None) -> list[Point]:
    """Leave those of a channel, and of one contact if it is named; those that may not be used any more, too."""
    kind = POINT_OF_CHANNEL[Channel(channel)]
    return [point for point in points if point.kind == kind and contact_id in (None, point.contact_id)]


def point_to_use(points: Iterable[Point]) -> Point | None:
    """Return by which of the points of a channel to reach somebody; never one that they opted out of.

    The preferred one is first, then one that is verified, then one of the primary contact, then the newest.
    """
    usable = (point for point in points if point.opted_out_at is None)
    return max(
        usable,
        key=lambda point: (
            point.is_preferred,
            point.verified_at is not None,
            point.is_of_primary,
            point.added_at,
            point.id,
        ),
        default=None,
    )
