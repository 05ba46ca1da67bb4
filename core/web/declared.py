"""What the pages' own records declare: a permission, actions in the audit trail, what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.enums import Role
from core.accounts.permissions import declare
from core.audit import actions
from core.crypto.register import classify

SHARE = declare("views.share", label=_("Share views of lists with everybody"), roles={Role.SUPERVISOR}).name

actions.declare("view.saved", _("View of a list saved"))
actions.declare("view.changed", _("View of a list changed"))
actions.declare("view.handed_over", _("View of a list handed over"))
actions.declare("view.deleted", _("View of a list deleted"))
actions.declare_fields(
    list=_("List"),
    query=_("Filters, order and columns"),
    is_shared=_("Shared"),
    changed_at=pgettext_lazy("moment", "Changed"),
)

classify("web.Notice", business="user kind source_id subject_id facts created_at read_at mail")
classify("web.NoticeChoice", business="user kind how changed_at")
classify("web.NoticeMail", business="user for_date state attempts due_at created_at error")
classify("web.SavedView", business="list_name owner is_shared created_at changed_at", personal="name query")
classify("web.ViewPin", business="user view")
classify("web.ListChoice", business="user list_name columns default_view")
classify("web.BulkOutcome", business="job subject_id outcome reason")
classify("web.Draft", business="user form record_id subject_id changed_at", personal="content")
classify("web.Undo", business="user place subject_id made_at", personal="content")
