"""What the house is told of follow-ups when it starts."""

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

import customers.follow_ups.declared  # noqa: F401  declares actions, personal data, events and relations
from core.accounts import charges, holdings
from core.events.registry import receive
from core.web import exports, navigation, notices, record_pages, trail
from core.web.lists import actions
from customers import day, panels
from customers.enums import FollowUpState
from customers.follow_ups.bulk import ACTIONS
from customers.follow_ups.day import FOLLOW_UPS
from customers.follow_ups.notices import describe_given, describe_overdue
from customers.follow_ups.panel import load_follow_up_panel
from customers.follow_ups.querysets import is_open
from customers.follow_ups.record_actions import FOLLOW_UP_ACTIONS, FOLLOW_UP_PAGE, FOR_CUSTOMER
from customers.models import FollowUp
from customers.permissions import FOLLOW_UPS_CONFIGURE, FOLLOW_UPS_MANAGE, FOLLOW_UPS_VIEW, FOLLOW_UPS_WORK
from customers.receivers import OVERDUE, tell_assignee, tell_leaders
from customers.services.follow_up_steps import GIVEN, pass_on_follow_up
from customers.settled import CALENDAR_PARTS, calendar_values, follow_up_rule_parts, follow_up_rule_values
from customers.trail import describe_follow_up_policies, describe_follow_ups
from customers.views.follow_ups import FollowUpListView


def register() -> None:
    holdings.register(
        holdings.Holding(
            name="follow_ups",
            label=_("Follow-ups"),
            words=lambda count: ngettext("%(count)s follow-up", "%(count)s follow-ups", count),
            model=FollowUp,
            field="assignee",
            open=lambda rows, _at: rows.filter(state=FollowUpState.OPEN),
            hand_over=pass_on_follow_up,
            permission=FOLLOW_UPS_WORK,
            page=lambda user: (
                f"{reverse('customers:follow_ups')}?{urlencode({'state': FollowUpState.OPEN, 'assignee': user.pk})}"
            ),
        )
    )
    charges.register(
        charges.Charge(
            name="follow_ups",
            words=lambda count: ngettext("%(count)s follow-up", "%(count)s follow-ups", count),
            model=FollowUp,
            open=is_open,
        )
    )
    receive("follow_up.created", name="customers.tell_assignee", call=tell_assignee)
    receive("follow_up.overdue", name="customers.tell_leaders", call=tell_leaders)
    for kind, label, icon, permission, describe in (
        (GIVEN, _("You were given a follow-up"), "calendar-plus", FOLLOW_UPS_VIEW, describe_given),
        (OVERDUE, _("A follow-up where you lead is overdue"), "alarm", FOLLOW_UPS_MANAGE, describe_overdue),
    ):
        notices.register(kind, label=label, icon=icon, permission=permission, describe=describe)
    trail.register_subject("customers.followup", describe_follow_ups, permission=FOLLOW_UPS_VIEW)
    trail.register_subject("customers.followuppolicy", describe_follow_up_policies, permission=FOLLOW_UPS_CONFIGURE)
    exports.register(FollowUpListView)
    for action in ACTIONS:
        actions.register(action)
    day.register(FOLLOW_UPS)
    navigation.register(
        key="my_day",
        label=_("My day"),
        url_name="customers:my_day",
        icon="sun",
        permission=FOLLOW_UPS_WORK,
        order=100,
        letter="m",
    )
    navigation.register_page(
        key="follow_ups",
        label=_("Follow-ups"),
        url_name="customers:follow_ups",
        icon="calendar-check",
        permission=FOLLOW_UPS_VIEW,
        order=20,
    )
    navigation.register_setting(
        key="calendar",
        label=_("Calendar of my follow-ups"),
        description=_("Your follow-ups in the calendar of a phone or another program."),
        url_name="customers:calendar",
        icon="calendar",
        permission=FOLLOW_UPS_WORK,
        order=4,
        actions=("calendar.made", "calendar.renewed", "calendar.revoked"),
        parts=CALENDAR_PARTS,
        values=calendar_values,
        is_own=True,
    )
    navigation.register_setting(
        key="follow_up_rules",
        label=_("Rules of follow-ups"),
        description=_("Which happenings ask for a follow-up, for customers of which tiers, and by when it is due."),
        url_name="customers:follow_up_rules",
        icon="list-check",
        permission=FOLLOW_UPS_CONFIGURE,
        order=56,
        actions=("follow_up_policy.changed",),
        parts=follow_up_rule_parts,
        values=follow_up_rule_values,
    )
    navigation.register_creation(
        key="follow_up",
        label=_("New follow-up"),
        url_name="customers:create_follow_up",
        icon="calendar-plus",
        permission=FOLLOW_UPS_WORK,
        order=15,
    )
    record_pages.register(FOLLOW_UP_PAGE)
    record_pages.register_action("customers:follow_up", *FOLLOW_UP_ACTIONS)
    record_pages.register_action("customers:detail", FOR_CUSTOMER)
    panels.register(
        key="follow_ups",
        label=_("Follow-ups"),
        template_name="customers/followup_panel.html",
        permission=FOLLOW_UPS_VIEW,
        load=load_follow_up_panel,
        order=10,
    )
