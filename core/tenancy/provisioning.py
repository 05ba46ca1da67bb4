"""What the rooms to the right make for a new tenant; they register in AppConfig.ready()."""

from collections.abc import Callable
from datetime import datetime

Provisioner = Callable[..., None]
_provisioners: list[Provisioner] = []


def on_tenant_created(function: Provisioner) -> Provisioner:
    """Register `function(at=…)`, to be called inside the scope of each new tenant."""
    if function not in _provisioners:
        _provisioners.append(function)
    return function


def provision(*, at: datetime) -> None:
    """Call every registered function; the caller holds the new tenant's scope."""
    for function in _provisioners:
        function(at=at)
