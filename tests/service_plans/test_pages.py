"""Pages of service plans: the list, a draft and its items, the steps, the panel, and the page that is shared."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.web import public
from customers.services import NewContactPoint, add_contact, erase_customer
from customers.services.erasure import ErasureReason
from service_plans.models import PlanItem, PlanMonth, ServicePlan
from service_plans.services import propose_plan, share_plan, share_token, stop_sharing_plan
from tests.factories.accounts import inside, make_user, outside, somewhere
from tests.factories.customers import make_customer
from tests.service_plans.made import PRICE, PUNCTUAL, make_approved, make_draft

HTMX = {"HX-Request": "true"}
LIST_QUERIES, DETAIL_QUERIES, PANEL_QUERIES, SHARED_QUERIES = 9, 11, 11, 12


@pytest.fixture(autouse=True)
def at_that_time(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def customer(tenant, now):
    customer = make_customer(number="C-1", company_name="Blue Kiln", at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    return customer


@pytest.fixture
def draft(customer, account_manager, now):
    return make_draft(customer, by=account_manager, at=now)


@pytest.fixture
def approved(customer, account_manager, supervisor, now):
    return make_approved(customer, by=account_manager, approver=supervisor, at=now)


def url_of(plan, name="detail", **more):
    return reverse(f"service_plans:{name}", kwargs={"pk": plan.pk, **more})


def text_of(response):
    return response.content.decode()


def kept(plan, *, measured=10, kept=9, month=date(2026, 2, 1)):
    return PlanMonth.objects.create(item=plan.items.get(kind="product"), month=month, measured=measured, kept=kept)


def test_plan_is_begun_filled_and_proposed(client_for, account_manager, customer):
    client = client_for(account_manager)
    page = client.get(reverse("service_plans:create"), {"customer": str(customer.pk)})
    assert page.context["form"].initial["starts_on"] == date(2026, 3, 2)

    dates = {"starts_on": "2026-04-01", "ends_on": "2027-03-31", "remind_days": "45"}
    begun = client.post(f"{reverse('service_plans:create')}?customer={customer.pk}", dates)
    plan = ServicePlan.objects.get()
    assert begun.url == url_of(plan)
    client.post(
        url_of(plan, "add_item", kind="route"),
        {"text": "Fast", "origin_city": "Shenzhen", "most_hours": "48", "target_percent": "95"},
    )
    client.post(url_of(plan, "add_item", kind="contact"), {"text": "Ask for Lin Mei"})
    page = text_of(client.get(url_of(plan)))

    assert "Shenzhen → anywhere: at least 95% within 48 hours" in page
    assert "Ask for L****i" in page
    assert "Lin Mei" not in page
    client.post(url_of(plan, "propose"))
    plan.refresh_from_db()
    assert (plan.state, plan.proposed_by, plan.remind_days) == ("proposed", account_manager, 45)


def test_plan_for_a_number(client_for, account_manager, customer):
    client = client_for(account_manager)
    dates = {"starts_on": "2026-04-01", "ends_on": "2026-03-31", "remind_days": "45"}

    nobody = client.post(reverse("service_plans:create"), {**dates, "number": "C-0"})
    early = client.post(reverse("service_plans:create"), {**dates, "number": "c-1"})
    begun = client.post(reverse("service_plans:create"), {**dates, "ends_on": "2026-04-01", "number": "c-1"})

    assert "No customer has this number." in text_of(nobody)
    assert "The end lies before the start." in text_of(early)
    assert (nobody.status_code, early.status_code, begun.status_code) == (422, 422, 302)
    assert ServicePlan.objects.get().customer == customer
    for asked in ("nothing", "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"):
        assert client.get(reverse("service_plans:create"), {"customer": asked}).status_code == 404


def test_items_are_changed_and_removed(client_for, account_manager, draft):
    client = client_for(account_manager)
    item = draft.items.get(kind="product")
    url = url_of(draft, "change_item", item=item.pk)
    assert client.get(url).context["form"].initial == {
        "product": "express",
        "target_percent": 90,
        "text": PUNCTUAL["text"],
    }

    client.post(url, {"text": "Same day for Lin Mei.", "product": "", "target_percent": "80"})
    hidden = client.get(url)
    assert "Same day for Lin Mei." not in text_of(hidden)
    client.post(url, {"text": "", "product": "", "target_percent": "85"})

    item.refresh_from_db()
    assert (item.text, item.product, item.target_percent) == ("Same day for Lin Mei.", "", 85)
    client.post(url_of(draft, "remove_item", item=item.pk))
    assert list(draft.items.values_list("kind", flat=True)) == ["price"]


def test_item_that_says_too_little_comes_back(client_for, account_manager, draft):
    client = client_for(account_manager)

    response = client.post(url_of(draft, "add_item", kind="pickup"), {"text": "Evenings", "target_percent": "90"})
    unknown = client.get(url_of(draft, "add_item", kind="nothing"))

    assert response.status_code == 422
    assert "With a target, say what is measured" in text_of(response)
    assert unknown.status_code == 404
    assert PlanItem.objects.count() == 2


def test_dates_of_a_draft_are_changed(client_for, account_manager, draft):
    dates = {"starts_on": "2026-05-01", "ends_on": "2026-06-30", "remind_days": "10"}

    client_for(account_manager).post(url_of(draft, "update"), dates)

    draft.refresh_from_db()
    assert (draft.starts_on, draft.ends_on, draft.remind_days) == (date(2026, 5, 1), date(2026, 6, 30), 10)


def test_another_approves_and_the_writer_is_not_offered_to(client_for, account_manager, supervisor, draft, now):
    propose_plan(plan=draft, by=account_manager, at=now)

    own = client_for(account_manager)
    assert url_of(draft, "approve") not in text_of(own.get(url_of(draft)))
    assert own.post(url_of(draft, "approve")).status_code == 403
    theirs = client_for(supervisor)
    assert url_of(draft, "approve") in text_of(theirs.get(url_of(draft)))
    theirs.post(url_of(draft, "approve"))

    draft.refresh_from_db()
    assert (draft.state, draft.approved_by) == ("approved", supervisor)


def test_supervisor_does_not_approve_an_own_plan(client_for, customer, supervisor, now):
    plan = make_draft(customer, by=supervisor, at=now)
    propose_plan(plan=plan, by=supervisor, at=now)
    client = client_for(supervisor)

    assert url_of(plan, "approve") not in text_of(client.get(url_of(plan)))
    client.post(url_of(plan, "approve"))

    plan.refresh_from_db()
    assert plan.state == "proposed"
    assert "You wrote or proposed this plan yourself" in text_of(client.get(url_of(plan)))


def test_plan_is_sent_back_dropped_followed_and_ended(client_for, account_manager, supervisor, draft, now):
    writer, approver = client_for(account_manager), client_for(supervisor)
    propose_plan(plan=draft, by=account_manager, at=now)
    approver.post(url_of(draft, "send_back"), {"reason": "Too dear."})
    draft.refresh_from_db()
    assert draft.state == "draft"

    writer.post(url_of(draft, "propose"))
    approver.post(url_of(draft, "approve"))
    followed = writer.post(url_of(draft, "next"))
    following = ServicePlan.objects.get(follows=draft)
    assert followed.url == url_of(following)
    writer.post(url_of(following, "drop"))
    late = writer.post(url_of(draft, "end"), {"ends_on": "2027-01-01"})
    writer.post(url_of(draft, "end"), {"ends_on": "2026-06-30"})

    draft.refresh_from_db()
    following.refresh_from_db()
    assert (following.state, draft.ends_on, late.status_code) == ("dropped", date(2026, 6, 30), 422)


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST])
def test_who_only_reads_changes_nothing(client_for, role, draft, now):
    client = client_for(make_user(role=role, at=now))
    page = text_of(client.get(url_of(draft)))

    assert PUNCTUAL["text"] in page
    for name in ("propose", "drop", "next", "share", "stop_sharing", "approve"):
        assert client.post(url_of(draft, name)).status_code == 403
        assert url_of(draft, name) not in page
    for name in ("update", "send_back", "end"):
        assert client.get(url_of(draft, name)).status_code == 403
    assert client.get(reverse("service_plans:create")).status_code == 403
    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(client_for, agent, rows, now, django_assert_num_queries):
    customer = make_customer(at=now)
    ServicePlan.objects.bulk_create(
        ServicePlan(
            serial=number,
            number=f"SP{number:06}",
            customer=customer,
            starts_on=now.date(),
            ends_on=now.date() + timedelta(days=number),
            written_by=agent,
            written_at=now,
        )
        for number in range(1, rows + 1)
    )
    client = client_for(agent)
    client.get(reverse("service_plans:list"), headers=HTMX)

    with django_assert_num_queries(LIST_QUERIES):
        page = text_of(client.get(reverse("service_plans:list"), headers=HTMX))

    assert page.count("data-row") >= 3
    assert "SP000001" in page


def test_list_is_filtered(client_for, approved, account_manager, now):
    make_draft(make_customer(number="C-2", at=now), by=account_manager, at=now)

    def found(**params):
        page = text_of(client_for(account_manager).get(reverse("service_plans:list"), params))
        return [number for number in ("SP000001", "SP000002") if number in page]

    assert found() == ["SP000001", "SP000002"]
    assert found(state="approved") == ["SP000001"]
    assert found(customer="C-2") == ["SP000002"]
    assert found(ends_from="2027-01-01") == []


@pytest.mark.parametrize("rows", [2, 30])
def test_pages_ask_the_same_number_of_queries(client_for, agent, approved, rows, django_assert_num_queries):
    PlanItem.objects.bulk_create(
        PlanItem(plan=approved, kind="product", place=9 + place, text="x", target_percent=90) for place in range(rows)
    )
    for item in approved.items.all():
        PlanMonth.objects.create(item=item, month=date(2026, 2, 1), measured=10, kept=9)
    client = client_for(agent)
    panel = reverse("customers:panel", args=[approved.customer_id, "service_plans"])
    for url, queries in ((url_of(approved), DETAIL_QUERIES), (panel, PANEL_QUERIES)):
        client.get(url, headers=HTMX)
        with django_assert_num_queries(queries):
            assert "90%" in text_of(client.get(url, headers=HTMX))


def test_panel_shows_what_holds_and_what_was_kept(client_for, account_manager, customer, approved):
    kept(approved, measured=10, kept=8)
    url = reverse("customers:panel", args=[customer.pk, "service_plans"])

    page = text_of(client_for(account_manager).get(url, headers=HTMX))

    for words in ("SP000001", "Approved", PUNCTUAL["text"], "80%", "not kept", "Begin a service plan"):
        assert words in page
    other = reverse("customers:panel", args=[make_customer(at=approved.approved_at).pk, "service_plans"])
    assert "Nothing particular is agreed" in text_of(client_for(account_manager).get(other, headers=HTMX))


def shared_url(plan, slug="swift"):
    return reverse("service_plans:shared", args=[slug, share_token(plan)])


def ask(tenant, url, client=None, **headers):
    with outside(tenant):
        return (client or somewhere()).get(url, headers=headers)


def test_shared_page_shows_the_plan_and_nobody(tenant, customer, account_manager, supervisor, now):
    phone = NewContactPoint(kind="phone", value="+8613812345678")
    add_contact(customer=customer, name="Wu", points=[phone], at=now)
    items = [PUNCTUAL, {"kind": "contact", "text": "Lin Mei, 13812345678; ours 13900139000"}]
    plan = make_approved(customer, by=account_manager, approver=supervisor, at=now, items=items)
    kept(plan)
    plan = share_plan(plan=plan, by=account_manager, at=now)

    response = ask(tenant, shared_url(plan))

    page = text_of(response)
    assert response.status_code == 200
    for words in ("Swift", "SP000001", PUNCTUAL["text"], "2026-02", "90%", "9 of 10 shipments", "ours 13900139000"):
        assert words in page
    for hidden in ("Lin Mei", "13812345678", "Blue Kiln", "C-1", account_manager.name, supervisor.name):
        assert hidden not in page
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "服务方案" in text_of(ask(tenant, shared_url(plan), accept_language="zh-CN"))


@pytest.mark.parametrize("ended", ["expired", "stopped", "renewed", "erased", "forged", "elsewhere"])
def test_link_that_is_over_shows_nothing(ended, tenant, other_tenant, approved, at_that_time):
    facts = {"by": approved.approved_by, "at": approved.approved_at}
    plan = share_plan(plan=approved, **facts)
    url = shared_url(plan)
    assert ask(tenant, url).status_code == 200
    if ended == "expired":
        at_that_time.shift(timedelta(days=180))
    elif ended == "stopped":
        stop_sharing_plan(plan=plan, **facts)
    elif ended == "renewed":
        share_plan(plan=plan, **facts)
    elif ended == "erased":
        erase_customer(customer=plan.customer, reason=ErasureReason.REQUEST, **facts)
    elif ended == "forged":
        url = f"{url[:-3]}xy/"
    else:
        url = url.replace("/swift/", "/rival/")

    response = ask(tenant, url)

    assert response.status_code == 404
    assert "This link is no longer valid." in text_of(response)
    assert PUNCTUAL["text"] not in text_of(response)


def test_another_tenants_link_opens_nothing_here(tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        writer, approver = (make_user(role=role, at=now) for role in (Role.ACCOUNT_MANAGER, Role.SUPERVISOR))
        theirs = make_approved(make_customer(at=now), by=writer, approver=approver, at=now)
        theirs = share_plan(plan=theirs, by=writer, at=now)
        url = shared_url(theirs, slug="rival")

    assert ask(tenant, url).status_code == 200
    assert ask(tenant, url.replace("/rival/", "/swift/")).status_code == 404


def test_link_is_asked_for_so_often(tenant, approved, monkeypatch):
    monkeypatch.setattr(public, "PER_LINK", 2)
    url = shared_url(share_plan(plan=approved, by=approved.approved_by, at=approved.approved_at))

    codes = [ask(tenant, url).status_code for _turn in range(3)]

    assert codes == [200, 200, 429]


def test_share_is_offered_and_stopped_on_the_page(client_for, account_manager, approved):
    client = client_for(account_manager)

    client.post(url_of(approved, "share"))
    page = text_of(client.get(url_of(approved)))
    assert "/plans/swift/" in page
    client.post(url_of(approved, "stop_sharing"))

    assert "/plans/swift/" not in text_of(client.get(url_of(approved)))
    assert PRICE["text"] in page


def test_shared_page_asks_few_queries(tenant, approved, django_assert_num_queries):
    url = shared_url(share_plan(plan=approved, by=approved.approved_by, at=approved.approved_at))
    ask(tenant, url)

    with outside(tenant), django_assert_num_queries(SHARED_QUERIES):
        somewhere().get(url)
