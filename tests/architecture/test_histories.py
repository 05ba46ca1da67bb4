"""The history of changes stands on the page of every record that the trail tells about."""

from collections.abc import Collection

import pytest
from django.urls import reverse

from core.accounts.models import Department, Team, User
from core.audit import actions
from core.audit.services import record
from core.imports.models import ImportBatch
from core.jobs.models import BackgroundJob
from core.partners.models import ApiKey
from core.tenancy.models import Tenant, TenantModel
from core.web import trail
from customers.models import Customer, CustomerGroup, CustomField, FollowUp, FollowUpPolicy, Purpose
from development.models import CatalogueService, Competitor, MarketNote, Opportunity, PipelineRules, Proposal
from lifecycle.models import Lead, LeadSource, LifecyclePolicy, LostReason, PlaybookStep
from portfolios.models import PortfolioPolicy
from service_plans.models import ServicePlan
from service_requests.models import ServicePolicy, ServiceRequest
from shipments.models import Shipment, ShipmentPolicy
from tests.factories.worlds import make_world
from tiering.models import TierPolicy

# The page of a record, by its id or as a row of a page that stands for all of them.
PAGES: dict[type[TenantModel | Tenant], str] = {
    Tenant: "console:company",
    User: "console:update_user",
    Department: "console:organisation",
    Team: "console:organisation",
    ApiKey: "console:key",
    BackgroundJob: "console:job",
    Customer: "customers:detail",
    CustomerGroup: "customers:rename_group",
    CustomField: "customers:update_custom_field",
    FollowUp: "customers:follow_up",
    FollowUpPolicy: "customers:follow_up_rules",
    Purpose: "customers:update_purpose",
    Shipment: "shipments:detail",
    ShipmentPolicy: "shipments:policy",
    ImportBatch: "imports:batch",
    ServicePlan: "service_plans:detail",
    Opportunity: "development:detail",
    MarketNote: "development:market_note",
    Proposal: "development:proposal",
    CatalogueService: "development:update_service",
    Competitor: "development:update_competitor",
    PipelineRules: "development:rules",
    ServiceRequest: "service_requests:detail",
    ServicePolicy: "service_requests:policy",
    TierPolicy: "tiering:policy",
    PortfolioPolicy: "portfolios:policy",
    LifecyclePolicy: "lifecycle:policy",
    Lead: "lifecycle:lead",
    LeadSource: "lifecycle:update_source",
    LostReason: "lifecycle:update_reason",
    PlaybookStep: "lifecycle:update_step",
}
OF_ALL = {
    "customers:follow_up_rules",
    "shipments:policy",
    "console:company",
    "console:organisation",
    "service_requests:policy",
    "development:rules",
    "portfolios:policy",
    "lifecycle:policy",
}
# The trail tells about them, and they have no page of their own; each with the reason.
NO_PAGE = {
    "accounts.invitation": "rows of a list, gone when they are accepted or withdrawn",
    "customers.contactpoint": "parts of a contact; what is said of them is told of their customer",
    "customers.interaction": "rows of a customer's timeline, which says itself who wrote them and when",
    "events.eventdelivery": "rows of a list, gone after a while",
    "web.savedview": "shows records, and says itself whether it is as it was saved",
    "jobs.jobrun": "rows of a list; they tell themselves what became of them",
}


def without_page(kinds: Collection[str]) -> set[str]:
    return set(kinds) - {model._meta.label_lower for model in PAGES} - set(NO_PAGE)


@pytest.fixture
def told():
    actions.declare("test.told", "Something quite unusual")
    yield "test.told"
    actions._labels.pop("test.told")


def test_every_kind_of_record_has_a_page_with_its_history():
    assert without_page(trail.subject_kinds()) == set()


def test_a_kind_without_a_page_is_found():
    assert without_page({"customers.customer", "customers.secret"}) == {"customers.secret"}


def test_no_entry_is_stale():
    named = {model._meta.label_lower for model in PAGES} | set(NO_PAGE)
    assert named - trail.subject_kinds() == set()


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_page_shows_what_became_of_the_record(model, told, client_for, administrator, now):
    world = {Tenant: administrator.tenant, **make_world("own", at=now)}
    BackgroundJob.objects.update(owner=administrator)
    page = PAGES[model]
    url = reverse(page, args=[] if page in OF_ALL else [world[model].pk])
    client = client_for(administrator)
    assert "Something quite unusual" not in client.get(url).content.decode()

    record(told, of=world[model], by=administrator, at=now)

    words = client.get(url).content.decode()
    assert words.count("History of changes") == 1
    assert words.count("Something quite unusual") == 1


def test_every_kind_of_record_is_named_in_words(tenant, now):
    world = {model._meta.label_lower: row for model, row in {Tenant: tenant, **make_world("own", at=now)}.items()}

    told = {kind: trail._subjects[kind].describe([world[kind].pk]) for kind in trail.subject_kinds()}

    assert [
        kind for kind, rows in told.items() if not all(isinstance(words, str) for words, _url in rows.values())
    ] == []
    assert told["imports.importbatch"][world["imports.importbatch"].pk][0] == "own file_name"
