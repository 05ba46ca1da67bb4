"""Whether somebody may be contacted: one pure rule, asked for one customer or for many, before anything is sent."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils.functional import cached_property

from core.tenancy.clock import months_after
from customers.consents.reaching import Point, point_to_use, points_for, read_points
from customers.enums import ALLOWING, POINT_OF_CHANNEL, Channel, ConsentState, ContactReason, PurposeBasis
from customers.models import Address, Consent, Contact, ContactPoint, Customer, Purpose

ALLOWED_BY = {
    PurposeBasis.CONSENT: ContactReason.CONSENTED,
    PurposeBasis.CONTRACT: ContactReason.CONTRACT,
    PurposeBasis.INTEREST: ContactReason.INTEREST,
}
# By contact's id (None: by the customer itself), purpose's id and channel.
Said = Mapping[tuple[UUID | None, UUID, str], Consent]


@dataclass(frozen=True)
class Decision:
    """Whether somebody may be contacted, and every reason why not, or the one why; `consent` is what they said last.

    `point_id` is the contact point to use where they may. It is None for a visit, and where everybody of the customer
    who could be reached said no for themselves.
    """

    reasons: tuple[ContactReason, ...]
    consent: Consent | None = None
    point_id: UUID | None = None

    @property
    def is_allowed(self) -> bool:
        return all(reason in ALLOWING for reason in self.reasons)

    @property
    def words(self) -> str:
        """The reasons in the active language."""
        return " · ".join(str(reason.label) for reason in self.reasons)


class Facts(Protocol):
    """What decides of one customer, whenever it is read."""

    @property
    def is_erased(self) -> bool: ...

    @property
    def has_address(self) -> bool: ...

    @property
    def points(self) -> Collection[Point]: ...

    @property
    def consents(self) -> Said: ...


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
    def consents(self) -> Said:
        found = Consent.objects.filter(customer=self.customer)
        return {(each.contact_id, each.purpose_id, each.channel): each for each in found}

    @cached_property
    def points(self) -> list[Point]:
        return read_points(ContactPoint.objects.filter(contact__customer=self.customer))

    @cached_property
    def has_address(self) -> bool:
        return self.customer.addresses.exists()

    @property
    def is_erased(self) -> bool:
        return self.customer.erased_at is not None

    def decide(self, purpose: str, channel: str, *, contact: Contact | None = None, at: datetime) -> Decision:
        """Return whether the customer, or the contact, may be contacted by this channel for the purpose of this key."""
        return decide(self, self.purposes.get(purpose), channel, contact_id=contact and contact.pk, at=at)


@dataclass
class _Read:
    """What decides of one of many customers, read beforehand for one purpose and channel."""

    is_erased: bool
    has_address: bool = False
    points: list[Point] = field(default_factory=list)
    consents: dict[tuple[UUID | None, UUID, str], Consent] = field(default_factory=dict)


def may_contact(
    *, customer: Customer, purpose: str, channel: str, contact: Contact | None = None, at: datetime
) -> Decision:
    """Return whether a customer, or one of its contacts, may be contacted at a time by a channel, and why.

    `purpose` is the key of one in the register. Everything that is sent asks this first; at most four queries.
    """
    return Standing(customer).decide(purpose, channel, contact=contact, at=at)


def may_contact_many(*, customers: Collection[UUID], purpose: str, channel: str, at: datetime) -> dict[UUID, Decision]:
    """Return what may_contact says of each of these customers, by id; four queries, however many they are.

    An id that is no customer's, or that of one who was merged, is left out.
    """
    stored = Customer.objects.filter(pk__in=customers).values_list("pk", "erased_at")
    read = {pk: _Read(is_erased=erased_at is not None) for pk, erased_at in stored}
    found = Purpose.objects.filter(key=purpose, is_active=True).first()
    if found is not None:
        _read_consents(read, found, channel)
        _read_ways(read, channel)
    return {pk: decide(facts, found, channel, at=at) for pk, facts in read.items()}


def _read_consents(read: Mapping[UUID, _Read], purpose: Purpose, channel: str) -> None:
    for consent in Consent.objects.filter(customer__in=list(read), purpose=purpose, channel=channel):
        read[consent.customer_id].consents[consent.contact_id, purpose.pk, channel] = consent


def _read_ways(read: Mapping[UUID, _Read], channel: str) -> None:
    if channel == Channel.VISIT:
        for customer_id in Address.objects.filter(customer__in=list(read)).values_list("customer_id", flat=True):
            read[customer_id].has_address = True
    if channel not in POINT_OF_CHANNEL:
        return
    points = ContactPoint.objects.filter(contact__customer__in=list(read), kind=POINT_OF_CHANNEL[Channel(channel)])
    for point in read_points(points):
        read[point.customer_id].points.append(point)


def decide(
    facts: Facts, purpose: Purpose | None, channel: str, *, contact_id: UUID | None = None, at: datetime
) -> Decision:
    """Return the decision of one customer or contact for a purpose; None is one that is not in use."""
    if purpose is None:
        return Decision((ContactReason.NOT_IN_USE,))
    said = _said(facts.consents, purpose, channel, contact_id)
    refusals = (*unreachable(facts, channel, contact_id), *refusals_of(purpose, channel, said, at=at))
    if refusals:
        return Decision(refusals, said)
    reason = ALLOWED_BY[PurposeBasis(purpose.basis)]
    point = point_to_use(_willing(facts, purpose, channel, contact_id, at=at))
    return Decision((reason,), said, point and point.id)


def _said(consents: Said, purpose: Purpose, channel: str, contact_id: UUID | None) -> Consent | None:
    own = None if contact_id is None else consents.get((contact_id, purpose.pk, channel))
    return effective(own=own, whole=consents.get((None, purpose.pk, channel)))


def unreachable(facts: Facts, channel: str, contact_id: UUID | None) -> Iterator[ContactReason]:
    """Yield why a customer, or a contact, cannot be reached by a channel, whatever for."""
    if facts.is_erased:
        yield ContactReason.ERASED
    elif channel == Channel.VISIT:
        if not facts.has_address:
            yield ContactReason.UNREACHABLE
    elif channel == Channel.ONLINE:
        # Whoever uses the web page or the app is there.
        return
    elif not (points := points_for(facts.points, channel, contact_id=contact_id)):
        yield ContactReason.UNREACHABLE
    elif point_to_use(points) is None:
        yield ContactReason.POINT_OPTED_OUT


def _willing(facts: Facts, purpose: Purpose, channel: str, contact_id: UUID | None, *, at: datetime) -> Iterable[Point]:
    """Yield the points that may be used; for a whole customer none of a contact whose own no stands."""
    if channel not in POINT_OF_CHANNEL:
        return
    for point in points_for(facts.points, channel, contact_id=contact_id):
        if not refusals_of(purpose, channel, _said(facts.consents, purpose, channel, point.contact_id), at=at):
            yield point


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
