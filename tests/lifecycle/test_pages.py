"""Pages of stages and leads: what they show, who may do what, and in which language."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from customers.models import Customer
from lifecycle.models import Lead, LeadSource, LifecyclePolicy, LostReason, PlaybookStep, SourceCost, StageChange
from lifecycle.services import lose_lead, move_by_hand
from tests.factories.accounts import make_user
from tests.factories.customers import make_customer, panels_of
from tests.factories.lifecycle import in_stage, make_lead, make_leads, make_regular

DAY = timedelta(days=1)
LIST, LEADS = "/customers/", "/leads/"
LEAD_QUERIES, RECORD_QUERIES, OVERVIEW_QUERIES, CHANGES_QUERIES = 12, 6, 7, 8


@pytest.fixture(autouse=True)
def at_that_time(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def mature(tenant, now):
    return in_stage(make_customer(at=now, number="C-1", company_name="Blue Kiln"), "mature", since=now - 9 * DAY)


@pytest.fixture
def lead(tenant, now):
    return make_lead(at=now, name="Harbour Foods", wish="Pots, call 13812345678")


def text_of(response):
    return response.content.decode()


def url_of(name, row=None):
    return reverse(f"lifecycle:{name}", args=[row.pk] if row is not None else [])


def test_stage_is_in_the_list_as_a_filter_and_on_the_page(client_for, agent, mature, now):
    make_customer(at=now, number="C-2")
    client = client_for(agent)

    rows = client.get(LIST, {"stage": "mature"}).context["rows"]
    assert [row.number for row in rows] == ["C-1"]
    assert 'name="stage"' in text_of(client.get(LIST))
    page = text_of(client.get(reverse("customers:detail", args=[mature.pk])))
    assert "Mature" in page
    assert "2026-02-21" in page


def test_customer_is_put_into_another_stage_with_a_reason(client_for, supervisor, mature, now):
    client = client_for(supervisor)
    page = url_of("move", mature)
    assert client.get(page).status_code == 200

    refused = client.post(page, {"stage": "lost", "reason": " ", "held_until": "2026-03-20"})
    assert refused.status_code == 422
    past = client.post(page, {"stage": "lost", "reason": "Went", "held_until": "2026-02-20"})
    assert past.status_code == 422
    not_there = client.post(page, {"stage": "new", "reason": "Went", "held_until": "2026-03-20"})
    assert not_there.status_code == 422
    assert not StageChange.objects.exists()

    moved = client.post(page, {"stage": "lost", "reason": "Went to a rival", "held_until": "2026-03-20"})

    assert moved.url == reverse("customers:detail", args=[mature.pk])
    change = StageChange.objects.get()
    assert (change.to_stage, change.cause, change.moved_by) == ("lost", "hand", supervisor)
    assert AuditEvent.objects.get(action="customer.stage_moved").reason == "Went to a rival"
    panels = panels_of(client, mature)
    assert "Went to a rival" in panels
    assert "set by hand through 2026-03-20" in panels


@pytest.mark.parametrize(
    ("role", "status"), [(Role.SUPERVISOR, 200), (Role.ACCOUNT_MANAGER, 200), (Role.AGENT, 403), (Role.ANALYST, 403)]
)
def test_who_may_move_by_hand(client_for, mature, now, role, status):
    assert client_for(make_user(role=role, at=now)).get(url_of("move", mature)).status_code == status


def test_overview_says_how_many_stand_where_and_every_move(client_for, agent, supervisor, mature, now):
    move_by_hand(customer=mature, stage="lost", reason="Went", held_until=now.date(), by=supervisor, at=now)

    response = client_for(agent).get(url_of("overview"))

    assert {stage: count for stage, _label, count in response.context["stages"]}["lost"] == 1
    assert [each["count"] for each in response.context["moves"]].count(1) == 1
    assert "Evaluate now" not in text_of(response)


def test_evaluating_now_does_as_the_night(client_for, supervisor, agent, now):
    make_regular(at=now - DAY, since=10)
    client = client_for(supervisor)

    shown = client.post(url_of("evaluate"), follow=True)

    assert "1 customer moved." in text_of(shown)
    assert "Nobody moved." in text_of(client.post(url_of("evaluate"), follow=True))
    assert client_for(agent).post(url_of("evaluate")).status_code == 403


@pytest.mark.parametrize("rows", [3, 300])
def test_lists_ask_the_same_number_of_queries(client_for, agent, now, rows, django_assert_num_queries):
    leads = make_leads(rows, at=now)
    StageChange.objects.bulk_create(
        StageChange(
            customer=lead.customer, from_stage="lead", to_stage="new", cause="shipment", as_of=now.date(),
            policy_version=1, shipment_count=1, changed_at=now,
        )
        for lead in leads
    )  # fmt: skip
    client = client_for(agent)
    for page, queries in (
        (LEADS, LEAD_QUERIES),
        (url_of("lead", leads[0]), RECORD_QUERIES),
        (url_of("overview"), OVERVIEW_QUERIES),
        (url_of("changes"), CHANGES_QUERIES),
    ):
        client.get(page)
        with django_assert_num_queries(queries):
            assert client.get(page).status_code == 200


def test_new_lead_is_captured_and_its_duplicates_are_found(client_for, account_manager, now):
    client = client_for(account_manager)
    source = LeadSource.objects.get(name_en="Recommendation")
    form = {
        "kind": "company", "company_name": "Harbour Foods", "person_name": "Ellen Marsh", "phone": "138 1234 5678",
        "email": "", "source": source.pk, "wish": "Chilled", "assignee": "", "region": "", "industry": "",
        "number": "",
    }  # fmt: skip

    first = client.post(url_of("create_lead"), form)
    asked = client.post(url_of("create_lead"), form)
    second = client.post(url_of("create_lead"), {**form, "create_anyway": asked.context["shown_ids"]})

    leads = list(Lead.objects.order_by("pk"))
    assert [first.url, second.url] == [url_of("lead", lead) for lead in leads]
    page = text_of(client.get(second.url))
    assert "May be the same" in page
    assert leads[0].customer.number in page


def test_new_lead_without_a_name_or_with_a_bad_phone_is_refused(client_for, agent):
    client = client_for(agent)

    refused = client.post(url_of("create_lead"), {"kind": "company", "phone": "abc"})

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"company_name", "phone"}
    assert not Customer.objects.exists()


def test_lead_is_worked_on_from_its_header(client_for, agent, account_manager, lead, now):
    client = client_for(agent)
    page = url_of("lead", lead)
    assert "13812345678" not in text_of(client.get(page))

    client.post(url_of("take", lead))
    client.post(url_of("qualify", lead))
    assert "Qualified" in text_of(client.get(page))
    client.post(url_of("assign", lead), {"assignee": account_manager.pk})
    reason = LostReason.objects.get(name_en="Too expensive")
    client.post(url_of("lose", lead), {"reason": reason.pk})
    lost = text_of(client.get(page))
    assert "Too expensive" in lost
    assert "Take up again" in lost
    client.post(url_of("reopen", lead))
    client.post(url_of("convert", lead))

    kept = Lead.objects.get()
    assert (kept.state, kept.assignee) == ("converted", account_manager)
    assert "already" in text_of(client.post(url_of("qualify", lead), follow=True))


def test_analyst_sees_leads_and_does_nothing(client_for, analyst, lead):
    client = client_for(analyst)

    page = text_of(client.get(url_of("lead", lead)))

    assert "Take it" not in page
    for name in ("take", "contact", "qualify", "convert", "reopen"):
        assert client.post(url_of(name, lead)).status_code == 403
    for name in ("assign", "lose"):
        assert client.get(url_of(name, lead)).status_code == 403
    assert client.get(url_of("create_lead")).status_code == 403
    assert Lead.objects.get().state == "new"


def test_filters_of_leads(client_for, agent, lead, now):
    source = LeadSource.objects.get(name_en="Exhibition")
    reason = LostReason.objects.get(name_en="No need at present")
    theirs = make_lead(at=now + DAY, name="Theirs", source=source, assignee=agent)
    lost = make_lead(at=now, name="Lost")
    lose_lead(lead=lost, reason=reason, by=agent, at=now)
    client = client_for(agent)

    def shown(**params):
        return [row.customer.company_name for row in client.get(LEADS, params).context["rows"]]

    assert shown() == ["Theirs", "Harbour Foods"]
    assert shown(state="lost") == ["Lost"]
    assert len(shown(state="all")) == 3
    assert shown(source=source.pk) == ["Theirs"]
    assert shown(source="none") == ["Harbour Foods"]
    assert shown(assignee=agent.pk) == ["Theirs"]
    assert shown(assignee="none") == ["Harbour Foods"]
    assert shown(state="all", lost_reason=reason.pk) == ["Lost"]
    assert shown(customer=theirs.customer.number) == ["Theirs"]
    counts = client.get(LEADS).context["counts"]
    assert [count for _label, count, _url in counts] == [1, 1, 2, 0]
    assert [len(client.get(url).context["rows"]) for _label, _count, url in counts] == [1, 1, 2, 0]


def test_customer_is_taken_up_from_its_page(client_for, agent, now):
    customer = make_customer(at=now)

    response = client_for(agent).post(url_of("take_up", customer), {"source": "", "wish": "Pots", "assignee": ""})

    assert response.url == url_of("lead", Lead.objects.get())
    assert client_for(agent).post(url_of("take_up", customer), {}).status_code == 422


def rules(**changes):
    return {
        "window_days": 60, "new_days": 90, "growth_percent": 25, "decline_percent": 30, "least_days": 14,
        "lost_days": 180, "lost_least_days": 60, "lost_rhythms": 6, "won_back_days": 60, "assignment": "hand",
        "team": "", "replaces": 1, **changes,
    }  # fmt: skip


def test_rules_are_put_in_force_as_a_version(client_for, supervisor):
    client = client_for(supervisor)
    page = url_of("policy")

    assert client.post(page, rules(new_days=60)).status_code == 422
    assert client.post(page, rules(lost_least_days=200)).status_code == 422
    assert LifecyclePolicy.objects.count() == 1
    assert client.post(page, rules(lost_days=120, assignment="load")).status_code == 302
    stale = client.post(page, rules(lost_days=90))

    assert stale.status_code == 422
    assert "In force now: 120 days" in text_of(stale)
    newest = LifecyclePolicy.objects.order_by("-version").first()
    assert (newest.version, newest.lost_days, newest.assignment) == (2, 120, "load")
    event = AuditEvent.objects.get(action="lifecycle_policy.changed")
    assert event.details == {"version": 2, "changed": ["lost_days", "assignment"]}
    assert "120 days" in text_of(client.get(reverse("console:home")))


def test_sources_reasons_and_steps_are_kept_by_supervisors(client_for, supervisor, agent):
    client = client_for(supervisor)
    names = {"name_zh": "地推", "name_en": "On the street"}
    client.post(url_of("add_source"), {**names, "amount": "900.00", "from_month": "2026-01"})
    source = LeadSource.objects.get(name_en="On the street")
    assert SourceCost.objects.get().from_month.isoformat() == "2026-01-01"
    client.post(url_of("update_source", source), {**names, "amount": "1000", "from_month": "2026-03", "version": 1})
    assert SourceCost.objects.count() == 2
    client.post(url_of("retire_source", source))
    client.post(url_of("add_reason"), {"name_zh": "搬走了", "name_en": "Moved away"})
    reason = LostReason.objects.get(name_en="Moved away")
    client.post(url_of("update_reason", reason), {"name_zh": "搬走", "name_en": "Moved", "version": 1})
    client.post(url_of("retire_reason", reason))
    page = text_of(client.get(url_of("sources")))
    assert page.count("Retired") == 2
    form = LeadSource.objects.get(key="form")
    assert "needs its source" in text_of(client.post(url_of("retire_source", form), follow=True))

    for name, word, told in (
        ("Spring", "spring", ""),
        ("Autumn", "spring", "Another source"),
        ("X", "Ü b", "small letters"),
    ):
        campaign = {"name_zh": name, "name_en": name, "key": word, "from_month": "2026-01"}
        assert told in text_of(client.post(url_of("add_source"), campaign))
    campaign = LeadSource.objects.get(key="spring")
    assert not LeadSource.objects.filter(name_en__in=("Autumn", "X")).exists()
    assert "/join/swift/?source=spring" in text_of(client.get(url_of("sources")))
    kept = {"name_zh": "春", "name_en": "Spring", "from_month": "2026-01", "version": 1}
    taken = client.post(url_of("update_source", campaign), {**kept, "key": "form"})
    assert "Another source" in text_of(taken)
    client.post(url_of("update_source", campaign), {**kept, "key": "spring-26"})
    assert "key" not in client.get(url_of("update_source", form)).context["form"].fields
    client.post(url_of("update_source", form), {**kept, "key": "gone"})
    assert set(LeadSource.objects.exclude(key="").values_list("key", flat=True)) == {"form", "spring-26"}

    step = {"stage": "lost", "kind": "call", "words": "Ask", "due_days": 2, "for_whom": "team", "team": "", "role": ""}
    assert client.post(url_of("add_step"), step).status_code == 422
    client.post(url_of("add_step"), {**step, "for_whom": "manager", "tier": ""})
    stored = PlaybookStep.objects.get()
    client.post(url_of("update_step", stored), {**step, "for_whom": "manager", "words": "Ask why", "version": 1})
    assert "Ask why" in text_of(client.get(url_of("playbooks")))
    client.post(url_of("remove_step", stored))
    assert not PlaybookStep.objects.exists()

    stranger = client_for(agent)
    for name in ("policy", "playbooks", "sources", "add_step", "add_source", "add_reason"):
        assert stranger.get(url_of(name)).status_code == 403


def test_pages_speak_chinese(client_for, mature, lead, now):
    client = client_for(make_user(role=Role.SUPERVISOR, at=now, language="zh-hans"))

    for page, words in (
        (url_of("overview"), "允许的变动"),
        (LEADS, "新建线索"),
        (url_of("lead", lead), "寄件需求"),
        (url_of("report"), "获客报表"),
        (url_of("policy"), "阶段与线索规则"),
        (url_of("playbooks"), "阶段方案"),
        (reverse("customers:detail", args=[mature.pk]), "成熟"),
    ):
        assert words in text_of(client.get(page))
