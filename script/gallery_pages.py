"""The pages that the gallery photographs: every route that answers a GET, and what is only seen after some steps.

A route without a picture stands in NO_PICTURE with the reason; tests/architecture/test_gallery.py asks for either.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Page as BrowserPage

from core.accounts.enums import Role


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page, or one state of it that `steps` lead to; `role` None is nobody signed in.

    `records` names for each argument of the route what of the Records stands there; a word that is none stands there
    itself. `{…}` in the query is filled from the Records, too.
    """

    route: str
    role: Role | None = Role.ADMINISTRATOR
    records: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    scene: str = ""
    status: int = 200
    is_whole: bool = True
    steps: Callable[[BrowserPage], None] | None = None

    @property
    def name(self) -> str:
        name = self.route.replace(":", "-").replace("_", "-")
        return f"{name}--{self.scene}" if self.scene else name


def _press(*keys: str) -> Callable[[BrowserPage], None]:
    def press(page: BrowserPage) -> None:
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(300)

    return press


def _click(*places: str) -> Callable[[BrowserPage], None]:
    def click(page: BrowserPage) -> None:
        for place in places:
            page.locator(place).first.click()
            page.wait_for_timeout(300)

    return click


def _send_empty(page: BrowserPage) -> None:
    page.locator("main form:not([data-view]) button[type=submit]").last.click()
    page.locator("main .is-invalid, main [role=alert]").first.wait_for()


def _search(page: BrowserPage) -> None:
    page.fill("#search", "SD-0001" if page.locator("html[lang^=zh]").count() else "PW-0001")
    page.keyboard.press("Enter")
    page.locator("main .hit").first.wait_for()


def _tick_two(page: BrowserPage) -> None:
    for at in (0, 1):
        page.locator("tbody [name=row]").nth(at).check()


def _change_all(page: BrowserPage) -> None:
    _tick_two(page)
    page.locator("[name=scope]").check()
    page.locator("#bulk summary").click()
    page.locator("#bulk [name=action]").first.click()
    page.locator("main [name=start]").wait_for()


def _save_twice(page: BrowserPage) -> None:
    """Save the same form from two windows, so that the second is shown three values."""
    other = page.context.new_page()
    other.goto(page.url)
    for window, typed in ((other, "industry-1"), (page, "industry-2")):
        box = window.locator("[name=industry]")
        box.fill(f"{typed} {box.input_value()[-20:]}")
    other.locator("main form button[type=submit]").last.click()
    other.wait_for_url(lambda url: url != page.url)
    other.close()
    page.locator("main form button[type=submit]").last.click()
    page.locator("main .conflict").wait_for()


