"""What may be done with files from the page of a customer."""

from django.utils.translation import gettext_lazy as _

from core.web.record_pages import Action, at
from documents.permissions import ADD

ADD_TO_CUSTOMER = Action(
    name="add_document",
    label=_("Add a file"),
    icon="file-plus",
    url=at("documents:add"),
    permission=ADD,
    order=58,
    is_in_header=False,
)
