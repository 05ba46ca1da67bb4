"""Files for tests: office files of both generations, byte by byte, and pictures."""

import io
import struct
import zipfile

from PIL import Image

WORD_MAIN = "openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET_MAIN = "openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SLIDES_MAIN = "openxmlformats-officedocument.presentationml.presentation.main+xml"
SECTOR, CUTOFF = 512, 4096
NONE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def office(main=WORD_MAIN, *, parts=None, types="", compression=zipfile.ZIP_DEFLATED):
    """An office file of today, with more parts by name and what else its list of types says."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        listed = f'<Types><Override ContentType="application/vnd.{main}"/>{types}</Types>'
        archive.writestr("[Content_Types].xml", listed)
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return file.getvalue()


def compound(streams, *, storages=()):
    """A compound file of one storage with the streams by name, and empty storages beside them."""
    sectors, fat, entries = [], [], []

    def keep(content):
        begin, count = len(sectors), -(-len(content) // SECTOR)
        sectors.extend(content[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(content), SECTOR))
        fat.extend([*range(begin + 1, begin + count), END] if count else [])
        return begin if count else END

    minis, mini_fat, placed = b"", [], {}
    for name, content in streams.items():
        if len(content) >= CUTOFF:
            placed[name] = keep(content)
            continue
        begin, count = len(mini_fat), -(-len(content) // 64)
        minis += content.ljust(count * 64, b"\0")
        mini_fat += [*range(begin + 1, begin + count), END]
        placed[name] = begin
    names = [*streams, *storages]
    entries.append(_entry("Root Entry", 5, child=1, start=keep(minis), size=len(minis)))
    for place, name in enumerate(names, start=1):
        right = place + 1 if place < len(names) else NONE
        is_stream = name in streams
        facts = {"start": placed[name], "size": len(streams[name])} if is_stream else {}
        entries.append(_entry(name, 2 if is_stream else 1, right=right, **facts))
    mini_fat_at = keep(struct.pack(f"<{len(mini_fat)}I", *mini_fat))
    directory_at = keep(b"".join(entries))
    fat_sectors = -(-(len(fat) + 2) * 4 // SECTOR)
    fat_at = len(sectors)
    fat += [FAT_SECTOR] * fat_sectors
    fat += [NONE] * (fat_sectors * SECTOR // 4 - len(fat))
    header = struct.pack("<8s16s5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 62, 3, 0xFFFE, 9, 6,
        0, fat_sectors, directory_at, 0, CUTOFF, mini_fat_at, 1, END, 0)  # fmt: skip
    header += struct.pack("<109I", *range(fat_at, fat_at + fat_sectors), *[NONE] * (109 - fat_sectors))
    return header + b"".join(sectors) + struct.pack(f"<{len(fat)}I", *fat)


def _entry(name, kind, *, right=NONE, child=NONE, start=END, size=0):
    coded = name.encode("utf-16-le")
    return struct.pack("<64sHBB3I16x4x16xIQ", coded, len(coded) + 2, kind, 1, NONE, right, child, start, size)


def word(*, version=0xC1, flags=0, storages=()):
    return compound({"WordDocument": struct.pack("<2H6xH", 0xA5EC, version, flags) + b"w" * 5000}, storages=storages)


def sheet(kind=0):
    return struct.pack("<2HIBB", 0x85, 6, 0, 0, kind)


def workbook(*records, name="Workbook", storages=()):
    content = struct.pack("<2H", 0x0809, 4) + b"\0\6\5\0" + b"".join(records or [sheet()]) + struct.pack("<2H", 10, 0)
    return compound({name: content}, storages=storages)


def slides(*, token=0xE391C05F, macros=b""):
    user = struct.pack("<8xII", 0x14, token)
    return compound({"Current User": user, "PowerPoint Document": b"\x0f\0\xe8\3" + b"p" * 5000 + macros})


def picture(kind, size=(3, 2)):
    file = io.BytesIO()
    Image.new("1", size).convert("RGB" if kind in {"JPEG", "WEBP"} else "1").save(file, kind)
    return file.getvalue()
