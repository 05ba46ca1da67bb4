"""What the system tells in a customer's timeline, in words; rooms register theirs in AppConfig.ready()."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from core.accounts.models import User
from core.crypto.fields import readable
from core.crypto.masking import UNREADABLE, mask_text
from core.crypto.variants import in_usual_form
from customers.enums import InteractionKind
from customers.models import Contact, ContactPoint, Customer, Interaction

ICONS = {
    InteractionKind.CALL: "phone",
    InteractionKind.EMAIL: "mail",
    InteractionKind.SMS: "device-mobile-message",
    InteractionKind.WECHAT: "brand-wechat",
    InteractionKind.CHAT: "message-circle",
    InteractionKind.VISIT: "walk",
    InteractionKind.NOTE: "note",
    InteractionKind.SYSTEM: "robot",
}
# So many names of a customer's contacts are hidden in what people wrote.
MOST_NAMES = 200


@dataclass(frozen=True, kw_only=True)
class SystemEntry:
    """One kind of what the system tells: `words(parameters)` says it in the active language.

    `people` are parameters that are ids of colleagues, each with the name by which `words` gets what they are called.
    """

    icon: str
    label: str | Promise
    words: Callable[[Mapping[str, Any]], str]
    people: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """An interaction as pages show it; `is_masked` tells that something personal in its text is hidden."""

    interaction: Interaction
    icon: str
    title: str
    text: str
    is_masked: bool


_entries: dict[str, SystemEntry] = {}


def register(
    code: str,
    *,
    icon: str,
    label: str | Promise,
    words: Callable[[Mapping[str, Any]], str],
    people: Mapping[str, str] | None = None,
) -> None:
    """Add a kind of entry; raises ValueError for a code that is taken."""
    if code in _entries:
        raise ValueError(f"The timeline tells {code!r} already.")
    _entries[code] = SystemEntry(icon=icon, label=label, words=words, people=people or {})


def is_registered(code: str) -> bool:
    return code in _entries


def known_names(
    customer: Customer, *, contacts: Sequence[Contact] | None = None, merged: Sequence[Customer] | None = None
) -> list[str]:
    """Return the names of persons that a text about the customer may hold, in two queries.

    One less for each of `contacts` and those `merged` into the customer that the caller has read, up to MOST_NAMES.
    """
    if contacts is None:
        found = Contact.objects.filter(customer=customer).only("tenant", "name").order_by("created_at", "id")
        contacts = found[:MOST_NAMES]
    if merged is None:
        found = Customer.with_merged.filter(merged_into=customer).only("tenant", "person_name")
        merged = found[:MOST_NAMES]
    persons = [readable(each, "person_name") for each in (customer, *merged)]
    told = (*persons, *(readable(contact, "name") for contact in contacts))
    return [name for name in told if name]


def known_points(customer: Customer) -> list[str]:
    """Return the phone numbers, e-mails and other points of the customer's contacts, in one query."""
    points = ContactPoint.objects.filter(contact__customer=customer).only("tenant", "value").order_by("added_at", "id")
    return [value for point in points if (value := readable(point, "value"))]


def entries(interactions: Iterable[Interaction], *, names: Iterable[str]) -> list[Entry]:
    """Return interactions as pages show them, with what is personal in their texts hidden.

    One query for the colleagues whom the system tells of, where it does.
    """
    names, interactions = list(names), list(interactions)
    people = _people_in(interactions)
    return [_entry(interaction, names, people) for interaction in interactions]


def holding(shown: Iterable[Entry], words: str) -> list[Entry]:
    """Return the entries that hold the words as pages show them, in any case, width or form of a character.

    What is hidden is not found, so nobody finds it out by guessing.
    """
    wanted = _compared(words)
    return [entry for entry in shown if wanted in _compared(f"{entry.title} {entry.text}")]


def _compared(text: str) -> str:
    return in_usual_form(unicodedata.normalize("NFKC", text)).casefold()


def _people_in(interactions: Iterable[Interaction]) -> dict[str, str]:
    told_by_system = (each for each in interactions if each.kind == InteractionKind.SYSTEM)
    told = [(each.parameters, _entries[each.code].people) for each in told_by_system]
    ids = {parameters[name] for parameters, people in told for name in people if parameters.get(name)}
    found = User.objects.filter(pk__in=[UUID(pk) for pk in ids]).values_list("pk", "name") if ids else ()
    return {str(pk): name for pk, name in found}


def text_of(interaction: Interaction) -> str:
    """Return what an entry says, nothing hidden; what the system tells in the active language."""
    if interaction.kind == InteractionKind.SYSTEM:
        return _entries[interaction.code].words(interaction.parameters)
    return interaction.text or ""


def masked_text_of(interaction: Interaction, names: Iterable[str]) -> str:
    """Return the same with what is personal hidden; `names` are those of `known_names`."""
    text = text_of(interaction)
    return text if interaction.kind == InteractionKind.SYSTEM else mask_text(text, names)


def _entry(interaction: Interaction, names: list[str], people: Mapping[str, str]) -> Entry:
    if interaction.kind == InteractionKind.SYSTEM:
        told, parameters = _entries[interaction.code], interaction.parameters
        named = {word: people[parameters[name]] for name, word in told.people.items() if parameters.get(name) in people}
        return Entry(interaction, told.icon, str(told.label), told.words({**parameters, **named}), is_masked=False)
    text = readable(interaction, "text")
    shown = UNREADABLE if text is None else mask_text(text, names)
    icon = ICONS[InteractionKind(interaction.kind)]
    return Entry(interaction, icon, interaction.get_kind_display(), shown, is_masked=shown != text)
