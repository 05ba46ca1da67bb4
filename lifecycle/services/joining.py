"""Taking in what somebody sent by the public form."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError
from customers.enums import POINT_OF_CHANNEL, Channel, ConsentSource, ConsentState, CustomerKind
from customers.models import Contact, Purpose
from customers.services import NewContactPoint
from customers.services.consents import Choice, record_consents
from lifecycle.joining.work import key_of
from lifecycle.models import Lead, LeadSource
from lifecycle.services.leads import capture_lead
from lifecycle.turns import wait_for_number


class FormSent(DomainError):
    code = "form_sent"
    message = _("We have this form already. Send it once more only if you want to tell us something else.")


@transaction.atomic
def receive_form(
    *,
    kind: str,
    facts: Mapping[str, Any],
    contact_name: str,
    points: Collection[NewContactPoint],
    wish: str,
    agreed: Mapping[str, int],
    challenge: str,
    source_key: str = "",
    at: datetime,
) -> Lead:
    """Capture a lead by the public form, with what they agreed to: the version of its text by the purpose's key.

    It has the source of the key that stood in the address of the form, or that of the form where none in use has it.

    Whether somebody like that is known is left to the sweep of duplicates: nobody outside can tell, not by the time it
    takes either. Raises FormSent where the challenge has made a lead already.
    """
    # Two of one challenge come one by one.
    wait_for_number()
    form_key = key_of(challenge)
    if Lead.objects.filter(form_key=form_key).exists():
        raise FormSent
    lead = capture_lead(
        kind=kind,
        facts=facts,
        contact_name=contact_name,
        points=points,
        source=_source_of(source_key),
        wish=wish,
        form_key=form_key,
        by=None,
        at=at,
    )
    _keep_consents(lead, points, agreed, at=at)
    return lead


def _source_of(key: str) -> LeadSource:
    named = LeadSource.objects.filter(key=key, is_active=True).first() if key else None
    return named or LeadSource.objects.get(key=LeadSource.FORM)


def _keep_consents(lead: Lead, points: Collection[NewContactPoint], agreed: Mapping[str, int], *, at: datetime) -> None:
    """Keep a yes to each purpose, for its channels by which they can be reached, and the web and the app.

    Whoever speaks for a company says yes for themselves, not for those who will be added beside them.
    """
    reached = {point.kind for point in points}
    is_person = lead.customer.kind == CustomerKind.INDIVIDUAL
    contact = None if is_person else Contact.objects.get(customer=lead.customer)
    for purpose in Purpose.objects.filter(key__in=agreed, is_active=True).order_by("order", "id"):
        channels = [
            channel
            for channel in purpose.channels
            if channel == Channel.ONLINE or POINT_OF_CHANNEL.get(Channel(channel)) in reached
        ]
        version = agreed[purpose.key]
        if channels and purpose.may_be_decided and purpose.valid_from <= version <= purpose.text_version:
            record_consents(
                customer=lead.customer,
                contact=contact,
                choices=[Choice(purpose, channel, ConsentState.GIVEN) for channel in channels],
                source=ConsentSource.FORM,
                text_version=version,
                at=at,
            )
