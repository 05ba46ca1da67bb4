import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.sessions.models import Session

from core.accounts.middleware import LAST_SEEN, STARTED
from core.accounts.models import Invitation, User, UserSession
from core.accounts.services.invitations import hash_of


@dataclass(frozen=True)
class LiveSession:
    """A device on which somebody is signed in, and when they were last seen there."""

    session: UserSession
    seen_at: datetime


def find_invitation(token: str, *, at: datetime) -> Invitation | None:
    """Return the live invitation of an active tenant that the token proves; None whatever the reason.

    The token names the tenant, so no tenant is active yet. What belongs to it must be read inside its scope.
    """
    invitation = Invitation.all_tenants.select_related("tenant").filter(token_hash=hash_of(token)).first()
    return invitation if invitation and invitation.is_live(at) and invitation.tenant.is_active else None


def live_sessions(user: User) -> list[LiveSession]:
    """Return where somebody is signed in now, seen last first; two queries."""
    kept = {session.session_key: session for session in UserSession.objects.filter(user=user)}
    now = int(time.time())
    found = []
    for stored in Session.objects.filter(session_key__in=kept):
        data, session = stored.get_decoded(), kept[stored.session_key]
        seen = data.get(LAST_SEEN, int(session.started_at.timestamp()))
        started = data.get(STARTED, seen)
        if now - seen <= settings.SESSION_IDLE_SECONDS and now - started <= settings.SESSION_COOKIE_AGE:
            found.append(LiveSession(session, datetime.fromtimestamp(seen, UTC)))
    return sorted(found, key=lambda live: live.seen_at, reverse=True)
