from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.accounts.enums import Role
from core.jobs.models import JobRun
from customers.models import Customer
from tests.factories.accounts import inside, make_user
from tests.factories.customers import panels_of
from tests.factories.tiering import FORM, IN_WINDOW, make_shipped, set_override, ten_customers, tiering_state
from tiering.models import TierChange, TierOverride
from tiering.panel import load_tier_panel
from tiering.selectors import tier_counts
from tiering.services import evaluate_tiers, last_whole_day

OVERVIEW_QUERIES = 13
MOVES_QUERIES = 9
PAGES = ("tiering:overview", "tiering:moves", "tiering:value", "tiering:policies")

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("role", Role)
def test_every_role_sees_tiers_and_only_those_who_manage_them_the_buttons(tenant, now, client_for, role):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(make_user(role=role, at=now))

    bodies = [client.get(reverse(name)) for name in PAGES]

    assert [response.status_code for response in bodies] == [200] * len(PAGES)
    manages = role in {Role.ADMINISTRATOR, Role.SUPERVISOR}
    assert (reverse("tiering:evaluate") in bodies[0].content.decode()) is manages
    assert (reverse("tiering:create_policy") in bodies[-1].content.decode()) is manages


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.SUPERVISOR}))
def test_other_roles_may_change_nothing(tenant, now, client_for, supervisor, role):
    ten_customers(now)
    customer = Customer.objects.get(number="c9")
    override = set_override(customer=customer, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)
    before = tiering_state()
    client = client_for(make_user(role=role, at=now))

    answers = [
        client.post(reverse("tiering:evaluate")),
        client.get(reverse("tiering:create_policy")),
        client.post(reverse("tiering:create_policy"), FORM),
        client.get(reverse("tiering:ask_for_tier", args=[customer.pk])),
        client.post(reverse("tiering:ask_for_tier", args=[customer.pk]), {"tier": "low", "reason": ""}),
        client.post(reverse("tiering:end_override", args=[customer.pk, override.pk])),
    ]
    if role == Role.ACCOUNT_MANAGER:
        # They may ask, and be told beside the field what is wrong.
        assert [answer.status_code for answer in answers[3:5]] == [200, 422]
        answers[3:5] = []

    assert {answer.status_code for answer in answers} == {403}
    assert tiering_state() == before
    assert "Contract" in panels_of(client, customer)


