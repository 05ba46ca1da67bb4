"""What the house is told of groups and referrers when it starts."""

from django.utils.translation import gettext_lazy as _

import customers.related.declared  # noqa: F401  declares what is kept
from core.web import exports, navigation, trail
from customers import panels
from customers.permissions import CONFIGURE, VIEW
from customers.related.panel import load_related_panel
from customers.settled import GROUP_PARTS, group_values
from customers.trail import describe_groups
from customers.views.groups import GroupListView


def register() -> None:
    exports.register(GroupListView)
    trail.register_subject("customers.customergroup", describe_groups, permission=VIEW)
    navigation.register_setting(
        key="customer_groups",
        label=_("Groups of customers"),
        description=_("Concerns to which several customers belong; on the page of each stand the others."),
        url_name="customers:groups",
        icon="sitemap",
        permission=CONFIGURE,
        order=42,
        actions=("customer_group.added", "customer_group.renamed", "customer_group.deleted"),
        parts=GROUP_PARTS,
        values=group_values,
    )
    panels.register(
        key="related",
        label=_("Related customers"),
        template_name="customers/related_panel.html",
        permission=VIEW,
        load=load_related_panel,
        order=32,
    )
