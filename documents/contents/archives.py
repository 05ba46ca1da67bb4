"""Office files of today: ZIP archives whose list of content types names the main part (ECMA-376, part 2)."""

import html
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from documents.contents.refusals import HasMacros, UnpacksTooLarge
from documents.enums import MediaType

CONTENT_TYPES = "[Content_Types].xml"
# The list of a large workbook is some ten KiB; what says more to unpack is a trap.
MOST_CONTENT_TYPES_BYTES = 1024 * 1024
MAIN_PARTS = {
    "wordprocessingml.document.main+xml": MediaType.DOCX,
    "spreadsheetml.sheet.main+xml": MediaType.XLSX,
    "presentationml.presentation.main+xml": MediaType.PPTX,
}
# A workbook of three hundred sheets with a chart each has some two thousand parts.
MOST_PARTS = 10_000
MOST_UNPACKED_BYTES = 200 * 1024 * 1024
MOST_RATIO = 100
# What is smaller may be packed as tightly as it likes: an empty sheet is little but repetition.
RATIO_FROM_BYTES = 1024 * 1024
READ_BYTES = 256 * 1024
ENTRY = b"PK\x01\x02"
# How the list of content types speaks of macros, in the file and in files within it.
MACRO_TYPES = ("vbaproject", "vbadata", "macroenabled", "macrosheet")
MACRO_PART = "vbaproject.bin"
# How the directory of a compound file names the project: macros are there, whatever the part is called.
MACRO_PROJECT = "_VBA_PROJECT".encode("utf-16-le")


def media_type_of_archive(file: IO[bytes]) -> MediaType | None:
    """Return which office file it is, if any, once all of it was unpacked. Raises HasMacros or UnpacksTooLarge."""
    if _count(file, ENTRY) > MOST_PARTS:
        raise UnpacksTooLarge
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_sizes(parts)
            kind = _main_part(archive)
            names = [part.filename.lower() for part in parts]
            if kind is None or len(set(names)) < len(names):
                return None
            if any(name.endswith(MACRO_PART) for name in names):
                raise HasMacros
            for part in parts:
                _look_through(archive, part)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError, ValueError):
        return None
    return kind


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    """Look at what the parts say of themselves, before any is unpacked. Raises UnpacksTooLarge."""
    if sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise UnpacksTooLarge
    for part in parts:
        if part.file_size > max(RATIO_FROM_BYTES, MOST_RATIO * part.compress_size):
            raise UnpacksTooLarge


def _main_part(archive: zipfile.ZipFile) -> MediaType | None:
    with archive.open(CONTENT_TYPES) as part:
        text = part.read(MOST_CONTENT_TYPES_BYTES).decode("utf-8-sig")
    # Entities of its own could hide a type, and have no place in a package.
    if "<!doctype" in text.lower():
        return None
    types = html.unescape(text)
    if any(word in types.lower() for word in MACRO_TYPES):
        raise HasMacros
    return next((kind for main, kind in MAIN_PARTS.items() if main in types), None)


def _look_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part, of which a little is held. Raises HasMacros, or BadZipFile where it is not as long as it says."""
    told, found, tail, is_archive = part.file_size, 0, b"", False
    # One that unpacks to more than it says would be cut off there, unseen.
    part.file_size += 1
    with archive.open(part) as stream:
        while content := stream.read(READ_BYTES):
            is_archive = is_archive or (not found and content.startswith(b"PK"))
            found += len(content)
            seen = tail + content
            # The names of parts stand in clear in an archive within this one.
            if MACRO_PROJECT in seen or (is_archive and MACRO_PART.encode() in seen.lower()):
                raise HasMacros
            tail = seen[1 - len(MACRO_PROJECT) :]
    if found != told:
        raise zipfile.BadZipFile


def _count(file: IO[bytes], mark: bytes) -> int:
    file.seek(0)
    return sum(_occurrences(file, mark))


def _occurrences(file: IO[bytes], mark: bytes) -> Iterator[int]:
    tail = b""
    while content := file.read(READ_BYTES):
        seen = tail + content
        yield seen.count(mark)
        tail = seen[1 - len(mark) :]
