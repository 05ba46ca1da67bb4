"""Time zones in people's words: the city, its country, and how far it is from UTC."""

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _


def is_zone(name: str) -> bool:
    return name in _known()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    # Reads every file of the time zone database.
    return frozenset(zoneinfo.available_timezones())


def main_name(zone: str) -> str:
    """Return the one name of a zone that has several, as Asia/Shanghai for Asia/Chongqing."""
    return get_global("zone_aliases").get(zone, zone)


def zone_words(zone: str) -> str:
    """Return a zone in the active language with its distance from UTC today, such as “Shanghai, China (UTC+08:00)”."""
    return _words(zone, _locale(), timezone.now().date())


def zone_choices() -> Sequence[tuple[str, str]]:
    """Return each zone of a city once, by its main name and in words, from west to east and by name."""
    return _choices(_locale(), timezone.now().date())


def _locale() -> str:
    return to_locale(get_language() or "en")


@lru_cache(maxsize=8)
def _choices(locale: str, day: date) -> Sequence[tuple[str, str]]:
    names = {main_name(zone) for zone in _known() if "/" in zone and not zone.startswith("Etc/")}
    found = [(_distance(zone, day), _words(zone, locale, day), zone) for zone in names if is_zone(zone)]
    return [(zone, words) for _offset, words, zone in sorted(found)]


def _words(zone: str, locale: str, day: date) -> str:
    country = get_global("zone_territories").get(main_name(zone))
    # Argentina's zones are named after the country as well.
    city = get_timezone_location(zoneinfo.ZoneInfo(zone), locale=locale, return_city=True).rpartition("/")[2]
    land = Locale.parse(locale).territories.get(country, "")
    facts = {"city": city, "country": land, "offset": _offset_words(_distance(zone, day))}
    # Singapore is in Singapore.
    pattern = _("%(city)s (%(offset)s)") if land in {"", city} else _("%(city)s, %(country)s (%(offset)s)")
    return pattern % facts


def _distance(zone: str, day: date) -> timedelta:
    return datetime.combine(day, time(12), tzinfo=UTC).astimezone(zoneinfo.ZoneInfo(zone)).utcoffset() or timedelta()


def _offset_words(distance: timedelta) -> str:
    minutes = int(distance.total_seconds()) // 60
    return f"UTC{'−' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
