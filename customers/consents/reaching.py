"""By which contact point somebody is reached: the one choice that everything that is sent follows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

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


def read_points(points: QuerySet[ContactPoint]) -> Iterator[Point]:
    """Yield what the choice needs of each; one query."""
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
    )
    return (Point(*row) for row in points.values_list(*columns))


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
