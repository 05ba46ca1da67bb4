"""What other rooms show on a customer's page; they register in their AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.accounts.permissions import permissions
from customers.models import Customer


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the page: its template gets what `load` returned as `panel`, besides `customer`."""

    template_name: str
    permission: str
    order: int
    load: Callable[[Customer, Any], Any]


_panels: dict[str, Panel] = {}


def register(
    *, key: str, template_name: str, permission: str, load: Callable[[Customer, Any], Any], order: int = 100
) -> None:
    """Add a panel; raises ValueError for a key that is taken. `load(customer, user)` reads what it shows."""
    if key in _panels:
        raise ValueError(f"The customer's page already has a panel {key!r}.")
    _panels[key] = Panel(template_name=template_name, permission=permission, load=load, order=order)


def panels_for(customer: Customer, user: Any) -> list[tuple[str, Any]]:
    """Return the template and the data of every panel that the user may see, in order."""
    held = permissions(user)
    return [
        (panel.template_name, panel.load(customer, user))
        for panel in sorted(_panels.values(), key=lambda panel: panel.order)
        if panel.permission in held
    ]
