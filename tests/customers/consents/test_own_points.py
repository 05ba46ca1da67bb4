"""Single contact points in the preference centre: seen masked, confirmed, preferred, objected to and allowed again."""

import hashlib
import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from core.audit.models import AuditEvent
from core.web import public
from customers.consents import words
from customers.consents.deciding import may_contact
from customers.models import ContactPoint, Interaction
from customers.services import NewContactPoint, add_contact, opt_out_point, verify_point
from customers.services.points import PreferredOptedOut, say_of_point
from customers.services.preferences import make_preference_link
from tests.customers.consents.test_preferences import ask, url_of
from tests.factories.accounts import inside, outside, somewhere
from tests.factories.customers import make_customer

SAYING = re.compile(r'name="say" value="([a-z_]+):([^"]+)"')
OPEN_QUERIES = 11


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def link(customer, agent, now):
    return make_preference_link(customer=customer, by=agent, at=now)


@pytest.fixture
def phone(contact):
    return contact.points.select_related("contact").get(kind="phone")


@pytest.fixture
def email(contact):
    return contact.points.select_related("contact").get(kind="email")


def offered(tenant, link):
    """What may be said, by the id of a point."""
    found: dict[str, set[str]] = {}
    for saying, pk in SAYING.findall(ask(tenant, url_of(link)).content.decode()):
        found.setdefault(pk, set()).add(saying)
    return found


def say(tenant, link, saying, point):
    return ask(tenant, url_of(link), {"say": f"{saying}:{point.pk}"})


def marks():
    columns = ("kind", "is_preferred", "verified_how", "opted_out_how")
    return {kind: marks for kind, *marks in ContactPoint.objects.order_by("kind").values_list(*columns)}


def test_page_shows_points_masked(tenant, customer, link, phone, email):
    page = ask(tenant, url_of(link)).content.decode()

    assert phone.masked_value in page
    assert email.masked_value in page
    for hidden in ("13800138000", "lin@kiln", "Lin Mei", "L*", "C-1", str(customer.pk)):
        assert hidden not in page
    assert offered(tenant, link) == {
        str(phone.pk): {"confirm", "prefer", "opt_out"},
        str(email.pk): {"confirm", "prefer", "opt_out"},
    }


def test_opting_out_of_one_point_holds_at_once_and_is_told(
    *, tenant, customer, link, phone, client_for, supervisor, now
):
    assert may_contact(customer=customer, purpose="service", channel="sms", at=now).is_allowed

    answer = say(tenant, link, "opt_out", phone)

    assert answer.url == f"{url_of(link)}?saved#points"
    assert str(phone.pk) not in answer.url
    decision = may_contact(customer=customer, purpose="service", channel="sms", at=now)
    assert (decision.is_allowed, decision.reasons) == (False, ("point_opted_out",))
    assert may_contact(customer=customer, purpose="service", channel="email", at=now).is_allowed
    assert marks() == {"email": [False, "", ""], "phone": [False, "", "link"]}
    event = AuditEvent.objects.get(action="contact_point.opted_out")
    assert (event.subject_id, event.actor_kind, event.happened_at) == (customer.pk, "system", now)
    assert event.details == {
        "way": "phone",
        "contact_point": str(phone.pk),
        "said_how": "link",
        "text_version": words.POINTS_TEXT_VERSION,
    }
    entry = Interaction.objects.get(code="contact_point.opted_out")
    assert (entry.customer_id, entry.happened_at) == (customer.pk, now)
    said = client_for(supervisor).get(reverse("customers:consents", args=[customer.pk])).content.decode()
    history = said[said.index("What was said of contact points") :]
    for shown in ("Contact point not to be used any more", phone.masked_value, "In the preference centre"):
        assert shown in history
    page = client_for(supervisor).get(reverse("customers:detail", args=[customer.pk])).content.decode()
    assert "Phone (In the preference centre)" in page


def test_point_is_allowed_again_confirmed_and_preferred(*, tenant, customer, link, phone, email, now):
    for saying, point in (
        ("opt_out", phone),
        ("allow", phone),
        ("confirm", phone),
        ("prefer", email),
        ("prefer", phone),
    ):
        assert say(tenant, link, saying, point).url.endswith("?saved#points")

    assert marks() == {"email": [False, "", ""], "phone": [True, "owner", ""]}
    assert may_contact(customer=customer, purpose="service", channel="sms", at=now).point_id == phone.pk
    told = AuditEvent.objects.filter(action__startswith="contact_point.").order_by("pk")
    assert [event.action for event in told] == [
        "contact_point.opted_out",
        "contact_point.allowed",
        "contact_point.verified",
        "contact_point.preferred",
        "contact_point.preferred",
    ]
    assert {event.details["text_version"] for event in told} == {words.POINTS_TEXT_VERSION}
    assert offered(tenant, link)[str(phone.pk)] == {"opt_out"}
    assert "Confirmed by you" in ask(tenant, url_of(link)).content.decode()


