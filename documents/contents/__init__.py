"""What a file is, told by its content and never by its name: the few kinds that an archive takes.

Office files of today are ZIP archives (`archives`), those of before 2007 compound files (`legacy`, `compound`).
"""

from typing import IO

from documents.contents.archives import media_type_of_archive
from documents.contents.legacy import media_type_of_compound
from documents.contents.pictures import check_pixels, media_type_of_picture
from documents.enums import MediaType

HEAD_BYTES = 16
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def media_type_of(file: IO[bytes]) -> MediaType | None:
    """Return what the file is; None for what an archive of files does not take.

    The file is read where it must be, and stands at its beginning afterwards. Raises HasMacros, LockedFile,
    UnpacksTooLarge or PictureTooLarge.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        if head.startswith(b"%PDF-"):
            return MediaType.PDF
        if picture := media_type_of_picture(head):
            return picture if check_pixels(file, picture) else None
        if head.startswith(COMPOUND_FILE):
            return media_type_of_compound(file)
        return media_type_of_archive(file) if head.startswith(b"PK\x03\x04") else None
    finally:
        file.seek(0)
