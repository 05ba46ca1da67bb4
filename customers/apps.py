from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# Before the evaluation of tiers, which counts what was moved.
MERGES_AT = time(0, 10)


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        import customers.declared  # noqa: F401  declares actions, personal data, events and what is revealed
        from core.accounts import holdings
        from core.crypto.rotation import TokenIndex, register_tokens
        from core.jobs import background, nightly
        from core.partners.bulk import performing as bulk
        from core.web import exports, navigation, record_pages, search, trail
        from core.web.lists import actions
        from customers.api.bulk import CUSTOMERS, ROWS_PER_PART, number_of, write_customers
        from customers.bulk import ACTIONS
        from customers.copies import KIND, file_name, step
        from customers.models import Customer, CustomerToken
        from customers.permissions import CONFIGURE, COPY, EDIT, MERGE, VIEW
        from customers.record_actions import CUSTOMER_ACTIONS, CUSTOMER_PAGE
        from customers.search import customer_hits
        from customers.search_index import renew_tokens
        from customers.services import hand_over_customer, look_after_merges
        from customers.trail import describe_custom_fields, describe_customers, describe_interactions
        from customers.views.customers import CustomerListView
        from customers.views.duplicates import DuplicateListView

        holdings.register(
            holdings.Holding(
                name="customers",
                label=_("Customers"),
                words=lambda count: ngettext("%(count)s customer", "%(count)s customers", count),
                model=Customer,
                field="account_manager",
                hand_over=hand_over_customer,
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
        trail.register_subject("customers.customer", describe_customers, permission=VIEW)
        trail.register_subject("customers.interaction", describe_interactions, permission=VIEW)
        trail.register_subject("customers.customfield", describe_custom_fields, permission=CONFIGURE)
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
            order=10,
        )
