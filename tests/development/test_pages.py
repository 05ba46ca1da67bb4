"""Pages of opportunities: the list, one, opening, editing, moving, the board, the forecast, settings, the panel."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import escape

from core.accounts.enums import Role
from core.accounts.holdings import holdings
from customers.services import add_contact
from development.models import Competitor, Opportunity, PipelineRules
from development.services import add_competitor, move_opportunity
from tests.development.made import make_opportunity, queries_of
from tests.factories.accounts import inside, make_user, outside
from tests.factories.customers import make_customer

FORECAST = ("total", "within", "earlier", "later")


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
def opportunity(customer, account_manager, now):
    return make_opportunity(customer, by=account_manager, at=now, need="Lin Mei wants it daily.")


def url_of(opportunity, name="detail", *more):
    return reverse(f"development:{name}", args=[opportunity.pk, *more])


def text_of(response):
    return response.content.decode()


def test_opportunity_is_opened_for_a_customer(client_for, account_manager, customer):
    client = client_for(account_manager)
    url = f"{reverse('development:create')}?customer={customer.pk}"
    page = client.get(url)
    assert page.context["form"].initial == {"owner": account_manager.pk, "closes_on": date(2026, 5, 2)}

    typed = {
        "title": "Cold chain",
        "expected_freight": "8000.50",
        "closes_on": "2026-05-02",
        "owner": account_manager.pk,
    }
    opened = client.post(url, typed)
    opportunity = Opportunity.objects.get()

    assert opened.url == url_of(opportunity)
    assert (opportunity.customer, opportunity.expected_freight) == (customer, Decimal("8000.50"))
    assert "¥8,000.50" in text_of(client.get(opened.url))


def test_opportunity_for_a_number(client_for, account_manager, customer):
    client = client_for(account_manager)
    typed = {"title": "Cold chain", "expected_freight": "8000", "closes_on": "2026-05-02"}

    nobody = client.post(reverse("development:create"), {**typed, "customer_number": "C-0"})
    less = client.post(reverse("development:create"), {**typed, "customer_number": "C-1", "expected_freight": "-1"})
    opened = client.post(reverse("development:create"), {**typed, "customer_number": "c-1"})

    assert "No customer has this number." in text_of(nobody)
    assert (nobody.status_code, less.status_code, opened.status_code) == (422, 422, 302)
    assert Opportunity.objects.get().customer == customer


def test_page_hides_persons_and_offers_the_next_moves(client_for, account_manager, opportunity):
    client = client_for(account_manager)

    page = client.get(url_of(opportunity))

    assert "L****i wants it daily." in text_of(page)
    assert "Lin Mei" not in text_of(page)
    assert "¥1,200.00" in text_of(page)
    for stage, offered in (("qualified", True), ("lost", True), ("won", False), ("proposed", False)):
        assert (url_of(opportunity, "move", stage) in text_of(page)) == offered


def test_facts_are_edited_and_a_second_writer_is_shown_both(client_for, account_manager, supervisor, opportunity):
    first, second = client_for(account_manager), client_for(supervisor)
    url = url_of(opportunity, "update")
    carried = {name: second.get(url).context["form"].initial[name] for name in ("version", "began")}
    carried["began"] = carried["began"]() if callable(carried["began"]) else carried["began"]
    typed = {"title": "To Kobe", "expected_freight": "1", "closes_on": "2026-05-02", "owner": "", "need": ""}

    saved = first.post(url, {**typed, **carried})
    late = second.post(url, {**typed, **carried, "title": "To Nagoya"})

    assert (saved.status_code, late.status_code) == (302, 422)
    opportunity.refresh_from_db()
    assert (opportunity.title, opportunity.owner, opportunity.need) == ("To Kobe", None, "Lin Mei wants it daily.")
    assert "To Kobe" in text_of(late)


def test_moves_by_form(client_for, account_manager, opportunity):
    client = client_for(account_manager)

    client.post(url_of(opportunity, "move", "qualified"), {"remark": "Call Lin Mei first"})
    without = client.post(url_of(opportunity, "move", "lost"), {"remark": "no"})
    refused = client.post(url_of(opportunity, "move", "won"), {})
    page = text_of(client.get(url_of(opportunity)))

    assert "Call L****i first" in page
    assert (without.status_code, refused.status_code) == (422, 422)
    assert "cannot go there" in text_of(refused)
    assert client.get(url_of(opportunity, "move", "nowhere")).status_code == 404
    client.post(url_of(opportunity, "move", "lost"), {"lost_reason": "price"})
    opportunity.refresh_from_db()
    assert (opportunity.deal_stage, opportunity.lost_reason) == ("lost", "price")


def test_board_shows_columns_and_cards_move_from_it(client_for, account_manager, supervisor, opportunity, now):
    client = client_for(account_manager)
    board = reverse("development:board")
    other = make_opportunity(opportunity.customer, by=supervisor, at=now, title="Hub", freight="100")
    move_opportunity(opportunity=other, stage="qualified", by=supervisor, at=now)

    page = client.get(board)
    columns = [(column.stage, column.count, column.freight, column.weighted) for column in page.context["columns"]]
    assert columns[:3] == [
        ("identified", 1, Decimal("12000.00"), Decimal("1200.00")),
        ("qualified", 1, Decimal("100.00"), Decimal("30.00")),
        ("proposed", 0, Decimal(0), Decimal(0)),
    ]
    mine = client.get(board, {"owner": str(account_manager.pk)})
    assert [column.count for column in mine.context["columns"]] == [1, 0, 0, 0, 0, 0]

    moved = client.post(url_of(opportunity, "move_card"), {"stage": "qualified", "next": f"{board}?owner="})
    stale = client.post(url_of(opportunity, "move_card"), {"stage": "qualified"}, follow=True)
    nothing = client.post(url_of(opportunity, "move_card"), {"stage": "nowhere"}, follow=True)
    lost = client.post(url_of(opportunity, "move_card"), {"stage": "lost", "next": "https://elsewhere.example"})

    assert (moved.url, lost.url) == (f"{board}?owner=", url_of(opportunity, "move", "lost"))
    assert "cannot go there" in text_of(stale)
    assert "Choose a stage." in text_of(nothing)
    opportunity.refresh_from_db()
    assert opportunity.deal_stage == "qualified"


def test_board_leaves_out_what_was_closed_long_ago(client_for, account_manager, opportunity, at_that_time, now):
    move_opportunity(opportunity=opportunity, stage="lost", lost_reason="price", by=account_manager, at=now)
    client = client_for(account_manager)
    assert [column.count for column in client.get(reverse("development:board")).context["columns"]][-1] == 1

    Opportunity.objects.update(closed_at=now.replace(year=2025))

    assert [column.count for column in client.get(reverse("development:board")).context["columns"]][-1] == 0


def test_forecast_weighs_by_month_and_stage(client_for, account_manager, customer, opportunity, now):
    early = make_opportunity(customer, by=account_manager, at=now, freight="500", closes_on=date(2026, 2, 27))
    for stage in ("qualified", "proposed"):
        move_opportunity(opportunity=early, stage=stage, by=account_manager, at=now)
    make_opportunity(customer, by=account_manager, at=now, freight="70", closes_on=date(2027, 3, 1))

    page = client_for(account_manager).get(reverse("development:forecast"))

    figures = page.context["figures"]
    assert (figures["labels"][0], figures["labels"][-1]) == ("2026-03", "2027-02")
    assert [series["values"][1] for series in figures["series"]] == [Decimal("12000.00"), Decimal("1200.00")]
    told = {name: (page.context[name].freight, page.context[name].counted) for name in FORECAST}
    assert told == {
        "total": (Decimal("12570.00"), Decimal("1457.00")),
        "within": (Decimal("12000.00"), Decimal("1200.00")),
        "earlier": (Decimal("500.00"), Decimal("250.00")),
        "later": (Decimal("70.00"), Decimal("7.00")),
    }
    assert "Show as a table" in text_of(page)


def test_forecast_of_one_owner_and_some_months_leads_to_what_is_behind_it(
    client_for, account_manager, supervisor, opportunity, now
):
    customer = opportunity.customer
    other = {"by": supervisor, "at": now, "freight": "100"}
    for day in (date(2026, 3, 31), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)):
        make_opportunity(customer, closes_on=day, **other)
    lost = make_opportunity(customer, closes_on=date(2026, 5, 2), **other)
    move_opportunity(opportunity=lost, stage="lost", lost_reason="price", by=supervisor, at=now)
    client = client_for(account_manager)
    asked = {"owner": str(supervisor.pk), "first": "2026-04", "last": "2026-05"}

    page = client.get(reverse("development:forecast"), asked)

    shown = {name: page.context[name] for name in FORECAST}
    assert {name: each.freight for name, each in shown.items()} == {
        "total": Decimal(400),
        "within": Decimal(200),
        "earlier": Decimal(100),
        "later": Decimal(100),
    }
    months = page.context["months"]
    assert [(month.label, month.freight) for month in months] == [("2026-04", 0), ("2026-05", Decimal(200))]
    for each in (*shown.values(), *months):
        assert sum(row.expected_freight for row in client.get(each.url).context["rows"]) == each.freight
        assert f'href="{escape(each.url)}"' in text_of(page)


@pytest.mark.parametrize(
    "asked", [{"first": "2026-05", "last": "2026-04"}, {"first": "2026-01", "last": "2029-01"}, {"owner": "x"}]
)
def test_forecast_refuses_what_it_cannot_tell(client_for, account_manager, asked):
    assert client_for(account_manager).get(reverse("development:forecast"), asked).status_code == 422


def test_pages_take_as_many_queries_for_many(client_for, account_manager, customer, now):
    client = client_for(account_manager)
    first = make_opportunity(customer, by=account_manager, at=now)
    pages = {
        "list": reverse("development:list"),
        "board": reverse("development:board"),
        "forecast": reverse("development:forecast"),
        "panel": reverse("customers:panel", args=[customer.pk, "opportunities"]),
        "page": url_of(first),
    }
    expected = {"list": 10, "board": 8, "forecast": 7, "panel": 6, "page": 13}

    for count in (3, 300):
        while Opportunity.objects.count() < count:
            make_opportunity(customer, by=account_manager, at=now)
        assert queries_of(client, pages) == expected, count
    board = client.get(pages["board"]).context["columns"][0]
    assert (board.count, len(board.cards), board.more) == (300, 30, 270)


def test_list_filters_and_panel(client_for, account_manager, agent, opportunity, now):
    customer = opportunity.customer
    client = client_for(account_manager)
    rival = add_competitor(name="Swallow", by=None, at=now)
    other = make_opportunity(customer, by=account_manager, at=now, title="Hub", competitor=rival, freight="50")

    def titles(**asked):
        return [row.title for row in client.get(reverse("development:list"), asked).context["rows"]]

    assert titles(sort="-freight") == ["Export lane to Osaka", "Hub"]
    assert titles(competitor=str(rival.pk)) == ["Hub"]
    assert titles(stage="won") == []
    assert titles(stage="closed") == []
    assert titles(number=other.number) == ["Hub"]
    assert titles(freight_min="100") == ["Export lane to Osaka"]
    panel = client_for(agent).get(reverse("customers:panel", args=[customer.pk, "opportunities"]))
    assert "Hub" in text_of(panel)
    assert "Open an opportunity" not in text_of(panel)
    found = client.post(reverse("web:search"), {"q": opportunity.number}, follow=True)
    assert found.redirect_chain[-1][0] == url_of(opportunity)


def test_the_list_shows_what_is_open_unless_told_otherwise(client_for, account_manager, opportunity, now):
    client, owner = client_for(account_manager), {"by": account_manager, "at": now}
    lost, old, won = (make_opportunity(opportunity.customer, title=title, **owner) for title in ("Lost", "Old", "Won"))
    for each in (lost, old):
        move_opportunity(opportunity=each, stage="lost", lost_reason="price", **owner)
    for stage in ("qualified", "proposed", "won"):
        won = move_opportunity(opportunity=won, stage=stage, **owner)
    Opportunity.objects.filter(pk=old.pk).update(closed_at=now.replace(year=2025))

    def titles(url="", **asked):
        return sorted(row.title for row in client.get(url or reverse("development:list"), asked).context["rows"])

    assert titles() == [opportunity.title]
    assert 'aria-current="page">Open</a>' in text_of(client.get(reverse("development:list")))
    assert titles(stage="closed") == ["Lost", "Old", "Won"]
    assert titles(stage="all") == [opportunity.title, "Lost", "Old", "Won"]
    assert titles(stage="lost") == ["Lost", "Old"]
    for column in client.get(reverse("development:board")).context["columns"]:
        assert len(titles(column.url)) == column.count
    held = holdings()["opportunities"]
    assert len(titles(held.page(account_manager))) == held.rows(account_manager, at=now).count() == 1


def test_chances_and_competitors_are_set_by_who_may(client_for, supervisor, account_manager, tenant):
    client = client_for(supervisor)
    chances = {"identified": 5, "qualified": 20, "proposed": 40, "negotiating": 80}

    client.post(reverse("development:rules"), {**chances, "replaces": 0})
    stale = client.post(reverse("development:rules"), {**chances, "replaces": 0})
    client.post(reverse("development:add_competitor"), {"name": "Swallow", "strengths": "Cheap"})
    taken = client.post(reverse("development:add_competitor"), {"name": "Swallow"})
    competitor = Competitor.objects.get()
    edit = reverse("development:update_competitor", args=[competitor.pk])
    client.post(edit, {"name": "Swallow", "strengths": "Very cheap", "note": "", "version": 1})
    client.post(reverse("development:retire_competitor", args=[competitor.pk]))

    assert PipelineRules.objects.get().negotiating == 80
    assert (stale.status_code, taken.status_code) == (422, 422)
    competitor.refresh_from_db()
    assert (competitor.strengths, competitor.is_active) == ("Very cheap", False)
    assert "Very cheap" in text_of(client.get(reverse("development:competitors")))
    client.post(reverse("development:revive_competitor", args=[competitor.pk]))
    competitor.refresh_from_db()
    assert competitor.is_active
    for name in ("rules", "competitors", "add_competitor"):
        assert client_for(account_manager).get(reverse(f"development:{name}")).status_code == 403


def test_roles_see_and_write_as_declared(client_for, tenant, opportunity, now):
    sees = {
        Role.ADMINISTRATOR,
        Role.SUPERVISOR,
        Role.ACCOUNT_MANAGER,
        Role.MARKETING,
        Role.AGENT,
        Role.ANALYST,
        Role.PRIVACY_OFFICER,
    }
    writes = {Role.ADMINISTRATOR, Role.SUPERVISOR, Role.ACCOUNT_MANAGER, Role.MARKETING}
    for role in Role:
        client = client_for(make_user(role=role, at=now))
        for url in (reverse("development:list"), reverse("development:board"), url_of(opportunity)):
            assert client.get(url).status_code == (200 if role in sees else 403), (role, url)
        for url in (reverse("development:create"), url_of(opportunity, "update"), url_of(opportunity, "move", "lost")):
            assert client.get(url).status_code == (200 if role in writes else 403), (role, url)
        if role not in writes:
            assert client.post(url_of(opportunity, "move_card"), {"stage": "qualified"}).status_code == 403
    opportunity.refresh_from_db()
    assert opportunity.deal_stage == "identified"


def test_another_tenants_opportunity_is_not_there(client_for, tenant, other_tenant, opportunity, now):
    with inside(other_tenant, leaving=tenant):
        stranger = make_user(role=Role.SUPERVISOR, at=now)
    with outside(tenant):
        client = client_for(stranger)
        for name in ("detail", "update"):
            assert client.get(url_of(opportunity, name)).status_code == 404
        assert client.post(url_of(opportunity, "move_card"), {"stage": "qualified"}).status_code == 404
        assert [column.count for column in client.get(reverse("development:board")).context["columns"]] == [0] * 6
    opportunity.refresh_from_db()
    assert opportunity.deal_stage == "identified"


def test_pages_in_chinese(client_for, account_manager, opportunity):
    account_manager.language = "zh-hans"
    account_manager.save(update_fields=["language"])
    client = client_for(account_manager)

    for url, words in (
        (reverse("development:board"), "商机管道"),
        (reverse("development:forecast"), "预测"),
        (reverse("development:list"), "商机"),
        (url_of(opportunity), "预计月运费"),
    ):
        assert words in text_of(client.get(url))
