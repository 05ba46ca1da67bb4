"""Where an address is: its country, and in China the division that its parts, or the line it was written as, name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from babel import Locale
from django.utils.translation import get_language, gettext_lazy, to_locale

from core.crypto.fields import readable
from core.tenancy.scope import current_tenant
from customers.contact_points import home_country
from customers.divisions import COUNTRY as CHINA
from customers.divisions import Division, PlaceMismatch, find, read_line
from customers.models import Address

# Territories of Unicode that are no countries of ISO 3166.
NO_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"))

UNPLACED = gettext_lazy("No province, city or district was recognised. Add them, so that the address can be found.")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The parts of an address; `division_code` names the deepest division that is known of it."""

    country: str
    region: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    division_code: str = ""


def settle(place: Place) -> Place:
    """Return an address in China with the whole names and the code of its division; any other one as it is.

    Where no part is given, they are read from the street, which may be a whole line; a street that repeats the parts
    loses them. Raises PlaceMismatch where the parts, or the parts and the street, contradict each other.
    """
    place = replace(place, division_code="")
    if place.country != CHINA:
        return place
    if not (place.region or place.city or place.district):
        read = read_line(place.street)
        return _at(place, read.division, read.rest) if read.division and read.rest else place
    division = find(region=place.region, city=place.city, district=place.district)
    return _at(place, *_with_street(place, division)) if division else place


def _with_street(place: Place, division: Division) -> tuple[Division, str]:
    """Return the division of an address, deeper where its street says so, and the street without what it repeats."""
    read = read_line(place.street)
    if read.division is None:
        read = read_line(place.street, within=division)
    if read.division is None or not read.rest:
        return division, place.street
    if read.division.holds(division):
        return division, read.rest
    if not division.holds(read.division):
        raise PlaceMismatch(name=read.division.name, within=division.name, field="street")
    # A development zone, say, was named in the place of the district.
    return (division, place.street) if place.district else (read.division, read.rest)


def settle_or_keep(place: Place) -> Place:
    """Return the same, or where parts contradict each other the address as it was given, with no division."""
    try:
        return settle(place)
    except PlaceMismatch:
        return replace(place, division_code="")


def place_of(address: Address) -> Place:
    """Return where an address is, as far as its street can be read, as if it had been written just now."""
    return settle_or_keep(
        Place(
            country=address.country,
            region=address.region,
            city=address.city,
            district=address.district,
            street=readable(address, "street") or "",
        )
    )


def lacks_place(where: Place | Address) -> bool:
    """Say whether of an address in China nothing is known but its street."""
    return where.country == CHINA and not (where.region or where.city or where.district)


def read(place: Place) -> Place:
    """Return an address as it is to be shown while it is written: a line that says it all stands above the parts."""
    line = settle_or_keep(Place(country=place.country, street=place.street))
    return line if line.division_code else settle_or_keep(place)


def _at(place: Place, division: Division, street: str) -> Place:
    """Return a place in a division; what the division does not say stays as it was given."""
    return replace(
        place,
        region=division.region,
        city=division.city or place.city,
        district=division.district or ("" if division.is_called(place.district) else place.district),
        street=street,
        division_code=division.code,
    )


def country_at_home() -> str:
    """Return the country of the tenant, where addresses are unless they say otherwise; empty where none is known."""
    return home_country(current_tenant().time_zone) or ""


def countries() -> Mapping[str, str]:
    """Return what the countries of ISO 3166 are called in the reader's language, by code, in the order of the names."""
    territories = Locale.parse(to_locale(get_language() or "en")).territories
    named = {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    }
    return dict(sorted(named.items(), key=lambda each: each[1]))
