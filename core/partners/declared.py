"""What partners declare: actions in the audit trail, and what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify

actions.declare("key.created", _("API key created"))
actions.declare("key.revoked", _("API key revoked"))
actions.declare_fields(scopes=_("What the key may do"), revoked_at=_("Revoked"))

classify(
    "partners.ApiKey",
    business="name prefix scopes created_by created_at expires_at revoked_at last_used_at",
    sensitive="secret_hash",
)
