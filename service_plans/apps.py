from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

MEASURE_AT, REMIND_AT = time(1, 30), time(6, 0)


class ServicePlansConfig(AppConfig):
    name = "service_plans"

    def ready(self) -> None:
        import service_plans.declared  # noqa: F401  declares actions, personal data, events and relations
        from core.jobs import nightly
        from core.web import exports, navigation, record_pages, trail
        from customers import panels, timeline
        from customers.follow_ups import rules
        from service_plans.follow_ups import RENEWAL
        from service_plans.panels import plans_of_customer
        from service_plans.permissions import VIEW, WRITE
        from service_plans.record_actions import FOR_CUSTOMER, PLAN_ACTIONS, PLAN_PAGE
        from service_plans.services import measure_plans, remind_of_ends
        from service_plans.trail import describe_plans
        from service_plans.views.plans import PlanListView
        from service_plans.words import approved_in_words

        nightly.register(
            "service_plans.measure", label=_("Measure what was kept of service plans"), run=measure_plans, at=MEASURE_AT
        )
        nightly.register(
            "service_plans.remind", label=_("Remind of service plans that end"), run=remind_of_ends, at=REMIND_AT
        )
        rules.register(RENEWAL)
        timeline.register(
            "service_plan.approved",
            icon="file-certificate",
            label=_("Service plan approved"),
            words=approved_in_words,
        )
        trail.register_subject("service_plans.serviceplan", describe_plans, permission=VIEW)
        exports.register(PlanListView)
        panels.register(
            key="service_plans",
            label=_("Service plan"),
            template_name="service_plans/panel.html",
            permission=VIEW,
            load=plans_of_customer,
            order=30,
        )
        navigation.register(
            key="service_plans",
            label=_("Service plans"),
            url_name="service_plans:list",
            icon="file-certificate",
            permission=VIEW,
            order=255,
            letter="p",
        )
        navigation.register_creation(
            key="service_plan",
            label=_("Begin a service plan"),
            url_name="service_plans:create",
            icon="file-certificate",
            permission=WRITE,
            order=18,
        )
        record_pages.register(PLAN_PAGE)
        record_pages.register_action("service_plans:detail", *PLAN_ACTIONS)
        record_pages.register_action("customers:detail", FOR_CUSTOMER)
