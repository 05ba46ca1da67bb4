"""What a file is, by its content alone; what is refused of it, and why."""

import io
import struct
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from core.accounts.enums import Role
from documents.contents import media_type_of
from documents.contents.refusals import HasMacros, LockedFile, PictureTooLarge, UnpacksTooLarge
from documents.enums import MediaType
from documents.models import Document
from documents.services import LARGEST, DocumentEmpty, DocumentTooLarge, UnknownContent, add_document
from tests.documents.made import (
    SHEET_MAIN,
    SLIDES_MAIN,
    compound,
    office,
    picture,
    sheet,
    slides,
    word,
    workbook,
)
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer

PDF = b"%PDF-1.7\n1 0 obj\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROJECT = "_VBA_PROJECT".encode("utf-16-le")
MIB = 1024 * 1024


@pytest.fixture
def customer(tenant, now):
    return make_customer(number="C-1", at=now)


def add(customer, by, at, *, content, name):
    return add_document(customer=customer, file=io.BytesIO(content), name=name, by=by, at=at)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "a.exe", MediaType.PDF),
        (picture("PNG"), "a", MediaType.PNG),
        (picture("JPEG"), "a.pdf", MediaType.JPEG),
        (picture("GIF"), "a.gif", MediaType.GIF),
        (picture("WEBP"), "a.webp", MediaType.WEBP),
        (picture("PNG", (8000, 10_000)), "a.png", MediaType.PNG),
        (office(), "a.zip", MediaType.DOCX),
        (office(SHEET_MAIN), "a", MediaType.XLSX),
        (office(SLIDES_MAIN), "a", MediaType.PPTX),
        (office(parts={"word/document.xml": "vbaProject.bin " * 9}), "a.docx", MediaType.DOCX),
        (office(parts={"a.xml": bytes(MIB), "b.xml": ""}), "a.docx", MediaType.DOCX),
        (word(), "a.xls", MediaType.DOC),
        (workbook(), "a.doc", MediaType.XLS),
        (workbook(name="Book"), "a", MediaType.XLS),
        (slides(), "a.doc", MediaType.PPT),
        (slides(macros=b"\x02\0\0\x04\x0c\0\0\0" + bytes(8)), "a.ppt", MediaType.PPT),
    ],
)
def test_content_says_what_a_file_is(*, customer, agent, now, content, name, kind):
    assert add(customer, agent, now, content=content, name=name).media_type == kind


