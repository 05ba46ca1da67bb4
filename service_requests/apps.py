from django.apps import AppConfig
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class ServiceRequestsConfig(AppConfig):
    name = "service_requests"

    def ready(self) -> None:
        import service_requests.declared  # noqa: F401  declares actions, personal data, events and what is revealed
        from core.accounts import charges, holdings
        from core.events.registry import receive
        from core.tenancy.provisioning import on_tenant_created
        from core.tenancy.working_time import register_calendar
        from core.web import exports, navigation, notices, record_pages, trail
        from customers import day, panels, timeline
        from customers.handovers import open_work
        from service_requests.day import SERVICE_REQUESTS
        from service_requests.filters import UNFINISHED
        from service_requests.models import ServiceRequest
        from service_requests.notices import (
            closed_in_words,
            describe_due_soon,
            describe_overdue,
            describe_requests,
            opened_in_words,
        )
        from service_requests.panels import requests_of_customer, requests_of_shipment
        from service_requests.permissions import CONFIGURE, VIEW, WORK
        from service_requests.policies import calendar_in_force
        from service_requests.querysets import unfinished
        from service_requests.receivers import (
            DUE_SOON,
            IN_CHARGE,
            OVERDUE,
            tell_leaders,
            tell_those_in_charge,
            warn_those_in_charge,
        )
        from service_requests.record_actions import CUSTOMER_ACTIONS, REQUEST_ACTIONS, REQUEST_PAGE, SHIPMENT_ACTIONS
        from service_requests.services import create_first_policy, hand_over_request
        from service_requests.settled import POLICY_PARTS, policy_values
        from service_requests.trail import describe_policies
        from service_requests.trail import describe_requests as name_requests
        from service_requests.views.requests import RequestListView
        from shipments import panels as shipment_panels

        on_tenant_created(create_first_policy)
        register_calendar(calendar_in_force)
        holdings.register(
            holdings.Holding(
                name="service_requests",
                label=_("Service requests"),
                words=lambda count: ngettext("%(count)s service request", "%(count)s service requests", count),
                model=ServiceRequest,
                field="assignee",
                hand_over=hand_over_request,
                permission=WORK,
                open=lambda rows, _at: unfinished(rows),
                page=lambda user: (
                    f"{reverse('service_requests:list')}?{urlencode({'state': UNFINISHED, 'assignee': user.pk})}"
                ),
            )
        )
        charges.register(
            charges.Charge(
                name="service_requests",
                words=lambda count: ngettext("%(count)s service request", "%(count)s service requests", count),
                model=ServiceRequest,
                open=unfinished,
            )
        )
        open_work.register("service_requests")
        for event in ("opened", "assigned"):
            receive(
                f"service_request.{event}",
                name=f"service_requests.tell_those_in_charge_{event}",
                call=tell_those_in_charge,
            )
        notices.register(
            IN_CHARGE,
            label=_("A service request that you or your department is in charge of"),
            icon="message-question",
            permission=VIEW,
            describe=describe_requests,
        )
        receive("service_request.due_soon", name="service_requests.warn_those_in_charge", call=warn_those_in_charge)
        receive("service_request.overdue", name="service_requests.tell_leaders", call=tell_leaders)
        for kind, label, icon, describe in (
            (DUE_SOON, _("The deadline of a service request comes near"), "alarm", describe_due_soon),
            (OVERDUE, _("A service request where you lead is overdue"), "alarm", describe_overdue),
        ):
            notices.register(kind, label=label, icon=icon, permission=VIEW, describe=describe)
        timeline.register(
            "service_request.opened",
            icon="message-question",
            label=_("Service request opened"),
            words=opened_in_words,
        )
        timeline.register(
            "service_request.done", icon="checks", label=_("Service request closed"), words=closed_in_words
        )
        trail.register_subject("service_requests.servicerequest", name_requests, permission=VIEW)
        trail.register_subject("service_requests.servicepolicy", describe_policies, permission=CONFIGURE)
        exports.register(RequestListView)
        day.register(SERVICE_REQUESTS)
        panels.register(
            key="service_requests",
            label=_("Service requests"),
            template_name="service_requests/panel.html",
            permission=VIEW,
            load=requests_of_customer,
            order=80,
        )
        shipment_panels.register(
            key="service_requests",
            template_name="service_requests/panel.html",
            permission=VIEW,
            load=requests_of_shipment,
        )
        navigation.register(
            key="service_requests",
            label=_("Service requests"),
            url_name="service_requests:list",
            icon="message-question",
            permission=VIEW,
            order=250,
            letter="r",
        )
        navigation.register_creation(
            key="service_request",
            label=_("Open a service request"),
            url_name="service_requests:create",
            icon="message-question",
            permission=WORK,
            order=5,
        )
        navigation.register_setting(
            key="service_policy",
            label=_("Working hours and deadlines"),
            description=_("When your people work, holidays, and how long each kind of service request may take."),
            url_name="service_requests:policy",
            icon="calendar-time",
            permission=CONFIGURE,
            order=55,
            actions=("service_policy.changed",),
            parts=POLICY_PARTS,
            values=policy_values,
        )
        record_pages.register(REQUEST_PAGE)
        record_pages.register_action("service_requests:detail", *REQUEST_ACTIONS)
        record_pages.register_action("customers:detail", *CUSTOMER_ACTIONS)
        record_pages.register_action("shipments:detail", *SHIPMENT_ACTIONS)
        self._register_finding()

    @staticmethod
    def _register_finding() -> None:
        from core.web import search
        from customers import numbered
        from customers.numbered import Numbered
        from service_requests.permissions import VIEW
        from service_requests.search import customers_of_requests, find_requests, requests_by_id

        search.register(
            key="service_requests",
            label=_("Service requests"),
            icon="message-question",
            permission=VIEW,
            find=find_requests,
            page="service_requests:detail",
            bring=requests_by_id,
            order=30,
        )
        numbered.register(Numbered(kind="service_request", permission=VIEW, rows=customers_of_requests))
