"""How a phone number, an e-mail address and their like are written down, so that the same one is stored the same."""

import re
import unicodedata

import phonenumbers
from babel.core import get_global
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from customers.enums import ContactPointKind

MAX_LENGTH = 254
PHONE_LETTERS = re.compile(r"[\d+\-()./ ]+")


class BadContactPoint(DomainError):
    code = "bad_contact_point"


def home_country(time_zone: str) -> str | None:
    """Return the country (ISO 3166) of a time zone: a phone number without a country code is dialled there."""
    return get_global("zone_territories").get(time_zone)


def normalised(kind: str, value: str, *, country: str | None) -> str:
    """Return a phone number as E.164, an e-mail address with its domain in small letters, all without stray spaces.

    Raises BadContactPoint for what cannot be one.
    """
    value = unicodedata.normalize("NFKC", value).strip()
    if not value or len(value) > MAX_LENGTH:
        raise BadContactPoint(_("Enter at most %(letters)s letters.") % {"letters": MAX_LENGTH})
    if kind == ContactPointKind.PHONE:
        return _phone(value, country)
    if kind == ContactPointKind.EMAIL:
        return _email(value)
    return value


def _phone(value: str, country: str | None) -> str:
    refusal = BadContactPoint(_("This is no phone number. Write it as it is dialled, abroad with + and country code."))
    if not PHONE_LETTERS.fullmatch(value):
        raise refusal
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException as error:
        raise refusal from error
    if not phonenumbers.is_possible_number(number):
        raise refusal
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise BadContactPoint(_("This is no e-mail address.")) from error
    # What stands before the @ may tell capitals apart; the name of a domain does not (RFC 5321, section 2.4).
    name, domain = value.rsplit("@", 1)
    return f"{name}@{domain.lower()}"