def lying(content, says):
    """The archive, whose last part says that it is only so long."""
    at = content.rindex(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", says) + content[at + 4 :]


def nested(*, mark):
    return office(parts={"word/embeddings/a.xlsx": office(SHEET_MAIN, parts={mark: b"a"})})


LOCKED_SHEET = struct.pack("<2H", 0x2F, 0)
TIGHT = {"word/document.xml": bytes(2 * MIB)}
MANY = {f"{number}.xml": bytes(MIB) for number in range(201)}


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"", "a.pdf", DocumentEmpty),
        (b"<html><script>alert(1)</script>", "a.pdf", UnknownContent),
        (b"MZ\x90\0", "a.pdf", UnknownContent),
        (office()[:60], "a.docx", UnknownContent),
        (b"PK\x03\x04" + b"\0" * 60, "a.docx", UnknownContent),
        (office("ms-other.main+xml"), "a.docx", UnknownContent),
        (office(types="<!DOCTYPE a>"), "a.docx", UnknownContent),
        (OLE + b"0" * 20, "a.doc", UnknownContent),
        (OLE + b"0" * 9000, "a.doc", UnknownContent),
        (word()[:2000], "a.doc", UnknownContent),
        (compound({"Other": b"a" * 5000}), "a.doc", UnknownContent),
        (compound({"WordDocument": b"a" * 5000}), "a.doc", UnknownContent),
        (compound({"Workbook": b"a" * 5000}), "a.xls", UnknownContent),
        (slides(token=7), "a.ppt", UnknownContent),
        (word(version=0x65), "a.doc", UnknownContent),
        (b"\x89PNG\r\n\x1a\n" + b"0" * 20, "a.png", UnknownContent),
        (b"\xff\xd8\xff\xe0" + b"0" * 20, "a.jpg", UnknownContent),
        (PDF + b"0" * LARGEST, "a.pdf", DocumentTooLarge),
        (office("ms-word.document.macroEnabled.main+xml"), "a.docx", HasMacros),
        (office(parts={"word/vbaProject.bin": b"a"}), "a.docx", HasMacros),
        (office(parts={"word/VBAPROJECT.BIN": b"a"}), "a.docx", HasMacros),
        (office(parts={"word/a.bin": OLE + bytes(9000) + PROJECT}), "a.docx", HasMacros),
        (office(parts={"word/a.bin": bytes(256 * 1024 - 7) + PROJECT}), "a.docx", HasMacros),
        (office(types='<Override ContentType="application/vnd.ms-office.vba&#80;roject"/>'), "a.docx", HasMacros),
        (office(SHEET_MAIN, types='<Default ContentType="vnd.ms-excel.macrosheet+xml"/>'), "a.xlsx", HasMacros),
        (nested(mark="xl/vbaProject.bin"), "a.docx", HasMacros),
        (word(storages=["Macros"]), "a.doc", HasMacros),
        (workbook(storages=["_VBA_PROJECT_CUR"]), "a.xls", HasMacros),
        (workbook(sheet(), sheet(kind=1)), "a.xls", HasMacros),
        (slides(macros=b"\x02\0\0\x04\x0c\0\0\0\7\0\0\0\1\0\0\0"), "a.ppt", HasMacros),
        (word(flags=0x0100), "a.doc", LockedFile),
        (workbook(LOCKED_SHEET, sheet()), "a.xls", LockedFile),
        (slides(token=0xF3D1C4DF), "a.ppt", LockedFile),
        (compound({"EncryptedPackage": b"a" * 5000}), "a.docx", LockedFile),
        (office(parts=TIGHT), "a.docx", UnpacksTooLarge),
        (office(parts=MANY), "a.docx", UnpacksTooLarge),
        (lying(office(parts={"a.xml": bytes(20 * MIB)}), 9), "a.docx", UnknownContent),
        (office() + b"PK\x01\x02" * 10_000, "a.docx", UnpacksTooLarge),
        (picture("PNG", (8000, 10_001)), "a.png", PictureTooLarge),
        (picture("GIF", (9000, 9000)), "a.gif", PictureTooLarge),
        (picture("JPEG", (9000, 9000)), "a.jpg", PictureTooLarge),
        (picture("PNG", (16_000, 16_000)), "a.png", PictureTooLarge),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "code", ""),
)
def test_what_an_archive_does_not_take_is_refused(*, customer, agent, now, content, name, refusal):
    with pytest.raises(refusal):
        add(customer, agent, now, content=content, name=name)

    assert not Document.objects.exists()


@pytest.mark.parametrize("stored", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_part_that_unpacks_to_more_than_it_says_is_no_office_file(stored):
    honest = office(parts={"a.xml": b"abc" * 999}, compression=stored)

    assert media_type_of(io.BytesIO(honest)) == MediaType.DOCX
    assert media_type_of(io.BytesIO(lying(honest, 2))) is None


@settings(max_examples=300, deadline=None)
@given(
    content=st.sampled_from([word(), workbook(), slides(), office(), picture("PNG"), picture("WEBP")]),
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=9)), min_size=1, max_size=9),
    length=st.integers(16, 1 << 14),
)
def test_spoilt_file_is_told_or_refused_and_never_a_failure(content, changes, length):
    spoilt = bytearray(content)
    for place, piece in changes:
        at = place % len(spoilt)
        spoilt[at : at + len(piece)] = piece
    file = io.BytesIO(bytes(spoilt[:length]))

    try:
        kind = media_type_of(file)
    except (HasMacros, LockedFile, UnpacksTooLarge, PictureTooLarge):
        kind = None

    assert kind is None or kind in MediaType
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "There are macros in this file."), ("zh-hans", "该文件含有宏。")],
)
def test_page_says_why_a_file_is_refused(*, client_for, customer, now, language, words):
    client = client_for(make_user(role=Role.AGENT, language=language, at=now))
    file = SimpleUploadedFile("contract.doc", word(storages=["Macros"]))

    answer = client.post(reverse("documents:add", args=[customer.pk]), {"file": file})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Document.objects.exists()
