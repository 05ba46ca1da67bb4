"""Whether somebody may be contacted: pure rules, and the one question that everything asks before it sends."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils.functional import cached_property

from core.tenancy.clock import months_after
from customers.enums import ALLOWING, POINT_OF_CHANNEL, Channel, ConsentState, ContactReason, PurposeBasis
from customers.models import Consent, Contact, ContactPoint, Customer, Purpose

ALLOWED_BY = {
    PurposeBasis.CONSENT: ContactReason.CONSENTED,
    PurposeBasis.CONTRACT: ContactReason.CONTRACT,
    PurposeBasis.INTEREST: ContactReason.INTEREST,
}


@dataclass(frozen=True)
class Decision:
    """Whether somebody may be contacted, and every reason why not, or the one why; `consent` is what they said last."""

    reasons: tuple[ContactReason, ...]
    consent: Consent | None = None

    @property
    def is_allowed(self) -> bool:
        return all(reason in ALLOWING for reason in self.reasons)

    @property
    def words(self) -> str:
        """The reasons in the active language."""
        return " · ".join(str(reason.label) for reason in self.reasons)


class Standing:
    """All that decides whether one customer, or one of its contacts, may be contacted; at most four queries."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer

    @cached_property
    def purposes(self) -> dict[str, Purpose]:
        """The purposes in use by their keys, in the order of pages."""
        found = Purpose.objects.filter(is_active=True).order_by("order", "id")
        return {purpose.key: purpose for purpose in found}

    @cached_property
    def consents(self) -> dict[tuple, Consent]:
        """What was said, by contact's id (None: by the customer itself), purpose's id and channel."""
        found = Consent.objects.filter(customer=self.customer)
        return {(each.contact_id, each.purpose_id, each.channel): each for each in found}

    @cached_property
    def points(self) -> set[tuple]:
        """The kinds of contact points, with the id of the contact."""
        found = ContactPoint.objects.filter(contact__customer=self.customer)
        return set(found.values_list("contact_id", "kind"))

    @cached_property
    def has_address(self) -> bool:
        return self.customer.addresses.exists()

    def decide(self, purpose: str, channel: str, *, contact: Contact | None = None, at: datetime) -> Decision:
        """Return whether the customer, or the contact, may be contacted by this channel for the purpose of this key."""
        contact_id = contact and contact.pk
        found = self.purposes.get(purpose)
        if found is None:
            return Decision((ContactReason.NOT_IN_USE,))
        said = effective(
            own=contact_id and self.consents.get((contact_id, found.pk, channel)),
            whole=self.consents.get((None, found.pk, channel)),
        )
        refusals = [*self._refusals(contact_id, channel), *refusals_of(found, channel, said, at=at)]
        return Decision(tuple(refusals) or (ALLOWED_BY[PurposeBasis(found.basis)],), said)

    def _refusals(self, contact_id: object, channel: str) -> Iterator[ContactReason]:
        if self.customer.erased_at is not None:
            yield ContactReason.ERASED
        elif not self._is_reachable(contact_id, channel):
            yield ContactReason.UNREACHABLE

    def _is_reachable(self, contact_id: object, channel: str) -> bool:
        if channel == Channel.VISIT:
            return self.has_address
        if channel == Channel.ONLINE:
            return True
        kind = POINT_OF_CHANNEL[Channel(channel)]
        return any(of == kind and contact_id in (None, whose) for whose, of in self.points)


def may_contact(
    *, customer: Customer, purpose: str, channel: str, contact: Contact | None = None, at: datetime
) -> Decision:
    """Return whether a customer, or one of its contacts, may be contacted at a time by a channel, and why.

    `purpose` is the key of one in the register. Everything that is sent asks this first; at most four queries.
    """
    return Standing(customer).decide(purpose, channel, contact=contact, at=at)


class MonthsAfter(Func):
    """A moment some months later, as `months_after` counts them."""

    function = ""
    arg_joiner = " + interval '1 month' * "
    output_field: Any = DateTimeField()


def allowing(*, purpose: str, channel: str, at: datetime) -> QuerySet[Consent]:
    """Return the consents of whole customers by which a purpose that rests on consent may be carried out; no query.

    It is `may_contact` for many: of a customer of whom one contact said no there is none, for what is not known to be
    about somebody else may be about that one.
    """
    refused = Consent.objects.filter(
        customer=OuterRef("customer"),
        purpose=OuterRef("purpose"),
        channel=channel,
        contact__isnull=False,
        state=ConsentState.WITHDRAWN,
    )
    given = Consent.objects.filter(
        ~Exists(refused),
        purpose__key=purpose,
        purpose__is_active=True,
        purpose__basis=PurposeBasis.CONSENT,
        purpose__channels__contains=[channel],
        customer__erased_at=None,
        contact=None,
        channel=channel,
        state=ConsentState.GIVEN,
        text_version__gte=F("purpose__valid_from"),
    )
    lapses = MonthsAfter(F("decided_at"), F("purpose__lapses_after_months"))
    return given.alias(lapses_at=lapses).filter(Q(purpose__lapses_after_months=None) | Q(lapses_at__gt=at))


def effective(*, own: Consent | None, whole: Consent | None) -> Consent | None:
    """Return what holds of what a contact said itself and what was said for the whole customer.

    Nobody's no is taken back by somebody else: a contact's own stands, and a later one of the customer ends its yes.
    """
    if own is None or whole is None:
        return own or whole
    is_ended = whole.state == ConsentState.WITHDRAWN and whole.decided_at > own.decided_at
    return whole if own.state == ConsentState.GIVEN and is_ended else own


def refusals_of(purpose: Purpose, channel: str, said: Consent | None, *, at: datetime) -> Collection[ContactReason]:
    """Return why the purpose and what was said to it speak against a contact."""
    refusals = [] if channel in purpose.channels else [ContactReason.NOT_COVERED]
    if not purpose.may_be_decided:
        return refusals
    asks_consent = purpose.basis == PurposeBasis.CONSENT
    if said is not None and said.state == ConsentState.WITHDRAWN:
        return [*refusals, ContactReason.WITHDRAWN if asks_consent else ContactReason.OPTED_OUT]
    if not asks_consent:
        return refusals
    if said is None:
        return [*refusals, ContactReason.NO_CONSENT]
    if said.text_version < purpose.valid_from:
        refusals.append(ContactReason.TEXT_CHANGED)
    if purpose.lapses_after_months and months_after(said.decided_at, purpose.lapses_after_months) <= at:
        refusals.append(ContactReason.LAPSED)
    return refusals
