"""The company's own facts, and how everybody likes to work."""

import pytest
from django.urls import reverse

from core.audit.models import AuditEvent
from core.tenancy.models import Tenant

COMPANY = reverse("console:company")
PREFERENCES = reverse("console:preferences")
FACTS = {"name": "Swift Express", "time_zone": "Asia/Urumqi", "language": "en"}
CHOICES = {"language": "zh-hans", "time_zone": "Asia/Tokyo", "theme": "dark", "keys": "off"}


def test_company_is_changed_and_told_of(client_for, administrator, tenant):
    answer = client_for(administrator).post(COMPANY, FACTS)

    kept = Tenant.objects.get(pk=tenant.pk)
    assert (answer.status_code, kept.name, kept.time_zone, kept.language) == (302, *FACTS.values())
    event = AuditEvent.objects.get(action="company.changed")
    assert event.changes == {
        "name": ["Swift", "Swift Express"],
        "time_zone": ["Asia/Shanghai", "Asia/Urumqi"],
    }
    assert event.actor_id == administrator.pk


def test_company_sent_as_it_is_leaves_no_line(client_for, administrator, tenant):
    facts = {"name": tenant.name, "time_zone": tenant.time_zone, "language": tenant.language}

    client_for(administrator).post(COMPANY, facts)

    assert not AuditEvent.objects.filter(action="company.changed").exists()


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Base"}, {"time_zone": ""}, {"name": " "}, {"language": "tlh"}])
def test_company_with_a_wrong_fact_stays(client_for, administrator, tenant, wrong):
    answer = client_for(administrator).post(COMPANY, {**FACTS, **wrong})

    assert answer.status_code == 422
    assert Tenant.objects.get(pk=tenant.pk).name == "Swift"


def test_company_is_for_administrators(client_for, supervisor, tenant):
    assert client_for(supervisor).post(COMPANY, FACTS).status_code == 403
    assert Tenant.objects.get(pk=tenant.pk).name == "Swift"


def test_company_page_asks_the_same_few_questions(client_for, administrator, django_assert_num_queries):
    client = client_for(administrator)
    client.post(COMPANY, FACTS)
    client.get(COMPANY)

    with django_assert_num_queries(6):
        client.get(COMPANY)
    for number in range(3):
        client.post(COMPANY, {**FACTS, "name": f"Swift {number}"})
    client.get(COMPANY)
    with django_assert_num_queries(6):
        client.get(COMPANY)


def test_preferences_are_kept_on_the_person_and_in_the_browser(client_for, agent):
    client = client_for(agent)

    answer = client.post(PREFERENCES, CHOICES)

    agent.refresh_from_db()
    assert (answer.status_code, agent.language, agent.time_zone) == (302, "zh-hans", "Asia/Tokyo")
    body = client.get(PREFERENCES).content.decode()
    assert 'data-bs-theme="dark"' in body
    assert 'data-keys="off"' in body
    assert 'lang="zh-hans"' in body
    event = AuditEvent.objects.get(action="user.preferred")
    assert (event.subject_id, event.changes["time_zone"]) == (agent.pk, ["", "Asia/Tokyo"])


def test_preferences_show_what_was_chosen(client_for, agent):
    client = client_for(agent)
    client.post(PREFERENCES, CHOICES)

    assert client.get(PREFERENCES).context["form"].initial == CHOICES


def test_new_password_leaves_a_line(administrator, client_for, tenant):
    client = client_for(administrator)
    words = "quite another long passphrase"

    client.post(
        reverse("account_change_password"),
        {"oldpassword": "a long enough passphrase", "password1": words, "password2": words},
    )

    assert AuditEvent.objects.filter(action="user.password_changed", subject_id=administrator.pk).count() == 1