def test_what_staff_verified_may_still_be_confirmed_by_its_holder(tenant, link, phone, agent, now):
    verify_point(point=phone, how="call", by=agent, at=now)

    say(tenant, link, "confirm", phone)

    assert marks()["phone"] == [False, "owner", ""]


def test_what_is_not_offered_is_not_taken(*, tenant, other_tenant, customer, contact, link, phone, agent, now):
    other = add_contact(
        customer=make_customer(number="C-2", at=now),
        name="Wei",
        points=[NewContactPoint(kind="phone", value="+8613900139000")],
        at=now,
    ).points.get()
    with inside(other_tenant, leaving=tenant):
        points = [NewContactPoint(kind="phone", value="+8613800138000")]
        theirs = add_contact(customer=make_customer(at=now), name="Wei", points=points, at=now).points.get()
    opt_out_point(point=phone, how="phone", by=agent, at=now)
    before, told = marks(), AuditEvent.objects.count()

    answers = [
        say(tenant, link, "opt_out", other),
        say(tenant, link, "opt_out", theirs),
        say(tenant, link, "prefer", phone),
        say(tenant, link, "burn", phone),
        ask(tenant, url_of(link), {"say": "\0"}),
    ]

    assert [answer.url for answer in answers] == [f"{url_of(link)}?overtaken#points"] * 5
    assert "changed in the meantime" in ask(tenant, answers[0].url).content.decode()
    assert (marks(), AuditEvent.objects.count()) == (before, told)


def test_link_of_a_contact_sees_and_changes_its_own_alone(*, tenant, customer, contact, phone, agent, now):
    same = [NewContactPoint(kind="phone", value="+8613800138000")]
    other = add_contact(customer=customer, name="Wang Fang", points=same, at=now).points.select_related("contact").get()
    link = make_preference_link(customer=customer, contact=contact, by=agent, at=now)
    whole = make_preference_link(customer=customer, by=agent, at=now)

    assert str(other.pk) not in offered(tenant, link)
    assert other.contact.masked_name in ask(tenant, url_of(whole)).content.decode()
    say(tenant, link, "opt_out", other)
    assert marks()["phone"] == [False, "", ""]

    opt_out_point(point=other, how="phone", by=agent, at=now)
    page = ask(tenant, url_of(link)).content.decode()

    assert "objected to at another contact" in page
    assert offered(tenant, link)[str(phone.pk)] == {"confirm", "opt_out"}


def test_said_again_changes_and_tells_nothing(phone, now):
    for _time in range(2):
        for saying in ("confirm", "prefer"):
            say_of_point(point=phone, saying=saying, at=now)

    assert AuditEvent.objects.filter(action__startswith="contact_point.").count() == 2
    assert Interaction.objects.filter(code__startswith="contact_point.").count() == 2


def test_what_is_out_is_not_preferred(phone, agent, now):
    opt_out_point(point=phone, how="phone", by=agent, at=now)

    with pytest.raises(PreferredOptedOut):
        say_of_point(point=phone, saying="prefer", at=now)

    assert marks()["phone"] == [False, "", "phone"]


def test_points_count_against_the_same_limit(tenant, link, phone, monkeypatch):
    monkeypatch.setattr(public, "PER_LINK", 1)
    ask(tenant, url_of(link))

    answer = say(tenant, link, "opt_out", phone)

    assert answer.status_code == 429
    assert marks()["phone"] == [False, "", ""]


@pytest.mark.parametrize("contacts", [1, 30])
def test_page_asks_the_same_number_of_queries(*, contacts, tenant, customer, link, now, django_assert_num_queries):
    for number in range(contacts):
        points = [NewContactPoint(kind="phone", value=f"+86138001380{number:02}")]
        add_contact(customer=customer, name="Wei", points=points, at=now)
    url = url_of(link)
    ask(tenant, url)

    with outside(tenant), django_assert_num_queries(OPEN_QUERIES):
        somewhere().get(url)


def test_words_that_change_have_a_new_version():
    with translation.override("en"):
        digest = hashlib.sha256(words.points_text().encode()).hexdigest()[:12]

    assert (words.POINTS_TEXT_VERSION, digest) == (1, "414b04ced8c2")
