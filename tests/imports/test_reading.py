"""What files hold, whoever wrote them, and what is said of those that hold nothing."""

import io
import zipfile
from datetime import date

import pytest

from core.imports.reading import (
    BadHeader,
    BrokenWorkbook,
    EmptyFile,
    NotATable,
    NotThisEncoding,
    RawRow,
    Table,
    WrongEncoding,
    WrongSeparator,
)
from tests.factories.files import workbook

SIMPLIFIED = "客户编号,公司名称,地址\nC-1,深圳市顺达物流有限公司,南山区科技路一号\nC-2,上海海港食品有限公司,浦东新区\n"
TRADITIONAL = "客戶編號,公司名稱,地址\nC-1,臺北市順達物流有限公司,信義區松仁路一號\nC-2,高雄海港食品有限公司,前鎮區\n"


def read(data: bytes, encoding: str = "") -> tuple[list[str], list[list[str] | None]]:
    table = Table(io.BytesIO(data), encoding=encoding)
    return table.columns, [row.cells for row in table.rows()]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "utf-8-sig"),
        (SIMPLIFIED, "gbk"),
        (SIMPLIFIED, "gb18030"),
        (SIMPLIFIED, "utf-16"),
        (TRADITIONAL, "utf-8"),
        (TRADITIONAL, "big5"),
    ],
)
def test_letters_of_every_encoding(text, encoding):
    lines = [line.split(",") for line in text.splitlines()]

    assert read(text.encode(encoding)) == (lines[0], lines[1:])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found_out(separator):
    text = f'a{separator}"b, c"\n1{separator}"2{separator}3"\n'

    assert read(text.encode()) == (["a", "b, c"], [["1", f"2{separator}3"]])


def test_workbook_gives_what_people_see_in_it():
    data = workbook(
        [
            ["number", "phone", "day", "rate", None],
            ["C-1", 13812345678.0, date(2026, 3, 1), 1.5, None],
            [],
            [" x "],
        ]
    )

    columns, rows = read(data)

    assert columns == ["number", "phone", "day", "rate"]
    assert rows == [["C-1", "13812345678", "2026-03-01", "1.5"], ["x", "", "", ""]]


def test_short_rows_are_filled_up_and_open_quotes_are_a_problem_of_their_line():
    table = Table(io.BytesIO(b'a,b\n1\n"2,3\n\n4,5,6\n7,8,,\n'))

    assert list(table.rows()) == [
        RawRow(2, ["1", ""]),
        RawRow(3, None, "broken_quotes"),
        RawRow(5, ["4", "5", "6"]),
        RawRow(6, ["7", "8"]),
    ]


def test_rows_go_on_in_the_next_lines_where_their_quotes_are_closed_there():
    content = b'a,b,c\n1,"one\n\ntwo, ""three""",x\n2,"open,y\n3,z,\n4,"four\r\nfive",\n5,"to the end\n'
    table = Table(io.BytesIO(content))

    assert list(table.rows()) == [
        RawRow(2, ["1", 'one\n\ntwo, "three"', "x"]),
        RawRow(5, None, "broken_quotes"),
        RawRow(6, ["3", "z", ""]),
        RawRow(7, ["4", "four\nfive", ""]),
        RawRow(9, None, "broken_quotes"),
    ]


def test_an_open_quote_is_looked_after_for_fifty_lines():
    table = Table(io.BytesIO(b'a,b\n1,"one\n' + b"2,two\n" * 60 + b'3,"\n4,four\n'))

    rows = list(table.rows())

    assert rows[0] == RawRow(2, None, "broken_quotes")
    assert [row.cells for row in rows[1:]] == [["2", "two"]] * 60 + [None, ["4", "four"]]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", EmptyFile),
        (b"a,b\n", EmptyFile),
        (b"a,b\n , \n", EmptyFile),
        (b"number\nC-1\n", WrongSeparator),
        (b"number^name\nC-1^x\n", WrongSeparator),
        (b"a,a\n1,2\n", BadHeader),
        (b"%PDF-1.7", NotATable),
        (b"\x89PNG\r\n", NotATable),
        (b"\xd0\xcf\x11\xe0 old workbook", NotATable),
        (b"PK\x03\x04 cut off", BrokenWorkbook),
        (b"a,b\n\xff\xfe\xfa,\x80\n", WrongEncoding),
    ],
)
def test_files_that_cannot_be_read_say_why(data, refusal):
    with pytest.raises(refusal):
        read(data)


def test_archive_that_is_no_workbook():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "x")

    with pytest.raises(NotATable):
        read(target.getvalue())


def test_encoding_that_somebody_chose():
    assert read(SIMPLIFIED.encode("gbk"), "gb18030")[0] == ["客户编号", "公司名称", "地址"]
    with pytest.raises(NotThisEncoding):
        read(SIMPLIFIED.encode("gbk"), "utf-8")
