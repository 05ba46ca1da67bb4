"""What events declare: actions in the audit trail, and what their fields hold of a person."""

from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify

actions.declare("event.sent_again", _("Dead letters sent again"))
actions.declare_fields(receiver=_("Receiver"))

classify("events.OutboxEvent", business="name version subject_id payload occurred_at")
classify("events.EventDelivery", business="event receiver state attempts due_at settled_at error")
