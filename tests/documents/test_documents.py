"""Files in a customer's archive: what is taken, who gets them, and what becomes of them."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from customers.services import erase_customer, merge_customers, undo_merge
from documents.models import Document, DocumentPart
from documents.services import (
    LARGEST,
    PART_BYTES,
    DocumentGone,
    DocumentThere,
    add_document,
    remove_document,
)
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer, panels_of

PDF = b"%PDF-1.7\n1 0 obj\n"
LIST_QUERIES = 6


@pytest.fixture
def customer(tenant, now):
    return make_customer(number="C-1", at=now)


@pytest.fixture
def document(customer, agent, now):
    return add(customer, agent, now)


def add(customer, by, at, *, content=PDF, name="合同 2026.pdf", note=""):
    return add_document(customer=customer, file=io.BytesIO(content), name=name, note=note, by=by, at=at)


def at_url(document, name):
    return reverse(f"documents:{name}", args=[document.customer_id, document.pk])


def test_file_of_the_greatest_size_comes_back_as_it_was(client, customer, agent, now):
    content = PDF + bytes(range(256)) * ((LARGEST - len(PDF)) // 256)
    client.force_login(agent)
    document = add(customer, agent, now, content=content)

    response = client.post(at_url(document, "download"))

    assert b"".join(response.streaming_content) == content
    assert document.parts.count() == -(-len(content) // PART_BYTES)
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%90%88")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_of_a_file_stands_in_clear(document):
    with connection.cursor() as cursor:
        cursor.execute("select file_name, note from documents_document")
        names = b"".join(bytes(value) for value in cursor.fetchone() if value)
        cursor.execute("select content from documents_documentpart")
        contents = b"".join(bytes(value) for (value,) in cursor.fetchall())

    assert "合同".encode() not in names
    assert b"%PDF" not in contents


def test_same_file_is_kept_once_with_a_customer_and_again_with_another(customer, document, agent, now):
    with pytest.raises(DocumentThere):
        add(customer, agent, now, name="another name.pdf")

    add(make_customer(at=now), agent, now)

    assert Document.objects.count() == 2


def test_each_step_stands_in_the_trail(client, document, agent, now):
    client.force_login(agent)
    client.post(at_url(document, "download"))
    client.post(at_url(document, "remove"))

    events = AuditEvent.objects.filter(action__startswith="document.").order_by("pk")

    assert [event.action for event in events] == ["document.added", "document.handed_out", "document.removed"]
    assert {event.details["sha256"] for event in events} == {document.sha256}
    assert not any("合同" in str(event.details) for event in events)
    assert not DocumentPart.objects.exists()


@pytest.mark.parametrize(
    ("role", "sees", "adds", "removes"),
    [
        (Role.ADMINISTRATOR, 200, 200, 302),
        (Role.SUPERVISOR, 200, 200, 302),
        (Role.AGENT, 200, 200, 403),
        (Role.ACCOUNT_MANAGER, 200, 200, 403),
        (Role.MARKETING, 403, 403, 403),
        (Role.ANALYST, 403, 403, 403),
        (Role.PRIVACY_OFFICER, 200, 403, 302),
    ],
)
def test_roles_see_add_and_remove_what_others_added(*, client_for, document, now, role, sees, adds, removes):
    client = client_for(make_user(role=role, at=now))
    pages = [reverse(f"documents:{name}", args=[document.customer_id]) for name in ("list", "add")]

    answers = [client.post(at_url(document, "download")), *map(client.get, pages)]
    taken_away = client.post(at_url(document, "remove"))

    assert [answer.status_code for answer in answers] == [sees, sees, adds]
    assert taken_away.status_code == removes


def test_file_of_another_courier_or_customer_is_not_there(*, client_for, customer, document, other_tenant, tenant, now):
    client = client_for(make_user(role=Role.SUPERVISOR, at=now))
    with inside(other_tenant, leaving=tenant):
        stranger = make_user(role=Role.AGENT, at=now)
        theirs = add(make_customer(at=now), stranger, now)
    other = make_customer(at=now)

    answers = [
        client.post(at_url(theirs, "download")),
        client.post(at_url(theirs, "remove")),
        client.post(reverse("documents:download", args=[other.pk, document.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


def test_file_is_handed_out_by_post_alone(client_for, document, agent):
    assert client_for(agent).get(at_url(document, "download")).status_code == 405


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The same file is there already."), ("zh-hans", "已有相同的文件")]
)
def test_file_is_added_by_the_page_and_the_same_again_is_refused(client_for, customer, now, language, words):
    user = make_user(role=Role.AGENT, language=language, at=now)
    client = client_for(user)
    url = reverse("documents:add", args=[customer.pk])

    def sent():
        return {"file": SimpleUploadedFile("../../contract.pdf", PDF), "note": "Signed"}

    added = client.post(url, sent())
    again = client.post(url, sent())

    assert (added.status_code, added.url) == (302, reverse("customers:detail", args=[customer.pk]))
    assert again.status_code == 422
    assert words in again.content.decode()
    document = Document.objects.get()
    assert (document.file_name, document.note, document.added_by) == ("contract.pdf", "Signed", user)


def test_panel_shows_files_and_who_may_not_see_them_nothing(client_for, customer, agent, now):
    add(customer, agent, now, note="Signed for 2026")

    assert "Signed for 2026" in panels_of(client_for(agent), customer)
    assert "合同 2026.pdf" not in panels_of(client_for(make_user(role=Role.MARKETING, at=now)), customer)


@pytest.mark.parametrize("count", [3, 30])
def test_list_takes_the_same_queries_however_many_files(
    *, client_for, customer, agent, now, count, django_assert_num_queries
):
    for number in range(count):
        add(customer, agent, now, content=PDF + str(number).encode())
    client = client_for(agent)
    url = reverse("documents:list", args=[customer.pk])
    client.get(url)

    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(url).content.decode()

    assert page.count("document-name") == count


def test_files_move_with_a_merge_and_back(customer, document, supervisor, now):
    kept = make_customer(number="C-2", at=now)
    done = merge_customers(
        kept=kept, absorbed=customer, versions=(kept.version, customer.version), take=(), by=supervisor, at=now
    )
    assert Document.objects.get().customer_id == kept.pk

    undo_merge(merge=done, by=supervisor, at=now)

    assert Document.objects.get().customer_id == customer.pk


def test_erasure_takes_files_away(customer, document, now):
    officer = make_user(role=Role.PRIVACY_OFFICER, at=now)

    erase_customer(customer=customer, reason="request", by=officer, at=now)

    assert not Document.objects.exists()
    assert not DocumentPart.objects.exists()


def test_file_is_removed_once(document, supervisor, now):
    remove_document(document=document, by=supervisor, at=now)

    with pytest.raises(DocumentGone):
        remove_document(document=document, by=supervisor, at=now)
