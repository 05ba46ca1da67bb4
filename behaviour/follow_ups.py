"""What is to be done about those who wanted to ship and did not."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from behaviour.models import CustomerBehaviour
from behaviour.querysets import NOTHING_SHIPPED, usable_figures
from behaviour.services.forgetting import FOLLOW_UP
from behaviour.words import wish_in_words
from core.events.models import OutboxEvent
from customers.enums import FollowUpKind
from customers.follow_ups.rules import Rule, Wanted


def wanted_for_wish(event: OutboxEvent, at: datetime) -> Wanted | None:
    """Ask for a call, unless the customer has shipped by now or agrees no longer."""
    standing = usable_figures(at=at).filter(NOTHING_SHIPPED, customer=event.subject_id)
    figures: CustomerBehaviour | None = standing.select_related("customer").first()
    if figures is None:
        return None
    return Wanted(
        customer=figures.customer,
        cause=f"wish:{figures.customer_id}",
        parameters={name: event.payload[name] for name in ("wish", "wished_on")},
    )


UNANSWERED_WISH = Rule(
    code=FOLLOW_UP,
    label=_("Somebody wanted to ship and did not"),
    event="customer.wish_unanswered",
    wanted=wanted_for_wish,
    say=wish_in_words,
    hours=9,
    kind=FollowUpKind.CALL,
    add=lambda _kept, new: dict(new),
    # What somebody wrote into a timeline stays there when the consent ends.
    done=_("Offered help with a shipment."),
)
