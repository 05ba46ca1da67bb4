"""What service requests declare: actions in the audit trail, what their fields hold of a person, and events."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.audit import actions
from core.crypto import revealable
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.models import Customer
from customers.permissions import REVEAL
from customers.relations import Relation
from service_requests.enums import CLOSED, RequestKind
from service_requests.models import ServiceRequest
from service_requests.policies import DEADLINES, RULES

actions.declare("service_request.opened", _("Service request opened"))
actions.declare("service_request.taken", _("Service request taken"))
actions.declare("service_request.moved", _("Service request moved"))
actions.declare("service_request.waits", _("Service request waits"))
actions.declare("service_request.resumed", _("Service request goes on"))
actions.declare("service_request.closed", _("Service request closed"))
actions.declare("service_request.overdue", _("Deadline of the service request passed"))
actions.declare("service_policy.changed", _("Working hours or deadlines changed"))
actions.declare_fields(
    type=pgettext_lazy("service request", "Type"),
    waits_for=_("Waits for"),
    waiting_since=_("Waits since"),
    waited_seconds=_("Seconds waited in working time"),
    queue_at=_("Place in the queue"),
    warn_at=_("Time of the warning"),
    warned_at=_("Warned of the deadline"),
    overdue_told_at=_("Told to those who lead"),
    requests=_("Service requests"),
    **RULES,
    **DEADLINES,
)
actions.declare_values("type", lambda: dict(RequestKind.choices))

classify(
    "service_requests.ServicePolicy",
    business="version days opens_at closes_at holidays extra_days hours created_by created_at",
)
classify(
    "service_requests.ServiceRequest",
    business="""serial number kind state customer shipment department team assignee waits_for waiting_since
        waited_seconds allowed_hours opened_at due_at head_start_hours queue_at warn_at warned_at overdue_told_at
        closed_at opened_by opened_by_key version""",
    personal="text outcome",
)


def _with_text(customer: Customer) -> int:
    return customer.service_requests.filter(Q(text__isnull=False) | Q(outcome__isnull=False)).count()


relations.register(
    "service_requests",
    Relation(
        label=_("Service requests"),
        model=ServiceRequest,
        rows=lambda customer: customer.service_requests.all(),
        personal=_with_text,
        erase=lambda customer: customer.service_requests.update(text=None, outcome=None),
        moves="customer",
    ),
)

for kind, label, field in (
    ("service-request", _("What the customer wishes"), "text"),
    ("service-request-outcome", _("What came of it"), "outcome"),
):
    revealable.register(
        kind=kind,
        label=label,
        model=ServiceRequest,
        field=field,
        permission=REVEAL,
        owner=lambda request: request.customer,
        url=lambda request: reverse("service_requests:detail", args=[request.pk]),
    )

TOLD = {
    "number": registry.text("the request's number"),
    "customer_id": registry.record_id("the customer's id"),
    "department_id": registry.record_id("the id of the department in charge, null for none", is_nullable=True),
    "team_id": registry.record_id("the id of the team that serves the tier, where it is in charge", is_nullable=True),
    "assignee_id": registry.record_id("the id of the colleague in charge, null for nobody yet", is_nullable=True),
}
KIND = registry.text("what the customer wishes", values=RequestKind.values)
DUE_AT = registry.moment("the deadline")
REQUEST = "the service request"

registry.declare(
    "service_request.opened",
    version=1,
    subject=REQUEST,
    payload={**TOLD, "kind": KIND},
    doc="A customer wishes something that is no complaint.",
)
registry.declare(
    "service_request.assigned",
    version=1,
    subject=REQUEST,
    payload=TOLD,
    doc="A department, or a colleague who did not take it themselves, was put in charge of a request.",
)
registry.declare(
    "service_request.done",
    version=1,
    subject=REQUEST,
    payload={**TOLD, "kind": KIND, "state": registry.text("done, or declined", values=CLOSED)},
    doc="A request was closed: what was wished for was done, or declined for a reason.",
)
registry.declare(
    "service_request.due_soon",
    version=1,
    subject=REQUEST,
    payload={**TOLD, "kind": KIND, "due_at": DUE_AT},
    doc="Four fifths of the working time that a request may take are used up: who is in charge is warned. Once each.",
)
registry.declare(
    "service_request.overdue",
    version=1,
    subject=REQUEST,
    payload={**TOLD, "kind": KIND, "due_at": DUE_AT},
    doc="The deadline of a request has passed while it ran: those who lead are told. Once each, and in working time.",
)
