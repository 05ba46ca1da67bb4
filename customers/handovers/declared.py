"""What handovers declare: an action in the audit trail, what is kept of them, and their event."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.declared import CUSTOMER, NUMBER, VERSION
from customers.enums import HandoverReason
from customers.models import ManagerTerm
from customers.querysets import selves
from customers.relations import Relation

actions.declare("customer.handed_over", _("Customer handed over"))
actions.declare_fields(
    giver=_("Looked after by until then"),
    taker=_("Looked after by from then on"),
    handover_reason=_("Why it was handed over"),
    open_work=_("Open work that went along"),
    manager_terms=_("Who looked after the customer"),
)
actions.declare_values("handover_reason", lambda: dict(HandoverReason.choices))

classify("customers.ManagerTerm", business="customer manager reason started_at ended_at end_reason")

relations.register(
    "manager_terms",
    Relation(
        label=_("Who looked after the customer"),
        model=ManagerTerm,
        rows=lambda customer: ManagerTerm.objects.filter(customer__in=selves(customer)),
        stays=_("They tell who looked after each of the two until then."),
        goes_along=Q(),
    ),
)

registry.declare(
    "customer.handed_over",
    version=1,
    subject=CUSTOMER,
    payload={
        "number": NUMBER,
        "version": VERSION,
        "from_id": registry.record_id("the id of who looked after it until then, null for nobody", is_nullable=True),
        "to_id": registry.record_id("the id of its account manager from now on, null for nobody", is_nullable=True),
        "by_id": registry.record_id("the id of the colleague who did it, null for a program", is_nullable=True),
        "reason": registry.text("why", values=HandoverReason.values),
    },
    doc="Another account manager, or nobody, looks after a customer from now on; the customer can be told.",
)
