"""What a session proves of who sits before it: a second step, and how long ago.

Both are read from the session alone, so a page asks nothing of the database for it.
"""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from core.accounts.enums import Role
from core.accounts.models import User

REQUIRED_OF = frozenset({Role.ADMINISTRATOR})


def must_have_second_step(user: User, *, waivable: bool = True) -> bool:
    """Tell whether somebody works here only with a second step; in a demo it may wait."""
    return user.role in REQUIRED_OF and not (waivable and is_waived(user))


def is_waived(user: User) -> bool:
    """Tell whether the second step may wait: in the demo, whose passwords are known to everybody."""
    return user.tenant.is_demo


def has_second_step(request: HttpRequest) -> bool:
    """Tell whether this session was begun, or confirmed, by a code, a passkey or a recovery code."""
    return any(record["method"] == "mfa" for record in _records(request))


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether somebody proved within the last minutes that it is still them."""
    records = _records(request)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    return get_authentication_records(request, request.user) if request.user.is_authenticated else []
