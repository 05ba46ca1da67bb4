from datetime import datetime

from core.partners.keys import KeyText
from core.partners.models import ApiKey


def find_api_key(text: str, *, at: datetime) -> ApiKey | None:
    """Return the live key of an active tenant that the text proves, in one query; None whatever the reason.

    The key names the tenant, so no tenant is active yet.
    """
    given = KeyText.parse(text)
    if given is None:
        return None
    for key in ApiKey.all_tenants.select_related("tenant").filter(prefix=given.prefix):
        if given.proves(bytes(key.secret_hash)):
            return key if key.is_live(at) and key.tenant.is_active else None
    return None
