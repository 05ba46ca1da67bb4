"""Recall of the one search box on the demo couriers: whatever a caller says of themselves leads to them."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from core.web.search import MOST_HITS, search
from customers.enums import ContactPointKind, CustomerKind
from customers.models import Customer
from customers.opening import Archive, NewContact, open_archives
from customers.services import NewContactPoint
from shipments.models import Shipment

# Of each kind so many: more than two hundred in all for each courier.
LOOK_UPS = 17
AT = datetime(2026, 3, 2, tzinfo=UTC)
# What stands in many names says little; a look-up of it alone is met by more than a page.
COMMON = ("有限公司", "公司", "有限")
TWINS = 25
TRADITIONAL = OpenCC("s2t")


class Said:
    """One customer of the demo as those who call speak of it."""

    def __init__(self, customer: Customer, waybills: dict[object, str]) -> None:
        contact = customer.contacts.all()[0] if customer.contacts.all() else None
        points = {point.kind: point.value for point in contact.points.all()} if contact else {}
        self.customer = customer
        self.company = customer.company_name
        self.person = contact.name if contact else customer.person_name
        self.phone = points.get(ContactPointKind.PHONE, "")
        self.email = points.get(ContactPointKind.EMAIL, "")
        self.waybill = waybills.get(customer.pk, "")

    @property
    def names(self) -> list[str]:
        """Every name that this customer is found by, in clear."""
        return [
            *filter(None, (self.company, self.customer.person_name)),
            *(c.name for c in self.customer.contacts.all()),
        ]


def a_part(text: str, length: int, chance: random.Random) -> str:
    if len(text) < length:
        return ""
    start = chance.randrange(len(text) - length + 1)
    return text[start : start + length]


def a_word(name: str, length: int, chance: random.Random) -> str:
    """Some characters of a name, or four letters of its longest word."""
    word = max(name.split(), key=len, default="")
    return a_part(word, 4 if word.isascii() else length, chance)


def sound(name: str, style: Style) -> str:
    return "".join(lazy_pinyin(name, style=style)) if name and not name.isascii() else ""


def sounded(name: str) -> str:
    """A Chinese name of a company without digits and Latin letters, which nobody says by their sound."""
    return "".join(each for each in name if each >= "\u4e00")


def in_other_script(text: str) -> str:
    """The name in traditional characters where it is Chinese, or as it was."""
    return TRADITIONAL.convert(text)


def brand(said: Said) -> str:
    """What is left of a company's name without the words that every second one has."""
    name = said.company
    for word in COMMON:
        name = name.removesuffix(word)
    return name


KINDS: dict[str, Callable[[Said, random.Random], str]] = {
    "number": lambda said, _chance: said.customer.number.lower(),
    "waybill": lambda said, _chance: said.waybill,
    "phone": lambda said, _chance: said.phone,
    "last four digits": lambda said, _chance: said.phone[-4:],
    "e-mail": lambda said, _chance: said.email.upper(),
    "whole name": lambda said, _chance: said.person,
    "part of a name": lambda said, chance: a_word(said.person, 2, chance),
    "company": lambda said, _chance: said.company,
    "company without its stop-words": lambda said, _chance: brand(said),
    "three characters of a company": lambda said, chance: a_word(brand(said), 3, chance),
    "pinyin": lambda said, _chance: sound(said.person, Style.NORMAL),
    "initials": lambda said, _chance: sound(said.person, Style.FIRST_LETTER),
    "pinyin of a company with place and trade": lambda said, _chance: sound(sounded(brand(said)), Style.NORMAL),
    "initials of a company": lambda said, _chance: sound(sounded(brand(said)), Style.FIRST_LETTER),
    "two syllables of a company": lambda said, chance: sound(a_part(sounded(brand(said)), 2, chance), Style.NORMAL),
    "company in the other script": lambda said, _chance: in_other_script(said.company),
    "part of a company in the other script": lambda said, chance: in_other_script(a_word(brand(said), 3, chance)),
    "person in the other script": lambda said, _chance: in_other_script(said.person),
}


@pytest.fixture
def demo(db: None) -> None:
    call_command("seed_demo", "--customers", "40", "--today", "2026-03-02", stdout=StringIO())


def everybody() -> list[Said]:
    waybills = dict(Shipment.objects.order_by("waybill_number").values_list("customer_id", "waybill_number"))
    customers = Customer.objects.order_by("number").prefetch_related("contacts__points")
    return [Said(customer, waybills) for customer in customers]


def shown_for(query: str, user: User) -> set[str]:
    """Return the addresses of customers and shipments on the first page."""
    return {hit.url for group in search(query, user) for hit in group.hits}


def test_two_hundred_look_ups_of_every_kind_are_found_on_the_first_page_and_nobody_elses(demo):
    """One test, because the demo takes longer to make than to search."""
    for slug in ("sudi", "parcelway"):
        with tenant_scope(Tenant.objects.get(slug=slug)):
            look_everybody_up()
    look_twins_up()


def look_everybody_up() -> None:
    known = everybody()
    shipments = dict(Shipment.objects.values_list("waybill_number", "pk"))
    user = User.objects.get(role=Role.AGENT)
    for kind, say in KINDS.items():
        chance = random.Random(kind)
        asked = [(say(said, chance), said) for said in chance.choices(known, k=LOOK_UPS * 2)]
        missed = []
        for query, said in [(query, said) for query, said in asked if query][:LOOK_UPS]:
            shown = shown_for(query, user)
            url = reverse("customers:detail", args=[said.customer.pk])
            if kind == "waybill":
                url = reverse("shipments:detail", args=[shipments[query]])
            if url not in shown:
                missed.append(query)
        assert not missed, (kind, missed)


def look_twins_up() -> None:
    """The same people with another courier are found there, and only there."""
    with tenant_scope(Tenant.objects.get(slug="sudi")):
        known = [said for said in everybody() if said.phone][:TWINS]
        twins_of_known = [twin_of(said) for said in known]
    with tenant_scope(Tenant.objects.get(slug="parcelway")):
        twins = open_archives(twins_of_known, at=AT)
        own = {reverse("customers:detail", args=[pk]) for pk in Customer.objects.values_list("pk", flat=True)}
        user = User.objects.get(role=Role.AGENT)
        assert len(twins) == len(known) > MOST_HITS
        for said in known:
            for query in filter(None, (said.phone, said.email, said.person, said.company)):
                shown = shown_for(query, user)
                assert {url for url in shown if "/customers/" in url} <= own, query
                assert reverse("customers:detail", args=[twins[f"TWIN-{said.customer.number}"]]) in shown, query


def twin_of(said: Said) -> Archive:
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=said.phone)]
    points += [NewContactPoint(kind=ContactPointKind.EMAIL, value=said.email)] if said.email else []
    return Archive(
        number=f"TWIN-{said.customer.number}",
        kind=CustomerKind(said.customer.kind),
        name=said.company or said.customer.person_name,
        contacts=[NewContact(name=said.person, points=points)],
    )
