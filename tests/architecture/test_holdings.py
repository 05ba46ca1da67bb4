"""Who leaves leaves nothing behind unseen: every foreign key to a person is a holding, or it is said here why not."""

import pytest
from django.apps import apps
from django.db import models

from core.accounts.holdings import holdings, register
from core.accounts.models import User
from core.accounts.permissions import declared
from core.tenancy.models import TenantForeignKey, TenantModel
from customers.handovers import open_work

NOT_HELD = {
    "accounts.SecondStepSecret.user": "their own sign-in",
    "accounts.UserSession.user": "their own sign-in; ended when they leave",
    "account.EmailAddress.user": "their own sign-in",
    "mfa.Authenticator.user": "their own sign-in",
    "web.Notice.user": "told to them",
    "web.NoticeChoice.user": "how they want to be told",
    "web.NoticeMail.user": "told to them",
    "web.Draft.user": "what they typed and did not save, for nobody else to see",
    "web.Undo.user": "what they changed, for nobody else to undo",
    "web.ViewPin.user": "how they have a list",
    "web.ListChoice.user": "how they have a list",
    "customers.Interaction.recorded_by": "history: who wrote it down",
    "customers.CustomerMerge.merged_by": "history: who did it",
    "customers.CustomerMerge.undone_by": "history: who did it",
    "customers.ManagerTerm.manager": "history: who looked after the customer; the customer itself is handed over",
    "customers.FollowUpPolicy.created_by": "history: who decided it",
    "shipments.ShipmentPolicy.created_by": "history: who decided it",
    "customers.FollowUp.created_by": "history: who asked for it",
    "customers.FollowUp.closed_by": "history: who did it",
    "customers.PurposeText.written_by": "history: who wrote it",
    "customers.ConsentEntry.recorded_by": "history: who wrote it down",
    "customers.PreferenceLink.made_by": "history: who made it; it ends by itself, and whoever may revokes it",
    "customers.CalendarFeed.user": "their own calendar",
    "imports.ImportBatch.received_by": "history: who sent the file; whoever may import goes on with it",
    "imports.ImportTemplate.saved_by": "history: who saved it; everybody who imports has it",
    "documents.Document.added_by": "history: who added it; whoever may removes it",
    "service_plans.ServicePlan.written_by": "history: who wrote it; whoever may goes on with the draft",
    "service_plans.ServicePlan.proposed_by": "history: who proposed it",
    "service_plans.ServicePlan.approved_by": "history: who decided it",
    "development.Opportunity.opened_by": "history: who wrote it down",
    "development.MarketNote.written_by": "history: who wrote it down",
    "development.Proposal.written_by": "history: who wrote it; whoever may goes on with the draft",
    "development.Proposal.proposed_by": "history: who proposed it",
    "development.Proposal.approved_by": "history: who decided it",
    "development.StageChange.moved_by": "history: who did it",
    "service_requests.ServicePolicy.created_by": "history: who decided it",
    "service_requests.ServiceRequest.opened_by": "history: who wrote it down",
    "lifecycle.LifecyclePolicy.created_by": "history: who decided it",
    "lifecycle.StageChange.moved_by": "history: who did it",
    "lifecycle.Lead.captured_by": "history: who took it up",
    "tiering.TierPolicy.created_by": "history: who wrote it; whoever may withdraws it, or goes on with its rules",
    "tiering.TierPolicy.approved_by": "history: who decided it",
    "tiering.TierPolicy.closed_by": "history: who decided it",
    "tiering.TierOverride.asked_by": "history: who asked for it; whoever may approve it declines it",
    "portfolios.PortfolioPolicy.created_by": "history: who decided it",
    "portfolios.Capacity.user": "how much their own portfolio holds",
    "tiering.TierOverride.approved_by": "history: what was approved stays as it was written, and its expiry ends it",
    "tiering.TierOverride.ended_by": "history: who did it",
}


def leading_to_people(among: list[type[models.Model]]) -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in among
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many)
        if field.remote_field is not None and field.remote_field.model is User
    }


def held() -> set[str]:
    return {f"{holding.model._meta.label}.{holding.field}" for holding in holdings().values()}


def test_every_key_to_a_person_is_handed_over_or_said_why_not():
    assert leading_to_people(apps.get_models()) == held() | set(NOT_HELD)
    assert held() & set(NOT_HELD) == set()


def test_who_may_take_over_holds_a_permission_that_there_is():
    asked = {holding.permission for holding in holdings().values()} - {""}

    assert asked <= set(declared())


def test_what_somebody_does_for_a_customer_goes_with_it():
    for_customers = {
        name
        for name, holding in holdings().items()
        if any(field.name == "customer" for field in holding.model._meta.get_fields())
    }

    assert for_customers == {kind.name for kind in open_work.kinds()}


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="'customers' already"):
        register(type(holdings()["customers"])(**{**vars(holdings()["customers"]), "field": "other"}))


def test_the_guard_finds_what_nobody_registered():
    class Ticket(TenantModel):
        assignee = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
        watchers = models.ManyToManyField(User, related_name="+")

        class Meta(TenantModel.Meta):
            app_label = "tests"
            managed = False

    try:
        found = leading_to_people([*apps.get_models(), Ticket]) - held() - set(NOT_HELD)
        assert found == {"tests.Ticket.assignee", "tests.Ticket.watchers"}
    finally:
        for name in [each for each in apps.all_models["tests"] if each.startswith("ticket")]:
            del apps.all_models["tests"][name]
        apps.clear_cache()
