"""What rooms to the right show on a shipment's page; they register in their AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.accounts.permissions import permissions
from shipments.models import Shipment

Load = Callable[[Shipment, Any], Any]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the page: its template gets what `load(shipment, user)` returned as `panel`, besides `shipment`."""

    key: str
    template_name: str
    permission: str
    load: Load


@dataclass(frozen=True)
class Loaded:
    template_name: str
    panel: Any


_panels: dict[str, Panel] = {}


def register(*, key: str, template_name: str, permission: str, load: Load) -> None:
    """Add a panel (see Panel); raises ValueError for a taken key. It is read whenever the page is."""
    if key in _panels:
        raise ValueError(f"The shipment's page already has a panel {key!r}.")
    _panels[key] = Panel(key=key, template_name=template_name, permission=permission, load=load)


def panels_of(shipment: Shipment, user: Any) -> list[Loaded]:
    """Return every panel that the user may see of a shipment, read."""
    held = permissions(user)
    return [
        Loaded(panel.template_name, panel.load(shipment, user))
        for panel in _panels.values()
        if panel.permission in held
    ]
