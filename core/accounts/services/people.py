from datetime import datetime
from functools import partial

from django.contrib.auth.base_user import BaseUserManager
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.enums import Role
from core.accounts.models import Department, Team, User
from core.accounts.opened import forget_opened
from core.accounts.permissions import may_give
from core.accounts.services.sessions import end_sessions
from core.accounts.services.uniqueness import refused_as
from core.audit.services import record
from core.tenancy.errors import DomainError


class EmailTaken(DomainError):
    code = "email_taken"
    message = _("Somebody signs in with this address already.")


class LastAdministrator(DomainError):
    code = "last_administrator"
    message = _("This is the last administrator who may sign in. Make somebody else an administrator first.")


class OwnAccount(DomainError):
    code = "own_account"
    message = _("You cannot switch off your own account.")


class AlreadySwitchedOff(DomainError):
    code = "already_switched_off"
    message = _("Somebody else has already switched this account off.")


class AlreadySwitchedOn(DomainError):
    code = "already_switched_on"
    message = _("Somebody else has already switched this account on.")


class RoleAboveOwn(DomainError):
    code = "role_above_own"
    message = _("You may give nobody a role that allows more than your own.")


@transaction.atomic
def create_user(
    *,
    email: str,
    name: str,
    role: str,
    language: str,
    time_zone: str = "",
    department: Department | None = None,
    team: Team | None = None,
    password: str | None = None,
    by: User | None,
    at: datetime,
) -> User:
    """Add a colleague, who may sign in once a password is set. Raises EmailTaken.

    `by` is None for a tenant's first administrator.
    """
    user = User(
        email=normalised(email),
        name=name,
        role=Role(role),
        language=language,
        time_zone=time_zone,
        department=department,
        team=team,
        date_joined=at,
    )
    user.set_password(password)
    with refused_as(EmailTaken):
        user.save(force_insert=True)
    record("user.created", subject=user, by=by, at=at, details={"role": user.role})
    return user


@transaction.atomic
def update_user(
    *,
    user: User,
    email: str,
    name: str,
    role: str,
    language: str,
    time_zone: str,
    department: Department | None,
    team: Team | None,
    by: User,
    at: datetime,
) -> User:
    """Change what is kept of a colleague. Raises EmailTaken, RoleAboveOwn, or LastAdministrator when none would be
    left.
    """
    user = _locked(user)
    if user.role != Role(role) and not may_give(by, role):
        raise RoleAboveOwn
    if user.role == Role.ADMINISTRATOR and Role(role) != Role.ADMINISTRATOR:
        _refuse_to_lose_the_last_administrator(user)
    user.email = normalised(email)
    user.name = name
    user.role = Role(role)
    user.language = language
    user.time_zone = time_zone
    user.department = department
    user.team = team
    with refused_as(EmailTaken):
        user.save(update_fields=["email", "name", "role", "language", "time_zone", "department", "team"])
    record("user.updated", subject=user, by=by, at=at)
    return user


@transaction.atomic
def deactivate_user(*, user: User, by: User, at: datetime) -> User:
    """Switch an account off and end its sessions for good.

    Raises OwnAccount, AlreadySwitchedOff or LastAdministrator.
    """
    if user.pk == by.pk:
        raise OwnAccount
    user = _locked(user)
    if not user.is_active:
        raise AlreadySwitchedOff
    if user.role == Role.ADMINISTRATOR:
        _refuse_to_lose_the_last_administrator(user)
    user.is_active = False
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    end_sessions(user=user, by=by, at=at)
    transaction.on_commit(partial(forget_opened, user=user))
    record("user.deactivated", subject=user, by=by, at=at)
    return user


@transaction.atomic
def activate_user(*, user: User, by: User, at: datetime) -> User:
    """Let somebody sign in again. Raises AlreadySwitchedOn."""
    user = _locked(user)
    if user.is_active:
        raise AlreadySwitchedOn
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("user.activated", subject=user, by=by, at=at)
    return user


def change_language(*, user: User, language: str, at: datetime) -> None:
    """Keep the language somebody chose for themselves."""
    change_preferences(user=user, language=language, time_zone=user.time_zone, at=at)


@transaction.atomic
def change_preferences(*, user: User, language: str, time_zone: str, at: datetime) -> None:
    """Keep the language and the time zone somebody chose for themselves; where nothing differs, nothing is written."""
    user = _locked(user)
    user.language = language
    user.time_zone = time_zone
    if user.differs_in(["language", "time_zone"]):
        user.save(update_fields=["language", "time_zone"])
        record("user.preferred", subject=user, by=user, at=at)


def _locked(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).get(pk=user.pk)


def _refuse_to_lose_the_last_administrator(user: User) -> None:
    """Lock all administrators, so that two of them cannot switch each other off at once."""
    administrators = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
    if [each.pk for each in administrators.select_for_update()] == [user.pk]:
        raise LastAdministrator


def normalised(email: str) -> str:
    return BaseUserManager.normalize_email(email.strip()).lower()
