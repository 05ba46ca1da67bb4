"""What a follow-up is about, in words: as somebody wrote it, personal data hidden, or as a rule has it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.crypto.fields import readable
from core.crypto.masking import UNREADABLE, mask_text
from customers.enums import Recurrence
from customers.models import Customer, FollowUp

Words = Callable[[Mapping[str, Any]], str]
# Each thing that happened, in words, with the address of its page.
Happened = Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]]
_words: dict[str, Words] = {}
_happened: dict[str, Happened] = {}
_done: dict[str, str | Promise] = {}


@dataclass(frozen=True)
class Shown:
    """A follow-up as pages show it; `is_masked` tells that something personal in its subject is hidden."""

    follow_up: FollowUp
    subject: str
    outcome: str
    is_masked: bool
    is_outcome_masked: bool

    def __str__(self) -> str:
        return self.subject

    @property
    def pk(self) -> UUID:
        return self.follow_up.pk


def register(code: str, words: Words, happened: Happened | None = None, done: str | Promise | None = None) -> None:
    """Say what a rule's follow-ups are about, by their parameters, and list what happened where it is told one by one.

    Raises ValueError for a code that is taken. `done` is what timelines say of one that is done instead.
    """
    if _words.setdefault(code, words) is not words:
        raise ValueError(f"There are follow-ups {code!r} already.")
    if happened is not None:
        _happened[code] = happened
    if done is not None:
        _done[code] = done


def is_registered(code: str) -> bool:
    return code in _words


def happened_of(follow_up: FollowUp) -> Sequence[tuple[str, str]]:
    """Return each thing that happened and its address, the newest first, where its rule lists them."""
    return _happened[follow_up.code](follow_up.parameters) if follow_up.code in _happened else []


def subject_of(follow_up: FollowUp) -> str:
    """Return what it is about, nothing hidden; what a rule asked for in the active language."""
    if follow_up.subject:
        return follow_up.subject
    return _words[follow_up.code](follow_up.parameters) if follow_up.code in _words else _("Erased")


def done_of(follow_up: FollowUp) -> str:
    """Return what the timeline says of it once it is done, nothing hidden, in the active language."""
    is_kept_short = not follow_up.subject and follow_up.code in _done
    return str(_done[follow_up.code]) if is_kept_short else subject_of(follow_up)


def repeats_in_words(follow_up: FollowUp) -> str:
    """Return how often it repeats, such as every 2 weeks; nothing where it does not."""
    every = follow_up.repeats_every
    if not follow_up.recurrence or every == 1:
        return follow_up.get_recurrence_display()
    words = {
        Recurrence.DAILY: ngettext("Every %(count)s day", "Every %(count)s days", every),
        Recurrence.WEEKLY: ngettext("Every %(count)s week", "Every %(count)s weeks", every),
        Recurrence.MONTHLY: ngettext("Every %(count)s month", "Every %(count)s months", every),
        Recurrence.YEARLY: ngettext("Every %(count)s year", "Every %(count)s years", every),
    }
    return words[Recurrence(follow_up.recurrence)] % {"count": every}


def show(follow_ups: Iterable[FollowUp]) -> list[Shown]:
    """Return follow-ups, as for_list brings them, as pages show them."""
    return [_shown(each) for each in follow_ups]


def masked(follow_up: FollowUp, name: str) -> tuple[str, bool]:
    """Return its subject or outcome with what is personal hidden, and whether anything is; nothing asks the database
    of one that for_list has brought.
    """
    if follow_up.__dict__[name] is None:
        return "", False
    text = readable(follow_up, name)
    shown = UNREADABLE if text is None else mask_text(text, _names_of(follow_up.customer))
    return shown, shown != text


def _shown(follow_up: FollowUp) -> Shown:
    subject, is_masked = masked(follow_up, "subject")
    outcome, is_outcome_masked = masked(follow_up, "outcome")
    return Shown(follow_up, subject or subject_of(follow_up), outcome, is_masked, is_outcome_masked)


def _names_of(customer: Customer | None) -> Iterator[str]:
    """Yield the names of persons that a text about a customer may hold."""
    if customer is None:
        return
    named = [(each, "person_name") for each in (customer, *customer.absorbed.all())]
    for row, field in (*named, *((contact, "name") for contact in customer.contacts.all())):
        if name := readable(row, field):
            yield name
