from datetime import time

from django.apps import AppConfig
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

# After the tiers: what a step of a playbook is for may depend on them.
NIGHTLY_AT = time(2, 30)


class LifecycleConfig(AppConfig):
    name = "lifecycle"

    def ready(self) -> None:
        import lifecycle.declared  # noqa: F401  declares actions, personal data, events and what is revealed
        from core.accounts import charges
        from core.events.registry import receive
        from core.jobs.nightly import register
        from core.tenancy.provisioning import on_tenant_created
        from core.web import exports, navigation, record_pages
        from customers import panels, timeline
        from customers.follow_ups import rules
        from lifecycle.models import LifecyclePolicy, PlaybookStep
        from lifecycle.panel import load_stage_panel
        from lifecycle.permissions import VIEW
        from lifecycle.playbooks import LEAD_CAPTURED, STAGE_ENTERED
        from lifecycle.receivers import move_shipper, tell_timeline
        from lifecycle.record_actions import CUSTOMER_ACTIONS
        from lifecycle.selectors import NIGHTLY_JOB
        from lifecycle.services import (
            create_first_choices,
            create_first_policy,
            evaluate_last_day,
            in_force_alone,
            pass_on_leads,
        )
        from lifecycle.views.stages import ChangeListView
        from lifecycle.words import move_in_words

        register(NIGHTLY_JOB, label=_("Evaluate stages"), run=evaluate_last_day, at=NIGHTLY_AT)
        on_tenant_created(create_first_policy)
        on_tenant_created(create_first_choices)
        charges.register(
            charges.Charge(
                name="playbook_steps",
                words=lambda count: ngettext("%(count)s step of a playbook", "%(count)s steps of playbooks", count),
                model=PlaybookStep,
            )
        )
        charges.register(
            charges.Charge(
                name="leads",
                words=lambda _count: gettext("the leads that come in"),
                model=LifecyclePolicy,
                open=in_force_alone,
                move=pass_on_leads,
            )
        )
        receive("customer.shipped", name="lifecycle.move_shipper", call=move_shipper)
        receive("customer.stage_changed", name="lifecycle.tell_timeline", call=tell_timeline)
        rules.register(STAGE_ENTERED)
        rules.register(LEAD_CAPTURED)
        timeline.register("customer.stage_changed", icon="route", label=_("Stage changed"), words=move_in_words)
        exports.register(ChangeListView)
        navigation.register(
            key="lifecycle",
            label=_("Lifecycle"),
            url_name="lifecycle:overview",
            icon="route",
            permission=VIEW,
            order=320,
            letter="y",
        )
        navigation.register_page(
            key="stage_changes",
            label=_("Moves between stages"),
            url_name="lifecycle:changes",
            icon="arrows-exchange",
            permission=VIEW,
            order=31,
        )
        record_pages.register_action("customers:detail", *CUSTOMER_ACTIONS)
        panels.register(
            key="stages",
            label=_("Stages"),
            template_name="lifecycle/panel.html",
            permission=VIEW,
            load=load_stage_panel,
            order=94,
        )
        self._register_leads()
        self._register_settings()

    @staticmethod
    def _register_leads() -> None:
        from core.accounts import holdings
        from core.events.registry import receive
        from core.jobs import background
        from core.web import exports, navigation, notices, record_pages, trail
        from customers.handovers import open_work
        from lifecycle import report_file
        from lifecycle.models import Lead
        from lifecycle.permissions import LEADS_VIEW, LEADS_WORK, REPORT
        from lifecycle.querysets import unfinished
        from lifecycle.receivers import IN_CHARGE, note_contact, tell_in_charge
        from lifecycle.record_actions import LEAD_ACTIONS, LEAD_PAGE
        from lifecycle.services import hand_over_lead
        from lifecycle.trail import describe_leads
        from lifecycle.views.leads import LeadListView
        from lifecycle.words import describe_leads as lead_notices

        holdings.register(
            holdings.Holding(
                name="leads",
                label=_("Leads"),
                words=lambda count: ngettext("%(count)s lead", "%(count)s leads", count),
                model=Lead,
                field="assignee",
                hand_over=hand_over_lead,
                permission=LEADS_WORK,
                open=lambda rows, _at: unfinished(rows),
                page=lambda user: f"{reverse('lifecycle:leads')}?{urlencode({'assignee': user.pk})}",
            )
        )
        open_work.register("leads")
        receive("interaction.created", name="lifecycle.note_contact", call=note_contact)
        for event in ("captured", "assigned"):
            receive(f"lead.{event}", name=f"lifecycle.tell_in_charge_{event}", call=tell_in_charge)
        notices.register(
            IN_CHARGE,
            label=_("You were put in charge of a lead"),
            icon="seedling",
            permission=LEADS_VIEW,
            describe=lead_notices,
        )
        trail.register_subject("lifecycle.lead", describe_leads, permission=LEADS_VIEW)
        exports.register(LeadListView)
        navigation.register(
            key="leads",
            label=_("Leads"),
            url_name="lifecycle:leads",
            icon="seedling",
            permission=LEADS_VIEW,
            order=210,
            letter="l",
        )
        background.register(
            report_file.KIND,
            label=_("Export"),
            permission=lambda _job: REPORT,
            step=report_file.step,
            file_name=report_file.file_name,
        )
        navigation.register_page(
            key="lead_report",
            label=_("Acquisition report"),
            url_name="lifecycle:report",
            icon="chart-funnel",
            permission=REPORT,
            order=40,
        )
        navigation.register_creation(
            key="lead",
            label=_("New lead"),
            url_name="lifecycle:create_lead",
            icon="seedling",
            permission=LEADS_WORK,
            order=12,
        )
        record_pages.register(LEAD_PAGE)
        record_pages.register_action("lifecycle:lead", *LEAD_ACTIONS)

    @staticmethod
    def _register_settings() -> None:
        from core.web import navigation, trail
        from lifecycle.permissions import CONFIGURE
        from lifecycle.settled import (
            PLAYBOOK_PARTS,
            POLICY_PARTS,
            SOURCE_PARTS,
            playbook_values,
            policy_values,
            source_values,
        )
        from lifecycle.trail import describe_policies, describe_reasons, describe_sources, describe_steps

        trail.register_subject("lifecycle.lifecyclepolicy", describe_policies, permission=CONFIGURE)
        trail.register_subject("lifecycle.leadsource", describe_sources, permission=CONFIGURE)
        trail.register_subject("lifecycle.lostreason", describe_reasons, permission=CONFIGURE)
        trail.register_subject("lifecycle.playbookstep", describe_steps, permission=CONFIGURE)
        navigation.register_setting(
            key="lifecycle_policy",
            label=_("Rules of stages and leads"),
            description=_("When customers grow, decline, are lost and won back, and who gets a new lead."),
            url_name="lifecycle:policy",
            icon="route",
            permission=CONFIGURE,
            order=51,
            actions=("lifecycle_policy.changed",),
            parts=POLICY_PARTS,
            values=policy_values,
        )
        navigation.register_setting(
            key="playbooks",
            label=_("Playbooks of stages"),
            description=_("What is done when a customer comes into a stage, by whom, and by when."),
            url_name="lifecycle:playbooks",
            icon="list-check",
            permission=CONFIGURE,
            order=52,
            actions=("playbook_step.added", "playbook_step.changed", "playbook_step.removed"),
            parts=PLAYBOOK_PARTS,
            values=playbook_values,
        )
        navigation.register_setting(
            key="lead_sources",
            label=_("Sources of leads, reasons of losses"),
            description=_("Where leads come from, what that costs, and why they come to nothing."),
            url_name="lifecycle:sources",
            icon="seedling",
            permission=CONFIGURE,
            order=53,
            actions=tuple(
                f"{what}.{done}"
                for what in ("lead_source", "lost_reason")
                for done in ("added", "changed", "retired", "revived")
            ),
            parts=SOURCE_PARTS,
            values=source_values,
        )
