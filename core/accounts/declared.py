"""What accounts declare: permissions of core, actions in the audit trail, and what their fields hold of a person."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role, SecondStep
from core.accounts.permissions import declare, declare_area
from core.audit import actions
from core.crypto.register import classify

declare_area(_("Company and people"), "company", "people")
declare_area(_("Programs of partners"), "keys", "api")
declare_area(_("Background work and audit"), "jobs", "audit")
declare_area(_("Lists"), "views")

declare("company.manage", label=_("Change the company's name, zone and language"), roles={Role.ADMINISTRATOR})
declare("people.manage", label=_("Manage people and departments"), roles={Role.ADMINISTRATOR})
declare("jobs.view", label=_("See background work"), roles={Role.SUPERVISOR})
declare("jobs.manage", label=_("Have failed work done again, and dead letters sent again"), roles={Role.SUPERVISOR})
declare("keys.manage", label=_("Manage API keys"), roles={Role.ADMINISTRATOR})
declare("audit.view", label=_("See the audit trail"), roles={Role.PRIVACY_OFFICER})

actions.declare("invitation.sent", _("Person invited"))
actions.declare("invitation.resent", _("Invitation sent again"))
actions.declare("invitation.withdrawn", _("Invitation withdrawn"))
actions.declare("invitation.handed_over", _("Invitation handed over"))
actions.declare("user.created", _("Person added"))
actions.declare("user.updated", _("Person changed"))
actions.declare("user.preferred", _("Own language or time zone changed"))
actions.declare("user.password_changed", _("Password changed"))
actions.declare("user.deactivated", _("Sign-in switched off"))
actions.declare("user.handed_over", _("Handed over to a colleague"))
actions.declare("user.activated", _("Sign-in switched on"))
actions.declare("user.signed_out", _("Signed out on devices"))
actions.declare("user.second_step_changed", _("Second step changed"))
actions.declare("user.second_step_reset", _("Second step taken away"))
actions.declare("department.created", _("Department added"))
actions.declare("department.updated", _("Department changed"))
actions.declare("department.closed", _("Department closed"))
actions.declare("team.created", _("Team added"))
actions.declare("team.updated", _("Team changed"))
actions.declare("team.closed", _("Team closed"))

actions.declare_fields(
    email=_("E-mail"),
    name=_("Name"),
    role=_("Role"),
    closed_at=_("Closed"),
    department=_("Department"),
    team=_("Team"),
    language=_("Language"),
    time_zone=_("Time zone"),
    is_active=_("May sign in"),
    session_epoch=_("Sessions ended"),
    holding=_("What"),
    count=_("How many"),
    heir=_("Taken over by"),
    sessions=_("Devices"),
    second_steps=_("Second steps"),
    invited_by=_("Invited by"),
    sent_at=_("Sent"),
    expires_at=_("Works until"),
)

actions.declare_values("second_steps", lambda: dict(SecondStep.choices))
actions.declare_values("role", lambda: dict(Role.choices))
actions.declare_values("language", lambda: dict(settings.LANGUAGES))

classify("accounts.Department", business="name closed_at")
classify("accounts.Team", business="name department closed_at")
classify(
    "accounts.Invitation",
    business="role department team language invited_by sent_at expires_at",
    personal="email",
    sensitive="token_hash",
)
classify("accounts.SecondStepSecret", business="user", sensitive="secret")
classify("accounts.UserSession", business="user device started_at", personal="address", sensitive="session_key")
classify(
    "accounts.User",
    business="role department team language time_zone is_active session_epoch date_joined last_login",
    personal="email name",
    sensitive="password",
)
