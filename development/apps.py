from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

MEASURE_AT, REMIND_AT = time(1, 40), time(6, 10)


class DevelopmentConfig(AppConfig):
    name = "development"

    def ready(self) -> None:
        import development.declared  # noqa: F401  declares actions, personal data, events and relations
        from core.accounts import holdings
        from core.jobs import nightly
        from core.web import exports, record_pages, search, trail
        from customers import numbered, panels, timeline
        from customers.follow_ups import rules
        from customers.handovers import open_work
        from customers.numbered import Numbered
        from development.follow_ups import ACCEPTED, CLOSE_DATE, DECLINED
        from development.models import Opportunity
        from development.panels import opportunities_of_customer
        from development.permissions import CONFIGURE, VIEW, WRITE
        from development.record_actions import FOR_CUSTOMER, OPPORTUNITY_ACTIONS, OPPORTUNITY_PAGE
        from development.search import customers_of_opportunities, find_opportunities, opportunities_by_id
        from development.services import hand_over_opportunity, measure_benefits, remind_of_close_dates
        from development.stages import OPEN
        from development.trail import describe_competitors, describe_opportunities, describe_rules
        from development.views.opportunities import OpportunityListView
        from development.words import accepted_in_words, declined_in_words, moved_in_words, opened_in_words

        holdings.register(
            holdings.Holding(
                name="opportunities",
                label=_("Opportunities"),
                words=lambda count: ngettext("%(count)s opportunity", "%(count)s opportunities", count),
                model=Opportunity,
                field="owner",
                hand_over=hand_over_opportunity,
                permission=WRITE,
                open=lambda rows, _at: rows.filter(deal_stage__in=OPEN),
                page=lambda user: f"{reverse('development:list')}?{urlencode({'owner': user.pk})}",
            )
        )
        open_work.register("opportunities")
        nightly.register(
            "development.remind",
            label=_("Remind of opportunities that did not close in time"),
            run=remind_of_close_dates,
            at=REMIND_AT,
        )
        nightly.register(
            "development.measure",
            label=_("Measure what became of promised benefits"),
            run=measure_benefits,
            at=MEASURE_AT,
        )
        for rule in (CLOSE_DATE, ACCEPTED, DECLINED):
            rules.register(rule)
        timeline.register(
            "opportunity.opened", icon="target-arrow", label=_("Opportunity opened"), words=opened_in_words
        )
        timeline.register("opportunity.moved", icon="target-arrow", label=_("Opportunity moved"), words=moved_in_words)
        timeline.register("proposal.accepted", icon="file-check", label=_("Proposal accepted"), words=accepted_in_words)
        timeline.register("proposal.declined", icon="file-x", label=_("Proposal declined"), words=declined_in_words)
        trail.register_subject("development.opportunity", describe_opportunities, permission=VIEW)
        trail.register_subject("development.competitor", describe_competitors, permission=CONFIGURE)
        trail.register_subject("development.pipelinerules", describe_rules, permission=CONFIGURE)
        exports.register(OpportunityListView)
        panels.register(
            key="opportunities",
            label=_("Opportunities"),
            template_name="development/panel.html",
            permission=VIEW,
            load=opportunities_of_customer,
            order=35,
        )
        record_pages.register(OPPORTUNITY_PAGE)
        record_pages.register_action("development:detail", *OPPORTUNITY_ACTIONS)
        record_pages.register_action("customers:detail", FOR_CUSTOMER)
        search.register(
            key="opportunities",
            label=_("Opportunities"),
            icon="target-arrow",
            permission=VIEW,
            find=find_opportunities,
            page="development:detail",
            bring=opportunities_by_id,
            order=35,
        )
        numbered.register(Numbered(kind="opportunity", permission=VIEW, rows=customers_of_opportunities))
        self._register_proposals()
        self._register_pages()

    @staticmethod
    def _register_proposals() -> None:
        from core.web import exports, navigation, record_pages, trail
        from development.permissions import CONFIGURE, VIEW, WRITE
        from development.record_actions import NOTE_PAGE, PROPOSAL_ACTIONS, PROPOSAL_PAGE, REMOVE_NOTE, UPDATE_NOTE
        from development.settled import CATALOGUE_PARTS, catalogue_values
        from development.trail import describe_notes, describe_proposals, describe_services
        from development.views.market import MarketNoteListView
        from development.views.proposals import ProposalListView

        trail.register_subject("development.proposal", describe_proposals, permission=VIEW)
        trail.register_subject("development.catalogueservice", describe_services, permission=CONFIGURE)
        exports.register(ProposalListView)
        record_pages.register(PROPOSAL_PAGE)
        record_pages.register_action("development:proposal", *PROPOSAL_ACTIONS)
        trail.register_subject("development.marketnote", describe_notes, permission=VIEW)
        exports.register(MarketNoteListView)
        record_pages.register(NOTE_PAGE)
        record_pages.register_action("development:market_note", UPDATE_NOTE, REMOVE_NOTE)
        navigation.register_page(
            key="market_notes",
            label=_("Market notes"),
            url_name="development:market_notes",
            icon="notes",
            permission=VIEW,
            order=29,
        )
        navigation.register_creation(
            key="market_note",
            label=_("Write a market note"),
            url_name="development:write_market_note",
            icon="notes",
            permission=WRITE,
            order=21,
        )
        navigation.register_page(
            key="proposals",
            label=_("Proposals"),
            url_name="development:proposals",
            icon="file-text",
            permission=VIEW,
            order=28,
        )
        navigation.register_creation(
            key="catalogue_service",
            label=_("Add a service to the catalogue"),
            url_name="development:add_service",
            icon="packages",
            permission=CONFIGURE,
            order=71,
        )
        navigation.register_setting(
            key="service_catalogue",
            label=_("Service catalogue"),
            description=_("What proposals can offer: distribution, promotion, selling, after-sales."),
            url_name="development:catalogue",
            icon="packages",
            permission=CONFIGURE,
            order=58,
            actions=(
                "catalogue_service.added",
                "catalogue_service.updated",
                "catalogue_service.retired",
                "catalogue_service.revived",
            ),
            parts=CATALOGUE_PARTS,
            values=catalogue_values,
        )

    @staticmethod
    def _register_pages() -> None:
        from core.web import navigation
        from development.permissions import CONFIGURE, VIEW, WRITE
        from development.settled import COMPETITOR_PARTS, RULES_PARTS, competitor_values, rules_values

        navigation.register(
            key="development",
            label=_("Opportunities"),
            url_name="development:list",
            icon="target-arrow",
            permission=VIEW,
            order=258,
            letter="o",
        )
        navigation.register_page(
            key="pipeline",
            label=_("Pipeline"),
            url_name="development:board",
            icon="layout-kanban",
            permission=VIEW,
            order=26,
        )
        navigation.register_page(
            key="forecast",
            label=_("Forecast"),
            url_name="development:forecast",
            icon="chart-bar",
            permission=VIEW,
            order=27,
        )
        navigation.register_creation(
            key="opportunity",
            label=_("Open an opportunity"),
            url_name="development:create",
            icon="target-arrow",
            permission=WRITE,
            order=17,
        )
        navigation.register_creation(
            key="competitor",
            label=_("Add a competitor"),
            url_name="development:add_competitor",
            icon="swords",
            permission=CONFIGURE,
            order=70,
        )
        navigation.register_setting(
            key="pipeline_rules",
            label=_("Chances of the pipeline"),
            description=_("How much of the expected freight the forecast counts on in each stage."),
            url_name="development:rules",
            icon="percentage",
            permission=CONFIGURE,
            order=56,
            actions=("pipeline_rules.changed",),
            parts=RULES_PARTS,
            values=rules_values,
        )
        navigation.register_setting(
            key="competitors",
            label=_("Competitors"),
            description=_("Firms that your customers may go to instead, and what they are good at."),
            url_name="development:competitors",
            icon="swords",
            permission=CONFIGURE,
            order=57,
            actions=("competitor.added", "competitor.updated", "competitor.retired", "competitor.revived"),
            parts=COMPETITOR_PARTS,
            values=competitor_values,
        )
