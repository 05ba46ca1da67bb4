"""Sheets of Excel, written piece by piece."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from core.web import sheets
from core.web.sheets import MOST_LETTERS, SheetTooLarge, SheetWriter

ROWS = [[f"name {number}", Decimal(number) / 4, number] for number in range(50)]


def written(pieces) -> bytes:
    """Return a file each piece of which another writer wrote, from what the one before left."""
    state = []
    file = b""
    for write in pieces:
        writer = SheetWriter(*state)
        file += write(writer)
        state = writer.state
    return file


def read(file: bytes) -> list[tuple]:
    return list(load_workbook(io.BytesIO(file), read_only=True).active.iter_rows(values_only=True))


def test_many_writers_write_one_whole_file():
    pieces = [lambda writer, at=at: writer.add(ROWS[at : at + 10]) for at in range(0, 50, 10)]

    file = written([lambda writer: writer.begin(["Name", "Amount", "Rows"]), *pieces, lambda writer: writer.end()])

    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
    assert read(file) == [("Name", "Amount", "Rows"), *((name, float(amount), rows) for name, amount, rows in ROWS)]


def test_sheet_without_rows_is_whole():
    assert read(written([lambda writer: writer.begin(["Name"]), lambda writer: writer.end()])) == [("Name",)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "=1+1"),
        ('<b> & "c" ]]>', '<b> & "c" ]]>'),
        ("two\nlines", "two\nlines"),
        (" blanks ", " blanks "),
        ("\x00\x0b\ufffewhole", "whole"),
        ("李小龙 𠮷", "李小龙 𠮷"),
        ("x" * (MOST_LETTERS + 1), "x" * MOST_LETTERS),
        (date(1899, 12, 31), "1899-12-31"),
        (date(1900, 3, 1), datetime.fromisoformat("1900-03-01")),
        (datetime.fromisoformat("2026-03-02 23:59:59"), datetime.fromisoformat("2026-03-02 23:59:59")),
        (2.5, 2.5),
        (None, None),
    ],
)
def test_cell_holds_what_was_given(value, shown):
    file = written(
        [
            lambda writer: writer.begin(["Head"]),
            lambda writer: writer.add([[value, "end"]]),
            lambda writer: writer.end(),
        ]
    )

    assert read(file)[1] == (shown, "end")


def test_sheet_larger_than_the_file_can_say_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_BYTES", 1000)

    with pytest.raises(SheetTooLarge):
        SheetWriter().add(ROWS)
