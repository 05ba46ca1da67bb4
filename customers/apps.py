from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# Before the evaluation of tiers, which counts what was moved.
MERGES_AT = time(0, 10)
# When tiers have been evaluated, by which an account manager is asked for.
QUALITY_AT = time(4, 0)


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        import customers.declared
        import customers.needs.declared
        import customers.revealed  # noqa: F401  registers what is revealed
        from core.accounts import holdings
        from core.crypto.rotation import TokenIndex, register_tokens
        from core.jobs import background, nightly
        from core.partners.bulk import performing as bulk
        from core.web import exports, navigation, record_pages, search
        from core.web.lists import actions
        from customers.api.bulk import CUSTOMERS, ROWS_PER_PART, number_of, write_customers
        from customers.bulk import ACTIONS
        from customers.copies import KIND, file_name, step
        from customers.follow_ups.registering import register as register_follow_ups
        from customers.models import Customer, CustomerToken
        from customers.permissions import CONFIGURE, COPY, EDIT, MERGE, VIEW
        from customers.record_actions import CUSTOMER_ACTIONS, CUSTOMER_PAGE
        from customers.related.registering import register as register_related
        from customers.search import customer_hits, customers_by_id
        from customers.search_index import renew_tokens
        from customers.services import look_after_merges, pass_on_customer
        from customers.settled import CUSTOM_FIELD_PARTS, custom_field_values
        from customers.views.customers import CustomerListView
        from customers.views.duplicates import DuplicateListView

        holdings.register(
            holdings.Holding(
                name="customers",
                label=_("Customers"),
                words=lambda count: ngettext("%(count)s customer", "%(count)s customers", count),
                model=Customer,
                field="account_manager",
                hand_over=pass_on_customer,
                permission=EDIT,
                page=lambda user: f"{reverse('customers:list')}?{urlencode({'account_manager': user.pk})}",
            )
        )
        background.register(
            KIND,
            label=_("Copy of personal data"),
            permission=lambda _job: COPY,
            step=step,
            file_name=file_name,
            may_repeat=lambda _job: False,
        )
        nightly.register(
            "customers.merges", label=_("Look after merged customers"), run=look_after_merges, at=MERGES_AT
        )
        bulk.register(
            CUSTOMERS,
            label=_("Customers sent over the API"),
            permission=EDIT,
            number_of=number_of,
            one_per_number=True,
            rows_per_part=ROWS_PER_PART,
            write=write_customers,
        )
        exports.register(CustomerListView)
        exports.register(DuplicateListView)
        for action in ACTIONS:
            actions.register(action)
        register_tokens(
            TokenIndex(model=CustomerToken, owner="customer_id", owner_model=Customer, reindex=renew_tokens)
        )
        navigation.register(
            key="customers",
            label=_("Customers"),
            url_name="customers:list",
            icon="users",
            permission=VIEW,
            order=200,
            letter="c",
        )
        navigation.register_setting(
            key="custom_fields",
            label=_("Customer fields"),
            description=_("Facts that your company keeps of its customers besides those that are always there."),
            url_name="customers:custom_fields",
            icon="forms",
            permission=CONFIGURE,
            order=40,
            actions=("custom_field.added", "custom_field.updated", "custom_field.retired", "custom_field.revived"),
            parts=CUSTOM_FIELD_PARTS,
            values=custom_field_values,
        )
        navigation.register_creation(
            key="customer",
            label=_("Add a customer"),
            url_name="customers:create",
            icon="user-plus",
            permission=EDIT,
            order=10,
        )
        navigation.register_creation(
            key="custom_field",
            label=_("Add a customer field"),
            url_name="customers:add_custom_field",
            icon="forms",
            permission=CONFIGURE,
            order=60,
        )
        navigation.register_page(
            key="duplicates",
            label=_("Possible duplicates"),
            url_name="customers:duplicates",
            icon="arrow-merge",
            permission=MERGE,
            order=20,
        )
        record_pages.register(CUSTOMER_PAGE)
        record_pages.register_action("customers:detail", *CUSTOMER_ACTIONS)
        search.register(
            key="customers",
            label=_("Customers"),
            icon="users",
            permission=VIEW,
            find=customer_hits,
            page="customers:detail",
            bring=customers_by_id,
            order=10,
        )
        self._register_trail()
        self._register_imports()
        self._register_quality()
        register_follow_ups()
        self._register_consents()
        self._register_handovers()
        self._register_self_service()
        register_related()

    @staticmethod
    def _register_trail() -> None:
        from core.audit.actions import declare_keys
        from core.web import trail
        from customers.permissions import CONFIGURE, VIEW
        from customers.trail import (
            custom_field_keys,
            describe_custom_fields,
            describe_customers,
            describe_interactions,
        )

        trail.register_subject("customers.customer", describe_customers, permission=VIEW)
        trail.register_subject("customers.interaction", describe_interactions, permission=VIEW)
        trail.register_subject("customers.customfield", describe_custom_fields, permission=CONFIGURE)
        declare_keys("custom_values", custom_field_keys)

    @staticmethod
    def _register_self_service() -> None:
        from customers import timeline
        from customers.enums import SelfService

        timeline.register(
            "customer.self_service",
            icon="device-mobile",
            label=_("Self-service"),
            words=lambda facts: str(SelfService(facts["answer"]).label),
        )

    @staticmethod
    def _register_imports() -> None:
        from core.imports import kinds, presets
        from customers.imports.customers import KIND as CUSTOMERS
        from customers.imports.needs import KIND as NEEDS
        from customers.imports.parts import KINDS as PARTS
        from customers.imports.presets import PRESETS

        for kind in (CUSTOMERS, *PARTS, NEEDS):
            kinds.register(kind)
        for preset in PRESETS:
            presets.register(preset)

    @staticmethod
    def _register_quality() -> None:
        import customers.quality.declared  # noqa: F401  declares what is kept
        from core.jobs import nightly
        from core.web import exports, navigation
        from customers import panels
        from customers.permissions import EDIT
        from customers.quality.figures import JOB, keep_figures
        from customers.quality.mending import load_quality_panel
        from customers.views.quality import MendingListView

        nightly.register(JOB, label=_("Keep the figures of data quality"), run=keep_figures, at=QUALITY_AT)
        exports.register(MendingListView)
        navigation.register_page(
            key="quality",
            label=_("Data quality"),
            url_name="customers:quality",
            icon="checkup-list",
            permission=EDIT,
            order=25,
        )
        navigation.register_page(
            key="mending",
            label=_("What to mend"),
            url_name="customers:mending",
            icon="tool",
            permission=EDIT,
            order=26,
        )
        panels.register(
            key="quality",
            label=_("Data quality"),
            template_name="customers/quality_panel.html",
            permission=EDIT,
            load=load_quality_panel,
            is_for=lambda customer: customer.erased_at is None,
            order=30,
        )

    @staticmethod
    def _register_consents() -> None:
        import customers.consents.declared  # noqa: F401  declares actions, personal data, events and relations
        from core.tenancy.provisioning import on_tenant_created
        from core.web import navigation, record_pages, trail
        from customers import panels, timeline
        from customers.consents.panel import load_consent_panel
        from customers.consents.words import point_in_words, said_in_words
        from customers.permissions import CONSENTS_CONFIGURE, CONSENTS_VIEW, VIEW
        from customers.record_actions import CONSENTS
        from customers.services.purposes import create_first_purposes
        from customers.settled import PURPOSE_PARTS, purpose_values
        from customers.trail import describe_points, describe_purposes

        on_tenant_created(create_first_purposes)
        timeline.register("consent.given", icon="shield-check", label=_("Consent given"), words=said_in_words)
        timeline.register("consent.withdrawn", icon="shield-x", label=_("Consent withdrawn"), words=said_in_words)
        for code, icon, label in (
            ("contact_point.opted_out", "ban", _("Contact point not to be used any more")),
            ("contact_point.allowed", "circle-check", _("Contact point may be used again")),
            ("contact_point.verified", "check", _("Contact point verified")),
            ("contact_point.preferred", "star", _("Contact point preferred")),
        ):
            timeline.register(code, icon=icon, label=label, words=point_in_words)
        trail.register_subject("customers.purpose", describe_purposes, permission=CONSENTS_CONFIGURE)
        trail.register_detail("purpose", "customers.purpose")
        trail.register_subject("customers.contactpoint", describe_points, permission=VIEW)
        trail.register_detail("contact_point", "customers.contactpoint")
        record_pages.register_action("customers:detail", CONSENTS)
        panels.register(
            key="consents",
            label=_("May be contacted for"),
            template_name="customers/consent_panel.html",
            permission=CONSENTS_VIEW,
            load=load_consent_panel,
            order=20,
        )
        navigation.register_setting(
            key="purposes",
            label=_("Purposes and consents"),
            description=_("What customers may be contacted for, what that rests on, and the texts they see."),
            url_name="customers:purposes",
            icon="shield-check",
            permission=CONSENTS_CONFIGURE,
            order=45,
            actions=("purpose.added", "purpose.updated", "purpose.retired", "purpose.revived"),
            parts=PURPOSE_PARTS,
            values=purpose_values,
        )
        navigation.register_creation(
            key="purpose",
            label=_("Add a purpose"),
            url_name="customers:add_purpose",
            icon="shield-check",
            permission=CONSENTS_CONFIGURE,
            order=65,
        )

    @staticmethod
    def _register_handovers() -> None:
        import customers.handovers.declared  # noqa: F401  declares an action, what is kept, and an event
        from core.events.registry import receive
        from core.web import notices, trail
        from customers import panels, timeline
        from customers.handovers import open_work
        from customers.handovers.panel import load_term_panel
        from customers.handovers.receivers import (
            HANDED_OVER,
            PEOPLE,
            describe_handovers,
            handover_in_words,
            tell_managers,
            tell_timeline,
        )
        from customers.permissions import VIEW

        open_work.register("follow_ups")
        receive("customer.handed_over", name="customers.tell_managers", call=tell_managers)
        receive("customer.handed_over", name="customers.tell_handover", call=tell_timeline)
        timeline.register(
            "customer.handed_over",
            icon="user-share",
            label=_("Customer handed over"),
            words=handover_in_words,
            people=PEOPLE,
        )
        for detail in ("giver", "taker"):
            trail.register_detail(detail, "accounts.user")
        notices.register(
            HANDED_OVER,
            label=_("A customer came to you, or went from you"),
            icon="user-share",
            permission=VIEW,
            describe=describe_handovers,
        )
        panels.register(
            key="managers",
            label=_("Who looked after this customer"),
            template_name="customers/term_panel.html",
            permission=VIEW,
            load=load_term_panel,
            order=96,
        )
