"""Inviting colleagues: the link proves itself by a token of which only the hash is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.models import Department, Invitation, Team, User
from core.accounts.permissions import may_give
from core.accounts.services.people import EmailTaken, RoleAboveOwn, create_user, normalised
from core.accounts.services.uniqueness import refused_as
from core.audit.services import record
from core.tenancy.errors import DomainError

LIFETIME = timedelta(hours=72)
TOKEN_BYTES = 32


class AlreadyInvited(DomainError):
    code = "already_invited"
    message = _("Somebody with this address is invited already. Send that invitation again, or withdraw it.")


class InvitationGone(DomainError):
    code = "invitation_gone"
    message = _("This invitation was accepted or withdrawn meanwhile.")


class InvitationVoid(DomainError):
    code = "invitation_void"
    message = _("This invitation no longer works. Ask an administrator of your company for another one.")


@transaction.atomic
def invite_user(
    *,
    email: str,
    role: str,
    language: str,
    department: Department | None = None,
    team: Team | None = None,
    by: User,
    at: datetime,
) -> tuple[Invitation, str]:
    """Invite a colleague and return the invitation with its token, which cannot be had again.

    Raises RoleAboveOwn, EmailTaken or AlreadyInvited.
    """
    if not may_give(by, role):
        raise RoleAboveOwn
    email = normalised(email)
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation(
        email=email,
        role=Role(role),
        language=language,
        department=department,
        team=team,
        token_hash=hash_of(token),
        invited_by=by,
        sent_at=at,
        expires_at=at + LIFETIME,
    )
    with refused_as(AlreadyInvited):
        invitation.save(force_insert=True)
    record("invitation.sent", subject=invitation, by=by, at=at, details={"role": invitation.role})
    return invitation, token


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: User, at: datetime) -> tuple[Invitation, str]:
    """Give the invitation another token and its full time again; the link sent before works no more.

    Raises InvitationGone or RoleAboveOwn.
    """
    invitation = _locked(invitation)
    if not may_give(by, invitation.role):
        raise RoleAboveOwn
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.token_hash = hash_of(token)
    invitation.invited_by = by
    invitation.sent_at = at
    invitation.expires_at = at + LIFETIME
    invitation.save(update_fields=["token_hash", "invited_by", "sent_at", "expires_at"])
    record("invitation.resent", subject=invitation, by=by, at=at)
    return invitation, token


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User, at: datetime) -> None:
    """Let the link work no more. Raises InvitationGone."""
    invitation = _locked(invitation)
    record("invitation.withdrawn", subject=invitation, by=by, at=at, details={"role": invitation.role})
    invitation.delete()


@transaction.atomic
def hand_over_invitation(*, row: Invitation, of: User, to: User, by: User, at: datetime) -> bool:
    """Have a colleague stand for an invitation that `of` sent, or it would be void once they may invite no more.

    Return whether it still was theirs. Raises RoleAboveOwn.
    """
    invitation = Invitation.objects.select_for_update(of=("self",)).filter(pk=row.pk, invited_by=of).first()
    if invitation is None:
        return False
    if not may_give(to, invitation.role):
        raise RoleAboveOwn
    invitation.invited_by = to
    invitation.save(update_fields=["invited_by"])
    record("invitation.handed_over", subject=invitation, by=by, at=at)
    return True


@transaction.atomic
def accept_invitation(*, token: str, name: str, language: str, password: str, at: datetime) -> User:
    """Make the colleague whom the token's invitation names; it works this once. The tenant's scope is open.

    Address and role are the invitation's; it is void when who sent it could not send it any more. Raises
    InvitationVoid, or EmailTaken.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("invited_by", "department", "team")
        .filter(token_hash=hash_of(token))
        .first()
    )
    if invitation is None or not invitation.is_live(at) or not may_give(invitation.invited_by, invitation.role):
        raise InvitationVoid
    user = create_user(
        email=invitation.email,
        name=name,
        role=invitation.role,
        language=language,
        department=invitation.department,
        team=invitation.team,
        password=password,
        by=invitation.invited_by,
        at=at,
    )
    invitation.delete()
    return user


def hash_of(token: str) -> bytes:
    """SHA-256 suffices: 32 random bytes cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()


def _locked(invitation: Invitation) -> Invitation:
    found = Invitation.objects.select_for_update().filter(pk=invitation.pk).first()
    if found is None:
        raise InvitationGone
    return found
