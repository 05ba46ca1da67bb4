from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.permissions import declare, declare_area, may
from documents.models import Document

declare_area(_("Files"), "documents")

VIEW = declare(
    "documents.view",
    label=_("See and download files of customers, each time recorded"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER, Role.PRIVACY_OFFICER},
).name
ADD = declare(
    "documents.add",
    label=_("Add files to customers, and remove one's own"),
    roles={Role.SUPERVISOR, Role.AGENT, Role.ACCOUNT_MANAGER},
).name
REMOVE = declare(
    "documents.remove",
    label=_("Remove files that others added"),
    roles={Role.SUPERVISOR, Role.PRIVACY_OFFICER},
).name


def may_remove_document(user: Any, document: Document) -> bool:
    """Say whether somebody may take a file away: one's own, or everybody's."""
    is_own = document.added_by_id == user.pk and may(user, ADD)
    return is_own or may(user, REMOVE)
