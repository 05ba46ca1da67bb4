from collections import ChainMap

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PEOPLE_CHANGED = (
    "invitation.sent",
    "invitation.withdrawn",
    "user.created",
    "user.updated",
    "user.deactivated",
    "user.activated",
    "user.second_step_reset",
)
KEYS_CHANGED = (
    "key.created",
    "key.rotated",
    "key.old_secret_ended",
    "key.restricted",
    "key.limited",
    "key.revoked",
    "api.limited",
)


class ConsoleConfig(AppConfig):
    name = "core.console"
    label = "console"

    def ready(self) -> None:
        from core.audit import actions, erasures
        from core.console import settled
        from core.console.audit import AuditTrailView
        from core.console.erasure import KIND, erase_again
        from core.console.events import EventsView
        from core.console.invitations import InvitationsView
        from core.console.jobs import JobRunsView
        from core.console.keys import ApiKeysView
        from core.console.people import PeopleView
        from core.console.record_actions import PAGES
        from core.console.reveal import RevealReason
        from core.console.trail import (
            describe_company,
            describe_deliveries,
            describe_departments,
            describe_invitations,
            describe_jobs,
            describe_keys,
            describe_people,
            describe_runs,
            describe_teams,
            describe_views,
        )
        from core.crypto.revealable import registered
        from core.web import exports, record_pages, trail
        from core.web.views import EVERY_USER

        actions.declare("personal.revealed", _("Personal data revealed"))
        actions.declare("tenant.erased", _("Company erased"))
        actions.declare("keys.rotated", _("Keys renewed"))
        actions.declare("company.changed", _("Company changed"))
        actions.declare("user.notices_chosen", _("Own notices chosen"))
        actions.declare_fields(
            revealed=_("Revealed"),
            changed=pgettext_lazy("what was changed", "Changed"),
            why=_("Why"),
            key_version=_("Version of the keys"),
            values=_("Values encrypted anew"),
            tokens=_("Entries of the search index"),
            files=_("Result files"),
            users=_("People"),
            api_keys=_("API keys"),
            root_keys=_("Root keys"),
        )
        erasures.register(KIND, erase_again)
        for view in (PeopleView, InvitationsView, ApiKeysView, AuditTrailView, JobRunsView, EventsView):
            exports.register(view)
        actions.declare_values("list", exports.titles)
        actions.declare_values("changed", settled.changed_words)
        actions.declare_values("why", lambda: dict(RevealReason.choices))
        actions.declare_values("revealed", lambda: {each.kind: each.label for each in registered()})

        trail.register_subject("tenancy.tenant", describe_company, permission="company.manage")
        trail.register_subject("accounts.user", describe_people, permission="people.manage")
        trail.register_subject("accounts.department", describe_departments, permission="people.manage")
        trail.register_subject("accounts.team", describe_teams, permission="people.manage")
        trail.register_subject("accounts.invitation", describe_invitations, permission="people.manage")
        trail.register_subject("partners.apikey", describe_keys, permission="keys.manage")
        trail.register_subject("jobs.backgroundjob", describe_jobs, permission=EVERY_USER)
        trail.register_subject("jobs.jobrun", describe_runs, permission="jobs.view")
        trail.register_subject("web.savedview", describe_views, permission=EVERY_USER)
        trail.register_subject("events.eventdelivery", describe_deliveries, permission="jobs.view")

        for page, actions_of_page in PAGES:
            record_pages.register(page)
            record_pages.register_action(page.url_name, *actions_of_page)
        self._fill_navigation()
        self._register_what_is_told()

    @staticmethod
    def _fill_navigation() -> None:
        from core.web import navigation

        navigation.register_page(key="notices", label=_("Notices"), url_name="console:notices", icon="bell", order=80)
        navigation.register_page(
            key="own_jobs", label=_("My background jobs"), url_name="console:own_jobs", icon="clock-play", order=81
        )
        for key, label, url_name, icon, permission, order in (
            ("person", _("Invite a person"), "console:invite_user", "user-plus", "people.manage", 30),
            ("key", _("Create an API key"), "console:create_key", "key", "keys.manage", 40),
            ("department", _("Add a department"), "console:create_department", "building", "people.manage", 50),
            ("team", _("Add a team"), "console:create_team", "users-group", "people.manage", 51),
        ):
            navigation.register_creation(
                key=key, label=label, url_name=url_name, icon=icon, permission=permission, order=order
            )
        navigation.register(
            key="settings",
            label=_("Settings"),
            url_name="console:home",
            icon="settings",
            order=900,
            letter="x",
        )
        ConsoleConfig._fill_settings()

    @staticmethod
    def _fill_settings() -> None:
        from core.console import company, own, settled
        from core.web import navigation

        for key, label, description, url_name, icon, order, actions, parts, values in (
            (
                "preferences",
                _("Language and display"),
                _("How you like to work: language, time zone, theme and keys."),
                own.PREFERENCES,
                "adjustments",
                1,
                ("user.preferred",),
                own.PREFERENCE_PARTS,
                own.preference_values,
            ),
            (
                "notice_choices",
                _("How you are told"),
                _("What you are told of by mail besides the page of notices."),
                "console:notice_choices",
                "bell",
                2,
                ("user.notices_chosen",),
                own.notice_parts,
                own.notice_values,
            ),
            (
                "security",
                _("Sign-in and security"),
                _("How you prove who you are, and where you are signed in."),
                own.SECURITY,
                "shield-lock",
                3,
                ("user.password_changed", *own.SECOND_STEP_CHANGED, "user.signed_out"),
                own.SECURITY_PARTS,
                own.security_values,
            ),
        ):
            navigation.register_setting(
                key=key,
                label=label,
                description=description,
                url_name=url_name,
                icon=icon,
                order=order,
                actions=actions,
                parts=parts,
                values=values,
                is_own=True,
            )
        navigation.register_setting(
            key="company",
            label=_("Company"),
            description=_("What the company is called, where its days begin and what it speaks."),
            url_name=company.COMPANY,
            icon="building",
            permission=company.MANAGE,
            order=5,
            actions=("company.changed",),
            parts=company.PARTS,
            values=company.values,
        )
        navigation.register_setting(
            key="people",
            label=_("People"),
            description=_("Who works here: their roles, departments and teams, and who may sign in."),
            url_name="console:people",
            icon="users",
            permission="people.manage",
            order=10,
            actions=PEOPLE_CHANGED,
            parts=settled.PEOPLE_PARTS,
            values=settled.people_values,
        )
        navigation.register_setting(
            key="organisation",
            label=_("Departments and teams"),
            description=_("How the company is divided, for responsibility and for sharing the work."),
            url_name="console:organisation",
            icon="sitemap",
            permission="people.manage",
            order=20,
            actions=(
                "department.created",
                "department.updated",
                "department.closed",
                "team.created",
                "team.updated",
                "team.closed",
            ),
            parts=settled.ORGANISATION_PARTS,
            values=settled.organisation_values,
        )
        navigation.register_setting(
            key="roles",
            label=_("Roles and permissions"),
            description=_("What each role may do."),
            url_name="console:roles",
            icon="shield-check",
            permission="people.manage",
            order=30,
        )
        navigation.register_setting(
            key="keys",
            label=_("API keys"),
            description=_("What partners' programs may do, and when they last did."),
            url_name="console:keys",
            icon="key",
            permission="keys.manage",
            order=60,
            actions=KEYS_CHANGED,
            parts=settled.KEYS_PARTS,
            values=settled.keys_values,
        )
        navigation.register_setting(
            key="audit",
            label=_("Audit trail"),
            description=_("Who did what and when, sealed so that a change to it is found."),
            url_name="console:audit",
            icon="history",
            permission="audit.view",
            order=70,
        )
        navigation.register_setting(
            key="jobs",
            label=_("Background jobs"),
            description=_("What ran in the night and in the background, and how it ended."),
            url_name="console:jobs",
            icon="clock-play",
            permission="jobs.view",
            order=80,
        )
        navigation.register_setting(
            key="events",
            label=_("Events"),
            description=_(
                "What happened and has not reached every part of the product yet, and what could not be delivered."
            ),
            url_name="console:events",
            icon="broadcast",
            permission="jobs.view",
            order=90,
        )

    @staticmethod
    def _register_what_is_told() -> None:
        from core.accounts import holdings
        from core.audit import actions
        from core.console import handover, job_ends
        from core.events import registry
        from core.jobs import background
        from core.web import notices, trail
        from core.web.enums import RowOutcome

        registry.declare(
            "holdings.handed_over",
            version=1,
            subject="the colleague who was in charge",
            payload={
                "holding": registry.text("the kind of what was handed over, such as customers"),
                "count": registry.whole_number("how many there were"),
                "heir": registry.record_id("the colleague who is in charge from now on"),
                "by": registry.record_id("the colleague who handed it over"),
            },
            doc="What one colleague was in charge of became another's, each record told by its own event besides.",
        )
        registry.receive("holdings.handed_over", name="console.tell_heir", call=handover.tell_heir)
        notices.register(
            job_ends.JOB_ENDED,
            label=_("A background job of yours ended"),
            icon="clock-play",
            describe=job_ends.describe_ends,
        )
        notices.register(
            handover.TOOK_OVER,
            label=_("Something was handed over to you"),
            icon="transfer-in",
            describe=handover.describe_takeovers,
        )
        background.register(
            handover.KIND,
            label=_("Hand-over"),
            permission=lambda _job: handover.MANAGE,
            step=handover.step,
            counts=ChainMap(holdings.labels(), {RowOutcome.REFUSED: RowOutcome.REFUSED.label}),
            page=handover.page_of,
            may_repeat=lambda _job: False,
        )
        background.tell_ends(handover.tell_end)
        background.tell_ends(job_ends.tell_owner)
        trail.register_detail("heir", "accounts.user")
        actions.declare_values("holding", holdings.labels)
