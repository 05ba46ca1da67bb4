"""One searchable place for all settings, with who changed each last."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.services import change_language, create_department, update_user
from core.audit.actions import is_declared
from core.audit.services import record
from core.console.job_ends import JOB_ENDED
from core.partners.services import create_api_key
from core.web import navigation, palette
from core.web.enums import HowTold
from core.web.notice_choices import choose
from core.web.trail import Asked, last_done
from service_requests.policies import RULES
from service_requests.services import create_policy
from service_requests.services import current_policy as service_policy
from tests.factories.accounts import inside, make_user
from tests.factories.tiering import put_in_force
from tiering.rules import LABELS
from tiering.services import current_policy as tier_policy

HOME = reverse("console:home")


def pages_in(answer):
    return [*answer.context["own"], *answer.context["company"]]


def found(client, query=""):
    """The pages that are found, each with the labels of its parts."""
    answer = client.get(HOME, {"q": query} if query else {})
    return {str(each.page.label): [str(shown.part.label) for shown in each.parts] for each in pages_in(answer)}


def part(client, page, label):
    """The one setting of a page, with its value and who changed it."""
    for each in pages_in(client.get(HOME)):
        if each.page.label == page:
            return next(shown for shown in each.parts if shown.part.label == label)
    return None


def test_every_setting_stands_with_its_single_settings(client_for, administrator):
    shown = found(client_for(administrator))

    assert set(shown) == {str(page.label) for page in navigation.settings_pages_for(administrator)}
    assert "Window in days" in shown["Tier policy"]


@pytest.mark.parametrize("role", Role)
def test_everybody_finds_their_own_settings(client_for, tenant, now, role):
    answer = client_for(make_user(role=role, at=now)).get(HOME)

    own = {each.page.key for each in answer.context["own"]}
    assert own - {"calendar"} == {"preferences", "notice_choices", "security"}
    assert answer.status_code == 200


def test_settings_of_the_company_are_those_of_the_role(client_for, agent, supervisor, administrator):
    def company(user):
        return [each.page.key for each in client_for(user).get(HOME).context["company"]]

    assert company(agent) == []
    assert company(supervisor) == [
        "tier_policy", "lifecycle_policy", "tier_teams", "playbooks", "lead_sources", "portfolio_policy",
        "service_policy", "shipment_policy", "follow_up_rules", "pipeline_rules", "competitors", "service_catalogue",
        "jobs", "events",
    ]  # fmt: skip
    assert company(administrator)[:3] == ["company", "people", "organisation"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("query", ["API", "密钥"])
def test_page_is_found_by_words_of_either_language(client_for, now, tenant, language, query):
    client = client_for(make_user(role=Role.ADMINISTRATOR, at=now, language=language))

    answer = client.get(HOME, {"q": query})

    assert "keys" in [each.page.key for each in answer.context["company"]]
    assert "preferences" not in [each.page.key for each in answer.context["own"]]
    assert {"en": "API keys", "zh-hans": "API 密钥"}[language] in answer.content.decode()


def test_single_setting_is_found_without_its_neighbours(client_for, administrator):
    client = client_for(administrator)

    assert found(client, "demotion") == {"Tier policy": ["Evaluations until a demotion"]}
    assert found(client, "window tier") == {"Tier policy": ["Window in days"]}


def test_setting_is_found_by_what_it_changes_and_by_its_value(client_for, administrator, now):
    client = client_for(administrator)
    create_department(name="Claims desk", by=administrator, at=now)

    assert found(client, "when a day begins") == {"Company": ["Time zone"]}
    assert found(client, "几点开始一天") == {}
    assert found(client, "claims desk") == {"Departments and teams": ["Departments"]}


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

    departments = part(client, "Departments and teams", "Departments")
    assert (departments.changed.by, departments.changed.at) == ("Han Mei", now + timedelta(hours=1))
    assert departments.value == "Claims, Sales"
    assert part(client, "Departments and teams", "Teams").changed is None
    assert "Last changed by Han Mei" in client.get(HOME).content.decode()


def test_rule_of_a_policy_says_who_changed_it_and_not_its_neighbours(client_for, administrator, now):
    tiers, requests = tier_policy(), service_policy()
    rules = {name: getattr(tiers, name) for name in LABELS}
    put_in_force(**{**rules, "window_days": 60}, replaces=tiers.version, approver=administrator, at=now)
    hours = {kind: dict(by_tier) for kind, by_tier in requests.hours.items()}
    hours["chase"]["vip"] = 3
    facts = {name: getattr(requests, name) for name in RULES}
    create_policy(**facts, hours=hours, replaces=requests.version, by=administrator, at=now)
    client = client_for(administrator)

    window = part(client, "Tier policy", "Window in days")
    assert (window.value, window.changed.by) == ("60 days", administrator.name)
    assert part(client, "Tier policy", "VIP, percent of customers").changed is None
    chase = part(client, "Working hours and deadlines", "Deadline: Chase a parcel")
    assert (chase.value, chase.changed.by) == ("VIP 3 h, Mid 4 h, Low 8 h, No tier 8 h", administrator.name)
    assert part(client, "Working hours and deadlines", "Holidays").changed is None


def test_own_settings_tell_of_oneself_alone(client_for, administrator, agent, now):
    change_language(user=administrator, language="zh-hans", at=now)
    choose(user=agent, chosen={JOB_ENDED: HowTold.DAILY}, at=now)

    language = part(client_for(agent), "Language and display", "Language")
    told = part(client_for(agent), "How you are told", "A background job of yours ended")

    assert (language.value, language.changed) == ("English", None)
    assert (told.value, told.changed.by) == ("By mail, once a day", agent.name)


def test_change_by_an_administrator_shows_among_ones_own(client_for, administrator, agent, now):
    facts = {"email": agent.email, "name": agent.name, "role": agent.role, "department": None, "team": None}
    update_user(user=agent, **facts, language="en", time_zone="Asia/Urumqi", by=administrator, at=now)

    zone = part(client_for(agent), "Language and display", "Time zone")

    assert (zone.value, zone.changed.by) == ("Urumqi, China (UTC+06:00)", administrator.name)
    assert part(client_for(agent), "Language and display", "Language").changed is None


def test_last_change_is_of_whoever_made_it(administrator, now):
    key, _text = create_api_key(name="Shop", scopes=["customers:read"], expires_at=None, by=administrator, at=now)
    record("custom_field.added", of=key, by=key, at=now)
    record("tier_policy.approved", of=key, by=None, at=now)

    actions = {"key.created", "custom_field.added", "tier_policy.approved", "department.created"}
    done = last_done({Asked(action) for action in actions})

    assert {asked.action: each.by for asked, each in done.items()} == {
        "key.created": administrator.name,
        "custom_field.added": "API key “Shop”",
        "tier_policy.approved": "The system",
    }


def test_last_changes_of_another_tenant_are_not_told(administrator, other_tenant, now):
    with inside(other_tenant, leaving=administrator.tenant):
        create_department(name="Theirs", by=make_user(role=Role.ADMINISTRATOR, at=now), at=now)
    assert last_done({Asked("department.created")}) == {}

    create_department(name="Ours", by=administrator, at=now)
    assert set(last_done({Asked("department.created")})) == {Asked("department.created")}


def test_settings_ask_the_same_few_questions(client_for, administrator, now, django_assert_num_queries):
    client = client_for(administrator)
    create_department(name="Claims", by=administrator, at=now)
    client.get(HOME)

    with django_assert_num_queries(31):
        client.get(HOME)
    for number in range(3):
        create_department(name=f"D{number}", by=make_user(role=Role.ADMINISTRATOR, at=now), at=now)
    with django_assert_num_queries(31):
        client.get(HOME)


def test_actions_of_every_setting_are_declared(administrator):
    pages = navigation.settings_pages_for(administrator)
    actions = {action for page in pages for action in page.actions}
    actions |= {action for page in pages for part in page.parts_for(administrator) for action in part.actions or ()}

    assert len(actions) > 10
    assert [action for action in sorted(actions) if not is_declared(action)] == []


def test_palette_leads_to_each_single_setting(administrator):
    groups = palette.groups_for(administrator, path="/")
    urls = {
        command.label: command.url for command in next(each for each in groups if each.label == "Settings").commands
    }

    assert urls["Tier policy"] == reverse("tiering:policies")
    assert urls["Tier policy · Window in days"] == reverse("tiering:create_policy") + "#id_window_days"
