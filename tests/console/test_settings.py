"""One searchable place for all settings, with who changed each last."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.services import create_department
from core.audit.actions import is_declared
from core.audit.services import record
from core.partners.services import create_api_key
from core.web import navigation, palette
from core.web.trail import last_done
from tests.factories.accounts import inside, make_user

HOME = reverse("console:home")


def found(client, query=""):
    """The pages that are found, each with the labels of its parts."""
    answer = client.get(HOME, {"q": query} if query else {})
    return {str(each.page.label): [str(part.label) for part in each.parts] for each in answer.context["found"]}


def changed(client, label):
    answer = client.get(HOME)
    return next(each.changed for each in answer.context["found"] if each.page.label == label)


def test_every_setting_stands_with_its_single_settings(client_for, administrator):
    shown = found(client_for(administrator))

    assert list(shown) == [str(page.label) for page in navigation.settings_pages_for(administrator)]
    assert "Window in days" in shown["Tier policy"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("query", ["KEYS", "密钥"])
def test_page_is_found_by_words_of_either_language(client_for, now, tenant, language, query):
    client = client_for(make_user(role=Role.ADMINISTRATOR, at=now, language=language))

    answer = client.get(HOME, {"q": query})

    assert [each.page.key for each in answer.context["found"]] == ["keys"]
    assert {"en": "API keys", "zh-hans": "API 密钥"}[language] in answer.content.decode()


def test_single_setting_is_found_without_its_neighbours(client_for, administrator):
    assert found(client_for(administrator), "demotion") == {"Tier policy": ["Evaluations until a demotion"]}
    assert found(client_for(administrator), "window tier") == {"Tier policy": ["Window in days"]}


def test_nothing_found_is_said(client_for, administrator):
    body = client_for(administrator).get(HOME, {"q": "xyzzy"}).content.decode()

    assert "No setting is called that" in body


def test_search_leaves_out_what_the_role_may_not_open(client_for, supervisor, administrator):
    assert "API keys" in found(client_for(administrator), "key")
    assert found(client_for(supervisor), "api key") == {}


def test_setting_says_who_changed_it_last(client_for, administrator, now):
    client = client_for(administrator)
    create_department(name="Claims", by=administrator, at=now)
    colleague = make_user(role=Role.ADMINISTRATOR, at=now)
    colleague.name = "Han Mei"
    colleague.save()
    create_department(name="Sales", by=colleague, at=now + timedelta(hours=1))
    label = "Departments and teams"

    assert changed(client, label).by == "Han Mei"
    assert changed(client, label).at == now + timedelta(hours=1)
    assert changed(client, "API keys") is None
    assert "Last changed by Han Mei" in client.get(HOME).content.decode()


def test_last_change_is_of_whoever_made_it(administrator, now):
    key, _text = create_api_key(name="Shop", scopes=["customers:read"], expires_at=None, by=administrator, at=now)
    record("custom_field.added", of=key, by=key, at=now)
    record("tier_policy.changed", of=key, by=None, at=now)

    done = last_done({"key.created", "custom_field.added", "tier_policy.changed", "department.created"})

    assert {action: each.by for action, each in done.items()} == {
        "key.created": administrator.name,
        "custom_field.added": "API key “Shop”",
        "tier_policy.changed": "The system",
    }


def test_last_changes_of_another_tenant_are_not_told(administrator, other_tenant, now):
    with inside(other_tenant, leaving=administrator.tenant):
        create_department(name="Theirs", by=make_user(role=Role.ADMINISTRATOR, at=now), at=now)
    assert last_done({"department.created"}) == {}

    create_department(name="Ours", by=administrator, at=now)
    assert set(last_done({"department.created"})) == {"department.created"}


def test_settings_ask_the_same_few_questions(client_for, administrator, now, django_assert_num_queries):
    client = client_for(administrator)
    create_department(name="Claims", by=administrator, at=now)
    client.get(HOME)

    with django_assert_num_queries(6):
        client.get(HOME)
    for number in range(3):
        create_department(name=f"D{number}", by=make_user(role=Role.ADMINISTRATOR, at=now), at=now)
    with django_assert_num_queries(6):
        client.get(HOME)


def test_actions_of_every_setting_are_declared(administrator):
    actions = {action for page in navigation.settings_pages_for(administrator) for action in page.actions}

    assert len(actions) > 10
    assert [action for action in sorted(actions) if not is_declared(action)] == []


def test_palette_leads_to_each_single_setting(administrator):
    groups = palette.groups_for(administrator, path="/")
    urls = {
        command.label: command.url for command in next(each for each in groups if each.label == "Settings").commands
    }

    assert urls["Tier policy"] == reverse("tiering:policies")
    assert urls["Tier policy · Window in days"] == reverse("tiering:create_policy") + "#id_window_days"
