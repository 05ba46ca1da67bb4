"""Purposes among the settings, the panel on a customer's page, and the page of all that was said."""

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from customers.enums import PurposeBasis
from customers.models import ConsentEntry, Customer, PreferenceLink, Purpose, PurposeText
from customers.services import add_contact
from customers.services.preferences import make_preference_link, revoke_preference_link
from customers.services.purposes import (
    BadPurposeKey,
    PurposeChanged,
    PurposeKeyTaken,
    add_purpose,
    retire_purpose,
    revive_purpose,
    update_purpose,
)
from tests.customers.consents.said import GIVEN, WITHDRAWN, held, purpose_of, say
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer

HTMX = {"HX-Request": "true"}
PANEL = {**HTMX, "HX-Target": "panel-consents"}
NEWS = {
    "key": "news",
    "name_zh": "简讯",
    "name_en": "Newsletter",
    "basis": "consent",
    "text_zh": "每月一封简讯。",
    "text_en": "A letter every month.",
    "channels": ["email"],
    "lapses_after_months": 24,
    "order": 50,
}
LIST_QUERIES, PAGE_QUERIES, PANEL_QUERIES = 5, 13, 10


@pytest.fixture
def officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


def panel_url(customer):
    return reverse("customers:panel", args=[customer.pk, "consents"])


def record_url(customer, purpose="marketing"):
    return reverse("customers:record_consent", args=[customer.pk, purpose_of(purpose).pk])


def test_every_tenant_begins_with_purposes_in_both_languages(tenant):
    purposes = Purpose.objects.order_by("order")

    assert [(each.key, each.basis, each.name_zh) for each in purposes] == [
        ("service", "contract", "履行您的寄递服务"),
        ("satisfaction", "interest", "满意度询问"),
        ("marketing", "consent", "优惠与新服务"),
        ("care", "consent", "生日与节日问候"),
        ("behaviour", "consent", "您在我们网页和 App 上的使用情况"),
    ]
    assert [each.name_en for each in purposes][2] == "Offers and news"
    assert all(text.text_zh != text.text_en for text in PurposeText.objects.all())


def test_purpose_is_added_and_its_key_stands_once(client_for, officer):
    client = client_for(officer)

    response = client.post(reverse("customers:add_purpose"), NEWS)
    again = client.post(reverse("customers:add_purpose"), NEWS)

    assert response.status_code == 302
    purpose = purpose_of("news")
    assert (purpose.name, purpose.basis, purpose.channels, purpose.lapses_after_months) == (
        "Newsletter",
        PurposeBasis.CONSENT,
        ["email"],
        24,
    )
    assert PurposeText.objects.get(purpose=purpose).text_en == NEWS["text_en"]
    assert AuditEvent.objects.get(action="purpose.added").subject_id == purpose.pk
    assert again.status_code == 422
    assert "There is a purpose with this key already." in again.content.decode()


@pytest.mark.parametrize(("key", "refusal"), [("News", BadPurposeKey), ("marketing", PurposeKeyTaken)])
def test_key_that_cannot_be_is_refused(officer, now, key, refusal):
    with pytest.raises(refusal):
        add_purpose(**{**NEWS, "key": key}, by=officer, at=now)

    assert Purpose.objects.count() == 5


def update(purpose, officer, now, **changes):
    text = PurposeText.objects.get(purpose=purpose, version=purpose.text_version)
    facts = {"text_zh": text.text_zh, "text_en": text.text_en, "asks_anew": False, "order": purpose.order}
    facts |= {name: getattr(purpose, name) for name in ("version", "name_zh", "name_en", "channels")}
    return update_purpose(purpose=purpose, **facts | changes, by=officer, at=now)


def test_text_that_differs_is_a_new_version(officer, now):
    purpose = update(purpose_of(), officer, now, name_en="News")
    assert (purpose.name_en, purpose.text_version) == ("News", 1)

    purpose = update(purpose, officer, now, text_en="Something else.")
    assert (purpose.text_version, purpose.valid_from) == (2, 1)

    purpose = update(purpose, officer, now, text_en="Yet another.", asks_anew=True)
    assert (purpose.text_version, purpose.valid_from) == (3, 3)
    assert [text.text_en for text in PurposeText.objects.filter(purpose=purpose).order_by("version")][1:] == [
        "Something else.",
        "Yet another.",
    ]