CUSTOMER = {"pk": "customer"}
FOLLOW_UP = {"pk": "follow_up"}
LEAD = {"pk": "lead"}
NOBODY = "00000000-0000-7000-8000-000000000000"
OFFICE = [
    "console:home",
    "console:preferences",
    "console:company",
    "console:people",
    "console:invitations",
    "console:invite_user",
    "console:roles",
    "console:organisation",
    "console:create_department",
    "console:create_team",
    "console:keys",
    "console:create_key",
    "console:own_jobs",
    "console:audit",
    "console:events",
    "console:jobs",
    "console:notices",
    "console:notice_choices",
    "customers:custom_fields",
    "customers:groups",
    "customers:add_custom_field",
    "customers:purposes",
    "customers:follow_up_rules",
    "shipments:policy",
    "customers:add_purpose",
    "imports:list",
    "imports:templates",
    "tiering:create_policy",
    "tiering:teams",
    "portfolios:policy",
    "lifecycle:policy",
    "lifecycle:playbooks",
    "lifecycle:add_step",
    "lifecycle:sources",
    "lifecycle:add_source",
    "lifecycle:add_reason",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_change_password",
    "account_reauthenticate",
    "account_logout",
]
OFFICE_RECORDS = {
    "console:update_user": {"pk": "user"},
    "console:deactivate_user": {"pk": "user"},
    "console:hand_over": {"pk": "user"},
    "console:rights": {"pk": "user"},
    "console:update_department": {"pk": "department"},
    "console:close_department": {"pk": "department"},
    "console:update_team": {"pk": "team"},
    "console:close_team": {"pk": "team"},
    "console:key": {"pk": "api_key"},
    "console:rotate_key": {"pk": "api_key"},
    "console:restrict_key": {"pk": "api_key"},
    "console:limit_key": {"pk": "api_key"},
    "console:reveal": {"kind": "contact-point", "pk": "contact_point"},
    "console:job": {"pk": "export_job"},
    "console:job_rows": {"pk": "bulk_job"},
    "customers:copy": CUSTOMER,
    "customers:erase": CUSTOMER,
    "customers:merge": CUSTOMER,
    "customers:update_custom_field": {"pk": "custom_field"},
    "customers:rename_group": {"pk": "customer_group"},
    "customers:update_purpose": {"pk": "purpose"},
    "imports:upload": {"kind": "customers"},
    "imports:batch": {"pk": "file_batch"},
    "imports:columns": {"pk": "new_batch"},
    "lifecycle:update_step": {"pk": "playbook_step"},
    "lifecycle:update_source": {"pk": "lead_source"},
    "lifecycle:update_reason": {"pk": "lost_reason"},
}
WORK = [
    "service_requests:list",
    "service_requests:create",
    "customers:list",
    "customers:create",
    "customers:duplicates",
    "customers:quality",
    "customers:mending",
    "customers:my_day",
    "customers:follow_ups",
    "customers:calendar",
    "customers:create_follow_up",
    "shipments:list",
    "behaviour:list",
    "service_plans:list",
    "service_plans:create",
    "development:list",
    "development:create",
    "development:board",
    "development:forecast",
    "development:rules",
    "development:competitors",
    "development:add_competitor",
    "development:proposals",
    "development:market_notes",
    "development:write_market_note",
    "development:catalogue",
    "development:add_service",
    "tiering:overview",
    "tiering:moves",
    "tiering:value",
    "tiering:policies",
    "portfolios:list",
    "portfolios:pool",
    "portfolios:assign",
    "portfolios:rebalance",
    "portfolios:staffing",
    "lifecycle:overview",
    "lifecycle:changes",
    "lifecycle:leads",
    "lifecycle:create_lead",
    "lifecycle:report",
]
WORK_RECORDS = {
    "customers:detail": CUSTOMER,
    "customers:update": CUSTOMER,
    "customers:contacts": CUSTOMER,
    "customers:create_contact": CUSTOMER,
    "customers:update_contact": {"pk": "customer", "contact": "contact"},
    "customers:addresses": CUSTOMER,
    "customers:create_address": CUSTOMER,
    "customers:update_address": {"pk": "customer", "address": "address"},
    "customers:create_need": {"pk": "customer", "kind": "cold_chain"},
    "customers:update_need": {"pk": "customer", "need": "need"},
    "customers:create_follow_up_for": CUSTOMER,
    "customers:follow_up": FOLLOW_UP,
    "customers:update_follow_up": FOLLOW_UP,
    "customers:done_follow_up": FOLLOW_UP,
    "customers:snooze_follow_up": FOLLOW_UP,
    "customers:reschedule_follow_up": FOLLOW_UP,
    "customers:hand_over_follow_up": FOLLOW_UP,
    "customers:cancel_follow_up": FOLLOW_UP,
    "customers:reopen_follow_up": {"pk": "closed_follow_up"},
    "customers:interactions": CUSTOMER,
    "customers:consents": CUSTOMER,
    "customers:record_interaction": CUSTOMER,
    "documents:list": CUSTOMER,
    "documents:add": CUSTOMER,
    "shipments:detail": {"pk": "shipment"},
    "service_requests:detail": {"pk": "service_request"},
    "service_requests:move": {"pk": "service_request"},
    "service_requests:wait": {"pk": "service_request"},
    "service_requests:finish": {"pk": "service_request"},
    "service_requests:decline": {"pk": "service_request"},
    "service_requests:policy": {},
    "service_plans:detail": {"pk": "plan"},
    "service_plans:end": {"pk": "plan"},
    "service_plans:send_back": {"pk": "proposed_plan"},
    "service_plans:update": {"pk": "draft_plan"},
    "service_plans:add_item": {"pk": "draft_plan", "kind": "route"},
    "service_plans:change_item": {"pk": "draft_plan", "item": "plan_item"},
    "development:detail": {"pk": "opportunity"},
    "development:update": {"pk": "opportunity"},
    "development:move": {"pk": "opportunity", "stage": "lost"},
    "development:update_competitor": {"pk": "competitor"},
    "development:create_proposal": {"pk": "opportunity"},
    "development:market_note": {"pk": "market_note"},
    "development:update_market_note": {"pk": "market_note"},
    "development:proposal": {"pk": "accepted_proposal"},
    "development:update_proposal": {"pk": "draft_proposal"},
    "development:add_line": {"pk": "draft_proposal", "service": "catalogue_service"},
    "development:change_line": {"pk": "draft_proposal", "line": "proposal_line"},
    "development:send_back": {"pk": "proposed_proposal"},
    "development:next_version": {"pk": "proposed_proposal"},
    "development:update_service": {"pk": "catalogue_service"},
    "tiering:ask_for_tier": CUSTOMER,
    "tiering:decline_override": {"pk": "asked_customer", "override": "asked_override"},
    "tiering:policy": {"pk": "waiting_policy"},
    "tiering:go_on_policy": {"pk": "waiting_policy"},
    "tiering:movers": {"pk": "waiting_policy"},
    "tiering:decline_policy": {"pk": "waiting_policy"},
    "tiering:withdraw_policy": {"pk": "waiting_policy"},
    "tiering:evaluate": {},
    "portfolios:capacity": {"pk": "user"},
    "portfolios:moved": {"pk": "moves_job"},
    "portfolios:claim": CUSTOMER,
    "portfolios:release": CUSTOMER,
    "portfolios:hand_over": CUSTOMER,
    "lifecycle:move": CUSTOMER,
    "lifecycle:take_up": {"pk": "new_customer"},
    "lifecycle:lead": LEAD,
    "lifecycle:assign": LEAD,
    "lifecycle:lose": LEAD,
}
OPEN = [
    "account_login",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "api:docs",
]
LIST, RECORD = "customers:list", "customers:detail"
SUPERVISOR = Role.SUPERVISOR
PAGES = [
    *(Page(route=route, role=None) for route in OPEN),
    Page(route="account_login", scene="refused", role=None, steps=_send_empty),
    Page(route="shipments:track", records={"slug": "slug"}, role=None),
    Page(route="shipments:track", records={"slug": "slug"}, role=None, scene="refused", steps=_send_empty),
    Page(route="shipments:trace", records={"slug": "slug", "sealed": "sealed"}, role=None),
    Page(route="customers:preferences", records={"slug": "slug", "token": "preferences"}, role=None),
    Page(route="service_plans:shared", records={"slug": "slug", "token": "shared_plan"}, role=None),
    Page(route="development:shared", records={"slug": "slug", "token": "shared_proposal"}, role=None),
    Page(route="lifecycle:join", records={"slug": "slug"}, role=None),
    Page(route="lifecycle:join", records={"slug": "slug"}, role=None, scene="refused", steps=_send_empty),
    Page(route="lifecycle:joined", records={"slug": "slug"}, role=None),
    Page(route="console:accept_invitation", records={"token": "token"}, role=None),
    Page(route="console:accept_invitation", records={"token": "spent"}, role=None, scene="void", status=410),
    Page(
        route="account_reset_password_from_key",
        records={"uidb36": "0", "key": "spent"},
        role=None,
        scene="void",
    ),
    *(Page(route=route, role=SUPERVISOR) for route in WORK),
    *(Page(route=route, role=SUPERVISOR, records=records) for route, records in WORK_RECORDS.items()),
    *(Page(route=route) for route in OFFICE),
    *(Page(route=route, records=records) for route, records in OFFICE_RECORDS.items()),
    Page(route="web:search", role=SUPERVISOR),
    Page(route="web:search", role=SUPERVISOR, scene="hits", steps=_search),
    # What is seen after a step or two.
    Page(route=LIST, role=SUPERVISOR, scene="filtered", query="tier=vip"),
    Page(route=LIST, role=SUPERVISOR, scene="nothing", query="number=NONE"),
    Page(route=LIST, role=SUPERVISOR, scene="refused", query="tier=best", status=422),
    Page(route=LIST, role=SUPERVISOR, scene="filters", steps=_click(".filter-menu summary"), is_whole=False),
    Page(route=LIST, role=SUPERVISOR, scene="columns", steps=_click(".columns-menu summary"), is_whole=False),
    Page(
        route=LIST,
        role=SUPERVISOR,
        scene="save-view",
        steps=_click(".views-bar details:last-of-type > summary"),
        is_whole=False,
    ),
    Page(route=LIST, role=SUPERVISOR, scene="preview", steps=_press("j", "k", " "), is_whole=False),
    Page(route=LIST, role=SUPERVISOR, scene="ticked", steps=_tick_two, is_whole=False),
    Page(route=LIST, role=SUPERVISOR, scene="change", steps=_change_all, query="tier=vip"),
    Page(route=LIST, role=SUPERVISOR, scene="new", steps=_click(".top-new"), is_whole=False),
    Page(route=LIST, role=SUPERVISOR, scene="account", steps=_click(".top-user"), is_whole=False),
    Page(route=LIST, role=SUPERVISOR, scene="keys", steps=_press("?"), is_whole=False),
    Page(route=RECORD, role=SUPERVISOR, scene="palette", records=CUSTOMER, steps=_press("Control+k"), is_whole=False),
    Page(route=RECORD, role=SUPERVISOR, scene="new", records={"pk": "new_customer"}),
    Page(route="lifecycle:leads", role=SUPERVISOR, scene="all", query="state=all"),
    Page(route="lifecycle:lead", role=SUPERVISOR, scene="lost", records={"pk": "lost_lead"}),
    Page(route="service_requests:list", role=SUPERVISOR, scene="all", query="state=all"),
    Page(route="service_requests:create", role=SUPERVISOR, scene="refused", steps=_send_empty),
    Page(route="service_requests:detail", role=SUPERVISOR, scene="closed", records={"pk": "closed_request"}),
    Page(route=RECORD, role=SUPERVISOR, scene="fact", records=CUSTOMER, steps=_click("[data-edit-fact]")),
    Page(route="customers:create", role=SUPERVISOR, scene="refused", steps=_send_empty),
    Page(route="customers:my_day", role=Role.ACCOUNT_MANAGER, scene="hand-over", steps=_press("j", "h")),
    Page(route="customers:follow_up", role=SUPERVISOR, scene="done", records={"pk": "closed_follow_up"}),
    Page(route="customers:update", role=SUPERVISOR, scene="conflict", records=CUSTOMER, steps=_save_twice),
    Page(route="customers:merge", scene="plan", records=CUSTOMER, query="other={other_number}"),
    Page(route="customers:contacts", role=SUPERVISOR, scene="nothing", records={"pk": "new_customer"}),
    Page(route="customers:interactions", role=SUPERVISOR, scene="nothing", records={"pk": "new_customer"}),
    Page(route="console:job", scene="change", records={"pk": "bulk_job"}),
    Page(route="console:home", scene="found", query="q=key"),
    # Refusals.
    Page(route="customers:detail", scene="not-found", records={"pk": NOBODY}, status=404),
    Page(route="console:people", role=Role.AGENT, scene="refused", status=403),
    Page(route="web:theme", scene="not-allowed", status=405),
]
# Answers of the product's own that no address gives, drawn by its functions in core.web.errors.
ERRORS = ("bad_request", "csrf_failure", "server_error", "service_unavailable", "keys_unavailable", "value_damaged")

