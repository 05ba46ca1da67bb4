"""How names and places are written down, so that what looks alike is alike, and which names can be none."""

import re
import unicodedata

from core.crypto.sounds import is_chinese

# Letters, digits and signs in full width; Chinese punctuation, of which brackets belong to names, stays as it is.
_WIDE = {ord(wide): unicodedata.normalize("NFKC", wide) for wide in "＆＇＋－．／＠＿　\u00a0"}
_WIDE |= {
    code: chr(code - 0xFEE0) for first, last in ("０９", "ＡＺ", "ａｚ") for code in range(ord(first), ord(last) + 1)
}
# Marks of order and direction, soft hyphens and the like: nobody sees them, and they make two of one name.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_HALF_WIDE = re.compile("[\uff61-\uff9f]+")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_ODD = re.compile(
    r"(test|testing|tester|demo|asdf|qwerty|xxx|abc|none|null|nil|n/?a|unknown|nobody|anonymous|no name|"
    r"customer|mr|mrs|ms|miss|sir|madam|"
    r"测试|測試|试用|无|無|无名|無名|未知|不详|不詳|匿名|佚名|暂无|客户|客戶|顾客|先生|女士|小姐|老板|老师)"
    r"[\s.\d_-]*",
    re.IGNORECASE,
)
MOST_PLAIN = 3


def plain_text(text: str) -> str:
    """Return a name or a place as it is stored: composed, letters in plain width, nothing invisible, single blanks."""
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_WIDE)
        text = _HALF_WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return _BLANKS.sub(" ", text).strip()


def is_odd(name: str) -> bool:
    """Say whether a name can be none: one letter or one said again, no letter at all, a form of address, a test."""
    folded = plain_text(name).casefold()
    letters = [each for each in folded if each.isalpha()]
    if len(letters) < 2 or (len(letters) >= MOST_PLAIN and len(set(letters)) == 1):
        return True
    return _ODD.fullmatch(folded) is not None


def full_name(family_name: str, given_name: str) -> str:
    """Return the name of somebody from its two parts: in Chinese without a blank and the family name first."""
    if is_chinese(family_name) and is_chinese(given_name):
        return f"{family_name}{given_name}"
    return f"{given_name} {family_name}"
