"""Forgetting behaviour: where the consent does not hold any more, and what is too old; and telling of wishes."""

import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce

from behaviour.enums import BehaviourKind
from behaviour.models import BehaviourEvent, CustomerBehaviour
from behaviour.querysets import agreed, deciding_consents, is_usable, unanswered, usable_figures
from behaviour.services.counting import CODE, count_figures
from core.audit.services import record_many
from core.events.models import OutboxEvent
from core.events.retention import forget_events_of
from core.events.services import publish_many
from core.partners.models import KeptAnswer
from core.tenancy.clock import local_date, months_after
from core.tenancy.scope import current_tenant
from customers.enums import FollowUpState, Tier
from customers.models import Customer, FollowUp
from customers.services.follow_up_steps import cancel_follow_up
from customers.services.locking import share_customers
from customers.services.telling import forget_told

KEPT_MONTHS = 12
# A customer that wants to ship does so within two days, and what nobody asked about for a month has gone by.
WAITS = timedelta(days=2)
GOES_BY = timedelta(days=30)
VALUED = (Tier.VIP, Tier.MID)
FOLLOW_UP = "unanswered_wish"
TOLD = ("customer.quote_asked", "customer.basket_left", "customer.wish_unanswered")


@transaction.atomic
def keep_while_agreed(*, customer: Customer, at: datetime) -> None:
    """Forget a customer's behaviour unless a consent to keep it holds still, as after a no that is older."""
    # A contact's own no leaves the customer's consent as it is: whoever writes beside it holds that one.
    list(deciding_consents([customer.pk]).select_for_update(of=("self",)))
    if not is_usable(customer, at=at):
        forget_behaviour([customer.pk], at=at)


@transaction.atomic
def forget_behaviour(customer_ids: Collection[uuid.UUID], *, at: datetime) -> int:
    """Delete all that is kept of what these customers did, with its entries in timelines and what events told of it;
    return of how many it was.

    Follow-ups that were asked for by it are given up where they are open, and say no more what it was.
    """
    share_customers(customer_ids)
    kept = CustomerBehaviour.objects.filter(customer__in=customer_ids).values("customer")
    forgotten = list(Customer.with_merged.filter(pk__in=kept).only("pk", "tenant", "number").order_by("pk"))
    _delete(customer_ids, at=at)
    record_many("behaviour.forgotten", forgotten, by=None, at=at)
    return len(forgotten)


def erase_behaviour(customer: Customer) -> None:
    """Delete what is kept of what a customer did, with the rest that is erased of it."""
    _delete([customer.pk], at=None)


def _delete(customer_ids: Collection[uuid.UUID], *, at: datetime | None) -> None:
    BehaviourEvent.objects.filter(customer__in=customer_ids).delete()
    CustomerBehaviour.objects.filter(customer__in=customer_ids).delete()
    forget_told(code=CODE, customers=customer_ids)
    forget_events_of(_with_absorbed(customer_ids), names=TOLD)
    # Nobody can tell from outside of whom they are; without them the same event is found by its own id.
    KeptAnswer.objects.filter(route__endswith="/behaviour-events").delete()
    asked = FollowUp.objects.filter(customer__in=customer_ids, code=FOLLOW_UP)
    if at is not None:
        for follow_up in asked.filter(state=FollowUpState.OPEN).order_by("pk"):
            cancel_follow_up(follow_up=follow_up, by=None, at=at)
    asked.update(parameters={})


def _with_absorbed(customer_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return these and who was merged into them: what was told of those is of these now."""
    return {*customer_ids, *Customer.with_merged.filter(merged_into__in=customer_ids).values_list("pk", flat=True)}


@transaction.atomic
def tidy_behaviour(*, business_date: date, at: datetime) -> dict[str, Any]:
    """Forget what is too old and what no consent allows any more, and tell of wishes without a shipment."""
    before = months_after(at, -KEPT_MONTHS)
    old = BehaviourEvent.objects.filter(happened_at__lt=before).order_by().values_list("customer_id", flat=True)
    held = _hold({*old.distinct(), *_disallowed(at)})
    return {
        "aged": _forget_old(held, before),
        "forgotten": forget_behaviour(held & _disallowed(at), at=at),
        "told": tell_unanswered(at=at),
    }


def _hold(customer_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Hold customers, all at once and in the order in which merges and erasures do, so that nobody adds to them."""
    customers = Customer.with_merged.select_for_update(of=("self",)).filter(pk__in=customer_ids)
    return set(customers.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def tell_unanswered(*, at: datetime) -> int:
    """Tell, once for each, of valued customers that asked for a quote or left a basket two days ago and have shipped
    nothing since; return of how many.
    """
    figures = unanswered(usable_figures(at=at), since=at - GOES_BY, until=at - WAITS)
    untold = figures.filter(customer__tier__in=VALUED).exclude(told_at__gte=F("last_wish_at"))
    # In the order in which whoever counts holds them.
    due = list(untold.select_for_update(of=("self",), no_key=True).order_by("customer_id"))
    zone = current_tenant().time_zone
    for each in due:
        each.told_at = each.last_wish_at
    CustomerBehaviour.objects.bulk_update(due, ["told_at"], batch_size=2000)
    told = [
        (
            each.customer_id,
            {"wish": _wish(each), "wished_on": local_date(each.last_wish_at, zone).isoformat()},
        )
        for each in due
    ]
    publish_many("customer.wish_unanswered", told, at=at)
    return len(due)


def _wish(figures: CustomerBehaviour) -> str:
    return BehaviourKind.QUOTE if figures.last_quote_at == figures.last_wish_at else BehaviourKind.BASKET


def _forget_old(customer_ids: Collection[uuid.UUID], before: datetime) -> int:
    count, _by_model = BehaviourEvent.objects.filter(customer__in=customer_ids, happened_at__lt=before).delete()
    forget_told(code=CODE, customers=customer_ids, before=before)
    count_figures(customer_ids)
    return count


def _disallowed(at: datetime) -> set[uuid.UUID]:
    """Return of whom something is kept, or was told in events, though the consent has lapsed, was given to an older
    text, or does not hold since a merge.
    """
    consents = agreed(at=at).filter(customer=OuterRef("customer"))
    kept = CustomerBehaviour.objects.filter(~Exists(consents)).values_list("customer_id", flat=True)
    told_of = Customer.with_merged.filter(pk__in=OutboxEvent.objects.filter(name__in=TOLD).values("subject_id"))
    standing = told_of.annotate(standing=Coalesce("merged_into", "pk"))
    told = standing.filter(~Exists(agreed(at=at).filter(customer=OuterRef("standing"))))
    return {*kept, *told.order_by().values_list("standing", flat=True)}
