"""What holds at present, made from all that was ever said: the newest entry, and of two merged customers the no."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db.models import Q

from customers.enums import ConsentState
from customers.models import Consent, ConsentEntry, Contact, CustomerMerge

# By contact's id (None: the customer itself), purpose's id and channel.
Key = tuple[UUID | None, UUID, str]
FACTS = ("state", "source", "text_version", "decided_at")


def refresh_consents(ids: Collection[UUID]) -> None:
    """Write what holds for these customers anew from the entries; the caller holds the customers' rows."""
    for customer_id in ids:
        _refresh(customer_id)


def _refresh(customer_id: UUID) -> None:
    contacts = set(Contact.objects.filter(customer_id=customer_id).values_list("pk", flat=True))
    # What a contact said goes with the contact, whichever customer it was said of.
    entries = ConsentEntry.objects.filter(Q(customer_id=customer_id, contact_id=None) | Q(contact_id__in=contacts))
    merges = CustomerMerge.objects.filter(absorbed__merged_into=customer_id, undone_at=None).defer("facts")
    wanted = fold(customer_id, entries, merges)
    stored = {
        (each.contact_id, each.purpose_id, each.channel): each
        for each in Consent.objects.filter(customer_id=customer_id)
    }
    Consent.objects.filter(pk__in=[each.pk for key, each in stored.items() if key not in wanted]).delete()
    new, changed = [], []
    for key, entry in wanted.items():
        consent = stored.get(key)
        facts = {name: getattr(entry, name) for name in FACTS}
        if consent is None:
            contact_id, purpose_id, channel = key
            named = {"contact_id": contact_id, "purpose_id": purpose_id, "channel": channel}
            new.append(Consent(customer_id=customer_id, **named, **facts))
        elif facts != {name: getattr(consent, name) for name in FACTS}:
            for name, value in facts.items():
                setattr(consent, name, value)
            changed.append(consent)
    # Those of a contact that came from another customer stand there until that one is refreshed.
    Consent.objects.filter(contact_id__in=contacts).exclude(customer_id=customer_id).delete()
    Consent.objects.bulk_create(new)
    Consent.objects.bulk_update(changed, FACTS)


def fold(
    customer_id: UUID, entries: Iterable[ConsentEntry], merges: Iterable[CustomerMerge]
) -> dict[Key, ConsentEntry]:
    """Return the entry that holds for each key of a customer, into which the absorbed ones of the merges went."""
    happened: list[tuple[datetime, int, UUID, ConsentEntry | CustomerMerge]] = [
        *((entry.decided_at, 0, entry.pk, entry) for entry in entries),
        *((merge.merged_at, 1, merge.pk, merge) for merge in merges),
    ]
    said: dict[UUID, dict[Key, ConsentEntry]] = defaultdict(dict)
    for _at, _order, _pk, each in sorted(happened, key=lambda one: one[:3]):
        if isinstance(each, CustomerMerge):
            kept = said[each.kept_id]
            for key, entry in said.pop(each.absorbed_id, {}).items():
                kept[key] = stronger(kept[key], entry) if key in kept else entry
        else:
            whose = customer_id if each.contact_id else each.said_of
            said[whose][each.contact_id, each.purpose_id, each.channel] = each
    return said[customer_id]


def stronger(one: ConsentEntry, other: ConsentEntry) -> ConsentEntry:
    """Return which of two holds when their customers turn out to be one: a withdrawal, or else the newer."""
    if one.state != other.state:
        return one if one.state == ConsentState.WITHDRAWN else other
    return max(one, other, key=attrgetter("decided_at"))
