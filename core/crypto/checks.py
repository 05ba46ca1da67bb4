"""Before anything is served: does the master key open what is stored?"""

from typing import Any

from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connection

from core.crypto.errors import KeyUnavailable
from core.crypto.keys import check_root_keys
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope

MOST_NAMED = 5


@register(Tags.database)
def master_key_opens(databases: Any = None, **kwargs: Any) -> list[Error]:
    """Name tenants whose root keys the master key does not open."""
    if not databases or "default" not in databases:
        return []
    return [Error(problem, id="crypto.E001") for problem in _problems()]


def refuse_wrong_master_key() -> None:
    """Let no web process or worker start by a master key that does not open the tenants' keys.

    Raises ImproperlyConfigured. A database that is away is not its business, nor one that is not migrated yet.
    """
    try:
        problems = _problems()
    except (OperationalError, ProgrammingError):
        return
    finally:
        connection.close()
    if problems:
        raise ImproperlyConfigured(" ".join(problems))


def _problems() -> list[str]:
    problems: list[str] = []
    for tenant in Tenant.objects.filter(is_active=True).order_by("pk"):
        try:
            with tenant_scope(tenant):
                check_root_keys()
        except KeyUnavailable as error:
            problems.append(str(error))
        if len(problems) == MOST_NAMED:
            break
    return problems
