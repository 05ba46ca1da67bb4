"""Which days may be the birthday of somebody."""

from datetime import date

EARLIEST = date(1900, 1, 1)


def may_be_birthday(day: date, *, today: date) -> bool:
    """Say whether somebody can have been born on a day."""
    return EARLIEST <= day <= today