def test_other_tenants_ids_are_not_found(tenant, other_tenant, now, client_for, administrator):
    with inside(other_tenant, leaving=tenant):
        theirs = make_shipped("theirs", (IN_WINDOW, "5"), at=now)
        override = set_override(customer=theirs, tier="vip", reason="Contract", expires_on=None, by=None, at=now)
    mine = make_shipped("mine", (IN_WINDOW, "5"), at=now)
    client = client_for(administrator)

    answers = [
        client.get(reverse("tiering:ask_for_tier", args=[theirs.pk])),
        client.post(reverse("tiering:ask_for_tier", args=[theirs.pk]), {"tier": "low", "reason": "No"}),
        client.post(reverse("tiering:end_override", args=[theirs.pk, override.pk])),
        client.post(reverse("tiering:end_override", args=[mine.pk, override.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    with inside(other_tenant, leaving=tenant):
        override.refresh_from_db()
        assert (override.ended_at, override.expires_on) == (None, None)
        assert list(TierOverride.objects.values_list("tier", flat=True)) == ["vip"]


@pytest.mark.parametrize("rows", [3, 300])
def test_overview_asks_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        make_shipped(f"c{n}", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(agent)
    client.get(reverse("tiering:overview"))

    with django_assert_num_queries(OVERVIEW_QUERIES):
        response = client.get(reverse("tiering:overview"))

    assert len(response.context["moves"]) == min(rows, 10)


@pytest.mark.parametrize("rows", [3, 300])
def test_moves_ask_the_same_number_of_queries(rows, now, client_for, agent, django_assert_num_queries):
    for n in range(rows):
        make_shipped(f"c{n}", (IN_WINDOW, "5"), at=now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    client = client_for(agent)
    client.get(reverse("tiering:moves"))

    with django_assert_num_queries(MOVES_QUERIES):
        response = client.get(reverse("tiering:moves"))

    assert len(response.context["rows"]) == min(rows, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_tiers_on_the_customers_page_take_four_queries(rows, tenant, now, supervisor, django_assert_num_queries):
    customer = make_shipped("c", (IN_WINDOW, "5"), at=now)
    for n in range(rows):
        set_override(
            customer=customer,
            tier=("vip", "mid")[n % 2],
            reason=f"Reason {n}",
            expires_on=None,
            by=supervisor,
            at=now + timedelta(minutes=n),
        )

    with django_assert_num_queries(4):
        panel = load_tier_panel(customer, supervisor)
        shown = [(move.to_tier, override.reason, override.approved_by) for move, override in panel.history.moves]

    assert len(shown) == min(rows, 50)
    assert shown[0] == (("vip", "mid")[(rows - 1) % 2], f"Reason {rows - 1}", supervisor)
    assert panel.history.override.reason == f"Reason {rows - 1}"


def test_moves_are_filtered(tenant, now, client_for, agent, supervisor):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    later = now + timedelta(days=1)
    customer = Customer.objects.get(number="c9")
    set_override(customer=customer, tier="mid", reason="Contract", expires_on=None, by=supervisor, at=later)
    client = client_for(agent)

    def shown(**params):
        return sorted(row.customer.number for row in client.get(reverse("tiering:moves"), params).context["rows"])

    assert shown(to="vip") == ["c0"]
    assert shown(to="mid") == ["c1", "c9"]
    assert shown(**{"from": "low"}) == ["c9"]
    assert shown(reason="override") == ["c9"]
    assert shown(moved_from="2026-03-03") == ["c9"]
    assert len(shown(moved_to="2026-03-02")) == 10
    assert client.get(reverse("tiering:moves"), {"colour": "red"}).status_code == 422


def test_evaluate_now_lists_what_came_of_it(tenant, now, clock, client_for, supervisor):
    ten_customers(now)
    client = client_for(supervisor)

    unasked = client.get(reverse("tiering:evaluate"))
    sent = client.post(reverse("tiering:evaluate"))
    first = client.get(sent.url)
    reloaded = client.get(sent.url)

    assert first.context["counts"] == [("VIP", 1), ("Mid", 1), ("Low", 8)]
    assert first.context["outcome"].total == 10
    assert "c0" in first.content.decode()
    assert (unasked.status_code, unasked.url) == (302, reverse("tiering:overview"))
    assert (sent.status_code, sent.url) == (302, reverse("tiering:evaluate"))
    assert reloaded.context["outcome"] == first.context["outcome"]
    assert TierChange.objects.count() == 10

    clock.shift(60)
    second = client.post(reverse("tiering:evaluate"), follow=True)
    assert second.context["outcome"].total == 0
    assert TierChange.objects.count() == 10


def test_tiers_are_counted_from_an_index_alone(tenant, now):
    Customer.objects.bulk_create(Customer(number=f"c{n}", created_at=now) for n in range(3000))
    with CaptureQueriesContext(connection) as asked:
        tier_counts()

    with connection.cursor() as cursor:
        # Without the statistics of a large table the planner would rather read and sort it whole.
        for way in ("seqscan", "bitmapscan", "sort", "hashagg"):
            cursor.execute(f"set local enable_{way} = off")
        cursor.execute("explain " + asked[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using customer_by_tier" in plan


def test_counts_lead_to_the_customers_counted(tenant, now, client_for, agent):
    ten_customers(now)
    evaluate_tiers(as_of=last_whole_day(at=now), at=now)
    make_shipped("lead", at=now)
    client = client_for(agent)

    overview = client.get(reverse("tiering:overview"))
    without = client.get(reverse("customers:list"), {"tier": "none"})

    assert overview.context["unranked"] == 1
    assert f"{reverse('customers:list')}?tier=none" in overview.content.decode()
    assert [customer.number for customer in without.context["rows"]] == ["lead"]
    assert [chip.text for chip in without.context["list"].chips] == ["Not in a tier"]


def test_overview_shows_the_last_night(tenant, now, client_for, agent):
    for day in (1, 2):
        JobRun.objects.create(
            job="tiering.evaluate",
            business_date=datetime(2026, 3, day, tzinfo=UTC).date(),
            due_at=now,
            finished_at=now,
            state="done",
            result={"ranked": 400 + day, "counts": {"vip": 1, "mid": 2, "low": 3}, "moves": 4},
        )

    response = client_for(agent).get(reverse("tiering:overview"))

    assert response.context["run"].business_date.isoformat() == "2026-03-02"
    assert ">402<" in response.content.decode()
