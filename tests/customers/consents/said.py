"""What customers say, for tests."""

from customers.enums import ConsentSource, ConsentState
from customers.models import Consent, Purpose
from customers.services.consents import Choice, record_consents

GIVEN, WITHDRAWN = ConsentState.GIVEN, ConsentState.WITHDRAWN


def purpose_of(key="marketing"):
    return Purpose.objects.get(key=key)


def say(customer, state, *, at, purpose="marketing", channels=("sms",), source=ConsentSource.PHONE, **facts):
    found = purpose_of(purpose)
    choices = [Choice(found, channel, state) for channel in channels]
    return record_consents(customer=customer, choices=choices, source=source, at=at, **facts)


def held(customer):
    """What holds of a customer and its contacts."""
    found = Consent.objects.filter(customer=customer).select_related("purpose")
    return {(each.contact_id, each.purpose.key, each.channel): str(each.state) for each in found}
