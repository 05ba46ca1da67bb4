"""Writing down what is learnt of the market."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.errors import DomainError, RecordChanged
from customers.models import Customer
from customers.services import lock_customer
from development.models import Competitor, MarketNote, Opportunity
from development.services.opening import hold_opportunity

NOTED = ("text", "region", "industry", "competitor")


class NothingNoted(DomainError):
    code = "nothing_noted"
    message = _("Write down what was learnt.")


class NoteChanged(RecordChanged):
    code = "market_note_changed"
    message = _("Somebody else changed this note in the meantime.")


@transaction.atomic
def write_market_note(
    *,
    text: str,
    region: str = "",
    industry: str = "",
    competitor: Competitor | None = None,
    customer: Customer | None = None,
    opportunity: Opportunity | None = None,
    by: User,
    at: datetime,
) -> MarketNote:
    """Keep a note; of an opportunity it is its customer's, too. Raises NothingNoted or CustomerMerged."""
    if not text.strip():
        raise NothingNoted
    if opportunity is not None:
        opportunity = hold_opportunity(opportunity)
        customer = opportunity.customer
    elif customer is not None:
        customer = lock_customer(customer.pk, lets_others_point_here=True)
    note = MarketNote.objects.create(
        text=text.strip(),
        region=region.strip(),
        industry=industry.strip(),
        competitor=competitor,
        customer=customer,
        opportunity=opportunity,
        written_by=by,
        written_at=at,
    )
    record("market_note.written", of=note, by=by, at=at)
    return note


@transaction.atomic
def update_market_note(
    *,
    note: MarketNote,
    version: int,
    text: str = "",
    region: str,
    industry: str,
    competitor: Competitor | None,
    by: User,
    at: datetime,
) -> MarketNote:
    """Change what a note says; an empty text keeps what is stored. Where nothing differs, nothing is written.

    What it is about stays: a customer's note is no other's. Raises NoteChanged if there is a newer version,
    NothingNoted where no text would be left, or CustomerMerged.
    """
    if note.customer_id is not None:
        # As merges and erasures do.
        lock_customer(note.customer_id, lets_others_point_here=True)
    note = MarketNote.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if note.version != version:
        raise NoteChanged
    if not (text.strip() or note.text):
        raise NothingNoted
    if text.strip():
        note.text = text.strip()
    note.region, note.industry, note.competitor = region.strip(), industry.strip(), competitor
    if note.differs_in(NOTED):
        note.version += 1
        note.save(update_fields=[*NOTED, "version"])
        record("market_note.updated", subject=note, by=by, at=at)
    return note


@transaction.atomic
def remove_market_note(*, note: MarketNote, by: User, at: datetime) -> None:
    """Take a note away for good; the trail says that there was one."""
    note = MarketNote.objects.select_for_update(of=("self",)).get(pk=note.pk)
    record("market_note.removed", of=note, by=by, at=at)
    note.delete()
