"""Customers that may be the same: candidates by the keyed tokens that they share, scored on the clear values.

Nobody is merged by machine: a person compares the two and decides. The score adds up what agrees, as record linkage
after Fellegi and Sunter (1969) does, with weights that are whole numbers for everybody to follow: a phone or an e-mail
says more than a name, the name of a company more than that of a person, and a place little by itself.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.crypto.fields import readable
from core.crypto.keys import versions
from core.crypto.sounds import is_chinese
from core.crypto.tokens import (
    EMAIL,
    NAME,
    PHONE,
    WHOLE,
    Gram,
    as_phone,
    compared_name,
    email_grams,
    name_grams,
    phone_grams,
    token,
)
from core.tenancy.scope import current_tenant, required_tenant_id
from core.tenancy.sweeping import sweep_tenants
from customers.contact_points import home_country
from customers.enums import ContactPointKind, DuplicateState, MatchReason
from customers.models import Customer, DuplicateCandidate
from customers.places import place_of
from customers.querysets import pairs_of

# What agrees, of 100.
WEIGHTS = {MatchReason.PHONE: 50, MatchReason.EMAIL: 50, MatchReason.ADDRESS: 25}
COMPANY_NAME, PERSON_NAME, ALIKE_NAME = 55, 30, 40
LEAST_SCORE, BEST_SCORE = 50, 100
# Names that share less of their pairs of letters are not called alike (Dice's coefficient).
LEAST_ALIKE = 0.6
# So many letters of a Chinese name do not come together by chance.
LONG_NAME = 5
# What more customers share than so many, such as the number of a switchboard, tells none of them apart.
MOST_SHARING = 20
# Of the pairs of letters in a name those are asked for that so few share, and two of them must agree.
RARE, LEAST_SHARED = 40, 2
BATCH = 50

SHARING = """
    select n.customer_id, n.token, t.customer_id
    from unnest(%(ids)s::uuid[], %(tokens)s::bigint[]) as n(customer_id, token)
    cross join lateral (
        select o.customer_id from customers_customertoken o
        where o.tenant_id = %(tenant)s and o.token = n.token limit %(most)s + 1
    ) t"""

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(slots=True)
class Profile:
    """What of a customer is compared: folded, in clear, and never kept."""

    company: str = ""
    person: str = ""
    phones: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    addresses: set[tuple[str, str]] = field(default_factory=set)
    sure: set[Gram] = field(default_factory=set)
    runs: set[Gram] = field(default_factory=set)


@dataclass(frozen=True)
class Match:
    score: int
    reasons: tuple[str, ...]

    @property
    def reason_labels(self) -> list[str]:
        """What speaks for it, in words."""
        return [str(MatchReason(reason).label) for reason in self.reasons]


def match_all(*, seconds: float) -> int:
    """Compare the customers of all tenants that changed, in turns, for so long at most; return how many they were.

    No scope may be open.
    """
    return sweep_tenants(lambda: match_some(at=timezone.now()), seconds=seconds)


@transaction.atomic
def match_some(*, at: datetime, batch: int = BATCH) -> int:
    """Compare up to `batch` customers that changed with all others; return how many they were.

    One that somebody holds is left for the next time.
    """
    unmatched = Customer.objects.filter(is_unmatched=True).select_for_update(
        of=("self",), skip_locked=True, no_key=True
    )
    ids = list(unmatched.order_by("pk").values_list("pk", flat=True)[:batch])
    match_customers(ids, at=at)
    return len(ids)


@transaction.atomic
def match_customers(ids: Collection[uuid.UUID], *, at: datetime) -> None:
    """Compare these customers with all others, and keep who may be the same. Fourteen queries, however many."""
    ids = set(ids)
    if not ids:
        return
    profiles = _profiles(ids)
    pairs = set(_pairs_sharing(profiles))
    profiles |= _profiles({each for pair in pairs for each in pair} - ids)
    matches = {
        pair: match
        for pair in pairs
        if pair[0] in profiles
        and pair[1] in profiles
        and (match := compare(profiles[pair[0]], profiles[pair[1]])).score >= LEAST_SCORE
    }
    _keep(ids, matches, at=at)
    Customer.objects.filter(pk__in=ids).update(is_unmatched=False)


def compare(one: Profile, other: Profile) -> Match:
    """Return how much speaks for two customers being the same, and what."""
    found: dict[str, int] = {}
    if one.phones & other.phones:
        found[MatchReason.PHONE] = WEIGHTS[MatchReason.PHONE]
    if one.emails & other.emails:
        found[MatchReason.EMAIL] = WEIGHTS[MatchReason.EMAIL]
    if one.addresses & other.addresses:
        found[MatchReason.ADDRESS] = WEIGHTS[MatchReason.ADDRESS]
    if one.company and _letters(one.company) == _letters(other.company):
        found[MatchReason.NAME] = COMPANY_NAME
    elif one.person and one.person == other.person:
        found[MatchReason.NAME] = PERSON_NAME
    elif (alike := likeness(one.company, other.company)) >= LEAST_ALIKE:
        found[MatchReason.ALIKE] = round(ALIKE_NAME * alike)
    return Match(min(BEST_SCORE, sum(found.values())), tuple(found))


def _letters(name: str) -> str:
    """Return a long Chinese name as its letters in order, 顺达物流深圳 as 深圳顺达物流; others as they are."""
    letters = name.replace(" ", "")
    return "".join(sorted(letters)) if len(letters) >= LONG_NAME and is_chinese(letters) else name


def likeness(one: str, other: str) -> float:
    """Return Dice's coefficient of two names over their pairs of letters, from 0 to 1."""
    runs = [Counter(name[at : at + 2] for at in range(len(name) - 1)) for name in (one, other)]
    total = sum(map(Counter.total, runs))
    return 2 * (runs[0] & runs[1]).total() / total if total else 0.0


