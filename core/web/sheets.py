"""An XLSX workbook of one sheet, written piece by piece: whoever goes on needs three numbers, not what came before.

A workbook is a ZIP archive (ECMA-376, part 2). Its one large member stands last, as pieces of one deflate stream
that each end on a byte (RFC 1951, section 3.2.4), with its sum and its sizes behind it (APPNOTE.TXT, 4.3.9). Text is
written as text, so a spreadsheet runs none of it.
"""

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

# What a sheet of Excel holds, less its head; and what a cell holds.
MOST_ROWS = 1_048_575
MOST_LETTERS = 32_767
# Larger members need the fields of ZIP64.
MOST_BYTES = 0xFFFF_FFFF - (1 << 26)
FIRST_DAY = datetime.fromisoformat("1899-12-30")
# Excel takes 1900 for a leap year, so earlier days would be shown one off.
FIRST_TRUE_DAY = date(1900, 3, 1)
HEAD, WHOLE, MONEY, DAY, MOMENT = range(1, 6)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_SMALL = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_SHEET = "xl/worksheets/sheet1.xml"
_STORED, _DEFLATED, _SUM_FOLLOWS = 0, 8, 0x0008
_NEW_YEAR_1980 = 0x0021


class SheetTooLarge(Exception):
    """The sheet would be larger than the file can say."""


@dataclass
class SheetWriter:
    """Writes a sheet from where the three numbers say that it stands: `begin`, then any number of `add`, then `end`.

    Moments must be without a time zone, in the reader's.
    """

    crc: int = 0
    size: int = 0
    packed: int = 0

    @property
    def state(self) -> list[int]:
        """What another writer needs to go on from here."""
        return [self.crc, self.size, self.packed]

    def begin(self, heads: Sequence[str]) -> bytes:
        """Return the beginning of the file, with the heads of the columns, which stay in sight."""
        small = b"".join(_local(name, _whole(text)) + _whole(text) for name, text in _SMALL.items())
        pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        opening = (
            f'{_XML}<worksheet xmlns="{_MAIN}">'
            f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
            f'<cols><col min="1" max="{len(heads)}" width="20" customWidth="1"/></cols><sheetData>'
        )
        cells = "".join(_text(head, HEAD) for head in heads)
        return small + _local(_SHEET, None) + self._packed(f"{opening}<row>{cells}</row>")

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Return rows of values as a piece of the file. Raises SheetTooLarge."""
        text = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        piece = self._packed(text) if text else b""
        if self.size > MOST_BYTES:
            raise SheetTooLarge
        return piece

    def end(self) -> bytes:
        """Return the end of the file."""
        piece = self._packed("</sheetData></worksheet>")
        end = zlib.compressobj(wbits=-zlib.MAX_WBITS).flush()
        self.packed += len(end)
        behind = struct.pack("<4sLLL", b"PK\x07\x08", self.crc, self.packed, self.size)
        directory, offset = b"", 0
        for name, text in _SMALL.items():
            content = _whole(text)
            directory += _listed(name, sums=(zlib.crc32(content), len(content), len(content)), offset=offset)
            offset += len(_local(name, content)) + len(content)
        sums = (self.crc, self.packed, self.size)
        directory += _listed(_SHEET, flags=_SUM_FOLLOWS, method=_DEFLATED, sums=sums, offset=offset)
        start = offset + len(_local(_SHEET, None)) + self.packed + len(behind)
        count = len(_SMALL) + 1
        last = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
        return piece + end + behind + directory + last

    def _packed(self, text: str) -> bytes:
        content = text.encode()
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        piece = deflate.compress(content) + deflate.flush(zlib.Z_SYNC_FLUSH)
        self.crc = zlib.crc32(content, self.crc)
        self.size += len(content)
        self.packed += len(piece)
        return piece


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, Decimal):
        return _number(f"{value:f}", MONEY)
    if isinstance(value, int | float):
        return _number(repr(value), WHOLE if isinstance(value, int) else 0)
    if isinstance(value, datetime) and value.date() >= FIRST_TRUE_DAY:
        since = value - FIRST_DAY
        return _number(repr(since.days + since.seconds / 86_400), MOMENT)
    if isinstance(value, date) and not isinstance(value, datetime) and value >= FIRST_TRUE_DAY:
        return _number(str((value - FIRST_DAY.date()).days), DAY)
    return _text(str(value))


def _number(digits: str, style: int) -> str:
    return f'<c s="{style}"><v>{digits}</v></c>'


def _text(value: str, style: int = 0) -> str:
    shown = escape(_NOT_XML.sub("", value)[:MOST_LETTERS])
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def _whole(text: str) -> bytes:
    return (_XML + text).encode()


def _local(name: str, content: bytes | None) -> bytes:
    """Return what stands before a member; None for the one whose sum and sizes follow it."""
    flags, method = (_SUM_FOLLOWS, _DEFLATED) if content is None else (0, _STORED)
    crc, size = (0, 0) if content is None else (zlib.crc32(content), len(content))
    head = struct.pack(
        "<4sHHHHHLLLHH", b"PK\x03\x04", 20, flags, method, 0, _NEW_YEAR_1980, crc, size, size, len(name), 0
    )
    return head + name.encode()


def _listed(name: str, *, flags: int = 0, method: int = _STORED, sums: Sequence[int], offset: int) -> bytes:
    """Return a member's entry in the directory at the end; `sums` are its check sum, its packed and its whole size."""
    head = struct.pack("<4sHHHHHHLLL", b"PK\x01\x02", 20, 20, flags, method, 0, _NEW_YEAR_1980, *sums)
    return head + struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, offset) + name.encode()
