"""What stands behind the ids in the addresses, for the proof that another tenant's are worth nothing."""

from core.accounts.models import Invitation, User, UserSession
from core.events.models import EventDelivery
from core.jobs.models import BackgroundJob, JobRun
from core.partners.models import ApiKey
from core.tenancy.models import TenantModel
from core.web.models import Notice, SavedView
from customers.models import (
    Address,
    Contact,
    ContactPoint,
    Customer,
    CustomerMerge,
    CustomField,
    Interaction,
)
from shipments.models import ImportRun, ScanEvent, Shipment
from tiering.models import TierChange, TierOverride

# What stands behind each id of a route.
RECORDS: dict[str, dict[str, type[TenantModel]]] = {
    "console:update_user": {"pk": User},
    "console:deactivate_user": {"pk": User},
    "console:activate_user": {"pk": User},
    "console:end_sessions": {"pk": User},
    "console:rights": {"pk": User},
    "console:reset_second_step": {"pk": User},
    "console:resend_invitation": {"pk": Invitation},
    "console:withdraw_invitation": {"pk": Invitation},
    "account_end_session": {"pk": UserSession},
    "console:key": {"pk": ApiKey},
    "console:rotate_key": {"pk": ApiKey},
    "console:restrict_key": {"pk": ApiKey},
    "console:limit_key": {"pk": ApiKey},
    "console:end_old_secret": {"pk": ApiKey},
    "console:revoke_key": {"pk": ApiKey},
    "console:job": {"pk": BackgroundJob},
    "console:job_rows": {"pk": BackgroundJob},
    "console:cancel_job": {"pk": BackgroundJob},
    "console:run_job_again": {"pk": BackgroundJob},
    "console:job_file": {"pk": BackgroundJob},
    "console:try_run_again": {"pk": JobRun},
    "console:send_event_again": {"pk": EventDelivery},
    "console:change_view": {"pk": SavedView},
    "console:delete_view": {"pk": SavedView},
    "console:open_notice": {"pk": Notice},
    "console:read_notice": {"pk": Notice},
    "console:reveal": {"pk": ContactPoint},
    "customers:detail": {"pk": Customer},
    "customers:panel": {"pk": Customer},
    "customers:here": {"pk": Customer},
    "customers:update": {"pk": Customer},
    "customers:copy": {"pk": Customer},
    "customers:erase": {"pk": Customer},
    "customers:contacts": {"pk": Customer},
    "customers:create_contact": {"pk": Customer},
    "customers:update_contact": {"pk": Customer, "contact": Contact},
    "customers:remove_contact": {"pk": Customer, "contact": Contact},
    "customers:addresses": {"pk": Customer},
    "customers:create_address": {"pk": Customer},
    "customers:update_address": {"pk": Customer, "address": Address},
    "customers:remove_address": {"pk": Customer, "address": Address},
    "customers:merge": {"pk": Customer},
    "customers:undo_merge": {"pk": Customer, "merge": CustomerMerge},
    "customers:interactions": {"pk": Customer},
    "customers:record_interaction": {"pk": Customer},
    "customers:remove_interaction": {"pk": Customer, "interaction": Interaction},
    "customers:update_custom_field": {"pk": CustomField},
    "customers:retire_custom_field": {"pk": CustomField},
    "customers:revive_custom_field": {"pk": CustomField},
    "shipments:detail": {"pk": Shipment},
    "shipments:import": {"pk": ImportRun},
    "shipments:columns": {"pk": ImportRun},
    "shipments:result": {"pk": ImportRun},
    "tiering:set_override": {"pk": Customer},
    "tiering:end_override": {"pk": Customer, "override": TierOverride},
    "api:customer-detail": {"pk": Customer},
    "api:contact-list": {"customer": Customer},
    "api:contact-detail": {"customer": Customer, "pk": Contact},
    "api:address-list": {"customer": Customer},
    "api:address-detail": {"customer": Customer, "pk": Address},
    "api:interaction-list": {"customer": Customer},
    "api:interaction-detail": {"customer": Customer, "pk": Interaction},
    "api:shipment-detail": {"pk": Shipment},
    "api:scan-event-list": {"shipment": Shipment},
    "api:scan-event-detail": {"shipment": Shipment, "pk": ScanEvent},
    "api:job-detail": {"pk": BackgroundJob},
    "api:job-result-list": {"job": BackgroundJob},
    "api:tier-detail": {"pk": Customer},
    "api:tier-change-detail": {"pk": TierChange},
}
# Arguments that are the same for all tenants.
CONSTANTS: dict[str, dict[str, str]] = {
    "console:reveal": {"kind": "contact-point"},
    "customers:panel": {"key": "shipments"},
}
# Routes whose arguments are no ids of records, each with the reason.
NO_RECORDS = {
    "console:save_view": "the name of a list, the same for all tenants",
    "console:change_rows": "the name of a list; the rows ticked are looked up among the tenant's own, see tests/web",
    "console:choose_columns": "the name of a list, the same for all tenants",
    "console:view_counts": "the name of a list, the same for all tenants",
    "console:export": "the name of a list, the same for all tenants",
    "console:accept_invitation": "the token proves who was invited; only its hash is kept",
    "mfa_remove_webauthn": "allauth's: finds one's own passkeys only",
    "api:customer-by-number": "a number, looked up among the tenant's own; see tests/partners/test_isolation.py",
    "api:shipment-by-number": "a number, looked up among the tenant's own; see tests/partners/test_isolation.py",
    "account_reset_password_from_key": "allauth's: the key is signed for one person and proves who they are",
}
