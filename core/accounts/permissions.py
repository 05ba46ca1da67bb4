"""Who may do what: the one answer for pages, API and jobs.

Rooms declare their permissions with the roles that hold them; an actor is a user or an API key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from core.accounts.enums import Role


@dataclass(frozen=True)
class Permission:
    name: str
    label: str | Promise
    roles: frozenset[Role]


_declared: dict[str, Permission] = {}
# What permissions are about, by the beginnings of their names, in the order in which rooms declare it.
_areas: dict[str, str | Promise] = {}


def declare_area(label: str | Promise, *beginnings: str) -> None:
    """Say what the permissions are about whose names begin so, as "customers" for "customers.view"."""
    for beginning in beginnings:
        _areas[beginning] = label


def by_area() -> list[tuple[str | Promise, list[Permission]]]:
    """Return what permissions are about, each with those that are, in the order of their declaration.

    Raises KeyError for a permission about nothing that was declared.
    """
    found: dict[str, list[Permission]] = {str(label): [] for label in _areas.values()}
    for permission in _declared.values():
        found[str(_areas[permission.name.partition(".")[0]])].append(permission)
    return [(label, about) for label, about in found.items() if about]


def declare(name: str, *, label: str | Promise, roles: Iterable[Role]) -> Permission:
    """Declare a permission and the roles that hold it; the administrator holds every one."""
    _declared[name] = Permission(name, label, frozenset(roles) | {Role.ADMINISTRATOR})
    return _declared[name]


def declared() -> dict[str, Permission]:
    """Return every declared permission by name."""
    return dict(_declared)


def permissions(actor: Any) -> frozenset[str]:
    """Return the names of all permissions the user or API key holds at this moment."""
    if actor is None or not getattr(actor, "is_active", False):
        return frozenset()
    if hasattr(actor, "granted_permissions"):
        return frozenset(actor.granted_permissions()) & frozenset(_declared)
    role = getattr(actor, "role", None)
    return frozenset(name for name, permission in _declared.items() if role in permission.roles)


def may(actor: Any, permission: str) -> bool:
    """Tell whether the user or API key may do this. Raises KeyError for a permission nobody declared."""
    return _declared[permission].name in permissions(actor)


def may_give(actor: Any, role: str) -> bool:
    """Tell whether the actor may make somebody a `role`: who manages people may, up to what they may do themselves."""
    given = {name for name, permission in _declared.items() if role in permission.roles}
    return "people.manage" in (held := permissions(actor)) and given <= held
