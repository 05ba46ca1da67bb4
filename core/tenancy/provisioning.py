"""What the rooms to the right make for a new tenant and for its sandbox; they register in AppConfig.ready()."""

from collections.abc import Callable
from datetime import datetime

from core.tenancy.models import Tenant

Provisioner = Callable[..., None]
_provisioners: list[Provisioner] = []
_fillers: list[Provisioner] = []


def on_tenant_created(function: Provisioner) -> Provisioner:
    """Register `function(at=…)`, to be called inside the scope of each new tenant."""
    if function not in _provisioners:
        _provisioners.append(function)
    return function


def provision(*, at: datetime) -> None:
    """Call every registered function; the caller holds the new tenant's scope."""
    for function in _provisioners:
        function(at=at)


def on_sandbox_made(function: Provisioner) -> Provisioner:
    """Register `function(sandbox=…, language=…, at=…)`, to be called for each new sandbox with no scope open."""
    if function not in _fillers:
        _fillers.append(function)
    return function


def fill_sandbox(*, sandbox: Tenant, language: str, at: datetime) -> None:
    """Have invented data made in an empty sandbox, in the language of its tenant; no scope may be open."""
    for function in _fillers:
        function(sandbox=sandbox, language=language, at=at)
