"""What a file is, told by its content and never by its name: the few kinds that an archive takes.

Office files of today are ZIP archives whose list of content types names the main part (ECMA-376, part 2); those of
before 2007 are compound files, of which the ending says what wrote them.
"""

import zipfile
import zlib
from pathlib import PurePath
from typing import IO

from documents.enums import MediaType

HEAD_BYTES = 16
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
COMPOUND_ENDINGS = {".doc": MediaType.DOC, ".xls": MediaType.XLS, ".ppt": MediaType.PPT}
CONTENT_TYPES = "[Content_Types].xml"
# The list of a large workbook is some ten KiB; what says more to unpack is a trap.
MOST_CONTENT_TYPES_BYTES = 1024 * 1024
MAIN_PARTS = {
    b"wordprocessingml.document.main+xml": MediaType.DOCX,
    b"spreadsheetml.sheet.main+xml": MediaType.XLSX,
    b"presentationml.presentation.main+xml": MediaType.PPTX,
}


def media_type_of(file: IO[bytes], name: str) -> MediaType | None:
    """Return what the file is; None for what an archive does not take, files with macros among it.

    The file is read where it must be, and stands at its beginning afterwards.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        return _by_head(head) or _compound(head, name) or _office(file, head)
    finally:
        file.seek(0)


def _by_head(head: bytes) -> MediaType | None:
    if head.startswith(b"%PDF-"):
        return MediaType.PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return MediaType.GIF
    return MediaType.WEBP if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def _compound(head: bytes, name: str) -> MediaType | None:
    return COMPOUND_ENDINGS.get(PurePath(name).suffix.lower()) if head.startswith(COMPOUND_FILE) else None


def _office(file: IO[bytes], head: bytes) -> MediaType | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(file) as archive, archive.open(CONTENT_TYPES) as part:
            types = part.read(MOST_CONTENT_TYPES_BYTES)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        return None
    return next((kind for main, kind in MAIN_PARTS.items() if main in types), None)
