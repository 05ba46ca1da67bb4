"""What behaviour declares: actions in the trail, what its fields hold of a person, what is kept, and events."""

from django.utils.translation import gettext_lazy as _

from behaviour.enums import WISHES
from behaviour.models import BehaviourEvent, CustomerBehaviour
from behaviour.services.counting import count_anew
from behaviour.services.forgetting import erase_behaviour
from core.audit import actions
from core.crypto.register import classify
from core.events import registry
from customers import relations
from customers.relations import Relation

actions.declare("behaviour.forgotten", _("Behaviour on the web and in the app deleted, for lack of a consent"))
actions.declare_fields(behaviour=_("Behaviour on the web and in the app"))

classify(
    "behaviour.BehaviourEvent",
    business="""customer event_id kind source happened_at received_at section product origin_city destination_city
        amount""",
)
classify(
    "behaviour.CustomerBehaviour",
    business="""customer last_seen_at last_visit_at last_quote_at last_basket_at last_wish_at visit_count quote_count
        basket_count told_at""",
)

relations.register(
    "behaviour",
    Relation(
        label=_("Behaviour on the web and in the app"),
        model=BehaviourEvent,
        rows=lambda customer: customer.behaviour_events.all(),
        personal=lambda customer: customer.behaviour_events.count(),
        erase=erase_behaviour,
        moves="customer",
        recount=count_anew,
    ),
)
relations.register(
    "behaviour_figures",
    Relation(
        label=_("Figures of behaviour on the web and in the app"),
        model=CustomerBehaviour,
        rows=lambda customer: CustomerBehaviour.objects.filter(customer=customer),
        stays=_("They are counted anew from what both did."),
    ),
)

CUSTOMER = "the customer"
HAPPENED = {
    "event_id": registry.record_id("the id under which the event is kept"),
    "happened_at": registry.moment("when it happened"),
}
registry.declare(
    "customer.quote_asked",
    version=1,
    subject=CUSTOMER,
    payload=HAPPENED,
    doc="A customer that agreed to the use of it asked for a price on the web page or in the app.",
)
registry.declare(
    "customer.basket_left",
    version=1,
    subject=CUSTOMER,
    payload=HAPPENED,
    doc="A customer that agreed to the use of it left an order unfinished on the web page or in the app.",
)
registry.declare(
    "customer.wish_unanswered",
    version=1,
    subject=CUSTOMER,
    payload={
        "wish": registry.text("what it wished for last", values=WISHES),
        "wished_on": registry.day("the day on which it did"),
    },
    doc="A valued customer asked for a price or left an order unfinished two days ago and has shipped nothing since.",
)
