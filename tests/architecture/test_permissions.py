"""Every address says who may use it, and keeps everybody else out."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from django.views.generic import View

from core.accounts import permissions
from core.accounts.enums import Role
from core.partners import scopes
from core.partners.views import Resource
from core.tenancy.ids import uuid7
from core.web.views import EVERY_USER, StaffView
from tests.architecture.routes import Route, all_routes
from tests.factories.accounts import make_user, outside
from tests.factories.partners import Partner, ask

# Open to who has not signed in, each with the reason.
OPEN_TO_ALL = {
    "web:language": "keeps a choice in a cookie, before sign-in too",
    "web:theme": "keeps a choice in a cookie, before sign-in too",
    "web:keys": "keeps a choice in a cookie, before sign-in too",
    "web:token": "gives a visitor the token of their own session",
    "web:live": "asked by the load balancer; names no tenant",
    "web:ready": "asked by the load balancer; names no tenant",
    "web:metrics": "figures without names, for a token or the machine itself",
    "api:docs": "the description of the API to read, the same for everybody",
    "api:openapi": "the description of the API, the same for everybody",
    "customers:calendar_feed": "for the calendar program of who was given the link; the signed token is the proof",
    "customers:preferences": "for who was given the link, rate-limited; the signed token is the proof; shows nobody",
    "console:accept_invitation": "for who is invited; the token is the proof",
    "development:shared": "for who was given the link, rate-limited; the signed token is the proof; names nobody",
    "development:shared_file": "the same, as a file",
    "service_plans:shared": "for who was given the link, rate-limited; the signed token is the proof; names nobody",
    "lifecycle:join": "for who wants to ship, rate-limited; writes a lead, and tells nobody who is known",
    "lifecycle:joined": "says thank you; shows nothing",
    "shipments:track": "for who knows a waybill and the digits, rate-limited; shows nothing of a person",
    "shipments:trace": "for who was answered at shipments:track; the sealed address is the proof, for half an hour",
    "account_login": "where one signs in",
    "account_logout": "ends one's own session",
    "account_inactive": "tells who was switched off",
    "account_signup": "says that nobody signs up",
    "account_reauthenticate": "allauth's, asks for sign-in itself",
    "account_change_password": "allauth's, asks for sign-in itself",
    "account_set_password": "allauth's, asks for sign-in itself",
    "mfa_index": "one's own; asks for sign-in itself",
    "account_end_session": "one's own device; asks for sign-in itself",
    "account_end_other_sessions": "one's own devices; asks for sign-in itself",
    "mfa_activate_totp": "allauth's, one's own; asks for sign-in and confirmation itself",
    "mfa_deactivate_totp": "allauth's, one's own; asks for sign-in and confirmation itself",
    "mfa_add_webauthn": "allauth's, one's own; asks for sign-in and confirmation itself",
    "mfa_remove_webauthn": "allauth's, one's own; asks for sign-in and confirmation itself",
    "mfa_view_recovery_codes": "allauth's, one's own; asks for sign-in and confirmation itself",
    "mfa_generate_recovery_codes": "allauth's, one's own; asks for sign-in and confirmation itself",
    "mfa_authenticate": "the second step of a sign-in whose first was right",
    "mfa_login_webauthn": "where one signs in by a passkey",
    "mfa_reauthenticate": "allauth's, asks for sign-in itself",
    "mfa_reauthenticate_webauthn": "allauth's, asks for sign-in itself",
    "account_reset_password": "for who forgot the password",
    "account_reset_password_done": "for who forgot the password",
    "account_reset_password_from_key": "for who forgot the password; the key is the proof",
    "account_reset_password_from_key_done": "for who forgot the password",
}
# Open to everybody who is signed in, each with the reason.
OPEN_TO_EVERY_USER = {
    "web:home": "leads on to the first page that the role may open",
    "web:search": "asks only what the role may see",
    "web:live_search": "asks only what the role may see",
    "web:palette": "names only what the role may do, and on the open record only to who may see it",
    "console:home": "shows only the settings that the role may open",
    "console:preferences": "one's own language, zone, theme and keys",
    "console:reveal": "asks for the permission that the kind of data names",
    "console:export": "asks for the permission of the list",
    "console:save_view": "asks for the permission of the list",
    "console:change_rows": "asks for the permission of the list, and of the action",
    "console:job_rows": "one's own jobs; asks for the permission of the list",
    "console:choose_columns": "asks for the permission of the list",
    "console:view_counts": "asks for the permission of the list",
    "console:change_view": "one's own views and shared ones; asks for the permission of the list",
    "console:delete_view": "one's own views and shared ones; asks for the permission of the list",
    "console:own_jobs": "one's own jobs",
    "console:job": "one's own jobs",
    "console:cancel_job": "one's own jobs",
    "console:run_job_again": "one's own jobs; starting asks for the permission of the kind",
    "console:job_file": "one's own jobs; asks for the permission of the kind",
    "console:job_notices": "one's own jobs",
    "console:notices": "one's own notices, of kinds that the role may see",
    "console:notice_choices": "how oneself is told, of kinds that the role may see",
    "console:unread_count": "one's own notices, of kinds that the role may see",
    "console:open_notice": "one's own notices, of kinds that the role may see",
    "console:read_notice": "one's own notices, of kinds that the role may see",
    "console:read_all_notices": "one's own notices, of kinds that the role may see",
}


def is_staff(route: Route) -> bool:
    return isinstance(route.view, type) and issubclass(route.view, StaffView)


def is_resource(route: Route) -> bool:
    return isinstance(route.view, type) and issubclass(route.view, Resource)


def unguarded(routes: list[Route]) -> list[str]:
    """Return the routes that declare no permission and that nobody listed as open."""
    return sorted(
        route.name
        for route in routes
        if not (is_staff(route) or is_resource(route) or route.name in OPEN_TO_ALL)
        or (is_staff(route) and route.view.permission_required == EVERY_USER and route.name not in OPEN_TO_EVERY_USER)
    )


def url_of(route: Route) -> str:
    return reverse(route.name, kwargs={name: uuid7() for name in route.arguments})


def lets_strangers_in(routes: list[Route]) -> dict[str, list[int]]:
    """Return the staff routes that answer who is not signed in with anything but the way to the sign-in."""
    found = {}
    for route in filter(is_staff, routes):
        answers = [getattr(Client(), method)(url_of(route)) for method in sorted(route.methods)]
        if any(a.status_code != 302 or not a.url.startswith(reverse("account_login")) for a in answers):
            found[route.name] = [answer.status_code for answer in answers]
    return found


def lets_anybody_in(routes: list[Route], client_of_role: dict[Role, Client]) -> dict[str, list[int]]:
    """Return the staff routes that answer a role without their permission with anything but 403."""
    found = {}
    for route in filter(is_staff, routes):
        lacking = set(Role) - permissions.declared()[route.view.permission_required].roles
        for role in sorted(lacking):
            client = client_of_role[role]
            statuses = [getattr(client, method)(url_of(route)).status_code for method in sorted(route.methods)]
            if set(statuses) != {403}:
                found[f"{route.name} as {role}"] = statuses
    return found


@pytest.fixture
def client_of_role(tenant, now, client_for):
    return {role: client_for(make_user(role=role, at=now)) for role in Role}


@pytest.fixture
def nobody_holds_anything(monkeypatch):
    """Take every permission from every role: what all roles hold has no role that lacks it."""
    declared = {
        name: permissions.Permission(each.name, each.label, frozenset())
        for name, each in permissions.declared().items()
    }
    monkeypatch.setattr(permissions, "_declared", declared)


def guarded() -> list[Route]:
    return [route for route in all_routes() if is_staff(route) and route.view.permission_required != EVERY_USER]


def test_every_route_is_guarded_or_listed_with_a_reason():
    assert unguarded(all_routes()) == [], "Let it declare permission_required, or list it as open with the reason."


def test_lists_of_open_routes_are_not_stale():
    routes = {route.name: route for route in all_routes()}

    assert sorted({*OPEN_TO_ALL, *OPEN_TO_EVERY_USER} - set(routes)) == []
    assert [name for name in OPEN_TO_ALL if is_staff(routes[name]) or is_resource(routes[name])] == []
    assert [name for name in OPEN_TO_EVERY_USER if routes[name].view.permission_required != EVERY_USER] == []


def test_every_permission_of_a_route_is_declared():
    named = {route.view.permission_required for route in all_routes() if is_staff(route) or is_resource(route)}

    assert sorted(named - {EVERY_USER} - set(permissions.declared())) == []


def test_strangers_are_sent_to_the_sign_in(tenant):
    with outside(tenant):
        assert lets_strangers_in(all_routes()) == {}


def test_roles_without_the_permission_are_refused(tenant, client_of_role):
    with outside(tenant):
        assert lets_anybody_in(guarded(), client_of_role) == {}


def test_every_guarded_route_refuses_who_holds_nothing(tenant, client_of_role, nobody_holds_anything):
    with outside(tenant):
        assert lets_anybody_in(guarded(), client_of_role) == {}


def test_action_of_the_api_that_nobody_thought_of_is_a_write():
    for view in {route.view for route in all_routes() if is_resource(route)}:
        assert view.permission_for("something_new") == view.write_permission
        assert view.permission_for("list") == view.permission_required


def test_api_needs_a_key_with_the_scope_and_no_other(tenant):
    resources = [route for route in all_routes() if is_resource(route)]
    found = {}
    for route in resources:
        below = url_of(route).removeprefix("/api/v1")
        for method in sorted(route.methods):
            permission = route.view.permission_for(route.actions[method])
            others = [name for name in scopes.declared() if name not in scopes.granting(permission)]
            partner = Partner(name=f"{route.name} {method}", allowed=others)
            granted = Partner(name=f"{route.name} {method} granted", allowed=scopes.granting(permission)[:1])
            stranger = ask(below, method=method)
            without_scope = ask(below, method=method, **partner.headers)
            with_it_alone = ask(below, method=method, **granted.headers)
            if (stranger.status_code, without_scope.status_code) != (401, 403):
                found[route.name, method] = (stranger.status_code, without_scope.status_code)
            if with_it_alone.status_code not in {200, 400, 404, 415}:
                found[route.name, method, "with the scope alone"] = with_it_alone.status_code

    assert found == {}
    assert resources


class UnguardedView(View):
    """A bad example: shows itself to everybody."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")


class CarelessView(StaffView):
    """A bad example: declares a permission and never asks for it."""

    permission_required = "people.manage"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return HttpResponse("secret")

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")


class OpenView(StaffView):
    """A bad example: open to every user, and nobody said why."""

    permission_required = EVERY_USER


urlpatterns = [
    path("sign-in/", UnguardedView.as_view(), name="account_login"),
    path("unguarded/", UnguardedView.as_view(), name="unguarded"),
    path("careless/", CarelessView.as_view(), name="careless"),
    path("open/", OpenView.as_view(), name="open"),
]


def test_bad_examples_are_found(tenant, client_of_role, settings):
    settings.ROOT_URLCONF = __name__

    assert unguarded(all_routes()) == ["open", "unguarded"]
    with outside(tenant):
        assert lets_strangers_in(all_routes()) == {"careless": [200]}
        careless = [route for route in all_routes() if route.name == "careless"]
        assert len(lets_anybody_in(careless, client_of_role)) == len(Role) - 1
