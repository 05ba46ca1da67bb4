"""The links by which customers say themselves what they may be contacted for."""

import secrets
import uuid
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Q

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.scope import required_tenant_id
from customers.models import Contact, Customer, PreferenceLink
from customers.services.interactions import ContactOfAnother
from customers.services.locking import lock_customer

VALID = timedelta(days=180)


@transaction.atomic
def make_preference_link(
    *, customer: Customer, contact: Contact | None = None, by: User | None, at: datetime
) -> PreferenceLink:
    """Make the link of a customer, or of one of its contacts, in the place of any before, which end.

    Raises ContactOfAnother or CustomerMerged.
    """
    customer = lock_customer(customer.pk)
    if contact is not None and contact.customer_id != customer.pk:
        raise ContactOfAnother
    PreferenceLink.objects.filter(customer=customer, contact=contact).delete()
    link = PreferenceLink.objects.create(
        customer=customer,
        contact=contact,
        word=secrets.token_urlsafe(16),
        made_at=at,
        made_by=by,
        expires_at=at + VALID,
    )
    record("preference_link.made", of=customer, by=by, at=at)
    return link


@transaction.atomic
def revoke_preference_link(*, link: PreferenceLink, by: User, at: datetime) -> None:
    """End a link. Does nothing where it is gone."""
    customer = lock_customer(link.customer_id)
    count, _by_model = PreferenceLink.objects.filter(pk=link.pk).delete()
    if count:
        record("preference_link.revoked", of=customer, by=by, at=at)


def preference_token(link: PreferenceLink) -> str:
    """Return what proves in an address that its holder was given it; good while the row stands and has not expired."""
    return signing.dumps([link.pk.hex, link.word], salt=_salt())


def link_of(token: str, *, at: datetime) -> PreferenceLink | None:
    """Return the link that a token of the active tenant opens; None for one that is over, revoked or made up.

    One of a contact that went to another customer by a merge, or back, is that customer's.
    """
    try:
        pk, word = signing.loads(token, salt=_salt())
    except signing.BadSignature:
        return None
    links = PreferenceLink.objects.filter(
        Q(customer__merged_into=None) & Q(customer__erased_at=None), pk=uuid.UUID(pk), expires_at__gt=at
    )
    link = links.select_related("customer", "contact__customer").first()
    if link is None or not secrets.compare_digest(link.word, word):
        return None
    if link.contact is not None:
        link.customer = link.contact.customer
    return link


def _salt() -> str:
    return f"customers.preferences:{required_tenant_id()}"
