"""Everything that changes people, departments and teams."""

from core.accounts.services.invitations import (
    AlreadyInvited,
    InvitationGone,
    InvitationVoid,
    accept_invitation,
    invite_user,
    resend_invitation,
    withdraw_invitation,
)
from core.accounts.services.organisation import (
    DepartmentNameTaken,
    TeamNameTaken,
    create_department,
    create_team,
)
from core.accounts.services.people import (
    EmailTaken,
    LastAdministrator,
    OwnAccount,
    RoleAboveOwn,
    activate_user,
    change_language,
    create_user,
    deactivate_user,
    update_user,
)

__all__ = [
    "AlreadyInvited",
    "DepartmentNameTaken",
    "EmailTaken",
    "InvitationGone",
    "InvitationVoid",
    "LastAdministrator",
    "OwnAccount",
    "RoleAboveOwn",
    "TeamNameTaken",
    "accept_invitation",
    "activate_user",
    "change_language",
    "create_department",
    "create_team",
    "create_user",
    "deactivate_user",
    "invite_user",
    "resend_invitation",
    "update_user",
    "withdraw_invitation",
]
