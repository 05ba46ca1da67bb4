"""Pages of proposals: written, decided, shared with the customer, taken as a file, answered; the catalogue."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.web import public
from customers.services import NewContactPoint, add_contact
from development.models import CatalogueService, Proposal, ProposalLine
from development.services import accept_proposal, change_line, propose_proposal, share_token, withdraw_proposal
from service_plans.models import ServicePlan
from shipments.models import Shipment
from tests.development.made import make_opportunity, make_proposal, make_service, make_shared, queries_of
from tests.factories.accounts import inside, make_user, outside, somewhere
from tests.factories.customers import make_customer


@pytest.fixture(autouse=True)
def at_that_time(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def opportunity(tenant, account_manager, now):
    customer = make_customer(number="C-1", company_name="Blue Kiln", at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    return make_opportunity(customer, by=account_manager, at=now)


@pytest.fixture
def draft(opportunity, account_manager, now):
    return make_proposal(opportunity, by=account_manager, at=now, foreword="Dear Lin Mei")


@pytest.fixture
def shared(opportunity, account_manager, supervisor, now):
    return make_shared(opportunity, by=account_manager, approver=supervisor, at=now)


def url_of(proposal, name="proposal", *more):
    return reverse(f"development:{name}", args=[proposal.pk, *more])


def link_of(proposal, name="shared"):
    return reverse(f"development:{name}", args=["swift", share_token(proposal)])


def text_of(response):
    return response.content.decode()


def test_proposal_is_written_from_the_catalogue(client_for, account_manager, opportunity, now):
    client = client_for(account_manager)
    service = make_service(at=now)
    new = reverse("development:create_proposal", args=[opportunity.pk])
    assert client.get(new).context["form"].initial == {"valid_until": date(2026, 4, 1)}

    late = client.post(new, {"valid_until": "2026-03-01"})
    begun = client.post(new, {"valid_until": "2026-04-01", "foreword": "Dear all"})
    proposal = Proposal.objects.get()
    add = url_of(proposal, "add_line", service.pk)
    page = client.get(begun.url)
    assert (late.status_code, begun.url) == (422, url_of(proposal))
    assert add in text_of(page)
    assert client.get(add).context["form"].initial["price"] == Decimal("1200.00")
    typed = {"text": "Always", "price": "900", "price_basis": "per_month", "measure": "on_time", "baseline": "80"}
    missing = client.post(add, typed)
    client.post(add, {**typed, "target": "95"})

    assert "Say what figure is promised." in text_of(missing)
    page = text_of(client.get(url_of(proposal)))
    assert "¥900.00 per month" in page
    assert "from 80% to 95%" in page
    line = proposal.lines.get()
    client.post(url_of(proposal, "change_line", line.pk), {**typed, "target": "97", "text": ""})
    line.refresh_from_db()
    assert (line.target, line.text) == (Decimal(97), None)
    client.post(url_of(proposal, "update_proposal"), {"valid_until": "2026-04-09", "foreword": ""})
    client.post(url_of(proposal, "remove_line", line.pk))
    proposal.refresh_from_db()
    assert (proposal.valid_until, proposal.foreword, proposal.lines.count()) == (date(2026, 4, 9), "Dear all", 0)


@pytest.mark.parametrize(
    ("measure", "percent", "spoils", "prefilled"),
    [
        ("returns", 50, {}, (None, None, None)),
        ("on_time", 50, {}, (None, None, None)),
        ("returns", 50, {"exceptions": ["returned"]}, ("returns", Decimal(100), Decimal(50))),
        ("cost", 1, {"freight": Decimal("0.20")}, ("cost", Decimal("0.20"), None)),
    ],
)
def test_line_is_not_prefilled_with_a_promise_that_is_refused(
    client_for, account_manager, draft, now, *, measure, percent, spoils, prefilled
):
    accepted = now.replace(month=2)
    on_time = {"promised_at": accepted + timedelta(days=2), "delivered_at": accepted + timedelta(days=1)}
    facts = {"freight": Decimal("15.00"), "status": "delivered", **on_time, **spoils}
    Shipment.objects.create(customer=draft.opportunity.customer, waybill_number="S-1", accepted_at=accepted, **facts)
    service = make_service(at=now, measure=measure, improves_percent=percent)
    add = url_of(draft, "add_line", service.pk)
    client = client_for(account_manager)

    initial = client.get(add).context["form"].initial

    assert tuple(initial.get(name) for name in ("measure", "baseline", "target")) == prefilled
    if prefilled[0] is None or prefilled[2]:
        saved = client.post(add, {name: value for name, value in initial.items() if value is not None})
        assert (saved.status_code, draft.lines.count()) == (302, 2)


def test_steps_lead_back_and_refusals_are_told(client_for, account_manager, supervisor, draft):
    writer, other = client_for(account_manager), client_for(supervisor)

    writer.post(url_of(draft, "propose"))
    assert writer.post(url_of(draft, "approve")).status_code == 403
    other.post(url_of(draft, "send_back"), {"reason": "Cheaper"})
    writer.post(url_of(draft, "propose"))
    other.post(url_of(draft, "approve"))
    twice = other.post(url_of(draft, "approve"), follow=True)
    assert "does not wait for approval" in text_of(twice)
    writer.post(url_of(draft, "share"))
    page = text_of(writer.get(url_of(draft)))
    draft.refresh_from_db()

    assert link_of(draft) in page
    assert "Lin Mei" not in page
    following = writer.post(url_of(draft, "next_version"), {"valid_until": "2026-05-01"})
    assert following.url == url_of(Proposal.objects.get(edition=2))
    writer.post(url_of(Proposal.objects.get(edition=2), "drop"))
    writer.post(url_of(draft, "withdraw"))
    draft.refresh_from_db()
    assert (draft.state, Proposal.objects.get(edition=2).state) == ("withdrawn", "dropped")


def test_customer_reads_and_accepts(shared, tenant, opportunity):
    url = link_of(shared)
    with outside(tenant):
        page = somewhere().get(url)
        nameless = somewhere().post(url, {"accept": "1"})
        accepted = somewhere().post(url, {"accept": "1", "name": "Lin Mei"})
        late = somewhere().post(url, {"decline": "1", "name": "Lin Mei"})
        after = somewhere().get(url)

    assert "Punctual" in text_of(page)
    assert "Lin Mei" not in text_of(page)
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert (nameless.status_code, accepted.status_code, late.status_code) == (422, 302, 409)
    assert "Accepted" in text_of(after)
    assert "Accept this proposal" not in text_of(after)
    shared.refresh_from_db()
    opportunity.refresh_from_db()
    assert (shared.state, opportunity.deal_stage, ServicePlan.objects.count()) == ("accepted", "won", 1)


def test_customer_reads_numbers_that_are_not_of_its_people(opportunity, tenant, client_for, account_manager, now):
    supervisor = make_user(role=Role.SUPERVISOR, at=now)
    phone = NewContactPoint(kind="phone", value="+8613812345678")
    add_contact(customer=opportunity.customer, name="Wu", points=[phone], at=now)
    words = "Contract 2026001001, hotline 95338888; Wu has 138 1234 5678"
    proposal = make_shared(opportunity, by=account_manager, approver=supervisor, at=now, foreword=words)
    link, file = link_of(proposal), link_of(proposal, "shared_file")

    with outside(tenant):
        page, theirs = text_of(somewhere().get(link)), somewhere().get(file).content

    assert "Contract 2026001001, hotline 95338888;" in page
    assert "138 1234 5678" not in page
    assert client_for(account_manager).get(url_of(proposal, "proposal_file")).content == theirs
    assert client_for(make_user(role=Role.MARKETING, at=now)).get(url_of(proposal, "proposal_file")).content != theirs


def test_customer_declines(shared, tenant, client_for, account_manager):
    url = link_of(shared)
    with outside(tenant):
        somewhere().post(url, {"decline": "1", "name": "Lin Mei", "answer": "Call 13800138000"})

    page = text_of(client_for(account_manager).get(url_of(shared)))
    assert "L****i" in page
    assert "Lin Mei" not in page
    assert "13800138000" not in page


def test_link_that_is_over_shows_nothing(shared, tenant, supervisor, at_that_time, now):
    url, file = link_of(shared), link_of(shared, "shared_file")
    at_that_time.move_to(now.replace(month=4, day=3))
    with outside(tenant):
        expired = somewhere().get(url)
        refused = somewhere().post(url, {"accept": "1", "name": "Lin Mei"})
    assert "no longer valid" in text_of(expired)
    assert "Accept this proposal" not in text_of(expired)
    assert refused.status_code == 409
    withdraw_proposal(proposal=shared, by=supervisor, at=now)
    with outside(tenant):
        for address in (url, file, f"{url[:-2]}x/"):
            gone = somewhere().get(address)
            assert (gone.status_code, "Punctual" in text_of(gone)) == (404, False)
        assert somewhere().get(url.replace("swift", "nobody")).status_code == 404
    assert Proposal.objects.get().state == "withdrawn"


def test_link_is_counted(shared, tenant, monkeypatch):
    monkeypatch.setattr(public, "PER_LINK", 1)
    url = link_of(shared)
    with outside(tenant):
        assert somewhere().get(url).status_code == 200
        often = somewhere().get(url)
    assert (often.status_code, often.headers["Retry-After"]) == (429, "3600")


def test_file_is_a_pdf_in_both_languages(shared, tenant, client_for, account_manager):
    url = link_of(shared, "shared_file")
    with outside(tenant):
        english = somewhere().get(url)
        chinese = somewhere().get(url, headers={"Accept-Language": "zh-hans"})
    staff = client_for(account_manager).get(url_of(shared, "proposal_file"))

    for answer in (english, chinese, staff):
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert b"%%EOF" in answer.content[-10:]
    assert english.headers["Content-Disposition"] == 'attachment; filename="PR000001-1.pdf"'
    assert english.content == staff.content
    assert b"STSong-Light" in chinese.content


def test_line_may_be_longer_than_a_page(draft, client_for, account_manager, now):
    change_line(line=draft.lines.get(), facts={"text": "word\n" * 190}, by=account_manager, at=now)

    answer = client_for(account_manager).get(url_of(draft, "proposal_file"))

    assert answer.status_code == 200
    assert answer.content.count(b"/Type /Page\n") > 3


def test_accepted_proposal_shows_its_plan_and_benefits(shared, client_for, account_manager, now):
    accept_proposal(proposal=shared, name="Lin Mei", at=now)

    page = text_of(client_for(account_manager).get(url_of(shared)))

    assert reverse("service_plans:detail", args=[ServicePlan.objects.get().pk]) in page
    assert "Not measured yet" in page


def test_pages_take_as_many_queries_for_many(client_for, account_manager, opportunity, now):
    client = client_for(account_manager)
    service = make_service(at=now)
    first = make_proposal(opportunity, by=account_manager, at=now, service=service)
    pages = {"list": reverse("development:proposals"), "page": url_of(first)}

    for count in (3, 60):
        while Proposal.objects.count() < count:
            make_proposal(opportunity, by=account_manager, at=now, service=service)
        assert queries_of(client, pages) == {"list": 9, "page": 12}, count


def test_shared_page_takes_as_many_queries_for_many_lines(shared, tenant, now):
    url = link_of(shared)
    line = shared.lines.get()
    with outside(tenant):
        few = queries_of(somewhere(), {"page": url})
    for place in range(2, 20):
        ProposalLine.objects.create(proposal=shared, place=place, service=line.service, price_basis="once")
    with outside(tenant):
        many = queries_of(somewhere(), {"page": url})

    assert (few, many) == ({"page": 12}, {"page": 12})


def test_list_shows_what_waits(client_for, supervisor, account_manager, draft, now):
    propose_proposal(proposal=draft, by=account_manager, at=now)

    page = client_for(supervisor).get(reverse("development:proposals"), {"state": "proposed"})

    assert page.context["waiting"] == 1
    assert [row.number for row in page.context["rows"]] == ["PR000001"]


def test_catalogue_is_written_by_who_may(client_for, supervisor, account_manager, tenant):
    client = client_for(supervisor)
    facts = {"kind": "selling", "name_zh": "代销", "name_en": "Selling", "price_basis": "once", "plan_item": "price"}

    client.post(reverse("development:add_service"), facts)
    bad = client.post(reverse("development:add_service"), {**facts, "improves_percent": "5"})
    service = CatalogueService.objects.get()
    edit = reverse("development:update_service", args=[service.pk])
    client.post(edit, {**facts, "name_en": "Consignment", "version": "1"})
    client.post(reverse("development:retire_service", args=[service.pk]))

    assert "Say what it makes better." in text_of(bad)
    assert "Consignment" in text_of(client.get(reverse("development:catalogue")))
    service.refresh_from_db()
    assert not service.is_active
    client.post(reverse("development:revive_service", args=[service.pk]))
    service.refresh_from_db()
    assert service.is_active
    assert client_for(account_manager).get(edit).status_code == 403


def test_another_tenants_proposal_is_not_there(client_for, tenant, other_tenant, draft, now):
    with inside(other_tenant, leaving=tenant):
        stranger = make_user(role=Role.SUPERVISOR, at=now)
    with outside(tenant):
        client = client_for(stranger)
        for name in ("proposal", "update_proposal", "proposal_file", "next_version"):
            assert client.get(url_of(draft, name)).status_code == 404
        for name in ("propose", "approve", "share", "withdraw", "drop"):
            assert client.post(url_of(draft, name)).status_code == 404
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_roles_write_as_declared(client_for, tenant, draft, now):
    for role in (Role.AGENT, Role.ANALYST, Role.PRIVACY_OFFICER):
        client = client_for(make_user(role=role, at=now))
        assert client.get(url_of(draft)).status_code == 200
        assert not re.search("/services/new/|/propose/", text_of(client.get(url_of(draft))))
        for name in ("propose", "approve", "share", "withdraw", "drop"):
            assert client.post(url_of(draft, name)).status_code == 403


def test_pages_in_chinese(client_for, account_manager, shared, tenant):
    account_manager.language = "zh-hans"
    account_manager.save(update_fields=["language"])

    page, url = text_of(client_for(account_manager).get(url_of(shared))), link_of(shared)
    with outside(tenant):
        outside_page = text_of(somewhere().get(url, headers={"Accept-Language": "zh-hans"}))

    assert "准时保障" in page
    assert "接受此提案" in outside_page
