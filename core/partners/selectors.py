import uuid
from datetime import datetime

from core.partners.keys import KeyText
from core.partners.models import ApiKey


def find_api_key(text: str, *, at: datetime) -> ApiKey | None:
    """Return the live key of an active tenant that the text proves, in one query; None whatever the reason.

    The key names the tenant, so no tenant is active yet. It comes with the key; a sandbox is read when it is asked for.
    """
    given = KeyText.parse(text)
    if given is None:
        return None
    for key in ApiKey.all_tenants.select_related("tenant").filter(prefix=given.prefix):
        if key.is_proved_by(given, at):
            return key if key.is_live(at) and key.tenant.is_active else None
    return None


def live_key_of(key_id: uuid.UUID, *, at: datetime) -> ApiKey | None:
    """Return the live key of an active tenant by its id, None where there is none; asked before a tenant is active.

    A key that works in a sandbox is kept with the tenant beside it.
    """
    key = ApiKey.all_tenants.select_related("tenant").filter(pk=key_id).first()
    return key if key is not None and key.is_live(at) and key.tenant.is_active else None
