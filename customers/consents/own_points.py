"""The contact points that the holder of a link to the preference centre sees, and what may be said of each."""

from collections.abc import Iterator
from dataclasses import dataclass

from customers.consents.reaching import read_points
from customers.enums import PointProof, PointSaying
from customers.models import ContactPoint, PreferenceLink

# A page on a phone holds so many; who speaks for a customer with more has a link of their own.
MOST_POINTS = 50


@dataclass(frozen=True)
class OwnPoint:
    """One contact point; `of_whom` is a masked name where several contacts are shown.

    `is_out` tells that it is not used, `is_out_elsewhere` that this is so because the same one was objected to at
    another contact.
    """

    point: ContactPoint
    of_whom: str
    is_out: bool
    sayings: tuple[PointSaying, ...]

    @property
    def is_out_elsewhere(self) -> bool:
        return self.is_out and self.point.opted_out_at is None


def own_points(link: PreferenceLink) -> list[OwnPoint]:
    """Return the points of the link's contact, or of everybody who speaks for its customer; two queries."""
    of_customer = ContactPoint.objects.filter(contact__customer=link.customer)
    out = {point.id for point in read_points(of_customer) if point.opted_out_at is not None}
    shown = of_customer if link.contact_id is None else of_customer.filter(contact=link.contact_id)
    points = list(
        shown.select_related("contact").order_by("contact__created_at", "contact_id", "added_at", "id")[:MOST_POINTS]
    )
    are_of_several = len({point.contact_id for point in points}) > 1
    return [
        OwnPoint(
            point,
            point.contact.masked_name if are_of_several else "",
            point.pk in out,
            tuple(_sayings(point, is_out=point.pk in out)),
        )
        for point in points
    ]


def _sayings(point: ContactPoint, *, is_out: bool) -> Iterator[PointSaying]:
    if point.opted_out_at is not None:
        yield PointSaying.ALLOW
        return
    if point.verified_how != PointProof.OWNER:
        yield PointSaying.CONFIRM
    if not point.is_preferred and not is_out:
        yield PointSaying.PREFER
    yield PointSaying.OPT_OUT
