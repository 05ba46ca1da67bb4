"""Taking in what customers did on the web page and in the app, behind their consent."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from behaviour.enums import BehaviourKind
from behaviour.models import BehaviourEvent
from behaviour.querysets import agreed, deciding_consents
from behaviour.services.counting import count_figures, tell_days
from core.events.services import publish_many
from core.partners.bulk.kinds import RowStatus
from core.tenancy.errors import DomainError
from customers.models import Customer
from customers.services.interactions import AHEAD
from customers.services.locking import share_customers

OLDEST_DAYS = 30
FACTS = ("kind", "source", "happened_at", "section", "product", "origin_city", "destination_city", "amount")


class NoSuchCustomer(DomainError):
    code = "no_such_customer"
    message = _("There is no such customer.")


class NotAgreed(DomainError):
    code = "no_consent"
    message = _("The customer has not agreed to this use, or has withdrawn; nothing was kept.")


class NotYetHappened(DomainError):
    code = "not_yet_happened"
    message = _("This time lies in the future.")


class HappenedTooLongAgo(DomainError):
    code = "happened_too_long_ago"
    message = format_lazy(_("Only what happened within the last {days} days is taken."), days=OLDEST_DAYS)


class EventIdTaken(DomainError):
    code = "event_id_taken"
    message = _("There is an event of this id already, with other content.")


@dataclass(slots=True)
class SentEvent:
    """An event to be kept, of the customer of an id, or of a number; `outcome` is a RowStatus, or why it is refused."""

    event_id: str
    facts: Mapping[str, Any]
    customer_id: uuid.UUID | None = None
    customer_number: str = ""
    outcome: str | DomainError = RowStatus.UNCHANGED
    event: BehaviourEvent | None = field(default=None, repr=False)


@transaction.atomic
def record_event(*, sent: SentEvent, at: datetime) -> tuple[BehaviourEvent, bool]:
    """Keep one event; return it, and whether it is new. Raises what record_events finds wrong with it."""
    record_events(sent=[sent], at=at)
    if isinstance(sent.outcome, DomainError):
        raise sent.outcome
    return sent.event, sent.outcome == RowStatus.CREATED


@transaction.atomic
def record_events(*, sent: Sequence[SentEvent], at: datetime) -> None:
    """Keep events of customers that agreed, no id twice among them; the outcome of each says what became of it.

    The same again is kept once. No trail is left of single events: what was withdrawn could not be taken out of it.
    A few statements, however many there are.
    """
    good = [each for each in sent if _is_timely(each, at)]
    if not good:
        return
    _find_customers(good)
    ids = {each.customer_id for each in good} - {None}
    share_customers(ids)
    # A withdrawal, be it a contact's own, waits until what is written here can be seen, and deletes it, or is seen
    # here: by a statement that begins when they are held.
    list(deciding_consents(ids).select_for_update(of=("self",), no_key=True))
    allowed = set(agreed(at=at).filter(customer__in=ids).values_list("customer_id", flat=True))
    for each in good:
        if not isinstance(each.outcome, DomainError) and each.customer_id not in allowed:
            each.outcome = NotAgreed()
    new = _keep([each for each in good if not isinstance(each.outcome, DomainError)], at)
    if new:
        count_figures({event.customer_id for event in new})
        tell_days([(event.customer_id, event.happened_at) for event in new], at=at)
        _publish(new, at)


def _is_timely(sent: SentEvent, at: datetime) -> bool:
    happened_at = sent.facts["happened_at"]
    if happened_at > at + AHEAD:
        sent.outcome = NotYetHappened()
    elif happened_at < at - timedelta(days=OLDEST_DAYS):
        sent.outcome = HappenedTooLongAgo()
    return not isinstance(sent.outcome, DomainError)


def _find_customers(sent: Iterable[SentEvent]) -> None:
    """Give each the id of its customer; who was merged is the one in its place."""
    sent = list(sent)
    numbers = {each.customer_number for each in sent if each.customer_number}
    ids = {each.customer_id for each in sent if each.customer_id}
    customers = Customer.with_merged.filter(Q(number__in=numbers) | Q(pk__in=ids))
    found: dict[Any, uuid.UUID] = {}
    for pk, number, standing in customers.values_list("pk", "number", Coalesce("merged_into", "pk")):
        found[pk] = found[number] = standing
    for each in sent:
        each.customer_id = found.get(each.customer_number or each.customer_id)
        if each.customer_id is None:
            each.outcome = NoSuchCustomer()


def _keep(sent: Sequence[SentEvent], at: datetime) -> list[BehaviourEvent]:
    """Write the events that are not there yet, be they written by somebody else at this moment; return them."""
    events = [
        BehaviourEvent(event_id=each.event_id, customer_id=each.customer_id, received_at=at, **each.facts)
        for each in sorted(sent, key=lambda each: (each.customer_id, each.event_id))
    ]
    if not events:
        return []
    BehaviourEvent.objects.bulk_create(events, ignore_conflicts=True)
    ids = [event.event_id for event in events]
    kept = {event.event_id: event for event in BehaviourEvent.objects.filter(event_id__in=ids)}
    made = {event.pk for event in events}
    for each in sent:
        each.event = kept[each.event_id]
        if each.event.pk in made:
            each.outcome = RowStatus.CREATED
        elif _is_same(each):
            each.outcome = RowStatus.UNCHANGED
        else:
            each.outcome = EventIdTaken()
    return [each.event for each in sent if each.outcome == RowStatus.CREATED]


def _is_same(sent: SentEvent) -> bool:
    """Tell whether what is kept says the same; a merge may have moved it, so the customer is the one of now."""
    blank = BehaviourEvent(**sent.facts)
    same = all(getattr(sent.event, name) == getattr(blank, name) for name in FACTS)
    return same and sent.event.customer_id == sent.customer_id


def _publish(events: Iterable[BehaviourEvent], at: datetime) -> None:
    told = defaultdict(list)
    for event in events:
        facts = {"event_id": str(event.pk), "happened_at": event.happened_at.isoformat()}
        told[event.kind].append((event.customer_id, facts))
    publish_many("customer.quote_asked", told[BehaviourKind.QUOTE], at=at)
    publish_many("customer.basket_left", told[BehaviourKind.BASKET], at=at)
