"""Sessions: kept beside Django's own, to be listed and ended; and what ends them all."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import SecondStepSecret, User, UserSession
from core.audit.services import record
from core.tenancy.errors import DomainError


class OwnSecondStep(DomainError):
    code = "own_second_step"
    message = _("Change your own second step under “Sign-in and security”.")


class NoSecondStep(DomainError):
    code = "no_second_step"
    message = _("There is no second step, or somebody else has already taken it away.")


class SessionGone(DomainError):
    code = "session_gone"
    message = _("This device is signed out already.")


@transaction.atomic
def note_session(*, user: User, session_key: str, device: str, address: str, at: datetime) -> UserSession:
    """Keep that somebody signed in, and forget what cannot be alive any more."""
    oldest = at - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    UserSession.objects.filter(user=user, started_at__lt=oldest).delete()
    return UserSession.objects.create(user=user, session_key=session_key, device=device, address=address, started_at=at)


@transaction.atomic
def renew_session_key(*, user: User, old: str, new: str) -> None:
    """Follow a session whose key was changed."""
    UserSession.objects.filter(user=user, session_key=old).update(session_key=new)


@transaction.atomic
def end_session(*, session: UserSession, by: User, at: datetime) -> None:
    """Sign one device out. Raises SessionGone."""
    found = UserSession.objects.select_for_update().filter(pk=session.pk).first()
    if found is None:
        raise SessionGone
    Session.objects.filter(session_key=found.session_key).delete()
    found.delete()
    record("user.signed_out", subject=session.user, by=by, at=at, details={"sessions": 1})


@transaction.atomic
def end_sessions(*, user: User, by: User, at: datetime, keep: str = "") -> int:
    """Sign somebody out everywhere, but for the session with the key `keep`; return how many were ended."""
    sessions = UserSession.objects.filter(user=user).exclude(session_key=keep)
    keys = list(sessions.select_for_update().order_by("pk").values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    sessions.filter(session_key__in=keys).delete()
    if keys:
        record("user.signed_out", subject=user, by=by, at=at, details={"sessions": len(keys)})
    return len(keys)


@transaction.atomic
def note_second_step_change(*, user: User, at: datetime, keep: str) -> None:
    """Keep that somebody changed their own second step, and sign them out everywhere else."""
    kept = Authenticator.objects.filter(user=user)
    if not kept.exists():
        SecondStepSecret.objects.filter(user=user).delete()
    record(
        "user.second_step_changed",
        subject=user,
        by=user,
        at=at,
        details={"second_steps": sorted(kept.values_list("type", flat=True))},
    )
    end_sessions(user=user, by=user, at=at, keep=keep)


@transaction.atomic
def note_password_change(*, user: User, at: datetime, keep: str) -> None:
    """Keep that somebody set a new password, and sign them out everywhere else."""
    record("user.password_changed", of=user, by=user, at=at)
    end_sessions(user=user, by=user, at=at, keep=keep)


@transaction.atomic
def reset_second_step(*, user: User, by: User, at: datetime) -> None:
    """Take a second step away from somebody who lost it, and sign them out. Raises OwnSecondStep or NoSecondStep."""
    if user.pk == by.pk:
        raise OwnSecondStep
    if not Authenticator.objects.filter(user=user).delete()[0]:
        raise NoSecondStep
    SecondStepSecret.objects.filter(user=user).delete()
    record("user.second_step_reset", subject=user, by=by, at=at)
    end_sessions(user=user, by=by, at=at)
