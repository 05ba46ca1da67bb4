"""How personal data is shown to who has not revealed it: as on a privacy waybill."""

import re
import unicodedata
from collections.abc import Collection, Iterable

HIDDEN = "*"
# Stands where a damaged value cannot be read.
UNREADABLE = "?"
SHORTEST_NUMBER = 7
# Seven digits and more, however they are grouped, in any width; not a date, nor what begins with two capitals, as
# waybills do.
_NUMBERS = re.compile(
    r"(?<!\d)(?<!(?<![A-Za-z])[A-Z]{2})(?!\d{4}-\d{1,2}-\d{1,2}(?!\d))\+?\d(?:[\s()\-.\u2010-\u2015\uff0d]{0,2}\d){6,}"
)
_EMAILS = re.compile(r"[^\s@<>,;:]+[@\uff20][^\s@<>,;:]+")


def mask_name(name: str) -> str:
    """Keep the first character of a name, and the last when there are more than two."""
    name = name.strip()
    if len(name) <= 1:
        return HIDDEN if name else ""
    if len(name) == 2:
        return name[0] + HIDDEN
    return name[0] + HIDDEN * min(len(name) - 2, 4) + name[-1]


def mask_phone(phone: str) -> str:
    """Hide at least six digits, leaving the last four and what is left before them."""
    digits = phone.strip()
    if len(digits) <= 6:
        return HIDDEN * len(digits)
    tail = digits[-4:] if len(digits) >= 10 else ""
    head = digits[: len(digits) - len(tail) - max(6, len(digits) - 7)]
    return head + HIDDEN * (len(digits) - len(head) - len(tail)) + tail


def mask_email(email: str) -> str:
    """Keep the first character and the domain."""
    local, at, domain = email.strip().partition("@")
    return f"{local[:1]}***@{domain}" if at else HIDDEN * len(local)


def mask_address(address: str) -> str:
    """Keep the first six characters, hiding street number and unit."""
    address = address.strip()
    return address[:6] + HIDDEN * 4 if len(address) > 6 else HIDDEN * len(address)


def mask_text(text: str, names: Iterable[str] = (), *, points: Collection[str] | None = None) -> str:
    """Hide the numbers of seven digits and more, the e-mails, and the given names that stand in free text.

    Where `points` are given, phone numbers and e-mails, no number or e-mail but those is hidden.
    """
    text = _EMAILS.sub(lambda found: _masked_email(found[0], points), text)
    text = _NUMBERS.sub(lambda found: _masked_number(found[0], points), text)
    for name in sorted({name.strip() for name in names}, key=len, reverse=True):
        if name:
            masked = mask_name(name)
            text = re.sub(re.escape(name), lambda _found, masked=masked: masked, text, flags=re.IGNORECASE)
    return text


def _masked_email(found: str, points: Collection[str] | None) -> str:
    email = found.replace("\uff20", "@")
    is_hidden = points is None or email.rstrip(".").casefold() in {point.casefold() for point in points}
    return mask_email(email) if is_hidden else found


def _masked_number(found: str, points: Collection[str] | None) -> str:
    number = re.sub(r"[^+\d]", "", found)
    digits = unicodedata.normalize("NFKC", number).lstrip("+0")
    known = [re.sub(r"\D", "", point) for point in points or ()]
    # A number is written with the code of its country or without.
    is_hidden = points is None or any(
        min(len(each), len(digits)) >= SHORTEST_NUMBER and (each.endswith(digits) or digits.endswith(each))
        for each in known
    )
    return mask_phone(number) if is_hidden else found


def mask_shape(text: str) -> str:
    """Keep the first character of a text that may hold anything, and what is neither letter nor digit."""
    text = text.strip()
    return text[:1] + re.sub(r"\w", HIDDEN, text[1:])
