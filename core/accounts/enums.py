from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody is in the company; decides what they may do."""

    ADMINISTRATOR = "administrator", _("Administrator")
    SUPERVISOR = "supervisor", _("Supervisor")
    AGENT = "agent", _("Agent")
    ACCOUNT_MANAGER = "account_manager", _("Account manager")
    MARKETING = "marketing", _("Marketing")
    ANALYST = "analyst", _("Analyst")
    PRIVACY_OFFICER = "privacy_officer", _("Privacy officer")


class SecondStep(models.TextChoices):
    """What proves beside a password who signs in, by the names of allauth."""

    TOTP = "totp", _("Authenticator app")
    WEBAUTHN = "webauthn", _("Passkey")
    RECOVERY_CODES = "recovery_codes", _("Recovery codes")
