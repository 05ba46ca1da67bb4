"""What other rooms show on a customer's page once it is looked at; they register in their AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from core.accounts.permissions import permissions
from customers.models import Customer


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the page under `label`: its template gets what `load` returned as `panel`, besides `customer`.

    `is_for(customer)` says, without asking the database, whether there is anything to show.
    """

    key: str
    label: str | Promise
    template_name: str
    permission: str
    order: int
    load: Callable[[Customer, Any], Any]
    is_for: Callable[[Customer], bool]


_panels: dict[str, Panel] = {}


def register(
    *,
    key: str,
    label: str | Promise,
    template_name: str,
    permission: str,
    load: Callable[[Customer, Any], Any],
    is_for: Callable[[Customer], bool] = lambda _customer: True,
    order: int = 100,
) -> None:
    """Add a panel (see Panel); raises ValueError for a taken key. `load(customer, user)` reads what it shows."""
    if key in _panels:
        raise ValueError(f"The customer's page already has a panel {key!r}.")
    _panels[key] = Panel(
        key=key,
        label=label,
        template_name=template_name,
        permission=permission,
        order=order,
        load=load,
        is_for=is_for,
    )


def panels_for(customer: Customer, user: Any) -> list[Panel]:
    """Return every panel that the user may see of a customer, in order; nothing of them is read yet."""
    held = permissions(user)
    in_order = sorted(_panels.values(), key=lambda panel: panel.order)
    return [panel for panel in in_order if panel.permission in held and panel.is_for(customer)]