def standing(candidates: QuerySet[DuplicateCandidate]) -> QuerySet[DuplicateCandidate]:
    """Leave the pairs of which neither was merged, and bring both customers: one query."""
    return candidates.filter(first__merged_into=None, second__merged_into=None).select_related("first", "second")


def candidates_of(customer: Customer) -> QuerySet[DuplicateCandidate]:
    """Return the undecided pairs of one customer, the likeliest first."""
    return standing(pairs_of(customer).filter(state=DuplicateState.OPEN)).order_by("-score", "id")


@dataclass(frozen=True)
class Newcomer:
    """What is told of somebody who is not in the archive yet: names, and values by kinds of contact points."""

    company: str = ""
    person: str = ""
    points: Collection[tuple[str, str]] = ()


def find_alike(newcomers: Mapping[uuid.UUID, Newcomer]) -> dict[uuid.UUID, list[tuple[str, Match]]]:
    """Return who of the archive may be the same as somebody who is not in it yet, by number, the likeliest first.

    The ids of `newcomers` mean nothing. Eight queries, however many.
    """
    country = home_country(current_tenant().time_zone) or ""
    profiles = {}
    for key, told in newcomers.items():
        profile = profiles[key] = Profile(company=compared_name(told.company), person=compared_name(told.person))
        for kind, value in told.points:
            _add_point(profile, kind, value, country)
        _add_grams(profile, told.company, told.person)
    pairs = set(_pairs_sharing(profiles)) if profiles else set()
    known = _profiles({each for pair in pairs for each in pair} - profiles.keys())
    numbers = dict(Customer.objects.filter(pk__in=known).values_list("pk", "number"))
    found: dict[uuid.UUID, list[tuple[str, Match]]] = defaultdict(list)
    for pair in pairs:
        key, other = pair if pair[0] in profiles else pair[::-1]
        if other in numbers and (match := compare(profiles[key], known[other])).score >= LEAST_SCORE:
            found[key].append((numbers[other], match))
    return {key: sorted(each, key=lambda hit: (-hit[1].score, hit[0])) for key, each in found.items()}


def _profiles(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Profile]:
    """Read what is compared: four queries. Those that were merged or erased are left out."""
    country = home_country(current_tenant().time_zone) or ""
    customers = Customer.objects.filter(pk__in=ids, erased_at=None).only("tenant", "company_name", "person_name")
    return {
        customer.pk: _profile(customer, country)
        for customer in customers.prefetch_related("contacts__points", "addresses")
    }


