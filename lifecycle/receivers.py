"""What follows from shipments, talks and moves, by events."""

from datetime import datetime

from core.accounts.permissions import may
from core.events.models import OutboxEvent
from core.web.notices import notify
from customers.enums import Direction
from customers.models import Customer, Interaction
from customers.services import tell_in_timeline
from lifecycle.enums import LeadState
from lifecycle.models import Lead
from lifecycle.permissions import LEADS_WORK
from lifecycle.services import LeadClosed, LeadQualified, contact_lead, move_by_shipment

IN_CHARGE = "lead_in_charge"
TOLD = ("from", "to", "cause")


def move_shipper(*, event: OutboxEvent, at: datetime) -> None:
    """Move a lead, or one that was lost, that has shipped; at once rather than by night."""
    move_by_shipment(customer_id=event.subject_id, at=event.occurred_at)


def tell_timeline(*, event: OutboxEvent, at: datetime) -> None:
    """Put the move into the customer's timeline."""
    customer = Customer.objects.filter(pk=event.subject_id).first()
    if customer is None:
        return
    tell_in_timeline(
        customer=customer,
        code=event.name,
        parameters={name: event.payload[name] for name in TOLD},
        source=f"event:{event.pk}",
        happened_at=event.occurred_at,
        at=at,
    )


def note_contact(*, event: OutboxEvent, at: datetime) -> None:
    """Take a new lead for contacted when somebody has written down what was said with it."""
    if event.payload["direction"] not in Direction.values:
        return
    lead = Lead.objects.filter(customer=event.payload["customer_id"], state=LeadState.NEW).first()
    if lead is None:
        return
    talk = Interaction.objects.filter(pk=event.subject_id).select_related("recorded_by").first()
    try:
        contact_lead(lead=lead, by=talk and talk.recorded_by, at=event.occurred_at)
    except (LeadClosed, LeadQualified):
        # Somebody was faster.
        return


def tell_in_charge(*, event: OutboxEvent, at: datetime) -> None:
    """Tell who was put in charge of a lead, unless they did it themselves or it went on to others."""
    lead = Lead.objects.filter(pk=event.subject_id, closed_at=None).select_related("assignee").defer("wish").first()
    if lead is None or lead.assignee is None or str(lead.assignee_id) != event.payload["assignee_id"]:
        return
    knows = lead.captured_by_id if event.name == "lead.captured" else None
    if lead.assignee_id != knows and may(lead.assignee, LEADS_WORK):
        notify(
            user=lead.assignee,
            kind=IN_CHARGE,
            source_id=event.pk,
            subject_id=lead.pk,
            facts={},
            at=event.occurred_at,
        )
