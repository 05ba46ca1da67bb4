"""What an API key may be allowed: scopes, each a set of the same permissions that roles hold.

Rooms declare theirs beside their permissions.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Scope:
    name: str
    label: Text
    permissions: frozenset[str]


# With it answers hold personal data as it is stored; without it, masked. Each such answer is in the audit trail.
PERSONAL = "personal:read"

_declared: dict[str, Scope] = {}


def declare(name: str, *, label: Text, permissions: Iterable[str]) -> Scope:
    """Declare a scope, `resource:read` or `resource:write`, and the permissions that it stands for."""
    _declared[name] = Scope(name, label, frozenset(permissions))
    return _declared[name]


def declared() -> dict[str, Scope]:
    """Return every declared scope by name, in the order of the names."""
    return dict(sorted(_declared.items()))


def permissions_of(names: Iterable[str]) -> frozenset[str]:
    """Return all permissions of the named scopes; a name that nobody declares any more grants nothing."""
    return frozenset().union(*(_declared[name].permissions for name in names if name in _declared))


def granting(permission: str) -> list[str]:
    """Return the names of the scopes that stand for the permission."""
    return [name for name, scope in declared().items() if permission in scope.permissions]
