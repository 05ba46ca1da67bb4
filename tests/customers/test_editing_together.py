"""Two people at one customer: the second sees what stood, what stands and what they typed, and decides."""

import re

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.enums import CustomerKind
from customers.models import Address, Contact, Customer
from customers.services import add_address, add_contact, update_address, update_contact
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now):
    facts = {"person_name": "Zhang Wei", "region": "Bavaria", "industry": "Glass", "special_needs": "Ring twice"}
    return make_customer(at=now, number="N-1", kind=CustomerKind.INDIVIDUAL, **facts)


def url_of(customer, only=""):
    url = reverse("customers:update", args=[customer.pk])
    return f"{url}?only={only}" if only else url


def opened(client, url):
    """Return what the form of an address would send if nothing were typed."""
    form = client.get(url).context["form"]
    data = {field.html_name: value for field in form if (value := field.value()) not in (None, "", False)}
    return {name: ", ".join(value) if isinstance(value, list) else value for name, value in data.items()}


def by_name(response):
    return {each.name: each for each in response.context["form"].conflict.differences}


def test_second_sees_three_values_of_every_fact_that_differs(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "region": "Kent", "source": "Fair"})

    response = mine.post(url_of(customer), {**began, "region": "Essex", "industry": "Gold"})

    differing = by_name(response)
    body = response.content.decode()
    assert response.status_code == 422
    assert sorted(differing) == ["industry", "region", "source"]
    region, source, industry = differing["region"], differing["source"], differing["industry"]
    assert (region.began, region.stands, region.typed, region.chosen) == ("Bavaria", "Kent", "Essex", "")
    assert (source.began, source.stands, source.typed, source.chosen) == ("", "Fair", "", "theirs")
    assert (industry.began, industry.stands, industry.typed, industry.chosen) == ("Glass", "Glass", "Gold", "mine")
    assert (region.by, source.by, industry.by) == (account_manager.name, account_manager.name, "")
    assert region.at is not None
    assert 'value="Essex"' in body
    assert Customer.objects.get().region == "Kent"


def test_what_is_chosen_fact_by_fact_is_written(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "region": "Kent", "source": "Fair"})
    typed = {**began, "region": "Essex", "industry": "Gold", "special_needs": "Ring once"}

    undecided = mine.post(url_of(customer), {**typed, "seen": 2})
    decided = mine.post(
        url_of(customer),
        {**typed, "seen": 2, "choice-region": "theirs", "choice-source": "theirs", "choice-industry": "mine"},
    )

    stored = Customer.objects.get()
    assert undecided.status_code == 422
    assert decided.status_code == 302
    assert (stored.region, stored.source, stored.industry, stored.special_needs, stored.version) == (
        "Kent",
        "Fair",
        "Gold",
        "Ring once",
        3,
    )


def test_a_choice_counts_only_against_what_was_shown(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer))
    for region in ("Kent", "Wales"):
        theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "region": region})

    response = mine.post(url_of(customer), {**began, "region": "Essex", "seen": 2, "choice-region": "mine"})

    assert response.status_code == 422
    assert (by_name(response)["region"].stands, by_name(response)["region"].chosen) == ("Wales", "")
    assert Customer.objects.get().region == "Wales"


def test_personal_values_are_masked_as_in_the_form(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "person_name": "Chen Long"})

    response = mine.post(url_of(customer), {**began, "person_name": "Wu Mei"})

    name, body = by_name(response)["person_name"], response.content.decode()
    assert (name.began, name.stands, name.typed) == ("Z****i", "C****g", "Wu Mei")
    assert [secret for secret in ("Zhang Wei", "Chen Long", "Ring twice") if secret in body] == []


def test_two_values_under_one_mask_are_told_apart(client_for, agent, account_manager, customer):
    mine, theirs = client_for(account_manager), client_for(agent)
    began = opened(mine, url_of(customer, "special_needs"))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "special_needs": "Ring once"})

    response = mine.post(url_of(customer, "special_needs"), {**began, "special_needs": "Knock"})

    fact, body = by_name(response)["special_needs"], response.content.decode()
    assert (fact.began, fact.stands, fact.typed) == ("**** (another value than now)", "****", "Knock")
    assert (fact.by, fact.at is not None) == (agent.name, True)
    assert reverse("console:reveal", args=["special-needs", customer.pk]) in body
    assert "Ring" not in body


def test_who_may_not_reveal_is_not_led_there(client_for, agent, supervisor, customer, monkeypatch):
    monkeypatch.setattr("core.web.templatetags.web.may", lambda _user, permission: permission != "customers.reveal")
    mine, theirs = client_for(agent), client_for(supervisor)
    began = opened(mine, url_of(customer, "special_needs"))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "special_needs": "Ring once"})

    response = mine.post(url_of(customer, "special_needs"), {**began, "special_needs": "Knock"})

    assert "reveal-link" not in response.content.decode()


