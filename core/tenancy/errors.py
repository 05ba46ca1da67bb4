from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal by a business rule: a stable `code` for machines and a `message` fit for people."""

    code = "refused"
    message: str | Promise = _("This cannot be done.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class RecordChanged(DomainError):
    """Somebody else wrote a newer version of the record than the one that was read."""


class NoActiveTenant(RuntimeError):
    """Rows of tenants were asked for with no tenant active."""


class WrongTenant(RuntimeError):
    """A second tenant was about to be entered, or a row of another tenant to be written."""


class TenantBusy(RuntimeError):
    """The tenant could not be had alone, because somebody's transaction in it does not end."""
