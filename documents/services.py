"""Adding files to a customer's archive, handing them out, and taking them away."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError
from customers.models import Customer
from customers.services.locking import lock_customer
from documents.contents import media_type_of
from documents.models import Document, DocumentPart

LARGEST = 20 * 1024 * 1024
MOST_OF_CUSTOMER = 500
PART_BYTES = 512 * 1024


class DocumentTooLarge(DomainError):
    code = "document_too_large"
    message = _("A file may have up to 20 MiB.")


class DocumentEmpty(DomainError):
    code = "document_empty"
    message = _("There is nothing in this file.")


class UnknownContent(DomainError):
    code = "unknown_content"
    message = _("This is none of the files that are kept: PDF, picture, or office file without macros.")


class TooManyDocuments(DomainError):
    code = "too_many_documents"
    message = _("A customer may have up to 500 files; remove what is no longer needed.")


class DocumentThere(DomainError):
    code = "document_there"
    message = _("The same file is there already.")


class DocumentGone(DomainError):
    code = "document_gone"
    message = _("Somebody else removed this file in the meantime.")


@transaction.atomic
def add_document(*, customer: Customer, file: IO[bytes], name: str, note: str = "", by: User, at: datetime) -> Document:
    """Keep a file with a customer, in encrypted parts; `file` is read twice, and no more than a part is held of it.

    Raises DocumentTooLarge, DocumentEmpty, UnknownContent, what media_type_of does, TooManyDocuments, DocumentThere for
    a content that the customer has already, or CustomerMerged.
    """
    size, digest = _measured(file)
    if not size:
        raise DocumentEmpty
    if size > LARGEST:
        raise DocumentTooLarge
    media_type = media_type_of(file)
    if media_type is None:
        raise UnknownContent
    customer = lock_customer(customer.pk)
    there = Document.objects.filter(customer=customer)
    if there.filter(sha256=digest).exists():
        raise DocumentThere
    if there.count() >= MOST_OF_CUSTOMER:
        raise TooManyDocuments
    document = Document.objects.create(
        customer=customer,
        file_name=name,
        note=note or None,
        media_type=media_type,
        size=size,
        sha256=digest,
        added_by=by,
        added_at=at,
    )
    file.seek(0)
    for place, content in enumerate(_parts(file)):
        DocumentPart.objects.create(document=document, place=place, content=content)
    details = {"media_type": media_type, "size": size, "sha256": digest}
    record("document.added", subject=customer, by=by, at=at, details=details)
    return document


def hand_out(*, document: Document, by: User, at: datetime) -> Iterator[bytes]:
    """Write down who got a file, and return its content part by part, each read when it is asked for."""
    record("document.handed_out", subject=document.customer, by=by, at=at, details={"sha256": document.sha256})
    return _content(document)


@transaction.atomic
def remove_document(*, document: Document, by: User, at: datetime) -> None:
    """Take a file away for good. Raises DocumentGone."""
    customer = lock_customer(document.customer_id)
    if not Document.objects.filter(pk=document.pk).select_for_update().exists():
        raise DocumentGone
    document.delete()
    details = {"media_type": document.media_type, "sha256": document.sha256}
    record("document.removed", subject=customer, by=by, at=at, details=details)


def _content(document: Document) -> Iterator[bytes]:
    for pk in document.parts.order_by("place").values_list("pk", flat=True):
        yield DocumentPart.objects.get(pk=pk).content


def _measured(file: IO[bytes]) -> tuple[int, str]:
    """Return how long a file is, as far as one byte beyond LARGEST is read, and the digest of that."""
    file.seek(0)
    size, digest = 0, hashlib.sha256()
    for part in _parts(file):
        size += len(part)
        digest.update(part)
        if size > LARGEST:
            break
    return size, digest.hexdigest()


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(PART_BYTES):
        yield part
