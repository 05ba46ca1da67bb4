"""When the clock finds a shipment late or silent: the rules in force, and changing them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from core.tenancy.scope import required_tenant_id
from core.web.navigation import Part
from shipments.models import ShipmentPolicy

# Each with the least and the most that it may be.
HOURS = {"grace_hours": (0, 240), "silent_hours": (6, 720)}
RULES: dict[str, str | Promise] = {
    "grace_hours": _("Late after hours past the promise"),
    "silent_hours": _("Silent after hours without a scan"),
}
HELP: dict[str, str | Promise] = {
    "grace_hours": _("Allows for delivery scans that arrive late. 0: at once."),
    "silent_hours": _("Counted from the last scan, by night and on holidays, too; before the first from acceptance."),
}
POLICY_PARTS = tuple(
    Part(key=name, label=label, changes=HELP[name], url_name="shipments:policy", fields=(name,), told=name)
    for name, label in RULES.items()
)


class BadHours(DomainError):
    code = "bad_hours"
    message = _("A figure lies outside of what it may be.")


class PolicyChanged(DomainError):
    code = "policy_changed"
    message = _("Somebody else has put other rules in force meanwhile. Look at them first.")


def current_policy() -> ShipmentPolicy:
    """Return the rules in force; of a tenant that never decided, those of a new one."""
    return ShipmentPolicy.objects.order_by("-version").first() or ShipmentPolicy(version=0)


def policy_values(_request: HttpRequest) -> Mapping[str, str | Promise]:
    policy = current_policy()
    return {name: hours_in_words(getattr(policy, name)) for name in RULES}


def hours_in_words(hours: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


@transaction.atomic
def create_policy(*, grace_hours: int, silent_hours: int, replaces: int, by: User, at: datetime) -> ShipmentPolicy:
    """Put new rules in force, for what the clock has not found yet.

    `replaces` is the version that its author has seen in force. Raises BadHours, or PolicyChanged if another version
    is in force by now.
    """
    hours = {"grace_hours": grace_hours, "silent_hours": silent_hours}
    if not all(least <= hours[name] <= most for name, (least, most) in HOURS.items()):
        raise BadHours
    _wait_for_turn()
    in_force = current_policy()
    if replaces != in_force.version:
        raise PolicyChanged
    policy = ShipmentPolicy(version=in_force.version + 1, **hours, created_by=by, created_at=at)
    policy.save(force_insert=True)
    changed = [name for name in RULES if getattr(in_force, name) != getattr(policy, name)]
    details = {"version": policy.version, "changed": changed}
    record("shipment_policy.changed", of=policy, by=by, at=at, details=details)
    return policy


def _wait_for_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended('shipment_policy:' || %s, 0))", [str(required_tenant_id())]
        )
