"""How personal data is shown to who has not revealed it: as on a privacy waybill."""

HIDDEN = "*"


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
