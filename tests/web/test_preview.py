"""One address answers with the page, with its content, and with the preview beside a list."""

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.jobs.running import start_job
from core.partners.services import create_api_key
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

PREVIEW = {"HX-Request": "true", "HX-Target": "preview-body"}


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, kind="individual", company_name="", person_name="Ann Blue", special_needs="ring twice")


def page_of(record):
    return reverse("customers:detail", args=[record.pk])


def preview(client, url):
    return client.get(url, headers=PREVIEW)


def test_preview_is_the_record_without_the_shell(client_for, supervisor, customer):
    answer = preview(client_for(supervisor), page_of(customer))
    body = answer.content.decode()

    assert answer.status_code == 200
    assert 'id="preview-title"' in body
    assert customer.number in body
    assert f'href="{reverse("customers:merge", args=[customer.pk])}"' in body
    assert [part for part in ("<html", "<title", 'id="main"', 'id="search"') if part in body] == []


def test_preview_page_and_fragment_are_told_apart_by_caches(client_for, supervisor, customer):
    client = client_for(supervisor)

    for headers in ({}, {"HX-Request": "true"}, PREVIEW):
        answer = client.get(page_of(customer), headers=headers)
        assert {"HX-Request", "HX-Target"} <= {name.strip() for name in answer.headers["Vary"].split(",")}
        assert "no-store" in answer.headers["Cache-Control"]


def test_preview_masks_as_the_page_does(client_for, supervisor, customer):
    client = client_for(supervisor)
    page, beside = (
        answer.content.decode() for answer in (client.get(page_of(customer)), preview(client, page_of(customer)))
    )

    for body in (page, beside):
        assert "ring twice" not in body
        assert "Ann Blue" not in body
        assert "Recorded, hidden" in body


def test_preview_is_refused_where_the_page_is(client_for, agent, other_tenant, customer, now):
    supervisor = make_user(role=Role.SUPERVISOR, at=now)
    with inside(other_tenant, leaving=agent.tenant):
        foreign = make_customer(at=now)
    job = start_job(
        kind="export", title="Mine", parameters={"list": "customers", "format": "csv"}, by=supervisor, at=now
    )
    client = client_for(agent)

    assert preview(client, page_of(customer)).status_code == 200
    assert preview(client, page_of(foreign)).status_code == 404
    assert preview(client, reverse("console:job", args=[job.pk])).status_code == 404
    assert preview(client, reverse("console:update_user", args=[supervisor.pk])).status_code == 403


def test_preview_of_who_was_signed_out_says_so(client, customer):
    answer = preview(client, page_of(customer))

    assert (answer.status_code, answer.headers["X-Signed-Out"]) == (401, "1")


def test_preview_of_a_person_holds_facts_and_no_form(client_for, administrator, agent):
    url = reverse("console:update_user", args=[agent.pk])
    client = client_for(administrator)

    assert 'id="id_email"' in client.get(url).content.decode()
    body = preview(client, url).content.decode()
    assert 'id="id_email"' not in body
    assert agent.email in body


def test_lists_draw_a_button_for_the_preview_of_each_row(client_for, administrator, customer, now):
    key, _text = create_api_key(name="Shop", scopes=["customers:read"], expires_at=None, by=administrator, at=now)
    job = start_job(
        kind="export", title="Mine", parameters={"list": "customers", "format": "csv"}, by=administrator, at=now
    )
    client = client_for(administrator)
    there = {
        "customers:list": page_of(customer),
        "console:people": reverse("console:update_user", args=[administrator.pk]),
        "console:keys": reverse("console:key", args=[key.pk]),
        "console:own_jobs": reverse("console:job", args=[job.pk]),
    }

    for name, url in there.items():
        body = client.get(reverse(name)).content.decode()
        assert f'data-preview="{url}"' in body
        assert preview(client, url).status_code == 200


def test_preview_asks_no_more_than_the_page(client_for, supervisor, customer, django_assert_max_num_queries):
    client = client_for(supervisor)
    client.get(page_of(customer))

    with django_assert_max_num_queries(20) as page:
        client.get(page_of(customer))
    with django_assert_max_num_queries(len(page)):
        preview(client, page_of(customer))