def test_second_of_two_editors_is_told(officer, now):
    purpose = purpose_of()
    update(purpose, officer, now, name_en="News")

    with pytest.raises(PurposeChanged):
        update(purpose, officer, now, name_en="Offers")

    assert purpose_of().name_en == "News"


def test_purpose_is_changed_on_its_page(client_for, officer):
    purpose = purpose_of()
    client = client_for(officer)
    url = reverse("customers:update_purpose", args=[purpose.pk])
    form = client.get(url).context["form"]

    response = client.post(url, {**form.initial, "lapses_after_months": "12", "text_en": "New", "asks_anew": "on"})

    assert response.status_code == 302
    purpose.refresh_from_db()
    assert (purpose.lapses_after_months, purpose.text_version, purpose.valid_from) == (12, 2, 2)
    assert "With your consent we tell you of offers" in client.get(url).content.decode()


def test_purpose_is_retired_and_taken_up_again(client_for, officer, now):
    purpose = purpose_of()
    client = client_for(officer)

    client.post(reverse("customers:retire_purpose", args=[purpose.pk]))
    assert purpose_of().is_active is False
    client.post(reverse("customers:revive_purpose", args=[purpose.pk]))

    assert purpose_of().is_active is True
    revive_purpose(purpose=purpose, by=officer, at=now)
    retire_purpose(purpose=purpose, by=officer, at=now)
    assert AuditEvent.objects.filter(action__in=["purpose.retired", "purpose.revived"]).count() == 3


@pytest.mark.parametrize("rows", [3, 25])
def test_list_asks_the_same_number_of_queries(client_for, officer, rows, now, django_assert_num_queries):
    for number in range(rows):
        add_purpose(**{**NEWS, "key": f"news{number}"}, by=officer, at=now)
    client = client_for(officer)
    client.get(reverse("customers:purposes"), headers=HTMX)

    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(reverse("customers:purposes"), headers=HTMX).content.decode()

    assert page.count("Newsletter") == rows


@pytest.mark.parametrize("role", [Role.AGENT, Role.MARKETING])
def test_purposes_are_not_for_everybody(client_for, role, tenant, now):
    client = client_for(make_user(role=role, at=now))

    assert client.get(reverse("customers:purposes")).status_code == 403
    assert client.post(reverse("customers:add_purpose"), NEWS).status_code == 403
    assert Purpose.objects.count() == 5


def test_panel_says_who_may_be_contacted_and_why(client_for, agent, customer, contact, now):
    say(customer, GIVEN, at=now)
    say(customer, WITHDRAWN, contact=contact, channels=["email"], at=now)

    page = client_for(agent).get(panel_url(customer), headers=HTMX).content.decode()

    for words in ("Needed for the contract", "Consent was given", "No consent was given", "Legitimate interest"):
        assert words in page
    assert "No consent was given" in page
    assert f"{contact.masked_name}: Withdrawn" in page
    assert "Write down what they say" in page


def test_what_they_say_is_written_down_in_place(client_for, agent, customer, contact):
    form = {"channels": ["sms", "email"], "source": "phone", "state": "given", "who": str(contact.pk)}

    response = client_for(agent).post(record_url(customer), form, headers=PANEL)

    assert response.status_code == 200
    assert 'id="panel-consents"' not in response.content.decode()
    assert f"{contact.masked_name}: Given" in response.content.decode()
    assert held(customer) == {(contact.pk, "marketing", "sms"): "given", (contact.pk, "marketing", "email"): "given"}
    assert ConsentEntry.objects.first().recorded_by == agent


