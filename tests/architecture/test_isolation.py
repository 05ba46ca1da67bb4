"""No address gives away, or changes, anything of another tenant: not with the scope, not without it."""

import base64
import html
import re
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from core.accounts.models import Department, User
from core.audit.models import AuditEvent, AuditSeal, Erasure
from core.imports.models import ImportedRecord, ImportMark
from core.tenancy import scope
from core.tenancy.ids import uuid7
from core.tenancy.models import Tenant, TenantModel, TenantQuerySet
from core.web.lists import BooleanFilter, ListView, RecordFilter
from core.web.views import StaffFormView, StaffView
from customers.models import (
    ChangedCustomer,
    ConsentEntry,
    Contact,
    Customer,
    CustomerToken,
    FilteredValue,
    MergedRow,
)
from shipments.models import Shipment
from tests.architecture.records import CONSTANTS, NO_RECORDS, RECORDS
from tests.architecture.routes import METHODS, Route, all_routes
from tests.factories.accounts import inside, outside, sign_in
from tests.factories.partners import Partner
from tests.factories.worlds import World, make_world, tenant_models

# The database lets nobody change these, of any tenant.
ONLY_ADDED_TO = {AuditEvent, AuditSeal, Erasure, ConsentEntry}
# What names a row of a composite key, beside the tenant.
KEYS = {
    ChangedCustomer: ("customer_id", "transaction"),
    CustomerToken: ("token", "customer_id"),
    FilteredValue: ("field_id", "customer_id"),
    ImportMark: ("batch_id", "mark"),
    ImportedRecord: ("record_id", "part_id"),
    MergedRow: ("merge_id", "relation", "row_id"),
}
MARK, OWN_MARK = "zqcanaryzq", "zqhomelyzq"


PDF_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def body_of(response: HttpResponse) -> str:
    """Return what an answer says; of a PDF file, in which it is packed, the operators that set its text."""
    content = b"".join(response) if response.streaming else response.content
    if content.startswith(b"%PDF-"):
        packed = (each.strip().removesuffix(b"~>") for each in PDF_STREAM.findall(content))
        return b"\n".join(zlib.decompress(base64.a85decode(each)) for each in packed).decode("latin-1")
    return content.decode()


@dataclass
class Worlds:
    """Ours, with somebody of ours who may do everything, and theirs, with all that could leak."""

    tenant: Tenant
    other: Tenant
    ours: World
    theirs: World
    administrator: User
    api_headers: dict[str, str]
    foreign_ids: set[str] = field(default_factory=set)

    def ask(self, route: Route, method: str, url: str, data: Any = None) -> HttpResponse:
        client = Client(raise_request_exception=False)
        kwargs: dict[str, Any] = {"headers": self.api_headers} if route.is_api else {}
        if route.is_api and method != "get":
            kwargs["content_type"] = "application/json"
        with outside(self.tenant):
            if not route.is_api:
                sign_in(client, self.administrator)
            return getattr(client, method)(url, data, **kwargs)

    def our_url(self, route: Route) -> str:
        records = {name: self.ours[model].pk for name, model in RECORDS.get(route.name, {}).items()}
        return reverse(route.name, kwargs={**records, **CONSTANTS.get(route.name, {})})

    def their_rows(self) -> dict[str, list[Any]]:
        """Everything that the database holds of the other tenant."""
        with inside(self.other, leaving=self.tenant):
            return {
                model._meta.label: list(model.all_tenants.filter(tenant_id=self.other.pk).order_by("pk").values())
                for model in tenant_models()
            }

    def leaked(self, response: HttpResponse, *sent: Any) -> list[str]:
        """Return what of the other tenant stands in the answer besides what was asked with."""
        body = body_of(response)
        for each in map(str, sent):
            for echoed in (each, html.escape(each), quote(each), quote_plus(each)):
                body = body.replace(echoed, "")
        return [canary for canary in (MARK, *sorted(self.foreign_ids)) if canary in body]


