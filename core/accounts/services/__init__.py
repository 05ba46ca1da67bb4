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
from core.accounts.services.secrets import keep_secret, open_secret
from core.accounts.services.sessions import (
    OwnSecondStep,
    end_session,
    end_sessions,
    note_second_step_change,
    note_session,
    renew_session_key,
    reset_second_step,
)

__all__ = [
    "AlreadyInvited",
    "DepartmentNameTaken",
    "EmailTaken",
    "InvitationGone",
    "InvitationVoid",
    "LastAdministrator",
    "OwnAccount",
    "OwnSecondStep",
    "RoleAboveOwn",
    "TeamNameTaken",
    "accept_invitation",
    "activate_user",
    "change_language",
    "create_department",
    "create_team",
    "create_user",
    "deactivate_user",
    "end_session",
    "end_sessions",
    "invite_user",
    "keep_secret",
    "note_second_step_change",
    "note_session",
    "open_secret",
    "renew_session_key",
    "resend_invitation",
    "reset_second_step",
    "update_user",
    "withdraw_invitation",
]
