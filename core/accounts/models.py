from datetime import datetime
from typing import Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from core.accounts.enums import Role
from core.crypto.fields import EncryptedTextField
from core.tenancy.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet
from core.tenancy.scope import current_tenant_id


class OpenQuerySet(TenantQuerySet):
    """Departments and teams: closed ones are kept, for what is told of them, and chosen no more."""

    def open(self) -> Self:
        return self.filter(closed_at=None)


class OpenManager(TenantManager.from_queryset(OpenQuerySet)):
    pass


class Department(TenantModel):
    """A part of the company, such as customer service."""

    name = models.CharField(max_length=100)
    closed_at = models.DateTimeField(null=True)

    objects = OpenManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=models.Q(closed_at=None), name="department_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Team(TenantModel):
    """People who share work inside a department."""

    name = models.CharField(max_length=100)
    department = TenantForeignKey(Department, on_delete=models.SET_NULL, null=True, blank=True)
    closed_at = models.DateTimeField(null=True)

    objects = OpenManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], condition=models.Q(closed_at=None), name="team_name")
        ]
        indexes = [models.Index(fields=["tenant", "department"], name="team_department")]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager.from_queryset(TenantQuerySet)):
    """Filters by the active tenant; with none active, as at sign-in, finds people by e-mail or id.

    The policy of the table says the same.
    """

    def get_queryset(self) -> TenantQuerySet:
        people = super().get_queryset()
        tenant_id = current_tenant_id()
        return people if tenant_id is None else people.filter(tenant_id=tenant_id)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username or "").lower())


class User(AbstractBaseUser, TenantModel):
    """Somebody who signs in; belongs to one tenant."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=20, choices=Role.choices)
    department = TenantForeignKey(Department, on_delete=models.SET_NULL, null=True, blank=True)
    team = TenantForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    time_zone = models.CharField(max_length=64, blank=True)
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=0)
    date_joined = models.DateTimeField()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "name", "id"], name="user_name_order"),
            models.Index(fields=["tenant", "department"], name="user_department"),
            models.Index(fields=["tenant", "team"], name="user_team"),
        ]

    def __str__(self) -> str:
        return self.name

    def claim(self) -> Self:
        """Let sign-in note its time on a person of any tenant, before one is active."""
        if self.tenant_id is not None and current_tenant_id() is None:
            return self
        return super().claim()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Tie every session to the password and to the epoch: raising it ends them all for good."""
        return salted_hmac(
            "core.accounts.session",
            f"{self.session_epoch}:{self.password}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def get_full_name(self) -> str:
        return self.name


class Invitation(TenantModel):
    """An open invitation: who holds the token of the link may become a colleague of this address and role.

    It is looked up before its tenant is active, by the hash of the token. Accepted or withdrawn, it is gone.
    """

    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    department = TenantForeignKey(Department, on_delete=models.SET_NULL, null=True, blank=True)
    team = TenantForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True)
    language = models.CharField(max_length=10)
    token_hash = models.BinaryField(max_length=32)
    invited_by = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "email"], name="invitation_email")]
        indexes = [
            # Does not start with the tenant: the hash finds it.
            models.Index(fields=["token_hash"], name="invitation_by_token"),
            models.Index(fields=["tenant", "sent_at", "id"], name="invitation_by_time"),
            models.Index(fields=["tenant", "department"], name="invitation_department"),
            models.Index(fields=["tenant", "team"], name="invitation_team"),
            models.Index(fields=["tenant", "invited_by"], name="invitation_invited_by"),
        ]

    def __str__(self) -> str:
        return self.email

    def is_live(self, at: datetime) -> bool:
        """Say whether the link may still be followed."""
        return self.expires_at > at


class SecondStepSecret(TenantModel):
    """What a second step is checked by, such as the seed of a person's codes."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    secret = EncryptedTextField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["tenant", "user"], name="second_step_secret_user")]


class UserSession(TenantModel):
    """A device on which somebody is signed in; it lives as long as the session of Django's that the key names."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40)
    device = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=45)
    started_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "session_key"], name="user_session_key")]
        indexes = [models.Index(fields=["tenant", "user", "started_at"], name="user_session_of_user")]
