"""Nothing that can be set is missing among the settings."""

import pytest
from django import forms
from django.urls import reverse

from core.accounts.enums import Role
from core.console.company import CompanyView
from core.console.notices import NoticeChoicesView
from core.console.own import PreferencesView
from core.web import navigation
from core.web.views import StaffFormView
from customers.views.follow_up_rules import FollowUpRulesView
from development.views.settled import RulesView
from lifecycle.views.settings import PolicyView as LifecycleRulesView
from portfolios.views.portfolios import PolicyView as PortfolioRulesView
from service_requests.views.policy import PolicyView
from shipments.views.policy import ShipmentPolicyView
from tests.architecture.routes import Route, all_routes
from tests.factories.accounts import make_user
from tiering.views.policies import CreatePolicyView
from tiering.views.teams import TeamsView

# Forms that set something, by their addresses.
SETTINGS = {
    "console:preferences": PreferencesView,
    "console:notice_choices": NoticeChoicesView,
    "console:company": CompanyView,
    "service_requests:policy": PolicyView,
    "development:rules": RulesView,
    "tiering:create_policy": CreatePolicyView,
    "tiering:teams": TeamsView,
    "portfolios:policy": PortfolioRulesView,
    "lifecycle:policy": LifecycleRulesView,
    "shipments:policy": ShipmentPolicyView,
    "customers:follow_up_rules": FollowUpRulesView,
}
# Forms below /settings/ of which each is about one record of many; the list of them is the setting.
OF_RECORDS = {
    "console:invite_user": "invitations",
    "console:update_user": "people",
    "console:hand_over": "people",
    "console:deactivate_user": "people",
    "console:create_department": "departments",
    "console:update_department": "departments",
    "console:close_department": "departments",
    "console:create_team": "teams",
    "console:update_team": "teams",
    "console:close_team": "teams",
    "console:create_key": "keys",
    "console:rotate_key": "keys",
    "console:restrict_key": "keys",
    "console:limit_key": "keys",
    "customers:rename_group": "groups",
    "customers:add_custom_field": "fields",
    "customers:update_custom_field": "fields",
    "customers:add_purpose": "purposes",
    "customers:update_purpose": "purposes",
    "development:add_competitor": "competitors",
    "development:update_competitor": "competitors",
    "development:add_service": "services",
    "development:update_service": "services",
}


def is_form(route: Route) -> bool:
    return isinstance(route.view, type) and issubclass(route.view, StaffFormView)


def forgotten(routes: list[Route]) -> set[str]:
    """Return the forms below /settings/ that nobody named."""
    below = {route.name for route in routes if is_form(route) and route.path.startswith("settings/")}
    return below - SETTINGS.keys() - OF_RECORDS.keys()


def parts_of(user):
    return [part for page in navigation.settings_pages_for(user) for part in page.parts_for(user)]


def fields_of(response) -> set[str]:
    """Return the names of what a form lets one set."""
    form: forms.BaseForm = response.context["form"]
    return {each.name for each in form.visible_fields()}


def unlisted(shown: set[str], parts, url_name: str) -> set[str]:
    return shown - {field for part in parts if part.url_name == url_name for field in part.fields}


def test_every_form_of_the_settings_is_named():
    assert forgotten(all_routes()) == set()
    assert (SETTINGS.keys() | OF_RECORDS.keys()) - {route.name for route in all_routes()} == set()


def test_form_that_nobody_named_is_found():
    class Forgotten(StaffFormView):
        permission_required = ""

    route = Route("a:forgotten", "settings/forgotten/", (), Forgotten, frozenset({"get", "post"}), {})

    assert forgotten([route]) == {"a:forgotten"}


def test_every_list_of_records_is_among_the_settings(administrator):
    assert set(OF_RECORDS.values()) - {part.key for part in parts_of(administrator)} == set()


@pytest.mark.parametrize("url_name", SETTINGS)
def test_every_field_of_a_form_of_settings_is_among_them(client_for, administrator, url_name):
    shown = fields_of(client_for(administrator).get(reverse(url_name)))

    assert len(shown) > 1
    assert unlisted(shown, parts_of(administrator), url_name) == set()
    assert unlisted({*shown, "extra"}, parts_of(administrator), url_name) == {"extra"}


@pytest.mark.parametrize("role", Role)
def test_every_setting_leads_to_its_place_and_says_what_it_changes(client_for, tenant, now, role):
    """The place stands on a page that the reader may open, and the value is told."""
    user = make_user(role=role, at=now)
    client = client_for(user)
    bodies = {part.url_name: client.get(reverse(part.url_name)) for part in parts_of(user)}

    for part in parts_of(user):
        _page, _mark, anchor = part.url.partition("#")
        answer = bodies[part.url_name]
        assert answer.status_code == 200, part.key
        assert not anchor or f'id="{anchor}"' in answer.content.decode(), part.url
        assert str(part.changes), part.key
    for found in client.get(reverse("console:home")).context["own"]:
        assert [shown.part.key for shown in found.parts if not shown.value] == []


def test_every_setting_of_the_company_tells_its_value(client_for, administrator):
    for found in client_for(administrator).get(reverse("console:home")).context["company"]:
        assert [shown.part.key for shown in found.parts if not shown.value] == []
