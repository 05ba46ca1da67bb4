from datetime import datetime

from core.accounts.models import Invitation
from core.accounts.services.invitations import hash_of


def find_invitation(token: str, *, at: datetime) -> Invitation | None:
    """Return the live invitation of an active tenant that the token proves; None whatever the reason.

    The token names the tenant, so no tenant is active yet. What belongs to it must be read inside its scope.
    """
    invitation = Invitation.all_tenants.select_related("tenant").filter(token_hash=hash_of(token)).first()
    return invitation if invitation and invitation.is_live(at) and invitation.tenant.is_active else None
