"""What partners declare: actions in the audit trail, and what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.partners.scopes import declared

actions.declare("key.created", _("API key created"))
actions.declare("key.revoked", _("API key revoked"))
actions.declare("key.rotated", _("API key given a new secret"))
actions.declare("key.old_secret_ended", _("Old secret of an API key ended"))
actions.declare("key.restricted", _("Networks of an API key changed"))
actions.declare("key.limited", _("Request limit of an API key changed"))
actions.declare("key.handed_over", _("API key given another owner"))
actions.declare("api.limited", _("Request limit of all API keys together changed"))
actions.declare("bulk.done", _("Records sent over the API written"))
actions.declare("personal.read_by_key", _("Personal data read over the API"))
actions.declare_fields(
    owner=_("Owner"),
    scopes=_("What the key may do"),
    revoked_at=_("Revoked"),
    networks=_("Networks"),
    requests_per_minute=_("Requests in a minute"),
    operator=_("Operator"),
    old_ends_at=_("Old secret ends"),
    secret_hash=_("Secret"),
    old_secret_hash=_("Old secret"),
    resource=_("Resource"),
    records=_("Records"),
)

actions.declare_values("scopes", lambda: {name: scope.label for name, scope in declared().items()})

classify(
    "partners.ApiKey",
    business="""name is_test prefix scopes networks requests_per_minute owner created_at expires_at
        revoked_at last_used_at old_ends_at""",
    sensitive="secret_hash old_secret_hash",
)
classify(
    "partners.KeptAnswer",
    business="key route status headers revealed_records created_at",
    sensitive="request_hash",
    personal="content",
)
classify("partners.BulkPart", business="job number row_before row_total", personal="content result")
classify("tenancy.Tenant", business="api_requests_per_minute")
