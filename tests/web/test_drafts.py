"""Drafts of long forms: kept while somebody types, there again anywhere, gone when they are saved or forgotten."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from core.web.drafts import KEEP, MOST_DRAFTS, MOST_LETTERS, forget_drafts, keep_draft, typed_in
from core.web.models import Draft
from customers.enums import CustomerKind
from customers.models import Customer, Interaction
from customers.services import erase_customer, update_customer
from customers.services.erasure import ErasureReason
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

NOTE = "Call 13812345678 about the rate"


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, company_name="Blue Kiln", region="Bavaria")


def edit_url(customer):
    return reverse("customers:update", args=[customer.pk])


def note_url(customer):
    return reverse("customers:record_interaction", args=[customer.pk])


def note(text=NOTE, **more):
    return {"interaction-kind": "call", "interaction-text": text, **more}


def test_draft_stands_in_the_form_on_any_machine_until_it_is_saved(client_for, agent, customer):
    typed = {"version": 1, "kind": "company", "company_name": "Red Kiln", "region": "Ke", "tags": "fragile, ni"}

    kept = client_for(agent).post(edit_url(customer), {**typed, "draft": "keep"})
    elsewhere = client_for(agent)
    page = elsewhere.get(edit_url(customer))
    saved = elsewhere.post(edit_url(customer), typed)
    after = elsewhere.get(edit_url(customer))

    body = page.content.decode()
    assert kept.status_code == 204
    assert 'value="Red Kiln"' in body
    assert 'value="fragile, ni"' in body
    assert "Discard the draft" in body
    assert page.context["form"].errors == {}
    assert saved.status_code == 302
    assert "Discard the draft" not in after.content.decode()
    assert (Draft.objects.count(), Customer.objects.get().company_name) == (0, "Red Kiln")


def test_keeping_a_draft_saves_and_checks_nothing(client_for, agent, customer):
    response = client_for(agent).post(edit_url(customer), {"version": 1, "birthday": "199", "draft": "keep"})

    assert response.status_code == 204
    assert Customer.objects.get().version == 1
    assert typed_in(Draft.objects.get()).dict() == {"version": "1", "birthday": "199"}


def test_discarded_draft_leaves_what_is_stored(client_for, agent, customer):
    client = client_for(agent)
    client.post(edit_url(customer), {"version": 1, "company_name": "Red Kiln", "draft": "keep"})

    response = client.post(edit_url(customer), {"draft": "discard"})

    assert response.url == edit_url(customer)
    assert Draft.objects.count() == 0
    assert 'value="Blue Kiln"' in client.get(response.url).content.decode()


def test_draft_saved_over_a_newer_version_asks(client_for, agent, account_manager, customer, now):
    client = client_for(agent)
    form = client.get(edit_url(customer)).context["form"]
    typed = {"version": 1, "began": form["began"].value(), "kind": "company", "company_name": "Red Kiln"}
    client.post(edit_url(customer), {**typed, "draft": "keep"})
    facts = {name: getattr(customer, name) for name in ("industry", "region", "source", "preferred_channel")}
    update_customer(
        customer=customer,
        version=1,
        kind="company",
        company_name="Green Kiln",
        tags=[],
        preferred_language="",
        account_manager=None,
        **facts,
        by=account_manager,
        at=now,
    )

    restored = client.get(edit_url(customer)).context["form"]
    response = client.post(edit_url(customer), {field.html_name: field.value() or "" for field in restored})

    differing = {each.name: each for each in response.context["form"].conflict.differences}
    name = differing["company_name"]
    assert response.status_code == 422
    assert (name.began, name.stands, name.typed) == ("Blue Kiln", "Green Kiln", "Red Kiln")


def test_note_stands_in_the_customers_page_until_it_is_written_down(client_for, agent, customer):
    client = client_for(agent)
    page_url = reverse("customers:detail", args=[customer.pk])
    client.post(note_url(customer), note(draft="keep"))

    page = client.get(page_url).content.decode()
    timeline = client.post(note_url(customer), note(), HTTP_HX_REQUEST="true", HTTP_HX_TARGET="timeline")

    assert f"{NOTE}</textarea>" in page
    assert "Discard the draft" in page
    assert "Discard the draft" not in timeline.content.decode()
    assert (Draft.objects.count(), Interaction.objects.count()) == (0, 1)


def test_choice_alone_is_no_draft_and_emptied_words_take_it_away(client_for, agent, customer):
    client = client_for(agent)

    chosen = client.post(note_url(customer), note("", **{"interaction-kind": "email", "draft": "keep"}))
    assert (chosen.status_code, chosen.headers["X-No-Draft"], Draft.objects.count()) == (204, "1", 0)

    client.post(note_url(customer), note(draft="keep"))
    assert Draft.objects.count() == 1
    client.post(note_url(customer), note("  ", draft="keep"))

    assert not Draft.objects.exists()


def test_new_customer_is_drafted_once_for_each_person(client_for, agent, account_manager):
    url = reverse("customers:create")
    for user, name in ((agent, "Mine"), (account_manager, "Theirs")):
        client_for(user).post(url, {"company_name": name, "draft": "keep"})

    body = client_for(agent).get(url).content.decode()

    assert 'value="Mine"' in body
    assert "Theirs" not in body


def test_draft_is_encrypted_at_rest(client_for, agent, customer):
    client_for(agent).post(note_url(customer), note(draft="keep"))

    with connection.cursor() as cursor:
        cursor.execute("select content from web_draft")
        stored = bytes(cursor.fetchone()[0])

    assert b"13812345678" not in stored
    assert typed_in(Draft.objects.get())["interaction-text"] == NOTE


def test_nobody_else_has_it(client_for, agent, supervisor, customer):
    client_for(agent).post(note_url(customer), note(draft="keep"))

    seen = client_for(supervisor).get(reverse("customers:detail", args=[customer.pk])).content.decode()

    assert NOTE not in seen
    assert Draft.objects.count() == 1


def test_who_may_not_send_the_form_keeps_no_draft_of_it(client_for, agent, analyst, tenant, other_tenant):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=tenant.created_at)
    mine = make_customer(at=tenant.created_at)
    kept = {"version": 1, "company_name": "Red Kiln", "draft": "keep"}

    refusals = [
        client_for(analyst).post(edit_url(mine), kept),
        client_for(agent).post(edit_url(theirs), kept),
        Client().post(edit_url(mine), kept, headers={"HX-Request": "true"}),
    ]

    assert [answer.status_code for answer in refusals] == [403, 404, 401]
    assert Draft.objects.count() == 0


def test_a_damaged_draft_leaves_the_form_as_if_there_were_none(client_for, agent, customer):
    client = client_for(agent)
    client.post(edit_url(customer), {"version": 1, "company_name": "Red Kiln", "draft": "keep"})
    with connection.cursor() as cursor:
        cursor.execute("update web_draft set content = decode('00ff', 'hex')")

    body = client.get(edit_url(customer)).content.decode()

    assert 'value="Blue Kiln"' in body
    assert "Discard the draft" not in body


def test_draft_has_limits(client_for, agent, customer, now):
    client = client_for(agent)

    refused = client.post(note_url(customer), note("x" * MOST_LETTERS, draft="keep"))
    for minute in range(MOST_DRAFTS + 2):
        other = make_customer(at=now)
        place = {"user": agent, "form": "customers.facts", "record_id": other.pk, "subject_id": other.pk}
        keep_draft(**place, typed=QueryDict("a=b"), at=now + timedelta(minutes=minute))

    assert refused.status_code == 413
    assert Draft.objects.count() == MOST_DRAFTS
    assert Draft.objects.order_by("changed_at").first().changed_at == now + timedelta(minutes=2)


def test_draft_nobody_touches_is_forgotten(agent, customer, now):
    place = {"user": agent, "record_id": customer.pk, "subject_id": customer.pk, "typed": QueryDict("a=b")}
    for form, age in (("customers.facts", KEEP), ("customers.interaction", KEEP + timedelta(seconds=1))):
        keep_draft(**place, form=form, at=now - age)

    assert forget_drafts(business_date=now.date(), at=now) == {"drafts": 1}
    assert Draft.objects.get().form == "customers.facts"


def fact_url(customer, name="region"):
    return f"{edit_url(customer)}?only={name}"


def test_draft_of_one_fact_stands_where_the_fact_is_edited(client_for, agent, customer):
    htmx = {"HTTP_HX_REQUEST": "true"}
    client = client_for(agent)

    kept = client.post(fact_url(customer), {"version": 1, "region": "Ke", "draft": "keep"})
    page = client.get(fact_url(customer), **htmx).content.decode()
    other = client.get(fact_url(customer, "industry"), **htmx).content.decode()
    whole = client.get(edit_url(customer)).content.decode()
    saved = client.post(fact_url(customer), {"version": 1, "region": "Kent"}, **htmx)

    assert kept.status_code == 204
    assert 'value="Ke"' in page
    assert "Discard the draft" in page
    assert "Discard the draft" not in other + whole
    assert saved.status_code == 302
    assert (Draft.objects.count(), Customer.objects.get().region) == (0, "Kent")


def test_discarded_draft_of_a_fact_leaves_the_small_form_as_it_is_stored(client_for, agent, customer):
    client = client_for(agent)
    client.post(fact_url(customer), {"version": 1, "region": "Ke", "draft": "keep"})

    page = client.post(fact_url(customer), {"draft": "discard"}, HTTP_HX_REQUEST="true")

    body = page.content.decode()
    assert body.startswith(f'<dd id="form-fact-{customer.pk}-region"')
    assert 'value="Bavaria"' in body
    assert "Discard the draft" not in body
    assert Draft.objects.count() == 0


def test_draft_of_a_fact_that_the_form_does_not_ask_for_is_not_kept(client_for, agent, customer):
    url = fact_url(customer, "n" * 200)

    assert client_for(agent).post(url, {"version": 1, "draft": "keep"}).status_code == 404
    assert Draft.objects.count() == 0


def test_draft_of_a_follow_ups_fact_goes_with_the_customers_data(client_for, agent, administrator, customer, now):
    follow_up = make_follow_up(at=now, customer=customer)
    url = f"{reverse('customers:update_follow_up', args=[follow_up.pk])}?only=subject"
    client = client_for(agent)

    client.post(url, {"version": 1, "subject": "Ask Li Na", "draft": "keep"})
    page = client.get(url).content.decode()
    erase_customer(customer=customer, reason=ErasureReason.choices[0][0], by=administrator, at=now)

    assert "Ask Li Na" in page
    assert Draft.objects.count() == 0


def test_erasure_takes_drafts_of_the_customer_away(client_for, agent, administrator, customer, now):
    other = make_customer(at=now, kind=CustomerKind.INDIVIDUAL, person_name="Zhang Wei")
    for each in (customer, other):
        client_for(agent).post(note_url(each), note(draft="keep"))

    erase_customer(customer=customer, reason=ErasureReason.choices[0][0], by=administrator, at=now)

    assert Draft.objects.get().record_id == other.pk
