"""The shapes in which behaviour is read: only that of customers whose consent holds now."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from behaviour.models import BehaviourEvent, CustomerBehaviour
from customers.consents.deciding import allowing
from customers.enums import Channel
from customers.models import Consent, Customer
from customers.services.purposes import BEHAVIOUR

UNSEEN = ("customer__special_needs", "customer__birthday")
NOTHING_SHIPPED = Q(customer__last_shipment_at=None) | Q(customer__last_shipment_at__lt=F("last_wish_at"))


def agreed(*, at: datetime) -> QuerySet[Consent]:
    """Return the consents by which behaviour may be kept and used; no query."""
    return allowing(purpose=BEHAVIOUR, channel=Channel.ONLINE, at=at)


def deciding_consents(customer_ids: Collection[uuid.UUID]) -> QuerySet[Consent]:
    """Return what these customers said as a whole of behaviour: whoever keeps or forgets some holds it, no query."""
    whole = {"contact": None, "purpose__key": BEHAVIOUR, "channel": Channel.ONLINE}
    return Consent.objects.filter(customer__in=customer_ids, **whole).order_by("customer_id")


def usable_events(*, at: datetime) -> QuerySet[BehaviourEvent]:
    return BehaviourEvent.objects.filter(Exists(agreed(at=at).filter(customer=OuterRef("customer"))))


def usable_figures(*, at: datetime) -> QuerySet[CustomerBehaviour]:
    """Return the figures of the customers that agreed, none of one that was merged."""
    consents = agreed(at=at).filter(customer=OuterRef("customer"))
    return CustomerBehaviour.objects.filter(Exists(consents), customer__merged_into=None)


def for_list(figures: QuerySet[CustomerBehaviour]) -> QuerySet[CustomerBehaviour]:
    """Bring the customers with who looks after them, in one query."""
    return figures.select_related("customer__account_manager").defer(*UNSEEN)


def unanswered(figures: QuerySet[CustomerBehaviour], *, since: datetime, until: datetime) -> QuerySet:
    """Leave those whose last quote or basket is of this time, and who shipped nothing since."""
    return figures.filter(NOTHING_SHIPPED, last_wish_at__gt=since, last_wish_at__lte=until)


def is_usable(customer: Customer, *, at: datetime) -> bool:
    return agreed(at=at).filter(customer=customer).exists()