def test_other_facts_do_not_stand_in_the_way_of_one(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer, "region"))
    theirs.post(url_of(customer, "industry"), {**opened(theirs, url_of(customer, "industry")), "industry": "Gold"})

    response = mine.post(url_of(customer, "region"), {**began, "region": "Essex"})

    stored = Customer.objects.get()
    assert response.status_code == 302
    assert (stored.region, stored.industry) == ("Essex", "Gold")


def test_the_same_fact_asks_which_of_the_two(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer, "region"))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "region": "Kent"})

    asked = mine.post(url_of(customer, "region"), {**began, "region": "Essex"}, HTTP_HX_REQUEST="true")
    given_up = mine.post(url_of(customer, "region"), {**began, "region": "Essex", "seen": 2, "choice-region": "theirs"})

    assert asked.status_code == 422
    assert [each.name for each in asked.context["form"].conflict.differences] == ["region"]
    assert given_up.status_code == 302
    assert Customer.objects.get().region == "Kent"


def test_who_did_not_touch_a_fact_is_advised_to_leave_it(client_for, agent, account_manager, customer):
    mine, theirs = client_for(agent), client_for(account_manager)
    began = opened(mine, url_of(customer, "region"))
    theirs.post(url_of(customer), {**opened(theirs, url_of(customer)), "region": "Kent"})

    response = mine.post(url_of(customer, "region"), began)

    assert by_name(response)["region"].chosen == "theirs"
    assert Customer.objects.get().region == "Kent"


@pytest.mark.parametrize("sealed", ["", "rubbish", "AQAB" * 20])
def test_a_form_that_does_not_know_how_it_began_overwrites_nothing(client_for, agent, customer, sealed):
    Customer.objects.update(version=2, region="Kent")
    data = {"version": 1, "kind": "individual", "region": "Essex", "industry": "Glass", "began": sealed}

    response = client_for(agent).post(url_of(customer), data)

    assert (by_name(response)["region"].began, by_name(response)["region"].chosen) == (None, "")
    assert Customer.objects.get().region == "Kent"


def test_address_and_contact_tell_who_changed_them(client_for, agent, account_manager, customer, now):
    facts = {"country": "", "region": "", "city": "Deal", "district": "", "postal_code": "", "is_primary": False}
    address = add_address(customer=customer, street="1 Harbour Road", city="Deal", at=now)
    contact = add_contact(customer=customer, name="Li Na", at=now)
    client = client_for(agent)
    address_url = reverse("customers:update_address", args=[customer.pk, address.pk])
    contact_url = reverse("customers:update_contact", args=[customer.pk, contact.pk])
    rows = {"points-TOTAL_FORMS": 0, "points-INITIAL_FORMS": 0}
    forms = {address_url: opened(client, address_url), contact_url: opened(client, contact_url) | rows}
    update_address(address=address, version=1, label="Theirs", **facts, by=account_manager, at=now)
    update_contact(contact=contact, version=1, position="Boss", is_primary=False, points=[], by=account_manager, at=now)

    label = by_name(client.post(address_url, {**forms[address_url], "label": "Mine"}))["label"]
    position = by_name(client.post(contact_url, {**forms[contact_url], "position": "Mine"}))["position"]

    assert (label.began, label.stands, label.typed, label.by) == ("", "Theirs", "Mine", account_manager.name)
    assert (position.stands, position.typed, position.by) == ("Boss", "Mine", account_manager.name)
    assert (Address.objects.get().label, Contact.objects.get().position) == ("Theirs", "Boss")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_the_same_moment_one_decides(client_for, now, others):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        people = [make_user(role=role, at=now) for role in (Role.AGENT, Role.ACCOUNT_MANAGER)]
        customer = make_customer(at=now, company_name="Blue Kiln", region="Bavaria")
    clients = [client_for(each) for each in people]
    typed = [
        {**opened(client, url_of(customer)), "region": region}
        for client, region in zip(clients, ("Kent", "Essex"), strict=True)
    ]
    with tenant_scope(tenant):
        # Both have read the customer when the row is let go.
        Customer.objects.select_for_update().get(pk=customer.pk)
        posts = [
            others(client.post, path=url_of(customer), data=data) for client, data in zip(clients, typed, strict=True)
        ]
        for lock in ("transactionid", "tuple"):
            wait_until_waiting(1, for_lock=lock)

    answers = [post.result() for post in posts]

    refused = next(answer for answer in answers if answer.status_code == 422)
    with tenant_scope(tenant):
        stored = Customer.objects.get()
    region = by_name(refused)["region"]
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert (region.began, region.stands) == ("Bavaria", stored.region)
    assert {region.stands, region.typed} == {"Kent", "Essex"}
    assert stored.version == 2
    assert re.search(r'name="choice-region" value="theirs" aria-invalid', refused.content.decode())
