"""What follow-ups declare: actions in the audit trail, what their fields hold of a person, events, and what is kept."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.audit import actions
from core.crypto import revealable
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.enums import FollowUpKind, FollowUpOrigin, FollowUpState
from customers.forms.follow_ups import DUE
from customers.models import Customer, FollowUp
from customers.permissions import REVEAL
from customers.relations import Relation

actions.declare("follow_up.created", _("Follow-up opened"))
actions.declare("follow_up.updated", _("Follow-up changed"))
actions.declare("follow_up.added_to", _("More happened, added to the follow-up"))
actions.declare("follow_up.done", _("Follow-up done"))
actions.declare("follow_up.cancelled", _("Follow-up cancelled"))
actions.declare("follow_up.reopened", _("Follow-up opened again"))
actions.declare("follow_up.snoozed", _("Follow-up snoozed"))
actions.declare("follow_up.rescheduled", _("Follow-up rescheduled"))
actions.declare("follow_up.handed_over", _("Follow-up handed over"))
actions.declare("follow_up.step_undone", _("Step with the follow-up undone"))
actions.declare("follow_up.overdue", _("Follow-up overdue"))
actions.declare("follow_up_policy.changed", _("Rules of follow-ups changed"))
actions.declare("calendar.made", _("Link to the calendar made"))
actions.declare("calendar.renewed", _("Link to the calendar renewed"))
actions.declare("calendar.revoked", _("Link to the calendar revoked"))
actions.declare_fields(
    subject=_("What is to be done"),
    outcome=_("Outcome"),
    origin=_("How it came about"),
    assignee=_("Assignee"),
    due_at=DUE,
    priority=_("Priority"),
    is_promised=_("Promised to the customer"),
    snoozed_until=_("Snoozed until"),
    recurrence=_("Repeats"),
    repeats_every=_("Every so many"),
    repeats_from=_("Repeats from"),
    repeats_until=_("Repeats until"),
    state=_("State"),
    closed_by=_("Closed by"),
    escalated_at=_("Told to those who lead"),
    follow_ups=_("Follow-ups"),
)
actions.declare_values("origin", lambda: dict(FollowUpOrigin.choices))

classify(
    "customers.FollowUp",
    business="""customer code parameters cause origin kind assignee team due_at priority is_promised snoozed_until
        recurrence repeats_every repeats_from repeats_until state closed_at closed_by escalated_at created_at created_by
        version""",
    personal="subject outcome",
)
classify("customers.FollowUpPolicy", business="version rules created_by created_at")
classify("customers.CalendarFeed", business="user made_at renewed_at", sensitive="word")


def _personal(customer: Customer) -> int:
    return customer.follow_ups.exclude(subject__isnull=True, outcome__isnull=True).count()


def _erase(customer: Customer) -> None:
    """Take the words away; what is still open has nothing to be done any more."""
    customer.follow_ups.filter(state=FollowUpState.OPEN).update(
        state=FollowUpState.CANCELLED, closed_at=timezone.now(), recurrence="", repeats_from=None, repeats_until=None
    )
    customer.follow_ups.update(subject=None, outcome=None)


relations.register(
    "follow_ups",
    Relation(
        label=_("Follow-ups"),
        model=FollowUp,
        rows=lambda customer: customer.follow_ups.all(),
        personal=_personal,
        erase=_erase,
        moves="customer",
    ),
)

FACTS = {
    "customer_id": registry.record_id("the customer's id; null where it is for nobody", is_nullable=True),
    "kind": registry.text("what is to be done", values=FollowUpKind.values),
    "origin": registry.text("how it came about", values=FollowUpOrigin.values),
    "code": registry.text("which rule asked for it; empty where none did"),
    "due_at": registry.moment("by when it is to be done"),
    "assignee_id": registry.record_id("the colleague who is to do it; null where nobody is yet", is_nullable=True),
}
FOLLOW_UP = "the follow-up"

registry.declare(
    "follow_up.created",
    version=1,
    subject=FOLLOW_UP,
    payload=FACTS,
    doc="Something is to be done by a time: asked for by hand, for many at once, by a rule, or the next of a series.",
)
registry.declare(
    "follow_up.done",
    version=1,
    subject=FOLLOW_UP,
    payload=FACTS,
    doc="A follow-up was done.",
)
registry.declare(
    "follow_up.overdue",
    version=1,
    subject=FOLLOW_UP,
    payload=FACTS,
    doc="A follow-up was not done in time: its priority went up, and those who lead are told. Once for each due time.",
)


def page_of(follow_up: FollowUp) -> str:
    return reverse("customers:follow_up", args=[follow_up.pk])


for kind, label, field in (
    ("follow-up", _("What is to be done"), "subject"),
    ("follow-up-outcome", _("Outcome of a follow-up"), "outcome"),
):
    revealable.register(
        kind=kind,
        label=label,
        model=FollowUp,
        field=field,
        permission=REVEAL,
        owner=lambda follow_up: follow_up.customer or follow_up,
        url=page_of,
    )
