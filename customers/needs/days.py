"""Days of a week as people write them, in both languages: Mon-Fri, Mon and Wed, weekdays, 周一至周五, 工作日."""

import re

from customers.enums import Weekday

NAMED = {
    "mon": 1,
    "monday": 1,
    "tue": 2,
    "tues": 2,
    "tuesday": 2,
    "wed": 3,
    "weds": 3,
    "wednesday": 3,
    "thu": 4,
    "thur": 4,
    "thurs": 4,
    "thursday": 4,
    "fri": 5,
    "friday": 5,
    "sat": 6,
    "saturday": 6,
    "sun": 7,
    "sunday": 7,
    **dict(zip("一二三四五六日", range(1, 8), strict=True)),
    "天": 7,
}
ALL = tuple(Weekday.values)
TOGETHER = {
    **dict.fromkeys(("", "daily", "every day", "everyday", "mon-sun", "每天", "每日", "天天", "全周"), ALL),
    **dict.fromkeys(("weekday", "weekdays", "working days", "workdays", "工作日", "平日"), ALL[:5]),
    **dict.fromkeys(("weekend", "weekends", "双休日", "周末"), ALL[5:]),
}
WEEK = re.compile(r"周|星期|礼拜")
BETWEEN = re.compile(r"\s*(?:-|–|—|~|至|到|\bto\b|\bthrough\b)\s*")
PARTED = re.compile(r"[\s,、/&+和及]+|\band\b")


def days_named(text: str) -> list[int] | None:
    """Return the days that a text in small letters names, none said is every day; None where it is not understood."""
    text = text.strip(" :,、")
    if text in TOGETHER:
        return list(TOGETHER[text])
    days: set[int] = set()
    for piece in filter(None, PARTED.split(BETWEEN.sub("-", WEEK.sub("", text)))):
        found = _days_of(piece)
        if found is None:
            return None
        days |= found
    return sorted(days) or None


def _days_of(piece: str) -> set[int] | None:
    """Return the days from a first to a last, over the end of the week too, of one day, or of several without gaps."""
    first, dash, last = piece.partition("-")
    if dash:
        begins, ends = NAMED.get(first.rstrip(".")), NAMED.get(last.rstrip("."))
        if begins is None or ends is None:
            return None
        return {(begins - 1 + step) % 7 + 1 for step in range((ends - begins) % 7 + 1)}
    if piece.rstrip(".") in NAMED:
        return {NAMED[piece.rstrip(".")]}
    return {NAMED[letter] for letter in piece} if all(letter in "一二三四五六日天" for letter in piece) else None
