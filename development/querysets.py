"""The shapes in which opportunities are read."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber, TruncMonth

from core.accounts import permissions
from core.accounts.models import User
from core.crypto.fields import readable
from core.crypto.masking import UNREADABLE, mask_text
from core.tenancy.models import TenantModel
from customers.models import Contact, Customer
from development.models import Competitor, MarketNote, Opportunity, StageChange
from development.permissions import WRITE
from development.stages import OPEN

SHOWN_ON_RECORD = 10
CARDS_OF_STAGE = 30


def for_list(opportunities: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """Bring customers, owners and competitors, in one query; what is needed stays in the database."""
    related = opportunities.select_related("customer", "owner", "competitor")
    return related.defer("need", "customer__special_needs", "customer__birthday")


def for_record(opportunities: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """Bring the same with what is needed, and every move, the newest first: two queries."""
    moves = StageChange.objects.select_related("moved_by").order_by("-moved_at", "-id")
    related = opportunities.select_related("customer", "owner", "competitor", "opened_by")
    return related.prefetch_related(Prefetch("changes", queryset=moves))


def is_open(opportunities: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """Leave those that are neither won nor lost yet."""
    return opportunities.filter(closed_at=None)


def is_closed(opportunities: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    """Leave those that were won or lost."""
    return opportunities.filter(closed_at__isnull=False)


def of_customer(customer: Customer) -> QuerySet[Opportunity]:
    """Return a customer's opportunities, those that are open first."""
    in_order = F("closed_at").desc(nulls_first=True)
    return for_list(Opportunity.objects.filter(customer=customer)).order_by(in_order, "closes_on", "-id")


def prefix_of(opportunities: QuerySet[Opportunity], text: str) -> QuerySet[Opportunity]:
    """Leave the opportunities whose number begins with `text`, in any case."""
    return opportunities.filter(number__prefix=text.upper()).order_by("number")


def on_board(*, owner: User | None, closed_from: datetime) -> QuerySet[Opportunity]:
    """Return what stands on the board: all that is open, or closed since a time; of everybody or of one owner."""
    shown = Opportunity.objects.filter(Q(closed_at=None) | Q(closed_at__gte=closed_from))
    return shown.filter(owner=owner) if owner else shown


def sums_by_stage(opportunities: QuerySet[Opportunity]) -> dict[str, tuple[int, Decimal]]:
    """Return how many there are in each stage and what freight they come to, in one query."""
    sums = opportunities.order_by().values("deal_stage").annotate(count=Count("pk"), freight=Sum("expected_freight"))
    return {each["deal_stage"]: (each["count"], each["freight"]) for each in sums}


def cards(opportunities: QuerySet[Opportunity]) -> list[Opportunity]:
    """Return the first of each stage, those that close first at first, in one query."""
    place = Window(RowNumber(), partition_by="deal_stage", order_by=["closes_on", "id"])
    first = opportunities.annotate(place=place).filter(place__lte=CARDS_OF_STAGE)
    return list(for_list(first).order_by("closes_on", "id"))


def expected_by_month(*, owner: User | None) -> list[tuple[date, str, Decimal]]:
    """Return what freight open opportunities come to, by month of their close date and stage, in one query; those of
    everybody or of one owner.
    """
    found = Opportunity.objects.filter(deal_stage__in=OPEN).order_by()
    found = found.filter(owner=owner) if owner else found
    sums = found.values("deal_stage", month=TruncMonth("closes_on")).annotate(freight=Sum("expected_freight"))
    return [(each["month"], each["deal_stage"], each["freight"]) for each in sums]


def workers() -> QuerySet[User]:
    """Return the colleagues who may own an opportunity."""
    roles = permissions.declared()[WRITE].roles
    return User.objects.filter(is_active=True, role__in=roles).order_by("name", "id")


def competitors(*, besides: Competitor | None = None) -> QuerySet[Competitor]:
    """Return the competitors that may be chosen, with the one that was chosen before it was retired."""
    offered = Q(is_active=True)
    return Competitor.objects.filter(offered | Q(pk=besides.pk) if besides else offered).order_by("name", "id")


def notes_for_list(notes: QuerySet[MarketNote]) -> QuerySet[MarketNote]:
    """Bring what a note is about and who wrote it, and the names that may stand in it: three queries."""
    contacts = Contact.objects.only("tenant", "customer", "name")
    absorbed = Customer.with_merged.only("tenant", "merged_into", "person_name")
    related = notes.select_related("customer", "opportunity", "competitor", "written_by")
    return related.defer("opportunity__need", "customer__special_needs", "customer__birthday").prefetch_related(
        Prefetch("customer__contacts", queryset=contacts), Prefetch("customer__absorbed", queryset=absorbed)
    )


def note_in_words(note: MarketNote) -> str:
    """Return what a note brought by `notes_for_list` says, what is personal hidden."""
    return masked(note, "text", _names_in(note.customer))


def _names_in(customer: Customer | None) -> Iterable[str]:
    if customer is None:
        return []
    named = [(each, "person_name") for each in (customer, *customer.absorbed.all())]
    named += [(contact, "name") for contact in customer.contacts.all()]
    return [name for row, field in named if (name := readable(row, field))]


def masked(row: TenantModel, name: str, names: Iterable[str], *, points: Collection[str] | None = None) -> str:
    """Return an encrypted text of a row, what is personal hidden; empty where nothing is written, or it was erased.

    What the customer is to read comes with the `points` of its contacts: other numbers stay as they were written.
    """
    text = readable(row, name)
    if text is not None:
        return mask_text(text, names, points=points)
    return "" if row.__dict__.get(name) is None else UNREADABLE
