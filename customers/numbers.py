"""How a customer's or a waybill's number is written down, so that two that look alike are one."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError


class BadNumber(DomainError):
    code = "bad_number"
    message = _("The number holds an invisible character.")


def spellings(text: str) -> list[str]:
    """Return what a typed number may be stored as: as it was typed, in plain width, and in capitals."""
    plain = unicodedata.normalize("NFKC", text)
    return list(dict.fromkeys((text, plain, plain.upper())))


def clean_number(text: str) -> str:
    """Return the number in plain width without spaces around it.

    Raises BadNumber for line breaks, controls and letters that nobody sees, such as zero-width spaces.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.strip()
    if not text.isprintable():
        raise BadNumber
    return text