def test_without_scripts_the_page_of_all_that_was_said_follows(client_for, agent, customer):
    form = {"channels": ["sms"], "source": "paper", "state": "withdrawn", "who": ""}

    response = client_for(agent).post(record_url(customer, "satisfaction"), form)

    assert response.url == reverse("customers:consents", args=[customer.pk])
    page = client_for(agent).get(response.url).content.decode()
    assert "Objected" in page
    assert "In writing" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"source": "phone", "state": "given"}, "Choose at least one channel."),
        ({"channels": ["sms"], "source": "link", "state": "given"}, "Select a valid choice."),
    ],
)
def test_what_is_not_whole_is_refused_in_place(client_for, agent, customer, form, words):
    for headers in (PANEL, {}):
        response = client_for(agent).post(record_url(customer), form, headers=headers)
        assert response.status_code == 422
        assert words in response.content.decode()
    assert ConsentEntry.objects.count() == 0


def test_analyst_reads_and_writes_nothing(client_for, analyst, customer):
    client = client_for(analyst)

    page = client.get(panel_url(customer), headers=HTMX).content.decode()
    response = client.post(record_url(customer), {"channels": ["sms"], "source": "phone", "state": "given"})
    link = client.post(reverse("customers:make_preference_link", args=[customer.pk]))

    assert "No consent was given" in page
    assert "Write down what they say" not in page
    assert (response.status_code, link.status_code) == (403, 403)
    assert (ConsentEntry.objects.count(), PreferenceLink.objects.count()) == (0, 0)


@pytest.mark.parametrize("rows", [3, 300])
def test_pages_ask_the_same_number_of_queries(client_for, agent, rows, now, django_assert_num_queries):
    customer = make_customer(at=now)
    for number in range(min(rows, 10)):
        contact = add_contact(customer=customer, name=f"Li {number}", at=now)
        say(customer, GIVEN, contact=contact, at=now)
        make_preference_link(customer=customer, contact=contact, by=agent, at=now)
    purpose = purpose_of()
    ConsentEntry.objects.bulk_create(
        ConsentEntry(
            customer=customer,
            said_of=customer.pk,
            purpose=purpose,
            channel="sms",
            state=GIVEN,
            source="phone",
            text_version=1,
            decided_at=now,
            recorded_at=now,
            recorded_by=agent,
        )
        for _number in range(rows)
    )
    client = client_for(agent)
    urls = {panel_url(customer): PANEL_QUERIES, reverse("customers:consents", args=[customer.pk]): PAGE_QUERIES}
    for url, queries in urls.items():
        client.get(url, headers=HTMX)
        with django_assert_num_queries(queries):
            client.get(url, headers=HTMX)


def test_link_is_made_renewed_and_revoked(client_for, agent, customer, contact):
    client = client_for(agent)
    make = reverse("customers:make_preference_link", args=[customer.pk])

    client.post(make, {"contact": str(contact.pk)})
    first = PreferenceLink.objects.get()
    client.post(make, {"contact": str(contact.pk)})
    second = PreferenceLink.objects.get()
    page = client.get(reverse("customers:consents", args=[customer.pk])).content.decode()
    client.post(reverse("customers:revoke_preference_link", args=[customer.pk, second.pk]))

    assert first.pk != second.pk
    assert (second.contact, second.made_by) == (contact, agent)
    assert "/choices/swift/" in page
    assert PreferenceLink.objects.count() == 0
    assert AuditEvent.objects.filter(action="preference_link.made").count() == 2
    revoke_preference_link(link=second, by=agent, at=second.made_at)
    assert AuditEvent.objects.filter(action="preference_link.revoked").count() == 1


def test_erased_customer_is_asked_nothing(client_for, agent, customer, now):
    Customer.objects.update(erased_at=now)
    client = client_for(agent)

    page = client.get(panel_url(customer), headers=HTMX).content.decode()
    answers = [
        client.post(record_url(customer), {"channels": ["sms"], "source": "phone", "state": "given"}),
        client.post(reverse("customers:make_preference_link", args=[customer.pk])),
    ]

    assert "Personal data was erased" in page
    assert "Write down what they say" not in page
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize("name", ["create", "create_contact"])
def test_purposes_are_shown_where_data_is_collected(client_for, customer, supervisor, name, now):
    retire_purpose(purpose=purpose_of("care"), by=supervisor, at=now)
    url = reverse(f"customers:{name}", args=[] if name == "create" else [customer.pk])

    page = client_for(supervisor).get(url).content.decode()

    assert "With your consent we tell you of offers" in page
    assert "greetings and small gifts" not in page
