from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError


class HasMacros(DomainError):
    code = "document_has_macros"
    message = _("There are macros in this file. Save it without macros and add it again.")


class LockedFile(DomainError):
    code = "document_locked"
    message = _("This file is protected by a password. Save it without one and add it again.")


class UnpacksTooLarge(DomainError):
    code = "document_unpacks_too_large"
    message = _(
        "This file is packed too tightly: unpacked it may have up to 200 MiB, no part above 100 times its size."
    )


class PictureTooLarge(DomainError):
    code = "picture_too_large"
    message = _("A picture may have up to 80 million pixels.")
