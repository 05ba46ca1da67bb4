"""What files of customers declare: actions in the trail, what their fields hold of a person, and relations."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.audit import actions
from core.crypto.register import classify
from customers import relations
from customers.models import Customer
from customers.relations import Relation
from documents.enums import MediaType
from documents.models import Document, DocumentPart

actions.declare("document.added", _("File added"))
actions.declare("document.handed_out", _("File downloaded"))
actions.declare("document.removed", _("File removed"))
actions.declare_fields(
    media_type=_("Kind of file"),
    size=pgettext_lazy("file", "Size"),
    sha256=_("SHA-256 of the content"),
    documents=_("Files"),
    document_parts=_("Contents of files"),
)
actions.declare_values("media_type", lambda: dict(MediaType.choices))
actions.declare_shown("size", filesizeformat)
actions.declare_technical("sha256")

classify("documents.Document", business="customer media_type size sha256 added_by added_at", personal="file_name note")
classify("documents.DocumentPart", business="document place", personal="content")


def _erase(customer: Customer) -> object:
    return customer.documents.all().delete()


relations.register(
    "documents",
    Relation(
        label=_("Files"),
        model=Document,
        rows=lambda customer: customer.documents.all(),
        personal=lambda customer: customer.documents.count(),
        erase=_erase,
        moves="customer",
    ),
)
relations.register(
    "document_parts",
    Relation(
        label=_("Contents of files"),
        model=DocumentPart,
        personal=lambda customer: DocumentPart.objects.filter(document__customer=customer).count(),
        stays=_("They go with their files."),
    ),
)
