from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError, RecordChanged
from core.tenancy.scope import required_tenant_id
from portfolios.models import TIERS, Capacity
from portfolios.services.policies import MOST_POINTS


class BadCapacity(DomainError):
    code = "bad_capacity"
    message = _("A capacity is between 0 and 1,000,000 points.")


class CapacityChanged(RecordChanged):
    code = "capacity_changed"
    message = _("Somebody else changed this capacity in the meantime. Load the page again to see it.")


def capacity_of(person: User) -> Capacity:
    """Return what was said of somebody's portfolio, or, unsaved, that nothing was."""
    return Capacity.objects.filter(user=person).first() or Capacity(user=person)


@transaction.atomic
def set_capacity(
    *,
    person: User,
    points: int | None,
    tiers: Sequence[str],
    absent_until: date | None,
    version: int,
    by: User,
    at: datetime,
) -> Capacity:
    """Say how much somebody's portfolio holds, of which tiers, and until when nothing is assigned to them.

    Raises BadCapacity or CapacityChanged.
    """
    if points is not None and not 0 <= points <= MOST_POINTS:
        raise BadCapacity
    Capacity.objects.bulk_create([Capacity(tenant_id=required_tenant_id(), user=person)], ignore_conflicts=True)
    capacity = Capacity.objects.select_for_update(of=("self",)).get(user=person)
    if capacity.version != version:
        raise CapacityChanged
    capacity.points, capacity.absent_until = points, absent_until
    capacity.tiers = [tier for tier in TIERS if tier in tiers]
    if capacity.differs_in(("points", "tiers", "absent_until")):
        capacity.version += 1
        capacity.save(update_fields=["points", "tiers", "absent_until", "version"])
        record("capacity.set", subject=capacity, of=person, by=by, at=at)
    return capacity
