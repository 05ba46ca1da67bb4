"""Who is told that a customer was handed over."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.accounts.models import User
from core.events.models import OutboxEvent
from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from core.web.models import Notice
from core.web.notices import Words, notify
from customers.enums import HandoverReason
from customers.models import Customer
from customers.querysets import for_search
from customers.services import tell_in_timeline

HANDED_OVER = "customer_handed_over"
# Who stands in what a timeline tells of a handover, and what their names are called in it.
PEOPLE = {"from_id": "former", "to_id": "new"}
# Of what came in a file, and of all that a colleague left, people are told together, elsewhere.
TOLD_TOGETHER = (HandoverReason.IMPORTED, HandoverReason.LEFT)
# Of what comes and goes by the hundred one notice tells for the whole day.
TOLD_BY_DAY = (HandoverReason.ASSIGNED, HandoverReason.REBALANCED, HandoverReason.RETURNED)


def tell_managers(*, event: OutboxEvent, at: datetime) -> None:
    """Tell who looks after a customer from now on, and who did until then; not whoever did it themselves."""
    told = event.payload
    if told["reason"] in TOLD_TOGETHER:
        return
    wanted = {told["from_id"]: "former", told["to_id"]: "new"}
    people = User.objects.filter(pk__in=[pk for pk in wanted if pk], is_active=True)
    for person in people:
        if str(person.pk) == told["by_id"]:
            continue
        role, reason = wanted[str(person.pk)], told["reason"]
        is_daily = reason in TOLD_BY_DAY
        notify(
            user=person,
            kind=HANDED_OVER,
            source_id=_day_of(event, role) if is_daily else event.pk,
            subject_id=person.pk if is_daily else event.subject_id,
            facts={"role": role, "reason": reason},
            at=event.occurred_at,
        )


def _day_of(event: OutboxEvent, role: str) -> uuid.UUID:
    """Return what makes handovers of one day for one reason one source."""
    day = local_date(event.occurred_at, current_tenant().time_zone)
    return uuid.uuid5(event.tenant_id, f"{day.isoformat()}:{event.payload['reason']}:{role}")


def tell_timeline(*, event: OutboxEvent, at: datetime) -> None:
    """Put the handover into the customer's timeline."""
    customer = Customer.objects.filter(pk=event.subject_id).first()
    if customer is None:
        return
    had, has = event.payload["from_id"] is not None, event.payload["to_id"] is not None
    tell_in_timeline(
        customer=customer,
        code=event.name,
        parameters={"what": "changed" if had and has else "taken" if has else "given_up"}
        | {name: event.payload[name] for name in ("from_id", "to_id", "reason")},
        source=f"event:{event.pk}",
        happened_at=event.occurred_at,
        at=at,
    )


def handover_in_words(facts: Mapping[str, Any]) -> str:
    """Say a handover as a customer's timeline tells it: from whom to whom, where `facts` have names, and why."""
    reason = HandoverReason(facts["reason"]).label
    if facts.keys() & PEOPLE.values():
        nobody = pgettext("looks after a customer", "nobody")
        people = {"former": facts.get("former", nobody), "new": facts.get("new", nobody)}
        return _("From %(former)s to %(new)s: %(reason)s") % {**people, "reason": reason}
    words = {
        "changed": _("Another account manager looks after this customer: %(reason)s"),
        "taken": _("This customer has an account manager: %(reason)s"),
        "given_up": _("Nobody looks after this customer any more: %(reason)s"),
    }
    return words[facts["what"]] % {"reason": reason}


def describe_handovers(notices: Sequence[Notice]) -> dict[uuid.UUID, Words]:
    """Say in words which customer came to, or went from, the reader; one query."""
    customers = for_search(Customer.objects).in_bulk({notice.subject_id for notice in notices})
    words = {
        notice.pk: _words(customers[notice.subject_id], notice.facts)
        for notice in notices
        if notice.subject_id in customers
    }
    return words | {notice.pk: _daily_words(notice) for notice in notices if notice.facts["reason"] in TOLD_BY_DAY}


def _daily_words(notice: Notice) -> Words:
    is_new = notice.facts["role"] == "new"
    text = _("Customers have come to you") if is_new else _("You gave up customers")
    url = f"{reverse('customers:list')}?account_manager={notice.user_id}"
    return Words(text, url, str(HandoverReason(notice.facts["reason"]).label))


def _words(customer: Customer, facts: Mapping[str, str]) -> Words:
    text = _("You look after %(customer)s from now on") if facts["role"] == "new" else _("You gave up %(customer)s")
    url = reverse("customers:detail", args=[customer.pk])
    return Words(text % {"customer": customer.display_name}, url, str(HandoverReason(facts["reason"]).label))
