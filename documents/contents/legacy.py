"""Office files of before 2007: what the streams of a compound file say that wrote it, and whether macros are in it."""

import re
import struct
from typing import IO

from documents.contents.compound import BadCompound, Compound
from documents.contents.refusals import HasMacros, LockedFile
from documents.enums import MediaType

# What holds macros, wherever it stands: an embedded workbook may bring some, too.
MACRO_ENTRIES = {"macros", "vba", "_vba_project", "_vba_project_cur"}
ENCRYPTED = "EncryptedPackage"
WORD, POWER_POINT, CURRENT_USER = "WordDocument", "PowerPoint Document", "Current User"
# Excel 5 and 95 said Book.
WORKBOOKS = ("Workbook", "Book")

WORD_MARK, FIRST_WORD = 0xA5EC, 0xC1
WORD_HEAD = struct.Struct("<2H6xH")
WORD_ENCRYPTED = 0x0100

RECORD = struct.Struct("<2H")
BEGINNING, ENDING, PASSWORD, SHEET = 0x0809, 0x000A, 0x002F, 0x0085
SHEET_KIND_AT, MACRO_KINDS = 5, {1, 6}

TOKEN = struct.Struct("<12xI")
PLAIN_TOKEN, ENCRYPTED_TOKEN = 0xE391C05F, 0xF3D1C4DF
# The record VbaInfoAtom: the project's place, and whether it has macros.
VBA_INFO = re.compile(rb"\x02\x00\x00\x04\x0c\x00\x00\x00(.{8})", re.DOTALL)


def media_type_of_compound(file: IO[bytes]) -> MediaType | None:
    """Return which office file it is, if any. Raises HasMacros or LockedFile."""
    try:
        compound = Compound(file)
        kind = _kind_of(compound)
    except (BadCompound, IndexError, struct.error):
        return None
    if kind and any(entry.kind and entry.name.lower() in MACRO_ENTRIES for entry in compound.entries):
        raise HasMacros
    return kind


def _kind_of(compound: Compound) -> MediaType | None:
    if ENCRYPTED in compound.streams:
        raise LockedFile
    if WORD in compound.streams:
        return _word(compound.read(WORD))
    if POWER_POINT in compound.streams and CURRENT_USER in compound.streams:
        return _power_point(compound.read(CURRENT_USER), compound.read(POWER_POINT))
    books = [compound.read(name) for name in WORKBOOKS if name in compound.streams]
    # A file for both generations of Excel has both.
    return MediaType.XLS if books and all(map(_is_workbook, books)) else None


def _word(content: bytes) -> MediaType | None:
    mark, version, flags = WORD_HEAD.unpack_from(content)
    if mark != WORD_MARK or version < FIRST_WORD:
        return None
    if flags & WORD_ENCRYPTED:
        raise LockedFile
    return MediaType.DOC


def _is_workbook(content: bytes) -> bool:
    """Return whether it begins as a workbook, by the records about all its sheets."""
    kind, length = RECORD.unpack_from(content)
    if kind != BEGINNING:
        return False
    at = 0
    while kind != ENDING:
        if kind == PASSWORD:
            raise LockedFile
        # A sheet may be of macros itself, as before there were projects.
        if kind == SHEET and content[at + RECORD.size + SHEET_KIND_AT] in MACRO_KINDS:
            raise HasMacros
        at += RECORD.size + length
        kind, length = RECORD.unpack_from(content, at)
    return True


def _power_point(user: bytes, content: bytes) -> MediaType | None:
    (token,) = TOKEN.unpack_from(user)
    if token == ENCRYPTED_TOKEN:
        raise LockedFile
    if token != PLAIN_TOKEN:
        return None
    # Its macros stand within the stream, not in the directory.
    if any(told.strip(b"\0") for told in VBA_INFO.findall(content)):
        raise HasMacros
    return MediaType.PPT
