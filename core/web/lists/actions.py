"""What can be done to many rows of a list at once; rooms register their actions in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.utils.functional import Promise

from core.accounts.models import User
from core.accounts.permissions import may
from core.jobs.models import BackgroundJob


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """What can be done to many rows of one list.

    `form` asks for what every row gets; it is asked again for each chunk, so what is not there any more is refused.
    `apply(row=…, values=…, by=…, at=…)` is atomic, locks the row, does what is done to a single one and tells whether
    it changed anything; a DomainError is that row's outcome. `words` says what is done, by the form's clean values.
    One that is not `is_offered` on the list is started by a page of its own; `page` is where its result stands, else
    the outcome of every row.
    """

    name: str
    list_name: str
    label: str | Promise
    icon: str
    permission: str
    form: type[Form]
    apply: Callable[..., bool]
    words: Callable[[dict[str, Any]], str]
    is_offered: bool = True
    page: Callable[[BackgroundJob], str] | None = None


_actions: dict[tuple[str, str], BulkAction] = {}


def register(action: BulkAction) -> None:
    """Offer an action on its list; raises ValueError for a name that is taken."""
    if _actions.setdefault((action.list_name, action.name), action) is not action:
        raise ValueError(f"There is an action {action.name!r} on the list {action.list_name!r} already.")


def find(list_name: str, name: str) -> BulkAction | None:
    return _actions.get((list_name, name))


def actions_for(list_name: str, user: User) -> list[BulkAction]:
    """Return what somebody may do to many rows of a list."""
    offered = (action for action in _actions.values() if action.list_name == list_name and action.is_offered)
    return [action for action in offered if may(user, action.permission)]
