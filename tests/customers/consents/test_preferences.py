"""The preference centre: who holds a link decides, sees nothing of a person, and nobody else can."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.web import public
from customers.consents.deciding import may_contact
from customers.models import ConsentEntry, Contact, Customer
from customers.services import erase_customer, undo_merge
from customers.services.erasure import ErasureReason
from customers.services.preferences import VALID, make_preference_link, preference_token, revoke_preference_link
from customers.services.purposes import retire_purpose
from tests.customers.consents.said import GIVEN, WITHDRAWN, held, purpose_of, say
from tests.customers.merging.pairs import make, merge
from tests.factories.accounts import inside, outside, somewhere
from tests.factories.customers import make_customer

OPEN_QUERIES, SAVE_QUERIES = 11, 25
ALL = {f"{purpose}:{channel}" for purpose in ("marketing", "care", "satisfaction") for channel in ("sms", "email")}


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def link(customer, agent, now):
    return make_preference_link(customer=customer, by=agent, at=now)


def url_of(link, slug="swift"):
    return reverse("customers:preferences", args=[slug, preference_token(link)])


def ask(tenant, url, data=None, client=None, **headers):
    client = client or somewhere()
    with outside(tenant):
        return client.get(url, headers=headers) if data is None else client.post(url, data, headers=headers)


def ticked(response):
    return {box.name for offer in response.context["offers"] for box in offer.boxes if box.is_ticked}


def test_page_shows_purposes_and_no_name_or_number_of_the_customer(tenant, customer, contact, link):
    response = ask(tenant, url_of(link))

    page = response.content.decode()
    assert response.status_code == 200
    for words in ("Swift", "Offers and news", "With your consent we tell you", "there is nothing to choose here"):
        assert words in page
    for hidden in ("Blue Kiln", "Lin Mei", "L*", "C-1", "1380013", "lin@kiln", str(customer.pk), str(contact.pk)):
        assert hidden not in page
    assert ticked(response) == {f"satisfaction:{channel}" for channel in ("phone", "sms", "email", "wechat")}
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"


def test_holder_agrees_and_withdraws(tenant, customer, link, now):
    url = url_of(link)

    saved = ask(tenant, url, {"allowed": ["marketing:sms", "satisfaction:email"]})

    assert saved.url == f"{url}?saved"
    page = ask(tenant, saved.url)
    assert "Saved. It holds from now on." in page.content.decode()
    assert ticked(page) == {"marketing:sms", "satisfaction:email"}
    assert held(customer) == {
        (None, "marketing", "sms"): "given",
        (None, "satisfaction", "phone"): "withdrawn",
        (None, "satisfaction", "sms"): "withdrawn",
        (None, "satisfaction", "wechat"): "withdrawn",
    }
    entry = ConsentEntry.objects.get(state=GIVEN)
    assert (entry.source, entry.recorded_by, entry.recorded_by_key) == ("link", None, None)

    ask(tenant, url, {"none": "1", "allowed": ["marketing:sms"]})

    decision = may_contact(customer=customer, purpose="marketing", channel="sms", at=now)
    assert (decision.is_allowed, decision.words) == (False, "Consent was withdrawn")
    assert set(held(customer).values()) == {"withdrawn"}


def test_what_does_not_change_is_not_written_down(tenant, customer, link, now):
    say(customer, GIVEN, at=now)
    url = url_of(link)
    shown = ticked(ask(tenant, url))

    ask(tenant, url, {"allowed": sorted(shown)})

    assert ConsentEntry.objects.count() == 1


def test_what_is_not_offered_is_not_taken(tenant, customer, link, supervisor, now):
    retire_purpose(purpose=purpose_of("care"), by=supervisor, at=now)
    shown = ticked(ask(tenant, url_of(link)))

    ask(tenant, url_of(link), {"allowed": [*shown, "service:sms", "care:sms", "marketing:fax", "\0"]})

    assert ConsentEntry.objects.count() == 0


def test_link_of_a_contact_decides_for_the_contact(tenant, customer, contact, agent, now):
    say(customer, GIVEN, channels=["sms", "email"], at=now)
    link = make_preference_link(customer=customer, contact=contact, by=agent, at=now)
    shown = ticked(ask(tenant, url_of(link)))
    assert {"marketing:sms", "marketing:email"} <= shown

    ask(tenant, url_of(link), {"allowed": sorted(shown - {"marketing:sms"})})

    assert held(customer)[contact.pk, "marketing", "sms"] == "withdrawn"
    assert may_contact(customer=customer, purpose="marketing", channel="sms", at=now).is_allowed
    assert not may_contact(customer=customer, purpose="marketing", channel="sms", contact=contact, at=now).is_allowed


def test_both_languages(tenant, link):
    chinese = ask(tenant, url_of(link), accept_language="zh-CN").content.decode()

    assert "优惠与新服务" in chinese
    assert "经您同意" in chinese
    assert "Offers and news" not in chinese


@pytest.mark.parametrize("ended", ["expired", "revoked", "renewed", "erased", "forged", "elsewhere"])
def test_link_that_is_over_shows_and_takes_nothing(ended, tenant, other_tenant, link, clock):
    facts = {"by": link.made_by, "at": link.made_at}
    url = url_of(link)
    assert ask(tenant, url).status_code == 200
    if ended == "expired":
        clock.shift(VALID)
    elif ended == "revoked":
        revoke_preference_link(link=link, **facts)
    elif ended == "renewed":
        make_preference_link(customer=link.customer, **facts)
    elif ended == "erased":
        erase_customer(customer=link.customer, reason=ErasureReason.REQUEST, **facts)
    elif ended == "forged":
        url = f"{url[:-3]}xy/"
    else:
        url = url.replace("/swift/", "/rival/")

    answers = [ask(tenant, url), ask(tenant, url, {"allowed": sorted(ALL)})]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert all("This link is no longer valid." in answer.content.decode() for answer in answers)
    assert all("Offers and news" not in answer.content.decode() for answer in answers)
    assert ConsentEntry.objects.count() == 0


def test_another_tenants_link_opens_nothing_here(tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_preference_link(customer=make_customer(at=now), by=None, at=now)
        url = url_of(theirs, slug="rival")

    assert ask(tenant, url).status_code == 200
    assert ask(tenant, url.replace("/rival/", "/swift/")).status_code == 404


def test_link_goes_with_a_merge_and_back(tenant, supervisor, now):
    kept, absorbed = (make(number, at=now, by=supervisor) for number in ("K-1", "A-1"))
    link = make_preference_link(customer=absorbed, by=supervisor, at=now)
    done = merge(kept, absorbed, supervisor, now)

    ask(tenant, url_of(link), {"allowed": ["marketing:sms"]})
    assert held(kept)[None, "marketing", "sms"] == "given"
    undo_merge(merge=done, by=supervisor, at=now + timedelta(days=1))
    ask(tenant, url_of(link), {"allowed": ["marketing:email"]})

    assert held(absorbed)[None, "marketing", "email"] == "given"
    assert (None, "marketing", "email") not in held(kept)


def test_link_of_a_contact_follows_the_contact(tenant, supervisor, now):
    kept, absorbed = (make(number, at=now, by=supervisor) for number in ("K-1", "A-1"))
    contact = Contact.objects.get(customer=absorbed)
    done = merge(kept, absorbed, supervisor, now)
    contact.refresh_from_db()
    link = make_preference_link(customer=Customer.objects.get(pk=kept.pk), contact=contact, by=supervisor, at=now)
    undo_merge(merge=done, by=supervisor, at=now)

    ask(tenant, url_of(link), {"allowed": ["marketing:sms"]})

    assert held(absorbed)[contact.pk, "marketing", "sms"] == "given"
    assert WITHDRAWN not in {state for key, state in held(kept).items() if key[0] == contact.pk}


@pytest.mark.parametrize("away", [False, True])
def test_link_is_asked_for_so_often(tenant, link, monkeypatch, away):
    monkeypatch.setattr(public, "PER_LINK", 2)
    if away:
        monkeypatch.setattr("core.tenancy.counting.ask_redis", lambda *_args, **_kwargs: None)
    url = url_of(link)

    answers = [ask(tenant, url), ask(tenant, url), ask(tenant, url, {"allowed": ["marketing:sms"]})]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "3600"
    assert "asked too often" in answers[2].content.decode()
    assert ConsentEntry.objects.count() == 0


def test_address_asks_so_often(tenant, link, monkeypatch):
    monkeypatch.setattr(public, "PER_ADDRESS", 2)
    client = somewhere()

    codes = [ask(tenant, f"/choices/swift/x{number}/", client=client).status_code for number in range(3)]

    assert codes == [404, 404, 429]
    assert ask(tenant, url_of(link)).status_code == 200


def test_page_asks_few_queries(tenant, link, now, django_assert_num_queries):
    url = url_of(link)
    ask(tenant, url)

    with outside(tenant), django_assert_num_queries(OPEN_QUERIES):
        somewhere().get(url)
    with outside(tenant), django_assert_num_queries(SAVE_QUERIES):
        somewhere().post(url, {"allowed": ["satisfaction:sms"]})


def test_form_needs_its_token(tenant, link):
    client = Client(enforce_csrf_checks=True)

    answer = ask(tenant, url_of(link), {"allowed": ["marketing:sms"]}, client=client)

    assert answer.status_code == 403
    assert ConsentEntry.objects.count() == 0
