"""The kinds of special needs: which details each takes, when those are right, and how they are said."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, to_locale
from django.utils.translation import gettext as _

from core.tenancy.errors import DomainError
from customers.enums import HazardClass, InvoiceRule, NeedKind, Weekday

COLDEST, WARMEST = -80, 60
HIGHEST_FLOOR = 99
MOST_WINDOWS = 7
LANGUAGES = ("zh", "yue", "en", "ja", "ko", "ru", "vi", "th", "fr", "de", "es", "pt", "ar")
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

NAMES: Mapping[str, Promise] = {
    "from_degree": gettext_lazy("From (°C)"),
    "to_degree": gettext_lazy("To (°C)"),
    "hazard_class": gettext_lazy("Class"),
    "days": gettext_lazy("Days"),
    "opens": gettext_lazy("From"),
    "closes": gettext_lazy("To"),
    "floor": gettext_lazy("Floor"),
    "language": gettext_lazy("Language"),
    "rule": gettext_lazy("Invoice"),
}

Details = Mapping[str, Any]


class BadNeed(DomainError):
    code = "bad_need"
    message = gettext_lazy("These details do not fit this kind of need.")

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one kind of need is shown, said and checked.

    `check(details)` raises BadNeed. Of one that `may_repeat` a customer has several; `has_text` tells that it takes
    words of one's own besides, which are personal data.
    """

    icon: str
    colour: str
    names: tuple[str, ...] = ()
    check: Callable[[Details], None] = lambda _details: None
    words: Callable[[Details], str] | None = None
    may_repeat: bool = False
    has_text: bool = False


def checked_details(kind: str, details: Details) -> dict[str, Any]:
    """Return the details of a need as they are stored. Raises BadNeed for one that is missing or wrong."""
    known = KINDS[NeedKind(kind)]
    for name in details:
        if name not in known.names:
            raise BadNeed(name, _("This kind of need does not take it."))
    stored = {name: value for name, value in details.items() if value not in (None, "", [])}
    if "days" in stored:
        stored["days"] = sorted(set(stored["days"]))
    known.check(stored)
    return stored


def words_of(kind: str, details: Details) -> str:
    """Return what a need is, in a few words."""
    known = KINDS[NeedKind(kind)]
    return known.words(details) if known.words else str(NeedKind(kind).label)


def value_in_words(name: str, value: Any) -> str:
    """Return one detail of a need as people say it."""
    match name:
        case "hazard_class":
            return str(HazardClass(value).label)
        case "days":
            return _(", ").join(_runs(value))
        case "language":
            return language_name(value)
        case "rule":
            return str(InvoiceRule(value).label)
    return str(value)


def language_name(code: str) -> str:
    return Locale.parse(to_locale(get_language() or "en")).languages.get(code, code)


def _check_range(details: Details) -> None:
    for name in ("from_degree", "to_degree"):
        if name not in details:
            raise BadNeed(name, _("Enter both temperatures."))
        if not COLDEST <= details[name] <= WARMEST:
            raise BadNeed(name, _("Enter %(coldest)s to %(warmest)s °C.") % {"coldest": COLDEST, "warmest": WARMEST})
    if details["from_degree"] > details["to_degree"]:
        raise BadNeed("to_degree", _("The second temperature is not below the first."))


def _check_window(details: Details) -> None:
    if not details.get("days") or not set(details["days"]) <= set(Weekday):
        raise BadNeed("days", _("Choose the days."))
    for name in ("opens", "closes"):
        if not CLOCK.fullmatch(details.get(name, "")):
            raise BadNeed(name, _("Enter a time such as 09:00."))
    if details["opens"] >= details["closes"]:
        raise BadNeed("closes", _("The window ends after it begins."))


def _check_floor(details: Details) -> None:
    if not 2 <= details.get("floor", 0) <= HIGHEST_FLOOR:
        raise BadNeed("floor", _("Enter a floor from 2 to %(highest)s.") % {"highest": HIGHEST_FLOOR})


def _check_choice(name: str, choices: Any, *, is_required: bool) -> Callable[[Details], None]:
    def check(details: Details) -> None:
        if details.get(name, "") not in choices and (is_required or name in details):
            raise BadNeed(name, _("Choose one."))

    return check


def _hazard_words(details: Details) -> str:
    hazard = details.get("hazard_class")
    return str(HazardClass(hazard).label if hazard else NeedKind.DANGEROUS.label)


def _range_words(details: Details) -> str:
    return _("Cold chain, %(from_degree)s to %(to_degree)s °C") % dict(details)


def _window_words(details: Details) -> str:
    days = _(", ").join(_runs(details["days"]))
    return _("%(days)s, %(opens)s–%(closes)s") % {**details, "days": days}


def _runs(days: Sequence[int]) -> Iterator[str]:
    """Yield the days, three and more in a row as their first and last."""
    # Of days in a row the difference of number and place is the same.
    for _difference, run in groupby(enumerate(days), key=lambda each: each[1] - each[0]):
        names = [str(Weekday(day).label) for _place, day in run]
        if len(names) > 2:
            yield _("%(first)s–%(last)s") % {"first": names[0], "last": names[-1]}
        else:
            yield from names


KINDS: Mapping[NeedKind, Kind] = {
    NeedKind.FRAGILE: Kind(icon="glass", colour="orange"),
    NeedKind.COLD_CHAIN: Kind(
        icon="snowflake",
        colour="azure",
        names=("from_degree", "to_degree"),
        check=_check_range,
        words=_range_words,
    ),
    NeedKind.DANGEROUS: Kind(
        icon="flame",
        colour="red",
        names=("hazard_class",),
        check=_check_choice("hazard_class", HazardClass.values, is_required=False),
        words=_hazard_words,
    ),
    NeedKind.TIME_WINDOW: Kind(
        icon="clock",
        colour="blue",
        names=("days", "opens", "closes"),
        check=_check_window,
        words=_window_words,
        may_repeat=True,
    ),
    NeedKind.FLOOR: Kind(
        icon="stairs-up",
        colour="secondary",
        names=("floor",),
        check=_check_floor,
        words=lambda details: _("Floor %(floor)s, no lift") % dict(details),
    ),
    NeedKind.LANGUAGE: Kind(
        icon="language",
        colour="purple",
        names=("language",),
        check=_check_choice("language", LANGUAGES, is_required=True),
        words=lambda details: _("Speaks %(language)s") % {"language": language_name(details["language"])},
    ),
    NeedKind.INVOICE: Kind(
        icon="receipt",
        colour="secondary",
        names=("rule",),
        check=_check_choice("rule", InvoiceRule.values, is_required=True),
        words=lambda details: str(InvoiceRule(details["rule"]).label),
        has_text=True,
    ),
}
# What whoever calls or visits has to know.
FOR_TALKS = (NeedKind.LANGUAGE, NeedKind.TIME_WINDOW)
