"""When the clock finds a shipment late or silent: the rules in force, and changing them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.turns import wait_for_turn
from shipments.models import ShipmentPolicy

# Each with the least and the most that it may be.
HOURS = {"grace_hours": (0, 240), "silent_hours": (6, 720)}


class BadHours(DomainError):
    code = "bad_hours"
    message = _("A figure is outside of its limits.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put other rules in force meanwhile. Look at them first.")


def current_policy() -> ShipmentPolicy:
    """Return the rules in force; of a tenant that never decided, those of a new one."""
    return ShipmentPolicy.objects.order_by("-version").first() or ShipmentPolicy(version=0)


@transaction.atomic
def create_policy(*, grace_hours: int, silent_hours: int, replaces: int, by: User, at: datetime) -> ShipmentPolicy:
    """Put new rules in force, for what the clock has not found yet.

    `replaces` is the version that its author has seen in force. Raises BadHours, or PolicyChanged if another version
    is in force by now.
    """
    hours = {"grace_hours": grace_hours, "silent_hours": silent_hours}
    if not all(least <= hours[name] <= most for name, (least, most) in HOURS.items()):
        raise BadHours
    wait_for_turn("shipment_policy")
    in_force = current_policy()
    if replaces != in_force.version:
        raise PolicyChanged
    policy = ShipmentPolicy(version=in_force.version + 1, **hours, created_by=by, created_at=at)
    policy.save(force_insert=True)
    changed = [name for name in HOURS if getattr(in_force, name) != getattr(policy, name)]
    details = {"version": policy.version, "changed": changed}
    record("shipment_policy.changed", of=policy, by=by, at=at, details=details)
    return policy
