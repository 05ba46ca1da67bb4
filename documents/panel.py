"""What a customer's page shows of its files."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.accounts.permissions import may
from core.crypto.fields import readable
from customers.models import Customer
from documents.models import Document
from documents.permissions import ADD, may_remove_document

SHOWN = 20


@dataclass(frozen=True)
class DocumentShown:
    document: Document
    name: str
    note: str
    may_remove: bool


@dataclass(frozen=True)
class DocumentsPanel:
    """Files, the newest first; `is_cut` where there are more than are shown, and `add_url` adds one, for who may."""

    documents: list[DocumentShown]
    add_url: str
    is_cut: bool


def documents_of(customer: Customer, user: Any) -> DocumentsPanel:
    """Return what a customer's page shows, the newest first; one query."""
    return _panel(customer, user, most=SHOWN)


def all_documents_of(customer: Customer, user: Any) -> DocumentsPanel:
    """Return every file of a customer, the newest first; one query."""
    return _panel(customer, user, most=None)


def _panel(customer: Customer, user: Any, *, most: int | None) -> DocumentsPanel:
    found = Document.objects.filter(customer=customer).select_related("added_by").order_by("-added_at", "-id")
    rows = list(found[: most + 1] if most else found)
    return DocumentsPanel(
        documents=[
            DocumentShown(
                document=document,
                name=readable(document, "file_name") or "?",
                note=readable(document, "note") or "",
                may_remove=may_remove_document(user, document),
            )
            for document in rows[:most]
        ],
        add_url=reverse("documents:add", args=[customer.pk]) if may(user, ADD) else "",
        is_cut=most is not None and len(rows) > most,
    )