def _profile(customer: Customer, country: str) -> Profile:
    company, person = customer.company_name, readable(customer, "person_name") or ""
    profile = Profile(company=compared_name(company), person=compared_name(person))
    for contact in customer.contacts.all():
        for point in contact.points.all():
            _add_point(profile, point.kind, readable(point, "value") or "", country)
    for address in customer.addresses.all():
        place = place_of(address)
        street = compared_name(place.street)
        if street:
            profile.addresses.add((compared_name(place.city), street))
    _add_grams(profile, company, person)
    return profile


def _add_point(profile: Profile, kind: str, value: str, country: str) -> None:
    if kind == ContactPointKind.PHONE and phone_grams(value, country):
        profile.phones.add(as_phone(value, country))
    elif kind == ContactPointKind.EMAIL:
        profile.emails |= {text for _kind, text in email_grams(value)}


def _add_grams(profile: Profile, company: str, person: str) -> None:
    grams = name_grams(company) | name_grams(person)
    profile.sure = {(kind, text) for kind, text in grams if kind == NAME and text.startswith(WHOLE)}
    profile.sure |= {(PHONE, each) for each in profile.phones} | {(EMAIL, each) for each in profile.emails}
    profile.runs = {(kind, text) for kind, text in name_grams(company) if kind == NAME and 1 < len(text) < 4}
    profile.runs -= profile.sure


def _pairs_sharing(profiles: Mapping[uuid.UUID, Profile]) -> Iterator[Pair]:
    """Yield the pairs that share a sure token, or some rare ones of the runs of letters in their names."""
    tenant_id = required_tenant_id()
    for version in versions(tenant_id):
        sure = _tokens({key: profile.sure for key, profile in profiles.items()}, version)
        for holders, customer_id in _holders(sure, most=MOST_SHARING):
            yield from (_pair(customer_id, other) for other in holders if other != customer_id)
        shared: Counter[Pair] = Counter()
        runs = _tokens({key: profile.runs for key, profile in profiles.items()}, version)
        for holders, customer_id in _holders(runs, most=RARE):
            shared.update((customer_id, other) for other in holders if other != customer_id)
        yield from (_pair(*pair) for pair, count in shared.items() if count >= LEAST_SHARED)


def _tokens(grams: Mapping[uuid.UUID, set[Gram]], version: int) -> list[tuple[uuid.UUID, int]]:
    tenant_id = required_tenant_id()
    known = {gram: token(tenant_id, gram, version=version) for gram in set().union(*grams.values())}
    return [(customer_id, known[gram]) for customer_id, each in grams.items() for gram in each]


def _holders(asked: list[tuple[uuid.UUID, int]], *, most: int) -> Iterator[tuple[set[uuid.UUID], uuid.UUID]]:
    """Yield who holds each token that a customer was asked with, where those are not more than `most`."""
    if not asked:
        return
    ids, tokens = (list(each) for each in zip(*asked, strict=True))
    found: dict[tuple[uuid.UUID, int], set[uuid.UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(SHARING, {"ids": ids, "tokens": tokens, "tenant": required_tenant_id(), "most": most})
        for customer_id, shared, holder in cursor.fetchall():
            found[customer_id, shared].add(holder)
    yield from ((holders, customer_id) for (customer_id, _token), holders in found.items() if len(holders) <= most)


def _pair(one: uuid.UUID, other: uuid.UUID) -> Pair:
    return min(one, other), max(one, other)


def _keep(ids: set[uuid.UUID], matches: Mapping[Pair, Match], *, at: datetime) -> None:
    """Write the pairs of these customers; those that nobody has dismissed and nothing speaks for any more go."""
    before = DuplicateCandidate.objects.filter(Q(first__in=ids) | Q(second__in=ids))
    gone = [each.pk for each in before if (each.first_id, each.second_id) not in matches]
    DuplicateCandidate.objects.filter(pk__in=gone, state=DuplicateState.OPEN).delete()
    DuplicateCandidate.objects.bulk_create(
        [
            DuplicateCandidate(
                first_id=first, second_id=second, score=match.score, reasons=list(match.reasons), found_at=at
            )
            for (first, second), match in sorted(matches.items())
        ],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["tenant", "first", "second"],
        update_fields=["score", "reasons"],
    )