@pytest.fixture
def worlds(tenant: Tenant, other_tenant: Tenant, administrator: User, now: datetime) -> Worlds:
    ours = make_world(OWN_MARK, at=now)
    partner = Partner(name="Isolation")
    with inside(other_tenant, leaving=tenant):
        theirs = make_world(MARK, at=now)
    worlds = Worlds(tenant, other_tenant, ours, theirs, administrator, partner.headers)
    worlds.foreign_ids = {str(row["id"]) for rows in worlds.their_rows().values() for row in rows if "id" in row}
    return worlds


def unscoped(self: TenantQuerySet, *args: Any, tenant_id: Any = None, **kwargs: Any) -> Any:
    """Filter by anything but the tenant."""
    return QuerySet.filter(self, *args, **kwargs)


@pytest.fixture(params=["with the scope", "without the scope"])
def wall(request: pytest.FixtureRequest, worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything once as it is, and once with every filter by tenant left out: row-level security alone holds."""
    if request.param == "without the scope":
        monkeypatch.setattr(TenantQuerySet, "filter", unscoped)
        assert "WHERE" not in str(Contact.objects.all().query)
    return request.param


def unlisted(routes: list[Route]) -> list[str]:
    """Return the routes with arguments of which nobody said what record stands behind them."""
    return sorted(route.name for route in routes if not is_listed(route) and route.name not in NO_RECORDS)


def is_listed(route: Route) -> bool:
    return set(route.arguments) == {*RECORDS.get(route.name, {}), *CONSTANTS.get(route.name, {})}


def mixtures(route: Route, ours: World, theirs: World) -> Iterator[dict[str, Any]]:
    """Yield every choice of ids in which one at least is the other tenant's."""
    records = RECORDS[route.name]
    for chosen in range(1, 2 ** len(records)):
        yield {
            name: (theirs if chosen >> place & 1 else ours)[model].pk
            for place, (name, model) in enumerate(records.items())
        }


def faults_of(route: Route, worlds: Worlds) -> list[str]:
    """Ask for another tenant's records in every way; return what is wrong with the answers."""
    faults = []
    before = worlds.their_rows()
    strangers = dict.fromkeys(worlds.theirs, None)
    for model in strangers:
        strangers[model] = type("Row", (), {"pk": uuid7()})
    pairs = zip(mixtures(route, worlds.ours, worlds.theirs), mixtures(route, worlds.ours, strangers), strict=True)
    for foreign, never in pairs:
        for method in METHODS:
            constants = CONSTANTS.get(route.name, {})
            theirs = worlds.ask(route, method, reverse(route.name, kwargs={**foreign, **constants}))
            nobodys = worlds.ask(route, method, reverse(route.name, kwargs={**never, **constants}))
            expected = 404 if method in route.methods else 405
            if (theirs.status_code, nobodys.status_code) != (expected, expected):
                faults.append(f"{method} answers {theirs.status_code}, and {nobodys.status_code} for no such id")
            if _alike(theirs) != _alike(nobodys):
                faults.append(f"{method} tells a record of another tenant from none")
            if leaked := worlds.leaked(theirs, *foreign.values()):
                faults.append(f"{method} leaks {leaked}")
    if worlds.their_rows() != before:
        faults.append("changes rows of another tenant")
    return faults


UUIDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
TOKENS = re.compile(r'(csrfmiddlewaretoken" value=|"X-CSRFToken": )"[^"]*"')


def _alike(response: HttpResponse) -> str:
    """Return the body without what differs from one request to the next: ids, which it echoes, and tokens."""
    return TOKENS.sub(r"\1", UUIDS.sub("ID", response.content.decode()))


def test_every_route_with_an_id_says_what_stands_behind_it():
    routes = all_routes()
    names = {route.name for route in routes}

    assert unlisted(routes) == [], "Add the route to RECORDS, with the model behind each id."
    assert sorted({*RECORDS, *NO_RECORDS} - names) == [], "These routes are no more."


def test_another_tenants_records_are_not_found_and_not_changed(worlds, wall):
    routes = [route for route in all_routes() if route.name in RECORDS]

    faults = {route.name: found for route in routes if (found := faults_of(route, worlds))}

    assert faults == {}
    assert len(routes) == len(RECORDS)


def test_pages_of_our_own_hold_nothing_of_another_tenants(worlds, wall):
    """They hold something of ours, so there is something that the same page could leak of theirs."""
    leaks, telling = {}, set()
    for route in all_routes():
        if "get" not in route.methods or not is_listed(route):
            continue
        url = worlds.our_url(route)
        response = worlds.ask(route, "get", url)
        if response.status_code >= 500 or worlds.leaked(response):
            leaks[route.name] = (response.status_code, worlds.leaked(response))
        if response.status_code == 200 and not response.streaming and OWN_MARK in body_of(response):
            telling.add(route.name)

    assert leaks == {}
    assert {"customers:list", "customers:detail", "console:people", "shipments:list", "api:customer-list"} <= telling


def test_lists_filtered_by_another_tenants_records_are_empty(worlds, wall):
    faults, asked = {}, set()
    for route in all_routes():
        if not (_is_a(route.view, ListView) and is_listed(route)):
            continue
        url = worlds.our_url(route)
        model = worlds.ask(route, "get", url).context["list"].queryset.model
        for each in route.view.filters:
            sent = _foreign_value(each, worlds.theirs[model], worlds)
            if sent is None:
                continue
            response = worlds.ask(route, "get", url, dict.fromkeys(each.parameters, sent))
            asked.add((route.name, each.name))
            if list(response.context["rows"]) or worlds.leaked(response, sent):
                faults[route.name, each.name] = worlds.leaked(response, sent)

    assert faults == {}
    assert {("customers:list", "account_manager"), ("customers:list", "number"), ("console:people", "team")} <= asked


def _foreign_value(each: Any, row: TenantModel, worlds: Worlds) -> str | None:
    """Return what would find the other tenant's row, or None where the filter takes only what is the same for all."""
    if isinstance(each, RecordFilter):
        return str(worlds.theirs[each.options().model].pk)
    if isinstance(each, BooleanFilter):
        return None
    value: Any = row
    for step in each.column.split("__"):
        value = getattr(value, step)
    return value if isinstance(value, str) and MARK in value else None


def _is_a(view: Any, kind: type) -> bool:
    return isinstance(view, type) and issubclass(view, kind)


def test_api_lists_filtered_by_another_tenants_records_are_empty(worlds, wall, settings):
    settings.API_REQUESTS_PER_KEY = 10_000
    faults, asked = {}, 0
    values = [worlds.theirs[Customer].pk, worlds.theirs[Customer].number, worlds.theirs[Shipment].waybill_number]
    for route in all_routes():
        filters = getattr(route.view, "filters", None)
        if route.actions.get("get") != "list" or route.arguments or filters is None:
            continue
        for name in filters.base_filters:
            for sent in values:
                response = worlds.ask(route, "get", reverse(route.name), {name: sent})
                asked += 1
                if response.status_code not in {200, 400} or worlds.leaked(response, sent):
                    faults[route.name, name] = (response.status_code, worlds.leaked(response, sent))

    assert faults == {}
    assert asked > 10


def test_search_finds_nothing_of_another_tenants(worlds, wall):
    route = next(route for route in all_routes() if route.name == "web:search")
    sought = [worlds.theirs[Customer].number, worlds.theirs[Shipment].waybill_number, worlds.theirs[User].name]

    answers = {sent: worlds.ask(route, "get", reverse("web:search"), {"q": sent}) for sent in sought}

    assert {response.status_code for response in answers.values()} == {200}
    assert {sent: leaked for sent, answer in answers.items() if (leaked := worlds.leaked(answer, sent))} == {}


def test_forms_refuse_another_tenants_records(worlds, wall):
    faults, asked = {}, 0
    before = worlds.their_rows()
    for route in all_routes():
        if not (_is_a(route.view, StaffFormView) and is_listed(route)):
            continue
        url = worlds.our_url(route)
        page = worlds.ask(route, "get", url)
        form = page.context["form"] if page.status_code == 200 else None
        for name, each in form.fields.items() if form else ():
            if not isinstance(each, ModelChoiceField):
                continue
            sent = worlds.theirs[each.queryset.model].pk
            filled = {key: value for key in form.fields if isinstance(value := form[key].value(), str | int)}
            response = worlds.ask(route, "post", url, {**filled, form.add_prefix(name): sent})
            asked += 1
            if response.status_code != 422 or name not in response.context["form"].errors:
                faults[route.name, name] = response.status_code
            elif leaked := worlds.leaked(response, sent):
                faults[route.name, name] = leaked

    assert faults == {}
    assert asked > 5
    assert worlds.their_rows() == before


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_rows_of_another_tenant_are_out_of_reach_of_every_model(model, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_world(MARK, at=now)[model]
        before = list(model.all_tenants.order_by("pk").values())
    # What is part of a composite key is no key by itself; such a row is named by the columns beside the tenant.
    named = KEYS.get(model, ("pk",))
    key = {name: getattr(theirs, name) for name in named}
    same = {"tenant_id": other_tenant.pk} if named == ("pk",) else {named[0]: key[named[0]]}

    with pytest.raises(model.DoesNotExist):
        model.objects.get(**key)
    with pytest.raises(model.DoesNotExist):
        model.all_tenants.get(**key)
    for rows in (model.objects.filter(**key), model.all_tenants.filter(**key)):
        if model in ONLY_ADDED_TO:
            with pytest.raises(ProgrammingError), transaction.atomic():
                rows.update(**same)
            with pytest.raises(ProgrammingError), transaction.atomic():
                rows._raw_delete(rows.db)
        else:
            assert rows.update(**same) == 0
            assert rows.delete()[0] == 0
    assert _count_by_sql(model, key) == 0
    with inside(other_tenant, leaving=tenant):
        assert _count_by_sql(model, key) == 1
        assert list(model.all_tenants.order_by("pk").values()) == before


def _count_by_sql(model: type[TenantModel], key: dict[str, Any]) -> int:
    key = {"id" if name == "pk" else name: value for name, value in key.items()}
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("crm_app",)
        table = connection.ops.quote_name(model._meta.db_table)
        condition = " and ".join(f"{name} = %s" for name in key)
        cursor.execute(f"select count(*) from {table} where {condition}", list(key.values()))
        return cursor.fetchone()[0]


class TalkativeView(StaffView):
    """A bad example: knows whether the record exists, and shows another."""

    permission_required = "people.manage"

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        theirs = str(pk) in TalkativeView.known
        return HttpResponse(f"{MARK}: taken" if theirs else "free", status=404)

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        with inside(TalkativeView.worlds.other, leaving=TalkativeView.worlds.tenant):
            Department.objects.update(name="Taken")
        return HttpResponse()


urlpatterns = [path("talkative/<uuid:pk>/", TalkativeView.as_view(), name="talkative")]


def test_bad_example_is_found(worlds, settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(RECORDS, "talkative", {"pk": Department})
    TalkativeView.worlds, TalkativeView.known = worlds, worlds.foreign_ids
    (route,) = all_routes()

    assert faults_of(route, worlds) == [
        "get tells a record of another tenant from none",
        f"get leaks ['{MARK}']",
        "post answers 200, and 200 for no such id",
        "changes rows of another tenant",
    ]


def test_the_proof_fails_where_both_walls_are_gone(worlds, monkeypatch):
    """Without the filters, and with the other tenant named to the database, the records are there to be found."""

    enter = scope._enter
    (route,) = [route for route in all_routes() if route.name == "customers:detail"]
    assert faults_of(route, worlds) == []

    monkeypatch.setattr(TenantQuerySet, "filter", unscoped)
    monkeypatch.setattr(scope, "_enter", lambda _tenant_id: enter(worlds.other.pk))
    faults = faults_of(route, worlds)

    assert faults[:2] == [
        "get answers 200, and 404 for no such id",
        "get tells a record of another tenant from none",
    ]
    assert faults[2].startswith(f"get leaks ['{MARK}'")


def test_route_that_nobody_listed_is_found(settings):
    settings.ROOT_URLCONF = __name__

    assert unlisted(all_routes()) == ["talkative"]
