from pathlib import PurePath
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from core.web.views import StaffFormView, StaffView, StepView
from customers.models import Customer
from documents.contents.refusals import HasMacros, LockedFile, PictureTooLarge, UnpacksTooLarge
from documents.forms import DocumentForm
from documents.models import Document
from documents.panel import all_documents_of
from documents.permissions import ADD, VIEW, may_remove_document
from documents.services import (
    DocumentEmpty,
    DocumentThere,
    DocumentTooLarge,
    UnknownContent,
    add_document,
    hand_out,
    remove_document,
)

ABOUT_THE_FILE = (
    DocumentEmpty,
    DocumentThere,
    DocumentTooLarge,
    UnknownContent,
    HasMacros,
    LockedFile,
    UnpacksTooLarge,
    PictureTooLarge,
)


class OfCustomerMixin:
    """A page about the files of one customer."""

    kwargs: dict[str, Any]

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(Customer.objects, pk=self.kwargs["pk"])


class DocumentListView(OfCustomerMixin, StaffView, TemplateView):
    """All files of one customer, of which there are a few hundred at most."""

    permission_required = VIEW
    template_name = "documents/document_list.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        panel = all_documents_of(self.customer, self.request.user)
        return super().get_context_data(customer=self.customer, panel=panel, **context)


class AddDocumentView(OfCustomerMixin, StaffFormView):
    permission_required = ADD
    template_name = "documents/document_form.html"
    form_class = DocumentForm
    success_message = gettext_lazy("The file was added.")
    error_fields = {error.code: "file" for error in ABOUT_THE_FILE}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **context)

    def save(self, form: DocumentForm) -> str:
        file = form.cleaned_data["file"]
        facts = {"name": PurePath(file.name).name, "note": form.cleaned_data["note"]}
        add_document(customer=self.customer, file=file, **facts, by=self.request.user, at=timezone.now())
        return reverse("customers:detail", args=[self.customer.pk])


class DownloadView(StaffView):
    """The file itself, never shown by the browser within our pages; who got it stands in the trail."""

    permission_required = VIEW
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        document = _document_of(kwargs)
        content = hand_out(document=document, by=request.user, at=timezone.now())
        response = StreamingHttpResponse(content, content_type=document.media_type)
        response.headers["Content-Length"] = str(document.size)
        name = content_disposition_header(as_attachment=True, filename=document.file_name)
        response.headers["Content-Disposition"] = name
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


class RemoveDocumentView(StepView):
    """Take a file away: one's own, or everybody's."""

    permission_required = VIEW

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        document = _document_of(kwargs)
        if not may_remove_document(request.user, document):
            raise PermissionDenied
        then = reverse("customers:detail", args=[document.customer_id])
        return self.take(remove_document, document=document, said=_("The file was removed."), then=then)


def _document_of(kwargs: dict[str, Any]) -> Document:
    documents = Document.objects.select_related("customer")
    return get_object_or_404(documents, pk=kwargs["document"], customer_id=kwargs["pk"])
