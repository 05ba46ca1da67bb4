"""The public form: what it makes, what keeps machines out, and that nobody learns who is known."""

import hashlib
import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from customers.consents.deciding import may_contact
from customers.enums import ConsentSource, PointSource
from customers.models import ConsentEntry, Contact, ContactPoint, Customer, Purpose, PurposeText
from customers.services import NewContactPoint, add_contact
from lifecycle.joining.limits import PER_ADDRESS
from lifecycle.joining.work import BITS, OPEN_SECONDS, is_solved, new_challenge
from lifecycle.models import Lead, LeadSource
from lifecycle.selectors import acquisition
from lifecycle.services import add_source, current_policy, set_source_use
from tests.factories.accounts import inside, outside, somewhere
from tests.factories.customers import make_customer

FORM = {
    "company_name": "Harbour Foods",
    "person_name": "Ellen Marsh",
    "phone": "138 1234 5678",
    "email": "",
    "wish": "Chilled, 300 a month",
}


@pytest.fixture(autouse=True)
def at_that_time(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def stranger():
    return somewhere()


def text_of(response):
    return response.content.decode()


def url_of(name="join", slug="swift"):
    return reverse(f"lifecycle:{name}", args=[slug])


def solve(challenge):
    for answer in range(1 << 22):
        if hashlib.sha256(f"{challenge}:{answer}".encode()).digest()[:2] == b"\0\0":
            return str(answer)
    raise AssertionError("There is an answer.")


def challenge_of(tenant, client, *, asked="", **headers):
    with outside(tenant):
        page = text_of(client.get(f"{url_of()}{asked}", headers=headers))
    return re.search(r'data-challenge="([^"]+)"', page)[1]


def send(tenant, client, *, challenge=None, **changes):
    challenge = challenge or challenge_of(tenant, client)
    data = {**FORM, "challenge": challenge, "answer": solve(challenge), **changes}
    with outside(tenant):
        return client.post(url_of(), data)


def test_form_makes_a_lead_with_contact_consent_and_language(tenant, stranger, now):
    response = send(tenant, stranger, agreed=["marketing"])

    assert (response.status_code, response.url) == (302, url_of("joined"))
    lead = Lead.objects.get()
    customer = lead.customer
    assert (customer.company_name, customer.preferred_language, customer.stage) == ("Harbour Foods", "en", "lead")
    assert (lead.source.key, Lead.objects.get().wish, lead.captured_by) == ("form", "Chilled, 300 a month", None)
    point = ContactPoint.objects.get()
    assert (point.value, point.source, point.verified_at) == ("+8613812345678", PointSource.FORM, None)
    entries = ConsentEntry.objects.order_by("channel")
    contact = Contact.objects.get().pk
    told = [(entry.channel, entry.state, entry.source, entry.text_version, entry.contact_id) for entry in entries]
    assert told == [
        ("phone", "given", ConsentSource.FORM, 1, contact),
        ("sms", "given", ConsentSource.FORM, 1, contact),
    ]
    with outside(tenant):
        assert "Thank you" in text_of(stranger.get(response.url))


def test_person_who_agrees_to_nothing_is_a_lead_without_consent(tenant, stranger):
    send(tenant, stranger, company_name="", email="ellen@harbour.example", phone="")

    assert Customer.objects.get().kind == "individual"
    assert not ConsentEntry.objects.exists()


def test_yes_of_a_colleague_is_not_the_companys_and_a_persons_is_their_own(tenant, stranger, now):
    send(tenant, stranger, agreed=["marketing"])
    send(tenant, stranger, agreed=["marketing"], company_name="")

    company, person = Customer.objects.get(kind="company"), Customer.objects.get(kind="individual")
    asked = {"purpose": "marketing", "channel": "sms", "at": now}
    assert not may_contact(customer=company, **asked).is_allowed
    assert may_contact(customer=company, contact=company.contacts.get(), **asked).is_allowed
    assert may_contact(customer=person, **asked).is_allowed


@pytest.fixture
def campaign(tenant, supervisor, now):
    names = {"name_zh": "春季活动", "name_en": "Spring"}
    return add_source(**names, key="spring-26", amount=None, from_month=now.date(), by=supervisor, at=now)


def test_source_in_the_address_is_the_leads(tenant, stranger, campaign):
    challenge = challenge_of(tenant, stranger, asked="?source=spring-26")

    refused = send(tenant, stranger, challenge=challenge, phone="")
    again = re.search(r'data-challenge="([^"]+)"', text_of(refused))[1]
    send(tenant, stranger, challenge=again)

    lead = Lead.objects.get()
    assert (lead.source, lead.customer.source) == (campaign, "Spring")
    today = lead.captured_at.date().replace(day=1)
    assert [(name, each.leads) for name, each in acquisition(first=today, last=today).by_source] == [("Spring", 1)]


@pytest.mark.parametrize("asked", ["", "?source=", "?source=nobody", "?source=Sp%00", f"?source={'x' * 600}"])
def test_unknown_source_is_that_of_the_form(tenant, stranger, campaign, asked):
    send(tenant, stranger, challenge=challenge_of(tenant, stranger, asked=asked))

    assert Lead.objects.get().source.key == "form"


def test_retired_source_and_another_couriers_are_not_taken(tenant, other_tenant, stranger, campaign, supervisor):
    with inside(other_tenant, leaving=tenant):
        LeadSource.objects.create(key="theirs", name_zh="他们的", name_en="Theirs")
    set_source_use(source=campaign, is_active=False, by=supervisor, at=timezone.now())

    for place, key in enumerate(("spring-26", "theirs")):
        challenge = challenge_of(tenant, stranger, asked=f"?source={key}")
        send(tenant, stranger, challenge=challenge, phone=f"139 0000 000{place}")

    assert {lead.source.key for lead in Lead.objects.select_related("source")} == {"form"}
    assert Lead.objects.count() == 2


def test_version_of_the_text_is_the_one_that_was_shown(tenant, stranger, now):
    challenge = challenge_of(tenant, stranger)
    purpose = Purpose.objects.get(key="marketing")
    PurposeText.objects.create(purpose=purpose, version=2, text_zh="新", text_en="New", written_at=now)
    Purpose.objects.filter(pk=purpose.pk).update(text_version=2)

    send(tenant, stranger, challenge=challenge, agreed=["marketing"])

    assert {entry.text_version for entry in ConsentEntry.objects.all()} == {1}


def test_known_and_unknown_people_get_the_same_answer(tenant, now):
    customer = make_customer(at=now, company_name="Harbour Foods")
    phone = NewContactPoint(kind="phone", value="+8613812345678")
    add_contact(customer=customer, name="Ellen Marsh", points=[phone], at=now)

    known = send(tenant, somewhere())
    unknown = send(tenant, somewhere(), company_name="Other", phone="139 0000 1111")

    assert (known.status_code, known.url, known.content) == (unknown.status_code, unknown.url, unknown.content)
    assert Lead.objects.count() == 2
    assert Customer.objects.filter(is_unmatched=True).count() == 3


def test_trap_is_answered_like_anything_and_writes_nothing(tenant, stranger):
    response = send(tenant, stranger, website="https://spam.example")

    assert response.url == url_of("joined")
    assert not Customer.objects.exists()


@pytest.mark.parametrize("answer", ["", "x", "-1", "9" * 30])
def test_without_the_work_nothing_is_taken(tenant, stranger, answer):
    response = send(tenant, stranger, answer=answer)

    assert response.status_code == 422
    assert "Ellen Marsh" in text_of(response)
    assert not Customer.objects.exists()


def test_challenge_makes_one_lead(tenant, stranger):
    challenge = challenge_of(tenant, stranger)

    assert send(tenant, stranger, challenge=challenge).status_code == 302
    again = send(tenant, stranger, challenge=challenge)

    assert again.status_code == 409
    assert challenge not in text_of(again)
    assert Lead.objects.count() == 1


def test_challenge_that_is_old_or_another_tenants_is_refused(tenant, other_tenant, stranger, at_that_time):
    with inside(other_tenant, leaving=tenant):
        foreign = new_challenge({})
    own = challenge_of(tenant, stranger)

    assert send(tenant, stranger, challenge=foreign).status_code == 422
    at_that_time.shift(timedelta(seconds=OPEN_SECONDS + 5))
    assert send(tenant, stranger, challenge=own).status_code == 422
    assert not Customer.objects.exists()


def test_work_is_checked_to_the_bit(tenant):
    challenge = new_challenge({})
    answer = solve(challenge)

    assert is_solved(challenge, answer)
    assert not is_solved(challenge + "x", answer) or not is_solved(challenge, str(int(answer) + 1))
    assert BITS == 16


def test_neither_phone_nor_mail_is_refused_beside_the_field(tenant, stranger):
    response = send(tenant, stranger, phone="")

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["phone"]
    assert send(tenant, stranger, phone="abc").status_code == 422
    assert not Customer.objects.exists()


def test_one_address_sends_so_often_an_hour(tenant, stranger):
    for _ in range(PER_ADDRESS):
        send(tenant, stranger, phone="")

    refused = send(tenant, stranger)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert not Customer.objects.exists()
    assert send(tenant, somewhere()).status_code == 302


def test_page_speaks_the_browsers_language_and_says_what_to_do_without_scripts(tenant, stranger):
    with outside(tenant):
        chinese = text_of(stranger.get(url_of(), headers={"Accept-Language": "zh-CN"}))
        english = text_of(stranger.get(url_of(), headers={"Accept-Language": "en"}))
        missing = stranger.get(url_of(slug="nobody"))

    assert "您想寄什么？" in chinese
    assert "What do you want to ship?" in english
    assert "<noscript>" in english
    assert missing.status_code == 404


def test_signed_in_colleague_is_nobody_to_the_form(tenant, client_for, agent):
    client = client_for(agent)
    client.defaults["REMOTE_ADDR"] = "10.99.1.1"

    send(tenant, client)

    assert Lead.objects.get().captured_by is None
    assert current_policy().version == 1