NO_PICTURE = {
    "web:home": "leads on to the first page that the role may open",
    "web:palette": "a fragment; seen in the scene of the record's palette",
    "web:token": "gives programs a token, no page",
    "web:live": "asked by a load balancer",
    "web:ready": "asked by a load balancer",
    "web:metrics": "asked by Prometheus",
    "api:openapi": "read by programs; its page is api:docs",
    "console:job_notices": "a fragment of the notices",
    "console:job_file": "a file",
    "console:view_counts": "a fragment of the views' bar",
    "console:unread_count": "a fragment of the bell",
    "console:open_notice": "leads on to what the notice tells of",
    "customers:panel": "a fragment; seen in the customer's page",
    "customers:calendar_feed": "a calendar, read by programs; its page is customers:calendar",
    "customers:find_entries": "entries that hold some words, by POST; they look as the timeline does",
    "customers:pick": "answers what is typed into a form, by POST; seen below the field of a new follow-up",
    "customers:known_groups": "options of an input; seen in the form of a customer",
    "customers:here": "a fragment; seen in the customer's page while a colleague is there",
    "imports:result": "a file",
    "imports:refused": "a file",
    "development:proposal_file": "a file",
    "development:shared_file": "a file",
    "account_set_password": "leads on: whoever works here has a password",
    "mfa_deactivate_totp": "stands behind a second step, which the demo waives; as mfa_remove_webauthn",
    "mfa_remove_webauthn": "stands behind a passkey, which the demo has not",
    "mfa_view_recovery_codes": "stands behind a second step, which the demo waives",
    "mfa_generate_recovery_codes": "stands behind a second step, which the demo waives",
    "mfa_authenticate": "stands behind a second step, which the demo waives",
    "mfa_login_webauthn": "gives the browser a challenge, no page",
    "mfa_reauthenticate": "stands behind a second step, which the demo waives",
    "mfa_reauthenticate_webauthn": "stands behind a second step, which the demo waives",
}
